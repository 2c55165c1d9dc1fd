import { basename } from 'node:path';
import type { ItemId } from '@pingplex/shared/domain';
import { toAppError } from '@pingplex/shared/errors';
import type { BatchRow, ItemRow, Journal } from '../db/index.ts';
import type { Logger } from '../logging/logger-port.ts';
import { outputDir, removeWork, sweepAfterCrash, sweepDir, workDir, workIds } from './item-files.ts';
import { commitSealed, sealedPaths } from './saving.ts';

export type RecoveryDeps = { readonly journal: Journal; readonly workRoot: string; readonly logger: Logger; readonly now: () => number };
export type RecoveryReport = { readonly interrupted: number; readonly finished: number; readonly swept: number };

/** Names that were sealed before the crash get their files; an item that only lacked these is done. */
async function finishHalfCommits(deps: RecoveryDeps, batch: BatchRow, item: ItemRow): Promise<boolean> {
  const { journal } = deps;
  try {
    const isWhole = await commitSealed({ journal, batch, item });
    const isWritten = journal.items.steps(item.id).some((run) => run.step === batch.steps.length - 1);
    const hasResult = journal.results.countOfItem(item.id) > 0;
    if (!isWhole || !isWritten || !hasResult || item.state !== 'running') return false;
    journal.transaction(() => {
      journal.items.setState(item.id, 'done', null, deps.now());
      journal.items.forgetSteps(item.id);
    });
    return true;
  } catch (thrown) {
    // The drive may be unplugged; the item keeps what it has and finishes when its batch goes on.
    deps.logger.warn({ code: toAppError(thrown).code }, 'a result could not get its name at start');
    return false;
  }
}

/**
 * Puts order into what a crash left: running batches become `interrupted`, sealed results get their names, everything else that was
 * half-made is swept. Touches only files whose names say that they are ours, of items in the journal.
 */
export async function recover(deps: RecoveryDeps): Promise<RecoveryReport> {
  const { journal, logger } = deps;
  const interrupted = journal.batches.inState('running');
  for (const batch of interrupted) journal.batches.setState(batch.id, 'interrupted', null);
  let finished = 0;
  let swept = 0;
  const byDir = new Map<string, ItemRow[]>();
  for (const item of journal.items.dirty()) {
    const batch = journal.batches.get(item.batchId);
    if (batch === undefined) continue;
    if (item.state === 'running' || item.state === 'queued') {
      if (await finishHalfCommits(deps, batch, item)) finished += 1;
      else if (item.state === 'running') journal.items.setState(item.id, 'queued', null, deps.now());
    } else {
      journal.transaction(() => {
        journal.results.dropUncommitted(item.id);
        if (item.state !== 'failed') journal.items.forgetSteps(item.id);
      });
    }
    const dir = outputDir(batch, item);
    byDir.set(dir, [...(byDir.get(dir) ?? []), item]);
  }
  for (const [dir, items] of byDir) {
    try {
      const keep = new Set(items.flatMap((item) => [...sealedPaths(journal.results.ofItem(item.id))]));
      swept += await sweepAfterCrash(dir, new Set(items.map((item) => item.id)), keep);
      for (const item of items) {
        const current = journal.items.get(item.id);
        // Sealed files that wait for their names keep the item on the list for the next start.
        if (current !== undefined && sealedPaths(journal.results.ofItem(item.id)).size === 0) journal.items.setClean(item.id);
      }
    } catch (thrown) {
      logger.warn({ code: toAppError(thrown).code }, 'an output folder could not be swept');
    }
  }
  await sweepWork(deps);
  for (const batch of interrupted) {
    const counts = journal.batches.counts(batch.id);
    if (counts.queued + counts.running === 0) journal.batches.setState(batch.id, 'finished', deps.now());
  }
  if (interrupted.length > 0) logger.info({ batches: interrupted.length, finished, swept }, 'put order into interrupted batches');
  return { interrupted: interrupted.length, finished, swept };
}

/** Files between steps are kept only for items that can go on with them. */
async function sweepWork(deps: RecoveryDeps): Promise<void> {
  const { journal, workRoot } = deps;
  for (const id of await workIds(workRoot)) {
    try {
      await tidyWork(journal, workRoot, id);
    } catch (thrown) {
      deps.logger.warn({ code: toAppError(thrown).code }, 'a work folder could not be swept');
    }
  }
}

/** Leaves in an item's work folder what its finished steps and sealed results need. */
export async function tidyWork(journal: Journal, workRoot: string, id: ItemId): Promise<void> {
  const item = journal.items.get(id);
  const needed = new Set([
    ...journal.items.steps(id).flatMap((run) => run.files.map((file) => file.path)),
    ...journal.results.ofItem(id).flatMap((row) => (row.state === 'sealed' ? [row.tempPath] : [])),
  ]);
  const isWaiting = item !== undefined && (item.state === 'queued' || item.state === 'failed' || item.state === 'running');
  const dir = workDir(workRoot, id);
  const here = new Set([...needed].filter((path) => path.startsWith(dir) && basename(path) !== ''));
  if (!isWaiting || here.size === 0) await removeWork(workRoot, id);
  else await sweepDir(dir, id, here);
}
