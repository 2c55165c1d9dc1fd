import type { BatchView, MediaFileView } from '@pingplex/shared/contracts/ipc';
import { afterEach, expect, test, vi } from 'vitest';
import { loadItems, startBatches, useBatches } from '../../src/renderer/features/batches/store.ts';
import { startFiles, useFiles } from '../../src/renderer/features/files/store.ts';
import { visibleFiles } from '../../src/renderer/features/files/view.ts';
import { makeBatches, makeFile } from './double/seed.ts';
import { fakeMain } from './main-fake.ts';

let stop: (() => void) | undefined;
afterEach(() => {
  stop?.();
  stop = undefined;
});

function connect(...[answers]: Parameters<typeof fakeMain>): ReturnType<typeof fakeMain> {
  const main = fakeMain(answers);
  vi.stubGlobal('window', { pingplex: main.api });
  return main;
}

const COUNT = 10_000;

test('10,000 files come by pages; one event changes one row and leaves the order alone', async () => {
  let rev = 1;
  let files: MediaFileView[] = Array.from({ length: COUNT }, (_, n) => makeFile(n));
  const main = connect({
    'library.page': ({ offset = 0, limit = 2000 }) => ({
      rev,
      files: files.slice(offset, offset + limit),
      total: files.length,
      next: offset + limit < files.length ? offset + limit : null,
    }),
  });
  stop = startFiles();
  await vi.waitFor(() => expect(useFiles.getState().order).toHaveLength(COUNT));
  const { order, byId } = useFiles.getState();
  const rowsBefore = order.map((id) => byId.get(id));

  const changed = { ...makeFile(5000), damaged: true };
  main.emit('library.changed', { rev: 2, upserts: [changed], removed: [] });
  expect(useFiles.getState().order).toBe(order);
  expect(order.filter((id, at) => byId.get(id) !== rowsBefore[at])).toEqual([changed.id]);

  const gone = makeFile(0);
  main.emit('library.changed', { rev: 3, upserts: [], removed: [gone.id] });
  expect(useFiles.getState().order).toHaveLength(COUNT - 1);
  expect(useFiles.getState().bytes).toBe(rowsBefore.reduce((sum, file) => sum + (file?.sizeBytes ?? 0), -gone.sizeBytes));

  // A missed revision brings the truth back from main.
  files = files.slice(1, 11);
  rev = 9;
  main.emit('library.changed', { rev: 9, upserts: [], removed: [] });
  await vi.waitFor(() => expect(useFiles.getState().order).toHaveLength(10));
});

test('search looks at name, camera, codec, format and kind; sorting is stable', () => {
  const files = Array.from({ length: 40 }, (_, n) => makeFile(n));
  const byId = new Map(files.map((file) => [file.id, file]));
  const order = files.map((file) => file.id);
  const added = { by: 'added', descending: false } as const;
  const found = (query: string): number => visibleFiles(byId, order, query, added).length;
  expect(visibleFiles(byId, order, '', added)).toBe(order);
  expect(found('IPHONE')).toBe(files.filter((file) => file.summary?.camera).length);
  expect(found('hevc mp4')).toBe(files.filter((file) => file.format === 'mp4' && file.state === 'ready').length);
  expect(found('звук')).toBe(files.filter((file) => file.kind === 'audio').length);
  expect(found('ильина')).toBeGreaterThan(0);
  expect(found('nothing like it')).toBe(0);
  const bySize = visibleFiles(byId, order, '', { by: 'size', descending: true }).map((id) => byId.get(id));
  for (const [at, file] of bySize.entries()) {
    const next = bySize[at + 1];
    if (file && next) expect(file.sizeBytes > next.sizeBytes || (file.sizeBytes === next.sizeBytes && file.order < next.order)).toBe(true);
  }
});

test('items, the active file and results follow the events', async () => {
  const { batches, items, results } = makeBatches();
  const [running] = batches as [BatchView, ...BatchView[]];
  const main = connect({
    'batches.list': () => ({ rev: 1, batches }),
    'batches.items': ({ batchId }) => ({ items: items.filter((item) => item.batchId === batchId) }),
  });
  stop = startBatches();
  await vi.waitFor(() => expect(useBatches.getState().itemsOf.get(running.id)).toHaveLength(16));
  const first = items[0];
  if (!first?.fileId) throw new Error('the seed has a running item');
  expect(useBatches.getState().activeByFile.get(first.fileId)).toBe(first.id);
  await loadItems(running.id);
  expect(useBatches.getState().itemsOf.get(running.id)).toHaveLength(16);

  main.emit('batches.changed', {
    rev: 2,
    batches: [],
    items: [{ ...first, state: 'done' }],
    results: results.slice(0, 2),
    removedBatches: [],
  });
  expect(useBatches.getState().activeByFile.has(first.fileId)).toBe(false);
  expect(useBatches.getState().resultOrder).toEqual(results.slice(0, 2).map((one) => one.id));

  main.emit('batches.changed', { rev: 3, batches: [], items: [], results: [], removedBatches: [running.id] });
  expect(useBatches.getState().order).not.toContain(running.id);
  expect([...useBatches.getState().items.values()].some((item) => item.batchId === running.id)).toBe(false);
});
