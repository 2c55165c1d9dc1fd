import { availableParallelism, loadavg } from 'node:os';
import type { BatchView, Estimate, IpcParsed, ItemView, ResultView } from '@pingplex/shared/contracts/ipc';
import type { BatchId, ItemId, MediaFileId, Recipe, RecipeId, ResultId } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { RIGHTS } from '@pingplex/shared/text';
import { type BatchRow, type ItemRow, type Journal, newBatchId, newRecipeId, type ResultWithSource } from '../db/index.ts';
import type { Logger } from '../logging/logger-port.ts';
import { type AskedBatches, createAskedBatches } from './asked.ts';
import { type BatchPatch, ChangeFeed } from './change-feed.ts';
import { type EstimateFacts, type PlanResult, planBatch } from './estimate.ts';
import { removeWork } from './item-files.ts';
import { Lane } from './lane.ts';
import type { AccountPort, CloudPort, EnginePort, MediaFiles, SourceFile, UsagePort } from './ports.ts';
import { queuedRow } from './queued-row.ts';
import { type RecoveryReport, recover } from './recovery.ts';
import { needBatch, Runner } from './runner.ts';
import { slowdownBy } from './speed-book.ts';
import { runPlan } from './time-range.ts';
import { batchView, itemView, presentViews, resultView, type ViewOptions } from './views.ts';

export type BatchServiceOptions = {
  readonly journal: Journal;
  readonly engine: EnginePort;
  readonly cloud: CloudPort;
  readonly account: AccountPort;
  readonly usage: UsagePort;
  readonly files: MediaFiles;
  /** Folder for files between steps, for example `<userData>/work`. */
  readonly workRoot: string;
  /** Shortens the home folder to `~`. */
  readonly display: (path: string) => string;
  readonly logger: Logger;
  readonly now?: () => number;
  /** Paid requests at once. */
  readonly cloudLane?: number;
  /** True while something runs: for holding off sleep. */
  readonly onBusy?: (isBusy: boolean) => void;
  /** Turns the id of a folder that the user chose into its path. */
  readonly folderPath: (id: string) => string | undefined;
};

export type BatchService = {
  /** Puts order into what a crash left. To be awaited before anything else is called. */
  recover(): Promise<RecoveryReport>;
  onChange(listener: (patch: BatchPatch) => void): () => void;
  recipes(): Recipe[];
  saveRecipe(input: IpcParsed<'recipes.save'>): Recipe;
  removeRecipe(id: RecipeId): boolean;
  estimate(input: IpcParsed<'batches.estimate'>): Promise<Estimate>;
  /** @throws AppError the first finding that stops a run; `recipe.invalid` when rights were not confirmed for unicalize */
  start(input: IpcParsed<'batches.start'>): Promise<BatchId>;
  list(): { rev: number; batches: BatchView[] };
  items(batchId: BatchId): ItemView[];
  results(filter: IpcParsed<'batches.results'>): Promise<ResultView[]>;
  result(id: ResultId): ResultWithSource | undefined;
  cancel(batchId: BatchId, itemId?: ItemId): number;
  pause(batchId: BatchId): void;
  resume(batchId: BatchId): void;
  retry(batchId: BatchId, itemId?: ItemId): number;
  remove(batchId: BatchId): Promise<boolean>;
  /** What runs now, all batches together; progress 0–1 of their work. Cheap to ask. */
  activity(): { readonly running: boolean; readonly progress: number };
  /** Runs of the Create screen. */
  readonly asked: AskedBatches;
  close(): Promise<void>;
};

/** From so many changed items on they are read batch by batch. */
const MANY_ITEMS = 300;

