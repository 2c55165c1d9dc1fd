import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DESKTOP } from './context.ts';

const PAGE = join(DESKTOP, '../../docs/media.md');

/** Rows as a Markdown table; the first column is text, the others are figures. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * Puts a table between `<!-- NAME -->` and `<!-- /NAME -->` of docs/media.md when the environment says `PINGPLEX_WRITE_DOCS=1`, so that no figure
 * there is typed by hand.
 * @throws Error when the page has no such place
 */
export async function writeDocTable(name: string, table: string): Promise<void> {
  if (process.env['PINGPLEX_WRITE_DOCS'] !== '1') return;
  const page = await readFile(PAGE, 'utf8');
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/media.md has no place called ${name}`);
  await writeFile(PAGE, `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`);
}
