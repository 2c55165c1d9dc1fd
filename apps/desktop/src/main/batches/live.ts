import type { ItemView } from '@pingplex/shared/contracts/ipc';
import type { ItemId } from '@pingplex/shared/domain';
import type { BatchOutcome, BatchRow } from '../db/index.ts';
import { type RunPlan, timeLeft } from './time-range.ts';

/** An item that runs now. */
export type LiveItem = {
  readonly id: ItemId;
  readonly workMs: number;
  readonly ending: AbortController;
  progress: number;
  stage: ItemView['stage'];
  /** What a model has written so far. */
  text?: string;
  /** Why the server lets it wait, and where in line. */
  waiting?: ItemView['waiting'] | undefined;
  /** Resolves when nothing of it is left running. */
  over: Promise<void>;
};

/** For a batch that goes on after a restart: its plan was made by another run of the app. */
const UNKNOWN_DOUBT = 0.5;

/** What main knows of a running or paused batch beside its journal. */
export class LiveBatch {
  readonly row: BatchRow;
  /** Items that wait, in order. */
  readonly queue: ItemId[];
  readonly active = new Map<ItemId, LiveItem>();
  isPaused: boolean;
  finishedWorkMs: number;
  /** Items that came to an end since it was put to work. */
  finished = 0;
  readonly #workers: number;
  readonly #clock: () => number;
  readonly #plan: RunPlan | undefined;
  #startedAt: number;
  #workAtStart: number;
  #isWhole = true;

  constructor(
    row: BatchRow,
    queue: ItemId[],
    finishedWorkMs: number,
    isPaused: boolean,
    workers: number,
    plan?: RunPlan,
    clock = () => performance.now(),
  ) {
    this.row = row;
    this.queue = queue;
    this.finishedWorkMs = finishedWorkMs;
    this.#workAtStart = finishedWorkMs;
    this.isPaused = isPaused;
    this.#workers = workers;
    this.#plan = plan;
    this.#clock = clock;
    this.#startedAt = clock();
  }

  /** Goes on after a pause, with the finished work as the journal knows it: the time that it stood still says nothing about its speed. */
  goOn(finishedWorkMs: number): void {
    this.finishedWorkMs = finishedWorkMs;
    this.isPaused = false;
    this.finished = 0;
    this.#isWhole = false;
    this.#startedAt = this.#clock();
    this.#workAtStart = finishedWorkMs + this.activeWorkMs();
  }

  activeWorkMs(): number {
    let sum = 0;
    for (const item of this.active.values()) sum += item.workMs * item.progress;
    return sum;
  }

  /** Time that is left: by the plan before anything is done, then more and more by what this run has managed. Narrows as items finish. */
  etaMs(): { low: number; high: number } {
    const done = this.finishedWorkMs + this.activeWorkMs();
    const left = Math.max(0, this.row.workMs - done);
    // From the work of one worker to the clock of the batch.
    const pace = this.#plan !== undefined && this.row.workMs > 0 ? this.#plan.middleMs / this.row.workMs : 1 / this.#workers;
    const plan = { leftMs: left * pace, doneMs: (done - this.#workAtStart) * pace, doubt: this.#plan?.doubt ?? UNKNOWN_DOUBT };
    return timeLeft(plan, this.#clock() - this.#startedAt, this.finished);
  }

  /** What it was expected to take and what it took; null when it did not run from its beginning to its end. */
  outcome(): BatchOutcome | null {
    const plannedMs = this.#plan?.plainMs ?? null;
    return plannedMs === null || !this.#isWhole || this.isPaused ? null : { plannedMs, tookMs: this.#clock() - this.#startedAt };
  }
}
