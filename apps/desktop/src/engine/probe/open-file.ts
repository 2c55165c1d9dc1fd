import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { AppError } from '@pingplex/shared/errors';

/** What the file system says about a file; taken before the first byte is read. */
export type FileFacts = {
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
  readonly birthtimeMs: number;
  readonly dev: number;
  readonly ino: number;
};

const MAX_NAME_BYTES = 4096;

/** Names a file in an error's parameters: the last part only, never the folders. */
const named = (path: string) => ({ params: { name: basename(path).slice(0, 300) } });

/**
 * Turns a refusal of the file system into our error.
 * @param thrown what `node:fs` threw
 * @param path file that was asked for
 */
export function fileError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const options = { ...named(path), cause: thrown };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('file.notFound', `no such file: ${code}`, options);
    case 'EACCES':
    case 'EPERM':
      return new AppError('file.noPermission', `not allowed to read the file: ${code}`, options);
    case 'ELOOP':
      return new AppError('file.notRegular', 'the link leads back to itself', {
        params: { ...options.params, what: 'linkLoop' },
        cause: thrown,
      });
    case 'EISDIR':
      return new AppError('file.notRegular', 'this is a folder', { params: { ...options.params, what: 'folder' }, cause: thrown });
    case 'ENAMETOOLONG':
    case 'ERR_INVALID_ARG_VALUE':
    case 'EINVAL':
      return new AppError('file.nameInvalid', `the system does not accept this name: ${code}`, options);
    case 'ENXIO':
      return new AppError('file.notRegular', 'this is a device or a pipe', {
        params: { ...options.params, what: 'device' },
        cause: thrown,
      });
    default:
      return new AppError('file.readFailed', thrown instanceof Error ? thrown.message : String(thrown), options);
  }
}

function what(facts: Stats): string {
  if (facts.isDirectory()) return 'folder';
  if (facts.isFIFO()) return 'pipe';
  if (facts.isSocket()) return 'socket';
  return 'device';
}

function checkName(path: string): void {
  if (path === '' || path.includes('\0') || Buffer.byteLength(path) > MAX_NAME_BYTES || !isAbsolute(path)) {
    throw new AppError('file.nameInvalid', 'a file is named by its absolute path, without NUL and within 4096 bytes', named(path));
  }
}

function toFacts(path: string, facts: Stats): FileFacts {
  if (!facts.isFile()) {
    throw new AppError('file.notRegular', `not a regular file: ${what(facts)}`, {
      params: { name: basename(path).slice(0, 300), what: what(facts) },
    });
  }
  // One byte is the start of no format; it is what a failed download leaves.
  if (facts.size <= 1) throw new AppError('file.empty', 'the file is empty', named(path));
  const { size, mtimeMs, birthtimeMs, dev, ino } = facts;
  return { path, sizeBytes: size, mtimeMs, birthtimeMs, dev, ino };
}

/**
 * Looks at a path without opening it. Links are followed once to a regular file; a dangling or looping link has its own error.
 * @throws AppError file.notFound, file.notRegular, file.noPermission, file.empty, file.nameInvalid, file.readFailed
 */
export async function checkFile(path: string): Promise<FileFacts> {
  checkName(path);
  let isLink = false;
  try {
    const own = await lstat(path);
    isLink = own.isSymbolicLink();
    return toFacts(path, isLink ? await stat(path) : own);
  } catch (thrown) {
    const error = fileError(thrown, path);
    if (isLink && error.code === 'file.notFound') {
      throw new AppError('file.notFound', 'the link leads to nothing', { params: { ...named(path).params, what: 'danglingLink' } });
    }
    throw error;
  }
}

/**
 * Opens a file for reading, making sure that it is still the one that was looked at. The caller closes the handle.
 * @throws AppError as `checkFile`, and file.changed when the path was swapped in between
 */
export async function openFile(path: string): Promise<{ handle: FileHandle; facts: FileFacts }> {
  const before = await checkFile(path);
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer forever. Windows has no such flag.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    throw fileError(thrown, path);
  }
  try {
    const facts = toFacts(path, await handle.stat());
    if (facts.ino !== before.ino || facts.dev !== before.dev) {
      throw new AppError('file.changed', 'another file took this name while it was being opened', named(path));
    }
    return { handle, facts };
  } catch (thrown) {
    await handle.close();
    throw fileError(thrown, path);
  }
}

/**
 * Checks that a file still is what it was when work on it began.
 * @throws AppError file.changed when size, time or identity differ; as `checkFile` when it is gone
 */
export async function assertUnchanged(before: FileFacts): Promise<void> {
  const now = await checkFile(before.path);
  if (now.sizeBytes !== before.sizeBytes || now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.dev !== before.dev) {
    throw new AppError('file.changed', 'the file was changed by another program while it was being read', named(before.path));
  }
}
