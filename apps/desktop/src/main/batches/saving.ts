import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@pingplex/shared/errors';
import { commitFile, foldName, hashFile, outputError, sealFile, tempPath } from '../../output/index.ts';
import { type BatchRow, type ItemRow, type Journal, newResultId, type ResultRow, type StepFile } from '../db/index.ts';
import { tempPlace } from './item-files.ts';
import { localDay, resultName } from './plan.ts';

export type SaveContext = {
  readonly journal: Journal;
  readonly batch: BatchRow;
  readonly item: ItemRow;
  readonly dir: string;
  readonly now: () => number;
};

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** First 8 hex digits of the hash of the source, or of the prompt where there is none, when the names ask for it; reading a big file for nothing would be a waste. */
export async function hashForName(batch: BatchRow, item: ItemRow): Promise<string> {
  if (!batch.template.includes('{hash}')) return '';
  if (item.path !== '') return (await hashFile(item.path)).sha256.slice(0, 8);
  return createHash('sha256')
    .update(item.ask?.prompt ?? '')
    .digest('hex')
    .slice(0, 8);
}

/** Copies of files that a later step works on, lying where results are written. */
export async function copyForSaving(context: SaveContext, files: readonly StepFile[], step: number): Promise<StepFile[]> {
  const copies: StepFile[] = [];
  const place = tempPlace(context.dir, context.item, step, 0);
  for (const [index, file] of files.entries()) {
    const path = tempPath({ dir: place.dir, stem: `${place.stem}k` }, index + 1, file.ext);
    try {
      await copyFile(file.path, path, constants.COPYFILE_FICLONE);
    } catch (thrown) {
      throw outputError(thrown, 'copying a result');
    }
    const sealed = await sealFile(path);
    if (sealed.sha256 !== file.sha256) throw new AppError('output.verifyFailed', 'a copied result differs from its original');
    copies.push({ ...file, path });
  }
  return copies;
}

/**
 * Writes down which sealed files are to become results. Has to happen in the transaction that marks their step as finished: from then on
 * every start can finish the work.
 */
export function recordSealed(context: SaveContext, files: readonly StepFile[], step: number, hash: string): void {
  const { journal, batch, item } = context;
  const existing = journal.results.ofItem(item.id);
  let n = existing.reduce((highest, row) => Math.max(highest, row.n), 0);
  const names = { template: batch.template, date: localDay(batch.createdAt), hash, index: item.position + 1 };
  for (const file of files) {
    // A step that ran again must not deliver twice what it had delivered already.
    if (existing.some((row) => row.step === step && row.sha256 === file.sha256 && row.state !== 'sealed')) continue;
    n += 1;
    const row: ResultRow = {
      id: newResultId(),
      itemId: item.id,
      batchId: batch.id,
      step,
      n,
      state: 'sealed',
      tempPath: file.path,
      dir: context.dir,
      name: resultName(names, item.name, file, n),
      path: null,
      kind: file.kind,
      format: file.format,
      sizeBytes: file.sizeBytes,
      sha256: file.sha256,
      verb: file.verb,
      measurements: file.measurements,
      credits: file.credits,
      createdAt: context.now(),
    };
    journal.results.insert(row);
  }
}

async function isNameTaken(dir: string, name: string): Promise<boolean> {
  const wanted = foldName(name);
  return (await readdir(dir)).some((other) => foldName(other) === wanted);
}

/** Sources of the same batch that have the wanted name: `replace` must not cost one file for another. */
async function otherSources(journal: Journal, batch: BatchRow, row: ResultRow): Promise<string[]> {
  if (batch.conflict !== 'replace') return [];
  const dir = await realpath(row.dir).catch(() => row.dir);
  return journal.items.sourcesNamed(batch.id, join(dir, row.name));
}

/**
 * Gives every sealed result of an item its name. Safe to repeat after a crash at any point.
 * @returns false when a sealed file is gone without having got its name; its step must run again
 * @throws AppError `output.*`
 */
export async function commitSealed(context: Pick<SaveContext, 'journal' | 'batch' | 'item'>): Promise<boolean> {
  const { journal, batch, item } = context;
  for (const row of journal.results.ofItem(item.id)) {
    if (row.state !== 'sealed') continue;
    try {
      const outcome = await commitFile({
        tempPath: row.tempPath,
        dir: row.dir,
        name: row.name,
        rule: batch.conflict,
        expectedSha256: row.sha256,
        sources: [...(item.path === '' ? [] : [item.path]), ...(await otherSources(journal, batch, row))],
      });
      if (outcome.decision === 'skip') journal.results.setSkipped(row.id);
      else journal.results.setCommitted(row.id, outcome.path);
    } catch (thrown) {
      if (await exists(row.tempPath)) throw thrown;
      if (!(thrown instanceof AppError) || thrown.code !== 'output.writeFailed') throw thrown;
      // The rule had taken the temporary file away before this could be written down.
      if (batch.conflict === 'skip' && (await isNameTaken(row.dir, row.name))) journal.results.setSkipped(row.id);
      else return false;
    }
  }
  return true;
}

/** True when every name that the item could give is taken and the rule says to leave these alone: then nothing has to be done (or paid). */
export async function isAllTaken(dir: string, names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return false;
  const taken = new Set((await readdir(dir).catch(() => [])).map(foldName));
  return names.every((name) => taken.has(foldName(name)));
}

/** Where a file lies and whether it is whole, by size; its hash was proved when it was sealed. */
export async function isThere(file: Pick<StepFile, 'path' | 'sizeBytes'>): Promise<boolean> {
  return await stat(file.path).then(
    (facts) => facts.isFile() && facts.size === file.sizeBytes,
    () => false,
  );
}

/** All places that a result's bytes may be at before it has its name. */
export const sealedPaths = (rows: readonly ResultRow[]): Set<string> =>
  new Set(
    rows.filter((row) => row.state === 'sealed').flatMap((row) => [row.tempPath, join(row.dir, row.tempPath.split(/[\\/]/).pop() ?? '')]),
  );
