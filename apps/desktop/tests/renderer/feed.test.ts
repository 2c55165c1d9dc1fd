import { expect, test } from 'vitest';
import { RevFeed } from '../../src/renderer/lib/feed.ts';

type Patch = { rev: number };

/** A feed whose snapshots are answered by hand. */
function setUp() {
  const applied: number[] = [];
  const errors: unknown[] = [];
  const asked: { resolve: (rev: number) => void; reject: (error: unknown) => void }[] = [];
  const feed = new RevFeed<Patch>({
    snapshot: () => new Promise<number>((resolve, reject) => asked.push({ resolve, reject })),
    apply: ({ rev }) => applied.push(rev),
    failed: (error) => errors.push(error),
  });
  return { feed, applied, errors, asked };
}

test('patches that come before the snapshot wait for it; those that it already holds are left out', async () => {
  const { feed, applied, asked } = setUp();
  const started = feed.start();
  for (const rev of [3, 4, 5]) feed.receive({ rev });
  asked[0]?.resolve(4);
  await started;
  expect(applied).toEqual([5]);
});

test('a gap asks for a new snapshot and nothing is applied twice', async () => {
  const { feed, applied, asked } = setUp();
  const started = feed.start();
  asked[0]?.resolve(1);
  await started;
  feed.receive({ rev: 2 });
  feed.receive({ rev: 4 });
  feed.receive({ rev: 5 });
  expect(asked).toHaveLength(2);
  asked[1]?.resolve(4);
  await Promise.resolve();
  await new Promise(setImmediate);
  expect(applied).toEqual([2, 5]);
  feed.receive({ rev: 3 });
  expect(applied).toEqual([2, 5]);
});

test('a failed snapshot is told, and the feed can start again', async () => {
  const { feed, applied, errors, asked } = setUp();
  const first = feed.start();
  asked[0]?.reject(new Error('offline'));
  await first;
  expect(errors).toHaveLength(1);
  const second = feed.start();
  feed.receive({ rev: 8 });
  asked[1]?.resolve(7);
  await second;
  expect(applied).toEqual([8]);
});
