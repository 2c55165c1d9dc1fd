import type { BatchId, BatchState, ItemId, ItemState } from '@pingplex/shared/domain';
import { BATCH_MOVES, canMove, isCloudStep } from '@pingplex/shared/domain';
import { AppError, type AppErrorData, toAppError } from '@pingplex/shared/errors';
import type { BatchRow, ItemRow } from '../db/index.ts';
import { ITEM_OVER } from '../db/index.ts';
import type { Logger } from '../logging/logger-port.ts';
import type { ChangeFeed } from './change-feed.ts';
import { outputDir, removeWork, sweepDir } from './item-files.ts';
import { type ItemDeps, type ItemEnd, runItem } from './item-run.ts';
import { LiveBatch, type LiveItem } from './live.ts';
import { Stopped } from './ports.ts';
import { tidyWork } from './recovery.ts';
import { sealedPaths } from './saving.ts';
import type { RunPlan } from './time-range.ts';

export type RunnerOptions = ItemDeps & {
  readonly feed: ChangeFeed;
  readonly logger: Logger;
  readonly cloudLane: number;
  /** Told when the number of running batches changes from or to zero: for holding off sleep. */
  readonly onBusy: (isBusy: boolean) => void;
};

/** Stages in which an item waits for others and needs no worker. */
const CLOUD_STAGES = new Set(['uploading', 'waiting', 'downloading']);

