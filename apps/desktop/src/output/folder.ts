import { type BigIntStats, constants } from 'node:fs';
import { access, open, realpath, stat, statfs } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { AppError } from '@pingplex/shared/errors';
import { errnoOf, outputError } from './fs-errors.ts';

/**
 * Makes sure that results can be written to `dir`.
 * @throws AppError `output.folderMissing`, `output.folderNotWritable`
 */
export async function checkFolder(dir: string): Promise<void> {
  try {
    const facts = await stat(dir);
    if (!facts.isDirectory()) throw new AppError('output.folderMissing', `not a folder: ${dir}`);
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw outputError(thrown, 'output folder');
  }
}

/** Bytes that this user may still write in `dir`. */
export async function freeBytes(dir: string): Promise<number> {
  const facts = await statfs(dir);
  return facts.bavail * facts.bsize;
}

/** Real path of something that may not exist yet: the nearest existing parent is resolved, the rest is appended. */
async function resolveAhead(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    const parent = dirname(path);
    if (errnoOf(thrown) !== 'ENOENT' || parent === path) throw thrown;
    return join(await resolveAhead(parent), basename(path));
  }
}

/**
 * True when `path` lies in `dir` (or is it) after all links are followed. `path` need not exist.
 * @param dir an existing folder, absolute
 */
export async function insideFolder(dir: string, path: string): Promise<boolean> {
  const way = relative(await realpath(dir), await resolveAhead(path));
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

async function statOrNothing(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** True when both names lead to one file on disk, whatever they are called. A missing file is the same as nothing. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([statOrNothing(a), statOrNothing(b)]);
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

/** Makes a rename survive a power cut. Systems that can't open a folder (Windows) keep that promise by themselves. */
export async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } catch (thrown) {
    // Some network and FUSE file systems have no fsync for folders.
    if (!['EINVAL', 'ENOTSUP', 'EBADF'].includes(errnoOf(thrown) ?? '')) throw thrown;
  } finally {
    await handle.close();
  }
}
