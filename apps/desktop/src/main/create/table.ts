import type { PromptTable, TableProblem } from '@pingplex/shared/contracts/ipc';
import { MAX_CREATE_ROWS } from '@pingplex/shared/contracts/ipc';
import { CsvError, parse } from 'csv-parse/sync';

/** How the columns that we know may be called; everything else is a setting of the model. */
const COLUMNS: Readonly<Record<'prompt' | 'name' | 'file', readonly string[]>> = {
  prompt: ['prompt', 'text', 'промпт', 'запрос', 'описание', 'текст'],
  name: ['name', 'имя', 'название'],
  file: ['file', 'source', 'image', 'файл', 'исходник'],
};
const SEPARATORS = [',', ';', '\t'] as const;
/** So many problems are told one by one. */
const PROBLEMS_SHOWN = 200;

type Known = keyof typeof COLUMNS;
type Record_ = { readonly record: readonly string[]; readonly line: number };

const known = (title: string): Known | undefined =>
  (Object.keys(COLUMNS) as Known[]).find((one) => COLUMNS[one].includes(title.trim().toLowerCase()));

/** The sign that the first line uses most, outside of quotes. */
function separatorOf(text: string): string {
  const first = (/^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0] ?? '').replaceAll(/"(?:[^"]|"")*"/g, '');
  const counted = SEPARATORS.map((sign) => ({ sign, n: first.split(sign).length }));
  return counted.reduce((best, one) => (one.n > best.n ? one : best)).sign;
}

/** A table that can't be read on from some line. */
class Unreadable extends Error {
  readonly problem: TableProblem;
  constructor(problem: TableProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** @throws Unreadable at the line where a faulty record begins */
function records(text: string, delimiter: string): Record_[] {
  const found: Record_[] = [];
  let last = 0;
  try {
    parse(text, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 1_000_000,
      on_record: (record: string[], { lines }: { lines: number }) => {
        // `lines` is where the record ends.
        const inside = record.reduce((sum, cell) => sum + (cell.match(/\n/g)?.length ?? 0), 0);
        found.push({ record, line: Math.max(1, lines - inside) });
        last = lines;
        return null;
      },
    });
    return found;
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    const isOpen = thrown.code === 'CSV_QUOTE_NOT_CLOSED';
    const at = typeof thrown['column'] === 'number' ? thrown['column'] : -1;
    const line = isOpen || typeof thrown['lines'] !== 'number' ? last + 1 : thrown['lines'];
    throw new Unreadable({ line, column: found[0]?.record[at]?.trim() ?? null, code: isOpen ? 'quoteOpen' : 'quoteInside', what: '' });
  }
}

function titlesOf(first: Record_): { titles: string[]; problems: TableProblem[] } {
  const titles = first.record.map((cell) => known(cell) ?? cell.trim());
  const twice = titles.filter((title, at) => title !== '' && titles.indexOf(title) !== at);
  return { titles, problems: twice.map((what) => ({ line: first.line, column: what, code: 'columnTwice', what })) };
}

/**
 * Reads a table of prompts: CSV with commas, semicolons or tabs and a first line that names the columns, or one column of prompts alone.
 * Quotes and line ends inside of them are those of RFC 4180.
 * @param name of the file; null for pasted text
 */
export function readPromptTable(text: string, name: string | null): PromptTable {
  const empty = { name, settings: [], hasFiles: false, rows: [] };
  if (text.includes('\0')) return { ...empty, problems: [{ line: 1, column: null, code: 'notText', what: '' }] };
  let all: Record_[];
  try {
    // One kind of line end, also inside of quotes: the library counts each sign of CRLF as a line there.
    const lines = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
    all = records(lines, separatorOf(lines));
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown;
    return { ...empty, problems: [thrown.problem] };
  }
  const [first] = all;
  if (first === undefined) return { ...empty, problems: [] };
  const { titles, problems } = titlesOf(first);
  const isTitled = titles.includes('prompt');
  if (!isTitled && all.some(({ record }) => record.length > 1)) {
    return {
      ...empty,
      problems: [{ line: first.line, column: null, code: 'noPromptColumn', what: first.record.join(', ').slice(0, 200) }],
    };
  }
  if (problems.length > 0) return { ...empty, problems };
  const columns = isTitled ? titles : ['prompt'];
  const body = isTitled ? all.slice(1) : all;
  const rows: PromptTable['rows'][number][] = [];
  for (const { record, line } of body.slice(0, MAX_CREATE_ROWS)) {
    if (record.every((cell) => cell.trim() === '')) continue;
    const missing = columns.length - record.length;
    if (missing !== 0) {
      if (problems.length < PROBLEMS_SHOWN) {
        const column = missing > 0 ? (columns[record.length] ?? null) : null;
        problems.push({
          line,
          column,
          code: missing > 0 ? 'cellsTooFew' : 'cellsTooMany',
          what: missing > 0 ? String(columns.length) : (record[columns.length] ?? '').slice(0, 80),
        });
      }
      continue;
    }
    rows.push(rowOf(columns, record, line));
  }
  if (body.length > MAX_CREATE_ROWS) {
    problems.push({ line: body[MAX_CREATE_ROWS]?.line ?? 1, column: null, code: 'tooManyRows', what: String(MAX_CREATE_ROWS) });
  }
  const settings = columns.filter((title) => title !== '' && !Object.hasOwn(COLUMNS, title));
  return { name, settings, hasFiles: columns.includes('file'), rows, problems };
}

function rowOf(columns: readonly string[], record: readonly string[], line: number): PromptTable['rows'][number] {
  const own: { name?: string; file?: string } = {};
  const cells: Record<string, string> = {};
  let prompt = '';
  for (const [at, title] of columns.entries()) {
    const value = (record[at] ?? '').trim();
    if (title === 'prompt') prompt = value;
    else if (value === '' || title === '') continue;
    else if (title === 'name' || title === 'file') own[title] = value;
    else cells[title] = value.slice(0, 2000);
  }
  return { line, prompt, ...own, cells };
}
