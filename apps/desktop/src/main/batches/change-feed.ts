import type { IpcEvents } from '@pingplex/shared/contracts/ipc';
import type { BatchId, ItemId, ResultId } from '@pingplex/shared/domain';

export type BatchPatch = IpcEvents['batches.changed'];
export type PatchMaker = (changed: {
  readonly batches: readonly BatchId[];
  readonly items: readonly ItemId[];
  readonly results: readonly ResultId[];
  readonly removed: readonly BatchId[];
}) => Omit<BatchPatch, 'rev'>;

/** 15 patches a second at most. */
const PATCH_MS = 67;

/** Gathers what changed and tells it in patches. However much happens, a window gets no more than it can paint. */
export class ChangeFeed {
  #rev = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #batches = new Set<BatchId>();
  readonly #items = new Set<ItemId>();
  readonly #results = new Set<ResultId>();
  readonly #removed = new Set<BatchId>();
  readonly #listeners = new Set<(patch: BatchPatch) => void>();
  readonly #make: PatchMaker;

  constructor(make: PatchMaker) {
    this.#make = make;
  }

  get rev(): number {
    return this.#rev;
  }

  on(listener: (patch: BatchPatch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  touch(batch: BatchId, item?: ItemId, result?: ResultId): void {
    this.#batches.add(batch);
    if (item !== undefined) this.#items.add(item);
    if (result !== undefined) this.#results.add(result);
    this.#timer ??= setTimeout(() => this.flush(), PATCH_MS);
  }

  remove(batch: BatchId): void {
    this.#batches.delete(batch);
    this.#removed.add(batch);
    this.#timer ??= setTimeout(() => this.flush(), PATCH_MS);
  }

  /** Tells at once what waits to be told. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batches.size + this.#removed.size + this.#items.size + this.#results.size === 0) return;
    const changed = {
      batches: [...this.#batches],
      items: [...this.#items],
      results: [...this.#results],
      removed: [...this.#removed],
    };
    for (const set of [this.#batches, this.#items, this.#results, this.#removed]) set.clear();
    this.#rev += 1;
    const patch = { rev: this.#rev, ...this.#make(changed) };
    for (const listener of this.#listeners) listener(patch);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