/** Gives items to workers and keeps their states. Everything that must be known after a crash is in the journal before it is acted on. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #live = new Map<BatchId, LiveBatch>();
  #isClosed = false;
  #wasBusy = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  live(id: BatchId): LiveBatch | undefined {
    return this.#live.get(id);
  }

  activity(): { readonly running: boolean; readonly progress: number } {
    let total = 0;
    let done = 0;
    let running = false;
    for (const live of this.#live.values()) {
      running ||= live.active.size > 0 || (!live.isPaused && live.queue.length > 0);
      total += live.row.workMs;
      done += live.finishedWorkMs + live.activeWorkMs();
    }
    return { running, progress: total > 0 ? Math.min(1, done / total) : 0 };
  }

  /**
   * Puts a batch to work; its queued items are read from the journal. Does nothing for one that is at work already.
   * @param plan what it is expected to take, when it was planned just now
   */
  run(batchId: BatchId, plan?: RunPlan): void {
    const { journal, engine, feed } = this.#options;
    const row = journal.batches.get(batchId);
    if (row === undefined || this.#isClosed) return;
    const queue = journal.items.idsInState(batchId, 'queued');
    if (row.state !== 'running') this.#setState(batchId, 'running');
    const live = this.#live.get(batchId);
    if (live !== undefined) {
      const known = new Set([...live.queue, ...live.active.keys()]);
      live.queue.push(...queue.filter((id) => !known.has(id)));
      live.goOn(journal.batches.finishedWorkMs(batchId));
    } else this.#live.set(batchId, new LiveBatch(row, queue, journal.batches.finishedWorkMs(batchId), false, engine.workers, plan));
    feed.touch(batchId);
    this.#pump();
  }

  /** Items in work finish the step that they are at; nothing new begins. */
  pause(batchId: BatchId): void {
    const live = this.#live.get(batchId);
    if (live === undefined || live.isPaused) return;
    live.isPaused = true;
    this.#setState(batchId, 'paused');
    this.#options.feed.touch(batchId);
    this.#tellBusy();
  }

  /** Stops one item or a whole batch. Waiting items are canceled at once; running ones are told, and their files taken away. */
  cancel(batchId: BatchId, itemId?: ItemId): number {
    const { journal, feed, now } = this.#options;
    const live = this.#live.get(batchId);
    if (itemId !== undefined) {
      const item = journal.items.get(itemId);
      if (item === undefined || item.batchId !== batchId || (item.state !== 'queued' && item.state !== 'running')) return 0;
      this.#cancelOne(live, item);
      this.#finishIfDone(batchId);
      return 1;
    }
    const row = journal.batches.get(batchId);
    if (row === undefined || !canMove(BATCH_MOVES, row.state, 'canceled')) return 0;
    for (const active of live?.active.values() ?? []) feed.touch(batchId, active.id);
    for (const id of live?.queue ?? journal.items.idsInState(batchId, 'queued')) feed.touch(batchId, id);
    const waitingForServer = journal.calls.itemsUnderWay(batchId);
    const canceled = journal.transaction(() => {
      journal.batches.setState(batchId, 'canceled', now());
      return journal.items.setAll(batchId, ['queued', 'running'], 'canceled', now());
    });
    live?.queue.splice(0);
    for (const active of live?.active.values() ?? []) this.#stop(active);
    if (live === undefined || live.active.size === 0) this.#live.delete(batchId);
    this.#tellBusy();
    const running = new Set(live?.active.keys() ?? []);
    // A run that was paused or cut off may have left requests at the server that somebody would pay for.
    for (const id of waitingForServer) if (!running.has(id)) this.#abandon(id);
    this.#cleanUpWaiting(batchId, running);
    return canceled;
  }

  /** Stops everything because the app ends; what ran goes back to its queue. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const active = [...this.#live.values()].flatMap((live) => [...live.active.values()]);
    for (const item of active) item.ending.abort(new Stopped('quit'));
    await Promise.allSettled(active.map((item) => item.over));
    for (const [id, live] of this.#live) if (!live.isPaused) this.#setState(id, 'interrupted');
    this.#live.clear();
    this.#tellBusy();
  }

  /** Resolves when nothing of the batch is left running. */
  async settled(batchId: BatchId): Promise<void> {
    for (let live = this.#live.get(batchId); live !== undefined && live.active.size > 0; live = this.#live.get(batchId)) {
      await Promise.all([...live.active.values()].map((item) => item.over));
    }
  }

  #setState(id: BatchId, state: BatchState): void {
    const { journal, now } = this.#options;
    journal.batches.setState(id, state, state === 'finished' || state === 'canceled' ? now() : null);
  }

  #cancelOne(live: LiveBatch | undefined, item: ItemRow): void {
    const { journal, feed, now } = this.#options;
    journal.items.setState(item.id, 'canceled', null, now());
    if (live !== undefined) live.finishedWorkMs += item.workMs;
    if (live?.active.has(item.id) !== true) this.#abandon(item.id);
    const at = live?.queue.indexOf(item.id) ?? -1;
    if (at >= 0) live?.queue.splice(at, 1);
    const active = live?.active.get(item.id);
    if (active !== undefined) this.#stop(active);
    else this.#background(this.#cleanUp(item, true), 'cleaning up after a canceled item');
    feed.touch(item.batchId, item.id);
  }

  #stop(active: LiveItem): void {
    active.ending.abort(new Stopped('canceled'));
    this.#abandon(active.id);
  }

  #abandon(id: ItemId): void {
    this.#background(this.#options.cloud.abandon(id), 'telling the server about a cancel');
  }

  /** Canceled items that waited may still own files of finished steps. */
  #cleanUpWaiting(batchId: BatchId, running: ReadonlySet<ItemId>): void {
    const { journal } = this.#options;
    for (const item of journal.items.dirty()) {
      if (item.batchId === batchId && item.state === 'canceled' && !running.has(item.id)) {
        this.#background(this.#cleanUp(item, true), 'cleaning up after a canceled item');
      }
    }
  }

  #background(act: Promise<unknown>, what: string): void {
    act.catch((thrown: unknown) => this.#options.logger.warn({ code: toAppError(thrown).code }, `${what} failed`));
  }

  #tellBusy(): void {
    const isBusy = [...this.#live.values()].some((live) => live.active.size > 0 || (!live.isPaused && live.queue.length > 0));
    if (isBusy === this.#wasBusy) return;
    this.#wasBusy = isBusy;
    this.#options.onBusy(isBusy);
  }

  /** Starts items while there is room: enough to keep the workers fed, and the cloud lane beside them. */
  #pump(): void {
    if (this.#isClosed) return;
    const { engine, cloudLane } = this.#options;
    let local = 0;
    let total = 0;
    for (const live of this.#live.values()) {
      for (const item of live.active.values()) {
        total += 1;
        if (item.stage === null || !CLOUD_STAGES.has(item.stage)) local += 1;
      }
    }
    for (const live of this.#live.values()) {
      const room = engine.workers + 1 + (live.row.steps.some(isCloudStep) ? 2 * cloudLane : 0);
      while (!live.isPaused && live.queue.length > 0 && local <= engine.workers && total < room) {
        const id = live.queue.shift();
        if (id === undefined) break;
        this.#start(live, id);
        local += 1;
        total += 1;
      }
    }
    this.#tellBusy();
  }

  #start(live: LiveBatch, id: ItemId): void {
    const { journal, feed } = this.#options;
    if (journal.items.get(id)?.state !== 'queued') return;
    journal.items.startAttempt(id);
    const item = journal.items.get(id);
    if (item === undefined) return;
    const active: LiveItem = { id, workMs: item.workMs, ending: new AbortController(), progress: 0, stage: null, over: Promise.resolve() };
    live.active.set(id, active);
    feed.touch(live.row.id, id);
    active.over = this.#work(live, item, active).catch((thrown: unknown) => {
      this.#options.logger.error({ err: toAppError(thrown).message }, 'the state of an item could not be kept');
    });
  }

  async #work(live: LiveBatch, item: ItemRow, active: LiveItem): Promise<void> {
    const { feed, journal } = this.#options;
    const known = new Set<string>();
    const tellResults = (): void => {
      for (const row of journal.results.ofItem(item.id)) {
        if (row.state === 'committed' && !known.has(row.id)) feed.touch(live.row.id, item.id, row.id);
        known.add(row.id);
      }
    };
    let end: ItemEnd | undefined;
    let failure: unknown;
    try {
      end = await runItem(this.#options, live.row, item, {
        signal: active.ending.signal,
        onStage: (stage, fraction) => {
          const wasCloud = active.stage !== null && CLOUD_STAGES.has(active.stage);
          active.stage = stage;
          active.progress = Math.max(active.progress, fraction);
          feed.touch(live.row.id, item.id);
          if (!wasCloud && stage !== null && CLOUD_STAGES.has(stage)) queueMicrotask(() => this.#pump());
        },
        pause: () => {
          if (live.isPaused) throw new Stopped('paused');
        },
        onResults: tellResults,
        onWaiting: (waiting) => {
          if (waiting === null ? active.waiting === undefined : active.waiting?.place === waiting?.place) return;
          active.waiting = waiting ?? undefined;
          feed.touch(live.row.id, item.id);
        },
        onText: (text) => {
          active.text = text;
          feed.touch(live.row.id, item.id);
        },
      });
    } catch (thrown) {
      failure = thrown;
    }
    try {
      await this.#settle(live, item, end, failure);
    } finally {
      tellResults();
      live.active.delete(item.id);
      feed.touch(live.row.id, item.id);
      this.#finishIfDone(live.row.id);
      this.#pump();
    }
  }

  async #settle(live: LiveBatch, item: ItemRow, end: ItemEnd | undefined, failure: unknown): Promise<void> {
    const { journal, logger, now } = this.#options;
    const current = journal.items.get(item.id);
    if (current === undefined) return;
    if (current.state === 'canceled') {
      await this.#cleanUp(item, true);
      return;
    }
    const over = (state: ItemState, error: AppErrorData | null): void => {
      live.finishedWorkMs += item.workMs;
      live.finished += 1;
      journal.transaction(() => {
        journal.items.setState(item.id, state, error, now());
        if (state !== 'failed') journal.items.forgetSteps(item.id);
      });
    };
    if (end !== undefined) {
      over(end.state, end.state === 'skipped' ? end.error.toData() : null);
      await this.#cleanUp(item, true);
      return;
    }
    if (failure instanceof Stopped) {
      journal.items.setState(item.id, 'queued', null, now());
      if (failure.why === 'paused') live.queue.unshift(item.id);
      // Canceled, and asked for again before it had come to its end.
      await this.#cleanUp(item, failure.why === 'canceled');
      if (failure.why === 'canceled') live.queue.push(item.id);
      return;
    }
    const error = toAppError(failure);
    logger.info({ item: item.id, code: error.code, detail: error.message.slice(0, 300) }, 'an item could not be done');
    if (error.code === 'output.diskFull') {
      // Not the fault of this file: the batch waits until there is room again.
      journal.items.setState(item.id, 'queued', error.toData(), now());
      live.queue.unshift(item.id);
      await this.#cleanUp(item, false);
      this.pause(live.row.id);
      return;
    }
    over('failed', error.toData());
    await this.#cleanUp(item, false);
  }

  /** Takes an item's temporary files away; `all` also those of its finished steps. */
  async #cleanUp(item: ItemRow, all: boolean): Promise<void> {
    const { journal, workRoot } = this.#options;
    const batch: BatchRow | undefined = journal.batches.get(item.batchId);
    journal.transaction(() => {
      const sealed = journal.results.ofItem(item.id).filter((row) => row.state === 'sealed');
      // What was sealed and got no name is made again: its step is not finished.
      const from = Math.min(...sealed.map((row) => row.step), Number.MAX_SAFE_INTEGER);
      journal.results.dropUncommitted(item.id);
      journal.items.forgetSteps(item.id, all ? 0 : from);
    });
    if (batch !== undefined) await sweepDir(outputDir(batch, item), item.id, sealedPaths(journal.results.ofItem(item.id)));
    if (all) await removeWork(workRoot, item.id);
    else await tidyWork(journal, workRoot, item.id);
    journal.items.setClean(item.id);
  }

  #finishIfDone(batchId: BatchId): void {
    const live = this.#live.get(batchId);
    if (live === undefined || live.queue.length > 0 || live.active.size > 0 || this.#isClosed) return;
    const counts = this.#options.journal.batches.counts(batchId);
    const isOver = Object.entries(counts).every(([state, n]) => n === 0 || ITEM_OVER.includes(state as ItemState));
    if (!isOver) return;
    const state = this.#options.journal.batches.get(batchId)?.state;
    if (state === 'running' || state === 'paused') this.#setState(batchId, 'finished');
    // A batch of failures says nothing about how long work takes.
    const outcome = counts.done >= 0.8 * live.finished ? live.outcome() : null;
    if (outcome !== null) this.#options.journal.knowledge.addOutcome(outcome);
    this.#live.delete(batchId);
    this.#options.feed.touch(batchId);
    this.#tellBusy();
  }
}

/** @throws AppError `batch.notFound` */
export function needBatch(row: BatchRow | undefined): BatchRow {
  if (row === undefined) throw new AppError('batch.notFound', 'no such batch');
  return row;
}
