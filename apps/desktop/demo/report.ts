import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { VerifyOutcome } from '@pingplex/shared/contracts/engine';
import type { ItemView, Measurements, ResultView } from '@pingplex/shared/contracts/ipc';
import { untoldBy } from '@pingplex/shared/text';

export type ReportedResult = { path: string; sha256: string; measurements: Measurements; credits: number };
export type ReportedFile = {
  file: string;
  kind: string;
  format: string;
  outcome: string;
  error?: { code: string; message: string };
  results: ReportedResult[];
  /** What should be there and isn't, or isn't as it should be. Empty means verified. */
  missing: string[];
};
export type Report = {
  startedAt: string;
  finishedAt: string;
  sandbox: boolean;
  formats: string[];
  files: ReportedFile[];
  credits: { before: number; after: number } | null;
};

/** Reads a file again and hashes it; the app's own figure is compared with this one. */
async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

type Verify = (file: string) => Promise<VerifyOutcome>;
type Expectation = { readonly variants: number; readonly edits: number };

/**
 * Holds one item against what was promised: as many results as the recipe makes, each on disk with its hash, decodable, distinct, with
 * figures; an item that failed must say why.
 */
export async function checkItem(
  item: ItemView,
  results: readonly ResultView[],
  folder: string,
  expected: Expectation,
  verify: Verify,
): Promise<ReportedFile> {
  const missing: string[] = [];
  const reported: ReportedResult[] = [];
  for (const result of results) {
    const full = path.join(folder, result.name);
    const info = await stat(full).catch(() => null);
    if (info === null) {
      missing.push(`${result.name} is not on disk`);
      continue;
    }
    const sha256 = await hashOf(full);
    if (sha256 !== result.sha256) missing.push(`${result.name} has another hash than the app says`);
    if (info.size !== result.sizeBytes) missing.push(`${result.name} has another size than the app says`);
    if (!(await verify(full)).decodes) missing.push(`${result.name} does not decode`);
    const { measurements } = result;
    if (result.verb === 'unicalize' && (measurements.fromSource === undefined || measurements.quality === undefined))
      missing.push(`${result.name} has no figures`);
    reported.push({ path: path.relative(folder, full), sha256, measurements, credits: result.credits });
  }
  if (new Set(reported.map(({ sha256 }) => sha256)).size !== reported.length) missing.push('two results are the same file');
  if (item.state === 'done') {
    const variants = results.filter(({ verb }) => verb === 'unicalize').length;
    const edits = results.filter(({ verb }) => verb === 'generate').length;
    if (variants !== expected.variants) missing.push(`${variants} variants instead of ${expected.variants}`);
    if (edits !== expected.edits) missing.push(`${edits} AI edits instead of ${expected.edits}`);
  } else if (item.error === null) missing.push(`ended as ${item.state} without a reason`);
  else if (!isFilesOwnFault(item.error.code)) missing.push(`${item.error.code}: ${item.error.message}`);
  return {
    file: item.name,
    kind: item.kind,
    format: item.format,
    outcome: item.state,
    ...(item.error === null ? {} : { error: { code: item.error.code, message: item.error.message } }),
    results: reported,
    missing,
  };
}

/** A file may refuse a step by its nature (damaged, animated, RAW); that is an answer, not a broken promise. */
function isFilesOwnFault(code: string): boolean {
  return code.startsWith('file.') || code === 'engine.stepNotPossible' || code === 'engine.targetNotReached';
}

/** Files in the output folder that no result accounts for, leftovers of unfinished work included. */
export async function strays(folder: string, known: ReadonlySet<string>): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => !known.has(name));
}

/** The report as a table for a terminal. */
export function table(files: readonly ReportedFile[]): string {
  const rows = files.map((file) => {
    const best = file.results.flatMap(({ measurements }) => {
      const { fromSource } = measurements;
      return fromSource === undefined || untoldBy(fromSource) !== undefined ? [] : fromSource.score;
    });
    const distance = best.length === 0 ? '' : `${Math.min(...best).toFixed(0)}–${Math.max(...best).toFixed(0)}`;
    const credits = file.results.reduce((sum, result) => sum + result.credits, 0);
    const verdict = file.missing.length > 0 ? `MISSING: ${file.missing.join('; ')}` : (file.error?.code ?? 'verified');
    return [file.file, file.format, file.outcome, String(file.results.length), distance, String(credits), verdict];
  });
  const head = ['file', 'format', 'outcome', 'results', 'distance', 'credits', 'check'];
  const widths = head.map((title, column) => Math.min(40, Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length))));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
