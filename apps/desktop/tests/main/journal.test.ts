import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchId, ItemId } from '@pingplex/shared/domain';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BatchRow, createJournal, type ItemRow, newBatchId, newItemId } from '../../src/main/db/index.ts';
import { silentLogger } from '../../src/main/logging/logger-port.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pp-journal-'));
  path = join(dir, 'journal.db');
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const open = () => createJournal(path, silentLogger);
const batchRow = (id: BatchId): BatchRow => ({
  id,
  name: 'b',
  state: 'running',
  steps: [{ verb: 'clean', keep: false, keepGroups: [] }],
  folder: '/out',
  template: '{name}',
  conflict: 'number',
  keepTree: false,
  rightsConfirmedAt: null,
  rightsVersion: null,
  workMs: 1,
  createdAt: 1_763_900_000_000,
  finishedAt: null,
});
const itemRow = (id: ItemId, batchId: BatchId, position: number): ItemRow => ({
  id,
  batchId,
  position,
  fileId: null,
  path: `/in/${position}.jpg`,
  name: `${position}.jpg`,
  subfolder: '',
  kind: 'image',
  format: 'jpeg',
  sizeBytes: 5_000_000_000,
  modifiedAtMs: 1_763_900_000_123.5,
  durationMs: null,
  megapixels: 12.2,
  workMs: 10,
  state: 'queued',
  error: null,
  attempts: 0,
  ask: null,
});

it('keeps a batch of 10,000 items in one transaction, and gives every figure back as it was', async () => {
  const journal = await open();
  const id = newBatchId();
  const rows = Array.from({ length: 10_000 }, (_, n) => itemRow(newItemId(), id, n));
  const started = performance.now();
  journal.transaction(() => {
    journal.batches.insert(batchRow(id));
    journal.items.insertAll(rows);
  });
  // The window waits for this; a slow machine gets ten times what a quiet one needs.
  expect(performance.now() - started).toBeLessThan(3000);
  journal.close();
  const again = await open();
  expect(again.batches.get(id)).toEqual(batchRow(id));
  expect(again.items.ofBatch(id)).toEqual(rows);
  expect(again.batches.counts(id)).toMatchObject({ queued: 10_000, done: 0 });
  again.close();
});

it('a transaction that fails changes nothing', async () => {
  const journal = await open();
  const id = newBatchId();
  expect(() =>
    journal.transaction(() => {
      journal.batches.insert(batchRow(id));
      journal.transaction(() => journal.items.insertAll([itemRow(newItemId(), id, 0)]));
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(journal.batches.list()).toEqual([]);
  journal.close();
});

it('puts a damaged journal aside and starts anew', async () => {
  const journal = await open();
  journal.knowledge.setFact('a', 'b');
  journal.close();
  await rm(`${path}-wal`, { force: true });
  await writeFile(path, Buffer.alloc(8192, 'not a database at all'));
  const fresh = await open();
  expect(fresh.setAside).toBe(`${path}.aside-1`);
  expect((await stat(`${path}.aside-1`)).size).toBe(8192);
  expect(fresh.knowledge.fact('a')).toBeUndefined();
  fresh.close();
});

it('puts a journal of a newer version aside unharmed', async () => {
  const journal = await open();
  journal.knowledge.setFact('a', 'b');
  journal.close();
  const raw = new Database(path);
  raw.exec('PRAGMA user_version = 999');
  raw.close();
  const fresh = await open();
  expect(fresh.setAside).toBe(`${path}.aside-1`);
  fresh.close();
  const kept = new Database(`${path}.aside-1`);
  expect(kept.prepare('SELECT value FROM facts').get([])).toMatchObject({ value: 'b' });
  kept.close();
  expect(await readdir(dir)).toContain('journal.db');
});

it('keeps paid calls when their batch leaves the history', async () => {
  const journal = await open();
  const batchId = newBatchId();
  const itemId = newItemId();
  journal.batches.insert(batchRow(batchId));
  journal.items.insertAll([itemRow(itemId, batchId, 0)]);
  const call = {
    key: 'k',
    batchId,
    itemId,
    step: 0,
    input: 0,
    inputSha256: 's',
    accountId: 'a',
    request: '{}',
    state: 'open',
    generationId: null,
    credits: 0,
  } as const;
  journal.calls.insert(call, 1);
  expect(journal.calls.current(itemId, 0, 0)).toEqual(call);
  journal.calls.update('k', { state: 'paid', generationId: 'g', credits: 12 }, 2);
  expect(journal.batches.creditsSpent(batchId)).toBe(12);
  expect(journal.batches.remove(batchId)).toBe(true);
  expect(journal.items.get(itemId)).toBeUndefined();
  expect(journal.calls.ofItem(itemId)).toHaveLength(1);
  journal.close();
});