/** Recipes, batches, their items and results: what the window sees and may ask for. */
export function createBatchService(options: BatchServiceOptions): BatchService {
  const { journal, engine, cloud, logger } = options;
  const now = options.now ?? Date.now;
  const cloudLane = options.cloudLane ?? 4;
  const views: ViewOptions = { journal, display: options.display };
  const overViews = new Map<BatchId, BatchView>();
  const feed: ChangeFeed = new ChangeFeed((changed) => ({
    batches: changed.batches.flatMap((id) => {
      overViews.delete(id);
      return viewOf(journal.batches.get(id));
    }),
    items: itemViews(changed.items),
    results: changed.results.flatMap((id) => {
      const row = journal.results.get(id);
      return row ? [resultView(views, row, true)] : [];
    }),
    removedBatches: changed.removed,
  }));
  const runner: Runner = new Runner({
    journal,
    engine,
    cloud,
    usage: options.usage,
    lanes: { local: new Lane(engine.workers), cloud: new Lane(cloudLane) },
    workRoot: options.workRoot,
    now,
    feed,
    logger,
    cloudLane,
    onBusy: options.onBusy ?? (() => undefined),
  });

  function itemViews(ids: readonly ItemId[]): ItemView[] {
    const rows = ids.length > MANY_ITEMS ? manyRows(new Set(ids)) : ids.flatMap((id) => journal.items.get(id) ?? []);
    const counts = new Map<BatchId, Map<ItemId, number>>();
    return rows.map((row) => {
      if (ids.length > MANY_ITEMS && !counts.has(row.batchId)) counts.set(row.batchId, journal.results.countsByItem(row.batchId));
      const results = counts.get(row.batchId)?.get(row.id) ?? (ids.length > MANY_ITEMS ? 0 : journal.results.countOfItem(row.id));
      return itemView(row, runner.live(row.batchId)?.active.get(row.id), results);
    });
  }

  /** One question per batch instead of one per item: canceling ten thousand items must not hold main up. */
  function manyRows(ids: ReadonlySet<ItemId>): ItemRow[] {
    const batches = new Set(
      [...ids]
        .slice(0, 1)
        .concat([...ids].slice(-1))
        .flatMap((id) => journal.items.get(id)?.batchId ?? []),
    );
    const rows = [...batches].flatMap((id) => journal.items.ofBatch(id)).filter((row) => ids.has(row.id));
    const found = new Set(rows.map((row) => row.id));
    return [...rows, ...[...ids].filter((id) => !found.has(id)).flatMap((id) => journal.items.get(id) ?? [])];
  }

  function viewOf(row: BatchRow | undefined): BatchView[] {
    if (row === undefined) return [];
    const live = runner.live(row.id);
    const known = overViews.get(row.id);
    if (live === undefined && known !== undefined && known.finishedAt === row.finishedAt && known.state === row.state) return [known];
    const view = batchView(views, row, live);
    // The history may be long and is asked for often; what is over changes only when it runs again.
    if (live === undefined && row.finishedAt !== null) overViews.set(row.id, view);
    return [view];
  }

  /** What every estimate rests on, as it is now. */
  function facts(): EstimateFacts {
    const { wallet, account, keychain } = options.account.state();
    return {
      models: cloud.models(),
      wallet,
      isSignedIn: account !== null,
      isKeychainLocked: keychain === 'locked' && account === null,
      learned: journal.knowledge.speeds(),
      outcomes: journal.knowledge.outcomes(),
      slowdown: slowdownBy(loadavg()[0] ?? 0, availableParallelism(), engine.workers),
      workers: engine.workers,
      cloudLane,
      now: now(),
    };
  }

  async function plan(input: IpcParsed<'batches.estimate'>): Promise<PlanResult & { ids: MediaFileId[]; folder: string | null }> {
    const found = input.fileIds.flatMap((id): { id: MediaFileId; source: SourceFile }[] => {
      const source = options.files.resolve(id);
      return source ? [{ id, source }] : [];
    });
    const folder = input.output.folderId === null ? null : (options.folderPath(input.output.folderId) ?? null);
    if (input.steps.some((step) => step.verb === 'generate') && cloud.models().length === 0) {
      await cloud.refreshModels().catch(() => logger.debug({}, 'the catalogue could not be read for an estimate'));
    }
    const planned = await planBatch(
      {
        sources: found.map((one) => one.source),
        missing: input.fileIds.length - found.length,
        steps: input.steps,
        output: input.output,
        folder,
      },
      facts(),
    );
    return { ...planned, ids: found.map((one) => one.id), folder };
  }

  return {
    recover: () => recover({ journal, workRoot: options.workRoot, logger, now }),
    onChange: (listener) => feed.on(listener),
    recipes: () => journal.knowledge.recipes(),
    saveRecipe: (input) => {
      const recipe: Recipe = { id: input.id ?? newRecipeId(), name: input.name, version: 1, steps: input.steps };
      journal.knowledge.saveRecipe(recipe, now());
      return recipe;
    },
    removeRecipe: (id) => journal.knowledge.removeRecipe(id),
    estimate: async (input) => (await plan(input)).estimate,
    start: async (input) => {
      const isUnicalizing = input.steps.some((step) => step.verb === 'unicalize');
      if (isUnicalizing && !input.rightsConfirmed) {
        throw new AppError('recipe.invalid', 'unicalizing needs the confirmation that the media is yours', { field: 'rightsConfirmed' });
      }
      const { estimate, range, items, ids, folder } = await plan(input);
      const stopping = estimate.findings.find((finding) => finding.level === 'error');
      if (stopping?.error) throw AppError.fromData(stopping.error);
      if (stopping?.name)
        throw new AppError('output.templateInvalid', stopping.name.code, {
          params: { finding: stopping.name.code, what: stopping.name.what },
        });
      if (folder === null) throw new AppError('output.folderMissing', 'no output folder was chosen');
      const batch: BatchRow = {
        id: newBatchId(),
        name: input.name,
        state: 'running',
        steps: input.steps,
        folder,
        template: input.output.template,
        conflict: input.output.conflict,
        keepTree: input.output.keepTree,
        rightsConfirmedAt: isUnicalizing ? now() : null,
        rightsVersion: isUnicalizing ? RIGHTS.version : null,
        workMs: items.reduce((sum, item) => sum + item.workMs, 0),
        createdAt: now(),
        finishedAt: null,
      };
      const rows = items.map((item, position) =>
        queuedRow(item, { batchId: batch.id, position, fileId: ids[position] ?? null, ask: null }),
      );
      journal.transaction(() => {
        journal.batches.insert(batch);
        journal.items.insertAll(rows);
      });
      runner.run(batch.id, runPlan(range));
      return batch.id;
    },
    list: () => ({ rev: feed.rev, batches: journal.batches.list().flatMap(viewOf) }),
    items: (batchId) => {
      const results = journal.results.countsByItem(batchId);
      const live = runner.live(batchId);
      return journal.items.ofBatch(batchId).map((row) => itemView(row, live?.active.get(row.id), results.get(row.id) ?? 0));
    },
    results: async ({ batchId, sourceId, limit }) => {
      const rows = journal.results.list({ ...(batchId ? { batchId } : {}), ...(sourceId ? { sourceId } : {}), limit });
      return await presentViews(views, rows);
    },
    result: (id) => journal.results.get(id),
    cancel: (batchId, itemId) => runner.cancel(needBatch(journal.batches.get(batchId)).id, itemId),
    pause: (batchId) => runner.pause(needBatch(journal.batches.get(batchId)).id),
    resume: (batchId) => {
      const { state } = needBatch(journal.batches.get(batchId));
      if (state === 'paused' || state === 'interrupted') runner.run(batchId);
    },
    retry: (batchId, itemId) => {
      const batch = needBatch(journal.batches.get(batchId));
      if (batch.state === 'canceled') throw new AppError('batch.nothingToDo', 'a canceled batch stays canceled');
      let queued: number;
      if (itemId === undefined) {
        for (const id of journal.items.idsInState(batchId, 'failed')) feed.touch(batchId, id);
        queued = journal.items.setAll(batchId, ['failed'], 'queued', now());
      } else {
        const item = journal.items.get(itemId);
        const mayRetry = item?.batchId === batchId && (item.state === 'failed' || item.state === 'canceled' || item.state === 'skipped');
        if (mayRetry) journal.items.setState(itemId, 'queued', null, now());
        feed.touch(batchId, itemId);
        queued = mayRetry ? 1 : 0;
      }
      if (queued > 0) runner.run(batchId);
      return queued;
    },
    remove: async (batchId) => {
      const batch = journal.batches.get(batchId);
      if (batch === undefined) return false;
      runner.cancel(batchId);
      await runner.settled(batchId);
      for (const item of journal.items.ofBatch(batchId)) await removeWork(options.workRoot, item.id);
      const isRemoved = journal.batches.remove(batchId);
      feed.remove(batchId);
      return isRemoved;
    },
    activity: () => runner.activity(),
    asked: createAskedBatches({ journal, runner, feed, facts, folderPath: options.folderPath, now }),
    close: async () => {
      await runner.close();
      feed.flush();
      feed.stop();
    },
  };
}
