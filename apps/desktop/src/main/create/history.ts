import { access, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Generation } from '@pingplex/shared/contracts/http';
import type { HistoryEntry, HistoryQuery } from '@pingplex/shared/contracts/ipc';
import { formatByMime, GenerationId, isGenerationOver, resultFacts } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { checkFolder, commitFile, safeFileName } from '../../output/index.ts';
import type { HistoryRow, Journal, ResultWithSource } from '../db/index.ts';
import { nameFromPrompt } from './check.ts';

/** What fetching again needs of the cloud. */
export type FetchPorts = {
  readonly generation: (id: GenerationId) => Promise<Generation>;
  readonly download: (result: Generation['results'][number], path: string) => Promise<void>;
};

/** Results that one request became, by its generation. */
function resultsOf(journal: Journal, row: HistoryRow): ResultWithSource[] {
  return journal.results
    .list({ itemId: row.itemId, limit: 1000 })
    .filter((one) => one.measurements.generation?.id === row.generationId && row.generationId !== null);
}

const isThere = async (path: string | null): Promise<boolean> =>
  path !== null &&
  (await access(path).then(
    () => true,
    () => false,
  ));

async function entryOf(journal: Journal, row: HistoryRow): Promise<HistoryEntry> {
  const results = resultsOf(journal, row);
  const state = row.state === 'paid' ? 'paid' : row.state === 'closed' ? 'ended' : 'waiting';
  return {
    key: row.key,
    itemId: row.itemId,
    generationId: row.generationId === null ? null : GenerationId.parse(row.generationId),
    modelId: row.modelId,
    prompt: row.prompt,
    sourceName: row.sourceName,
    state,
    credits: row.credits,
    createdAt: row.createdAt,
    expiresAt: results[0]?.measurements.generation?.expiresAt ?? null,
    results: await Promise.all(
      results.map(async ({ id, name, path, kind }) => ({
        id,
        name: path === null ? name : basename(path),
        kind,
        present: await isThere(path),
      })),
    ),
  };
}

/** Paid requests of this computer that the query asks for, newest first, a page at a time. */
export async function readHistory(
  journal: Journal,
  query: HistoryQuery,
): Promise<{ entries: HistoryEntry[]; total: number; models: string[] }> {
  const all = journal.calls.history();
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((row) => {
    if (query.modelId !== undefined && row.modelId !== query.modelId) return false;
    if (row.createdAt < (query.from ?? 0) || row.createdAt >= (query.until ?? Number.POSITIVE_INFINITY)) return false;
    const text = `${row.prompt}\n${row.modelId}\n${row.sourceName ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const page = found.slice(query.offset, query.offset + query.limit);
  return {
    entries: await Promise.all(page.map((row) => entryOf(journal, row))),
    total: found.length,
    models: [...new Set(all.map((row) => row.modelId))].sort(),
  };
}

/**
 * Brings the results of a paid request to disk again: under the names that they had and beside where they lay, or, when that is not known
 * any more, into `folder`. A request that was canceled too late and made after all is fetched so, too. Results of the same bytes in the list point to the new files afterwards.
 * @throws AppError `generation.expired` when the server keeps nothing of it any more; `network.*`, `output.*`
 */
export async function fetchAgain(
  journal: Journal,
  key: string,
  folder: string | null,
  { generation: ask, download }: FetchPorts,
): Promise<{ saved: string[]; dir: string }> {
  const call = journal.calls.get(key);
  if (call?.generationId === null || call === undefined) throw new AppError('request.notFound', 'no such request');
  const generation = await ask(GenerationId.parse(call.generationId));
  if (!isGenerationOver(generation.state)) throw new AppError('request.inProgress', 'it is still being made');
  const { captured } = generation.credits;
  const isPaid = generation.state === 'succeeded';
  journal.calls.update(key, { state: isPaid ? 'paid' : 'closed', generationId: generation.id, credits: captured }, Date.now());
  if (generation.results.length === 0) throw new AppError('generation.expired', 'nothing of it is kept any more');
  const known = journal.results.list({ itemId: call.itemId, limit: 1000 });
  const before = known.find((one) => one.path !== null)?.path;
  const dir = before === null || before === undefined || !(await isFolder(dirname(before))) ? folder : dirname(before);
  if (dir === null) throw new AppError('output.folderMissing', 'no output folder was chosen');
  await checkFolder(dir);
  const saved: string[] = [];
  for (const [n, result] of generation.results.entries()) {
    const same = known.find((one) => one.sha256 === result.sha256);
    if (same?.path && (await isThere(same.path))) {
      saved.push(basename(same.path));
      continue;
    }
    const format = formatByMime(result.mime);
    const ext = format === undefined ? 'bin' : resultFacts(format).extension;
    const wanted = same?.path ? basename(same.path) : safeFileName(`${nameFromPrompt(generation.prompt)}-${n + 1}`, ext);
    const tempPath = join(dir, `.pingplex-again-${call.key}-${n}.${ext}`);
    await download(result, tempPath);
    const outcome = await commitFile({ tempPath, dir, name: wanted, rule: 'number', expectedSha256: result.sha256, sources: [] });
    if (outcome.decision === 'skip') continue;
    if (same !== undefined) journal.results.setCommitted(same.id, outcome.path);
    saved.push(basename(outcome.path));
  }
  return { saved, dir };
}

const isFolder = async (path: string): Promise<boolean> =>
  await readdir(path).then(
    () => true,
    () => false,
  );
