import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Sort, visibleFiles, visibleInSlices } from '../../src/renderer/features/files/view.ts';
import { Slices, sortInSlices } from '../../src/renderer/lib/slices.ts';

test('row 5: sorting in slices gives what sorting at a stretch gives, equal ones in their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ key: fc.integer({ min: 0, max: 50 }), n: fc.integer() }), { maxLength: 3000 }), async (list) => {
      const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
      expect(await sortInSlices(list, compare, new Slices(() => false))).toEqual([...list].sort(compare));
    }),
    { numRuns: 20 },
  );
});

const file = (n: number): MediaFileView =>
  ({
    id: `id${n}`,
    name: `picture ${(n * 7919) % 5000}.jpg`,
    folder: `day ${n % 7}`,
    sizeBytes: (n * 31) % 977,
    modifiedAt: n % 365,
    order: n,
    kind: n % 5 === 0 ? 'video' : 'image',
    format: n % 5 === 0 ? 'mp4' : 'jpeg',
    state: n % 50 === 0 ? 'failed' : 'ready',
    summary: { width: (n % 40) * 100, height: 100, durationMs: n % 5 === 0 ? n : undefined },
    flags: [],
    damaged: false,
    nameMismatch: false,
    error: null,
  }) as unknown as MediaFileView;

test('row 5: a long list is filtered and sorted by every column as a short one is', async () => {
  const files = Array.from({ length: 4000 }, (_, n) => file(n));
  const byId = new Map(files.map((one) => [one.id, one]));
  const order = files.map((one) => one.id);
  for (const by of ['added', 'name', 'kind', 'dimensions', 'length', 'size', 'modified', 'state'] as const) {
    for (const descending of [false, true]) {
      for (const query of ['', 'day 3', 'video 12']) {
        const sort: Sort = { by, descending };
        expect(await visibleInSlices(byId, order, query, sort, () => false)).toEqual(visibleFiles(byId, order, query, sort));
      }
    }
  }
  expect(visibleFiles(byId, order, '', { by: 'state', descending: false })[0]).toBe('id0');
});

test('row 5: a newer question ends an older one', async () => {
  const byId = new Map(Array.from({ length: 20_000 }, (_, n) => [`id${n}` as MediaFileId, file(n)]));
  expect(await visibleInSlices(byId, [...byId.keys()], 'day', { by: 'name', descending: false }, () => true)).toBeNull();
});
