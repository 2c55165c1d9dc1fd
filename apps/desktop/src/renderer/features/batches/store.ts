import type { BatchView, IpcEvents, ItemView, ResultView } from '@pingplex/shared/contracts/ipc';
import type { BatchId, MediaFileId } from '@pingplex/shared/domain';
import { create } from 'zustand';
import { RevFeed } from '../../lib/feed.ts';
import { call, on } from '../../lib/ipc.ts';

type Batches = {
  /** Maps are changed in place; `rev` grows with every change, so that each row looks again and only changed rows render. */
  readonly rev: number;
  readonly byId: ReadonlyMap<string, BatchView>;
  /** Newest first. */
  readonly order: readonly BatchId[];
  readonly items: ReadonlyMap<string, ItemView>;
  /** Items of batches whose items were fetched, in their order. */
  readonly itemsOf: ReadonlyMap<string, readonly string[]>;
  /** The item that a file is queued or running in just now. */
  readonly activeByFile: ReadonlyMap<string, string>;
  readonly results: ReadonlyMap<string, ResultView>;
  /** Newest first. */
  readonly resultOrder: readonly string[];
  readonly resultsLoaded: boolean;
  readonly loaded: boolean;
  readonly error: unknown;
};

const byId = new Map<string, BatchView>();
const items = new Map<string, ItemView>();
const itemsOf = new Map<string, string[]>();
const activeByFile = new Map<string, string>();
const results = new Map<string, ResultView>();

export const useBatches = create<Batches>(() => ({
  rev: 0,
  byId,
  order: [],
  items,
  itemsOf,
  activeByFile,
  results,
  resultOrder: [],
  resultsLoaded: false,
  loaded: false,
  error: null,
}));

const bump = (patch: Partial<Batches> = {}): void => useBatches.setState((state) => ({ ...patch, rev: state.rev + 1 }));
const isActive = (item: ItemView): boolean => item.state === 'running' || item.state === 'queued';

function putItems(list: readonly ItemView[]): void {
  const fresh = new Map<BatchId, string[]>();
  for (const item of list) {
    const before = items.get(item.id);
    if (before && before.batchId !== item.batchId) {
      // What was left of a canceled run went on in another one.
      itemsOf.set(
        before.batchId,
        (itemsOf.get(before.batchId) ?? []).filter((id) => id !== item.id),
      );
      items.delete(item.id);
    }
    if (itemsOf.has(item.batchId) && !items.has(item.id)) {
      const ids = fresh.get(item.batchId) ?? [];
      ids.push(item.id);
      fresh.set(item.batchId, ids);
    }
    items.set(item.id, item);
    if (!item.fileId) continue;
    if (isActive(item)) activeByFile.set(item.fileId, item.id);
    else if (activeByFile.get(item.fileId) === item.id) activeByFile.delete(item.fileId);
  }
  // The array is replaced only when items are new, and once for all of them: a change of one row leaves the list alone.
  for (const [batchId, ids] of fresh) itemsOf.set(batchId, [...(itemsOf.get(batchId) ?? []), ...ids]);
}

function orderOf(): BatchId[] {
  return [...byId.values()].sort((a, b) => b.createdAt - a.createdAt).map((batch) => batch.id);
}

function addResults(list: readonly ResultView[]): readonly string[] | null {
  const fresh = list.filter((one) => !results.has(one.id));
  for (const one of list) results.set(one.id, one);
  if (fresh.length === 0) return null;
  const { resultOrder } = useBatches.getState();
  const newest = results.get(resultOrder[0] ?? '')?.createdAt ?? 0;
  // Results come as they are made, so that they nearly always belong on top; only a late one makes us sort all.
  if (fresh.every((one) => one.createdAt >= newest)) {
    return [...fresh.sort((a, b) => b.createdAt - a.createdAt).map((one) => one.id), ...resultOrder];
  }
  return [...results.values()].sort((a, b) => b.createdAt - a.createdAt).map((one) => one.id);
}

function dropBatch(id: BatchId): void {
  byId.delete(id);
  itemsOf.delete(id);
  for (const item of items.values()) if (item.batchId === id) forgetItem(item);
}

function forgetItem(item: ItemView): void {
  items.delete(item.id);
  if (item.fileId && activeByFile.get(item.fileId) === item.id) activeByFile.delete(item.fileId);
}

function apply(patch: IpcEvents['batches.changed']): void {
  const fresh = patch.batches.some((batch) => !byId.has(batch.id)) || patch.removedBatches.length > 0;
  for (const batch of patch.batches) byId.set(batch.id, batch);
  for (const id of patch.removedBatches) dropBatch(id);
  putItems(patch.items);
  const resultOrder = addResults(patch.results);
  bump({ ...(fresh ? { order: orderOf() } : {}), ...(resultOrder ? { resultOrder } : {}) });
}

async function snapshot(): Promise<number> {
  const list = await call('batches.list', {});
  byId.clear();
  items.clear();
  itemsOf.clear();
  activeByFile.clear();
  for (const batch of list.batches) byId.set(batch.id, batch);
  bump({ order: orderOf(), loaded: true, error: null });
  await Promise.all(
    list.batches.filter((batch) => batch.state === 'running' || batch.state === 'paused').map((batch) => loadItems(batch.id)),
  );
  if (useBatches.getState().resultsLoaded) await loadResults();
  return list.rev;
}

/** Fetches the items of a batch; from then on events keep them fresh. @throws AppError */
export async function loadItems(batchId: BatchId): Promise<void> {
  const answer = await call('batches.items', { batchId });
  putItems(answer.items);
  itemsOf.set(
    batchId,
    answer.items.map((item) => item.id),
  );
  bump();
}

/** Fetches the newest results; from then on events keep them fresh. @throws AppError */
export async function loadResults(): Promise<void> {
  const answer = await call('batches.results', {});
  const order = addResults(answer.results);
  bump({ resultsLoaded: true, ...(order ? { resultOrder: order } : {}) });
}

/** Fetches what was made from one file. @throws AppError */
export async function loadResultsOf(sourceId: MediaFileId): Promise<void> {
  const answer = await call('batches.results', { sourceId });
  const order = addResults(answer.results);
  if (order) bump({ resultOrder: order });
}

const feed = new RevFeed<IpcEvents['batches.changed']>({
  snapshot,
  apply,
  failed: (error) => bump({ error, loaded: true }),
});

/** Asks for everything again, after a failure. */
export const reloadBatches = (): Promise<void> => feed.start();

/** Follows everything that runs. */
export function startBatches(): () => void {
  const stop = on('batches.changed', (patch) => feed.receive(patch));
  void feed.start();
  return stop;
}

/** Batches that still need something: running, paused, or waiting for the user to go on. */
export const isOpen = (batch: BatchView): boolean => batch.state === 'running' || batch.state === 'paused' || batch.state === 'interrupted';
