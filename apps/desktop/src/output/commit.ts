import { constants } from 'node:fs';
import { copyFile, open, readdir, rename, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ConflictRule } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { checkFolder, isSameFile, syncFolder } from './folder.ts';
import { errnoOf, outputError, withLockRetries } from './fs-errors.ts';
import { assertPlainName, foldName, splitName } from './names.ts';
import { type Reservation, releaseReservation, reserveName } from './reservations.ts';
import { hashFile, removeQuietly } from './temp-files.ts';

export type CommitRequest = {
  /** The sealed temporary file, absolute. */
  readonly tempPath: string;
  readonly dir: string;
  /** Final name with extension; build it with `safeFileName`. */
  readonly name: string;
  readonly rule: ConflictRule;
  readonly expectedSha256: string;
  /** Files that must never be overwritten: the item's source. */
  readonly sources: readonly string[];
};

export type CommitOutcome = {
  readonly path: string;
  /** `already`: an earlier try had finished. `skip`: the name was taken, the temporary file is gone. */
  readonly decision: Reservation['decision'] | 'already';
};

/** The finished file of an earlier try: the wanted name or a numbered one that has the expected content. */
async function findFinished(request: CommitRequest): Promise<string | undefined> {
  const { stem, ext } = splitName(request.name);
  // Numbering may have shortened a long stem, so only its beginning is compared; the hash decides.
  const start = foldName(stem).slice(0, 40);
  const tail = ext === '' ? '' : `.${ext.toLowerCase()}`;
  const wanted = foldName(request.name);
  const candidates = (await readdir(request.dir))
    .filter((name) => foldName(name).startsWith(start) && foldName(name).endsWith(tail))
    .sort((a, b) => Number(foldName(b) === wanted) - Number(foldName(a) === wanted));
  for (const name of candidates) {
    const path = join(request.dir, name);
    if (!(await stat(path)).isFile()) continue;
    if ((await hashFile(path)).sha256 === request.expectedSha256) return path;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

/** Brings a temporary file from another file system next to its final place, and proves the copy. */
async function copyNextTo(request: CommitRequest, finalPath: string): Promise<string> {
  const near = join(dirname(finalPath), basename(request.tempPath));
  // The name is this file's own: what stands there is half a copy of a try that was killed.
  await removeQuietly(near);
  try {
    await copyFile(request.tempPath, near, constants.COPYFILE_EXCL);
    const times = await stat(request.tempPath);
    await utimes(near, times.atime, times.mtime);
    const handle = await open(near, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await verify(near, request.expectedSha256);
    return near;
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') await removeQuietly(near);
    throw thrown;
  }
}

async function verify(path: string, expectedSha256: string): Promise<void> {
  const found = await hashFile(path);
  if (found.sha256 !== expectedSha256) {
    throw new AppError('output.verifyFailed', 'the written file does not have the content that was sealed');
  }
}

async function moveInto(request: CommitRequest, finalPath: string): Promise<void> {
  try {
    await withLockRetries(() => rename(request.tempPath, finalPath));
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EXDEV') throw thrown;
    const near = await copyNextTo(request, finalPath);
    try {
      await withLockRetries(() => rename(near, finalPath));
    } catch (second) {
      await removeQuietly(near);
      throw second;
    }
    await removeQuietly(request.tempPath);
  }
}

async function assertNotASource(path: string, sources: readonly string[]): Promise<void> {
  for (const source of sources) {
    if (await isSameFile(path, source)) {
      throw new AppError('output.sameAsSource', 'the result would take the place of its source', { params: { name: basename(path) } });
    }
  }
}

/**
 * Gives a sealed temporary file its final name. Safe to call again after a crash at any point: when the temporary file
 * is gone and the folder holds the expected content, the work is done already.
 *
 * On failure the temporary file stays (so that the commit can be tried again) and no reserved name is left behind; an
 * existing file is replaced only by a verified one, in one rename.
 * @throws AppError `output.verifyFailed`, `output.sameAsSource`, `output.nameTaken`, `output.folderMissing`,
 *   `output.folderNotWritable`, `output.diskFull`, `output.writeFailed`
 */
export async function commitFile(request: CommitRequest): Promise<CommitOutcome> {
  assertPlainName(request.name);
  await checkFolder(request.dir);
  try {
    if (!(await exists(request.tempPath))) {
      const path = await findFinished(request);
      if (path !== undefined) return { path, decision: 'already' };
      throw new AppError('output.writeFailed', 'the temporary file is gone and the folder does not hold its content');
    }
    await verify(request.tempPath, request.expectedSha256);
    await assertNotASource(request.tempPath, request.sources);
    return await commitVerified(request);
  } catch (thrown) {
    throw outputError(thrown, 'giving a result its name');
  }
}

async function commitVerified(request: CommitRequest): Promise<CommitOutcome> {
  const reservation = await reserveName(request.dir, request.name, request.rule, request.tempPath);
  try {
    if (reservation.decision === 'skip') {
      await removeQuietly(request.tempPath);
      return reservation;
    }
    await assertNotASource(reservation.path, request.sources);
    if (reservation.decision === 'replace' && !(await exists(reservation.path))) {
      throw new AppError('output.nameTaken', 'a folder or device has the wanted name', { params: { name: request.name } });
    }
    await moveInto(request, reservation.path);
  } catch (thrown) {
    await releaseReservation(reservation, request.tempPath).catch(() => undefined);
    throw thrown;
  }
  await syncFolder(request.dir);
  return reservation;
}
