import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TempPlace } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import { checkFolder } from './folder.ts';
import { outputError, withLockRetries } from './fs-errors.ts';

/** A file that lies on the disk for good: written, flushed and read back. */
export type SealedFile = { readonly sizeBytes: number; readonly sha256: string };

/** `<dir>/<stem>-<n>.<ext>`: the only kind of name that the engine may write. */
export function tempPath(place: TempPlace, n: number, ext: string): string {
  return join(place.dir, `${place.stem}-${n}.${ext}`);
}

/** SHA-256 of a file's bytes, read in pieces. */
export async function hashFile(path: string): Promise<SealedFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes: Buffer = piece;
    hash.update(bytes);
    sizeBytes += bytes.length;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/**
 * Flushes a finished file to the disk and reads it back.
 * @throws AppError `output.verifyFailed` for an empty file, `output.diskFull`, `output.writeFailed`
 */
export async function sealFile(path: string): Promise<SealedFile> {
  try {
    const handle = await withLockRetries(() => open(path, 'r+'));
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    const sealed = await hashFile(path);
    if (sealed.sizeBytes === 0) throw new AppError('output.verifyFailed', 'the written file is empty');
    return sealed;
  } catch (thrown) {
    throw outputError(thrown, 'sealing a written file');
  }
}

/**
 * Writes bytes under a temporary name and seals them. On any failure nothing stays behind.
 * @throws AppError `output.*`
 */
export async function writeAside(
  place: TempPlace,
  n: number,
  ext: string,
  data: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<SealedFile & { readonly path: string }> {
  await checkFolder(place.dir);
  const path = tempPath(place, n, ext);
  try {
    const handle = await open(path, 'w');
    try {
      const pieces = data instanceof Uint8Array ? [data] : data;
      for await (const piece of pieces) await handle.writeFile(piece);
    } finally {
      await handle.close();
    }
    return { path, ...(await sealFile(path)) };
  } catch (thrown) {
    await removeQuietly(path);
    throw outputError(thrown, 'writing a result');
  }
}

/** Takes a temporary file away on a way out that already carries a better error. Leftovers are found again by `findLeftovers`. */
export async function removeQuietly(path: string): Promise<void> {
  await withLockRetries(() => rm(path, { force: true })).catch(() => undefined);
}
