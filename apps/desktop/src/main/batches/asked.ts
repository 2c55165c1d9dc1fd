import { isAbsolute } from 'node:path';
import type { IpcParsed } from '@pingplex/shared/contracts/ipc';
import type { BatchId, GenerateStep } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import { type Ask, type BatchRow, type ItemRow, type Journal, newBatchId } from '../db/index.ts';
import type { ChangeFeed } from './change-feed.ts';
import { type EstimateFacts, type PlanResult, planBatch } from './estimate.ts';
import type { SourceFile } from './ports.ts';
import { queuedRow } from './queued-row.ts';
import { needBatch, type Runner } from './runner.ts';
import { runPlan } from './time-range.ts';

/** One request that was asked for by itself; `source` is a stand-in with an empty path where there is none. */
export type AskedItem = {
  readonly source: SourceFile;
  readonly fileId: ItemRow['fileId'];
  readonly ask: Ask;
  /** 0-based place in the list that it came from, for `{index}`. */
  readonly position: number;
  readonly credits: number;
};
export type AskedRun = {
  readonly name: string;
  readonly step: z.output<typeof GenerateStep>;
  readonly items: readonly AskedItem[];
  readonly output: IpcParsed<'batches.estimate'>['output'];
};

/** Batches whose items each ask for something of their own: what the Create screen runs. */
export type AskedBatches = {
  plan(run: AskedRun): Promise<PlanResult>;
  /** @throws AppError the first finding that stops a run */
  start(run: AskedRun): Promise<BatchId>;
  /**
   * Runs what a canceled batch left, in a new one. The items move there as they are, so that a request that was on its way when the cancel
   * came is taken up again instead of being bought a second time.
   * @throws AppError `batch.nothingToDo`, `batch.notFound`
   */
  resume(batchId: BatchId): Promise<{ batchId: BatchId; rows: number }>;
};

type Deps = {
  readonly journal: Journal;
  readonly runner: Runner;
  readonly feed: ChangeFeed;
  readonly facts: () => EstimateFacts;
  readonly folderPath: (id: string) => string | undefined;
  readonly now: () => number;
};

/** An item of a canceled batch that delivered nothing. */
const isLeft = ({ state }: ItemRow): boolean => state === 'canceled' || state === 'failed' || state === 'queued';

export function createAskedBatches({ journal, runner, feed, facts, folderPath, now }: Deps): AskedBatches {
  const folderOf = (run: AskedRun): string | null => {
    const folder = run.output.folderId === null ? undefined : folderPath(run.output.folderId);
    return folder !== undefined && isAbsolute(folder) ? folder : null;
  };
  const plan = (run: AskedRun): Promise<PlanResult> =>
    planBatch(
      {
        sources: run.items.map(({ source }) => source),
        asks: run.items,
        missing: 0,
        steps: [run.step],
        output: run.output,
        folder: folderOf(run),
      },
      facts(),
    );

  return {
    plan,
    start: async (run) => {
      const { estimate, range, items } = await plan(run);
      const stopping = estimate.findings.find((finding) => finding.level === 'error');
      if (stopping?.error) throw AppError.fromData(stopping.error);
      if (stopping?.name) {
        const { code, what } = stopping.name;
        throw new AppError('output.templateInvalid', code, { params: { finding: code, what } });
      }
      const folder = folderOf(run);
      if (folder === null) throw new AppError('output.folderMissing', 'no output folder was chosen');
      const batch: BatchRow = {
        id: newBatchId(),
        name: run.name,
        state: 'running',
        steps: [run.step],
        folder,
        template: run.output.template,
        conflict: run.output.conflict,
        keepTree: run.output.keepTree,
        rightsConfirmedAt: null,
        rightsVersion: null,
        workMs: items.reduce((sum, item) => sum + item.workMs, 0),
        createdAt: now(),
        finishedAt: null,
      };
      const rows = items.map((item, at) => {
        const asked = run.items[at];
        const place = { position: asked?.position ?? at, fileId: asked?.fileId ?? null, ask: asked?.ask ?? null };
        return queuedRow(item, { batchId: batch.id, ...place });
      });
      journal.transaction(() => {
        journal.batches.insert(batch);
        journal.items.insertAll(rows);
      });
      runner.run(batch.id, runPlan(range));
      return batch.id;
    },
    resume: async (batchId) => {
      const before = needBatch(journal.batches.get(batchId));
      // What was canceled a moment ago may still be putting its files away.
      await runner.settled(batchId);
      const left = before.state === 'canceled' ? journal.items.ofBatch(batchId).filter((item) => item.ask !== null && isLeft(item)) : [];
      if (left.length === 0) throw new AppError('batch.nothingToDo', 'nothing of this run is left');
      const batch: BatchRow = {
        ...before,
        id: newBatchId(),
        state: 'running',
        workMs: left.reduce((sum, item) => sum + item.workMs, 0),
        createdAt: now(),
        finishedAt: null,
      };
      journal.transaction(() => {
        journal.batches.insert(batch);
        const ids = left.map(({ id }) => id);
        journal.items.moveTo(ids, batch.id);
        journal.calls.moveTo(ids, batch.id);
      });
      feed.touch(batchId);
      for (const { id } of left) feed.touch(batch.id, id);
      runner.run(batch.id);
      return { batchId: batch.id, rows: left.length };
    },
  };
}
