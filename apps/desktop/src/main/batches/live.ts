import type { ItemView } from '@pingplex/shared/contracts/ipc';
import type { ItemId } from '@pingplex/shared/domain';
import type { BatchRow } from '../db/index.ts';

/** An item that runs now. */
export type LiveItem = {
  readonly id: ItemId;
  readonly workMs: number;
  readonly ending: AbortController;
  progress: number;
  stage: ItemView['stage'];
  /** Resolves when nothing of it is left running. */
  over: Promise<void>;
};

/** What main knows of a running or paused batch beside its journal. */
export class LiveBatch {
  readonly row: BatchRow;
  /** Items that wait, in order. */
  readonly queue: ItemId[];
  readonly active = new Map<ItemId, LiveItem>();
  isPaused: boolean;
  finishedWorkMs: number;
  readonly #workers: number;
  readonly #clock: () => number;
  #startedAt: number;
  #workAtStart: number;

  constructor(row: BatchRow, queue: ItemId[], finishedWorkMs: number, isPaused: boolean, workers: number, clock = () => performance.now()) {
    this.row = row;
    this.queue = queue;
    this.finishedWorkMs = finishedWorkMs;
    this.#workAtStart = finishedWorkMs;
    this.isPaused = isPaused;
    this.#workers = workers;
    this.#clock = clock;
    this.#startedAt = clock();
  }

  /** Goes on after a pause, with the finished work as the journal knows it: the time that it stood still says nothing about its speed. */
  goOn(finishedWorkMs: number): void {
    this.finishedWorkMs = finishedWorkMs;
    this.isPaused = false;
    this.#startedAt = this.#clock();
    this.#workAtStart = finishedWorkMs + this.activeWorkMs();
  }

  activeWorkMs(): number {
    let sum = 0;
    for (const item of this.active.values()) sum += item.workMs * item.progress;
    return sum;
  }

  /** Time that is left: by what this run has managed so far, by the plan before that. The range narrows as work gets done. */
  etaMs(): { low: number; high: number } {
    const done = this.finishedWorkMs + this.activeWorkMs();
    const left = Math.max(0, this.row.workMs - done);
    const elapsed = this.#clock() - this.#startedAt;
    const managed = done - this.#workAtStart;
    const share = this.row.workMs > 0 ? managed / this.row.workMs : 1;
    const isKnown = managed > 0 && share > 0.02 && elapsed > 2000;
    const middle = isKnown ? (left / managed) * elapsed : left / this.#workers;
    const doubt = isKnown ? 0.15 + 0.6 * (1 - Math.min(1, share)) : 1.2;
    return { low: Math.round(middle / (1 + doubt)), high: Math.round(middle * (1 + doubt)) };
  }
}
