import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@pingplex/shared/errors';
import type { ObjectStorage, StoredObject } from './storage.ts';

/** Objects as files `ab/cd/<hash>` in a folder; written aside, flushed, then renamed. */
export function createLocalStorage(folder: string): ObjectStorage {
  const aside = path.join(folder, 'incoming');

  const placeOf = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new AppError('request.notFound', 'not an object id');
    return path.join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  };

  const sizeOf = async (sha256: string): Promise<number | null> => {
    const found = await stat(placeOf(sha256)).catch(ignoreMissing);
    return found ? found.size : null;
  };

  const settle = async (file: string, hash: string, sizeBytes: number, expected?: string): Promise<StoredObject> => {
    if (expected !== undefined && expected !== hash) {
      await rm(file, { force: true });
      throw new AppError('output.verifyFailed', `bytes have hash ${hash}, not ${expected}`);
    }
    const place = placeOf(hash);
    await mkdir(path.dirname(place), { recursive: true });
    const handle = await open(file, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(file, place);
    return { sha256: hash, sizeBytes };
  };

  return {
    async put(bytes, expected) {
      await mkdir(aside, { recursive: true });
      const file = path.join(aside, randomUUID());
      const meter = hashMeter();
      try {
        await pipeline(
          bytes instanceof Uint8Array ? Readable.from([bytes]) : bytes,
          meter.stream,
          createWriteStream(file, { flags: 'wx' }),
        );
        return await settle(file, meter.hash(), meter.size(), expected);
      } catch (error) {
        await rm(file, { force: true });
        throw asDiskError(error);
      }
    },

    async putFile(file, expected) {
      const meter = hashMeter();
      await pipeline(createReadStream(file), meter.stream, async (source) => {
        for await (const _ of source) {
          // Only the hash is wanted here.
        }
      });
      return settle(file, meter.hash(), meter.size(), expected);
    },

    async get(sha256, range) {
      if ((await sizeOf(sha256)) === null) throw new AppError('request.notFound', 'no such object');
      return createReadStream(placeOf(sha256), range ? { start: range.start, end: range.end } : {});
    },

    size: sizeOf,

    async delete(sha256) {
      await rm(placeOf(sha256), { force: true });
    },
  };
}

function hashMeter(): { stream: Transform; hash: () => string; size: () => number } {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, hash: () => hash.digest('hex'), size: () => size };
}

function ignoreMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}

function asDiskError(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
    return new AppError('output.diskFull', 'the object store is full', { cause: error });
  }
  return error;
}
