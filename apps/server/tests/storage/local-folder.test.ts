import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRange } from '../../src/modules/files/range.ts';
import { createLocalStorage } from '../../src/storage/local-folder.ts';
import type { ObjectStorage } from '../../src/storage/storage.ts';
import { sha256Of } from '../helpers/generation-world.ts';

let folder: string;
let storage: ObjectStorage;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-storage-'));
  storage = createLocalStorage(path.join(folder, 'objects'));
});
afterAll(() => rm(folder, { recursive: true }));

const files = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name);

test('what goes in comes out, whole and in parts, and the same bytes are one object', async () => {
  const bytes = randomBytes(100_000);
  const hash = sha256Of(bytes);
  expect(await storage.put(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]))).toEqual({ sha256: hash, sizeBytes: 100_000 });
  await Promise.all([storage.put(bytes, hash), storage.put(bytes, hash)]);
  expect(await files()).toEqual([hash]);
  expect((await buffer(await storage.get(hash))).equals(bytes)).toBe(true);
  expect((await buffer(await storage.get(hash, { start: 10, end: 19 }))).equals(bytes.subarray(10, 20))).toBe(true);
  await storage.delete(hash);
  await storage.delete(hash);
  expect(await storage.size(hash)).toBeNull();
  expect(await files()).toEqual([]);
  await expect(storage.get(hash)).rejects.toMatchObject({ code: 'request.notFound' });
});

test('bytes with another hash, a broken stream and a strange name leave nothing behind', async () => {
  const wrong = sha256Of(Buffer.from('other'));
  await expect(storage.put(Buffer.from('bytes'), wrong)).rejects.toMatchObject({ code: 'output.verifyFailed' });
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('half');
      throw new Error('gone');
    })(),
  );
  await expect(storage.put(broken)).rejects.toThrow('gone');
  const file = path.join(folder, 'upload');
  await writeFile(file, 'content');
  await expect(storage.putFile(file, wrong)).rejects.toMatchObject({ code: 'output.verifyFailed' });
  expect(await files()).toEqual([]);
  await expect(storage.get('../../etc/passwd')).rejects.toMatchObject({ code: 'request.notFound' });
});

test.each([
  [undefined, 'whole'],
  ['bytes=0-', { start: 0, end: 99 }],
  ['bytes=10-19', { start: 10, end: 19 }],
  ['bytes=90-500', { start: 90, end: 99 }],
  ['bytes=-5', { start: 95, end: 99 }],
  ['bytes=-500', { start: 0, end: 99 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-2', 'whole'],
  ['bytes=0-1,5-6', 'whole'],
  ['lines=1-2', 'whole'],
])('range %s of 100 bytes', (header, expected) => {
  expect(parseRange(header, 100)).toEqual(expected);
});
