import { readFile, writeFile } from 'node:fs/promises';
import { writeSection } from '../bench/write-section.ts';
import type { Summary } from './campaign.ts';

/** A campaign in Markdown. */
function tableOf(summary: Summary): string {
  const verbs = Object.keys(summary.outcomes).sort();
  const codes = [...new Set(verbs.flatMap((verb) => Object.keys(summary.outcomes[verb] ?? {})))].sort((a, b) =>
    a === 'ok' ? -1 : b === 'ok' ? 1 : a.localeCompare(b),
  );
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const kills = summary.findings.filter(({ what }) => what === 'killed').length;
  const peak = summary.peakRssBytes === null ? 'not known here' : `${Math.round(summary.peakRssBytes / 1e6)} MB`;
  return [
    `${summary.executions} executions from ${summary.seeds} good files with seed ${summary.seed}: ${summary.seconds} s with ${summary.workers} workers`,
    `(${summary.perSecond} a second), slowest ${summary.slowestMs} ms, largest process ${peak}, workers killed ${kills},`,
    `other findings ${summary.findings.length - kills}, files outside ${summary.filesOutside.length}, Internet sockets ${summary.internetSockets.length}`,
    `(${summary.processLooks} looks at the processes).`,
    '',
    row(['outcome', ...verbs]),
    row(['---', ...verbs.map(() => '--:')]),
    ...codes.map((code) => row([code === 'ok' ? 'done' : `\`${code}\``, ...verbs.map((verb) => summary.outcomes[verb]?.[code] ?? 0)])),
  ].join('\n');
}

/** Puts a campaign's figures into a page, between its marks. */
export async function writeTable(page: string, summary: Summary): Promise<void> {
  await writeFile(page, writeSection(await readFile(page, 'utf8'), 'fuzz', tableOf(summary)));
}
