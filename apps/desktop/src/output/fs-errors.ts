import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@pingplex/shared/errors';

/** The `errno` name of a file system error (`ENOSPC`, `EACCES`, …), or undefined for anything else that was thrown. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/**
 * Names what went wrong while writing. Errors that already carry one of our codes pass unchanged.
 * @param what the act that failed, for the developer's message
 */
export function outputError(thrown: unknown, what: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const errno = errnoOf(thrown);
  const message = `${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  const options = { cause: thrown };
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('output.diskFull', message, options);
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new AppError('output.folderNotWritable', message, options);
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('output.folderMissing', message, options);
    case 'ENAMETOOLONG':
      return new AppError('output.nameTooLong', message, options);
    default:
      return new AppError('output.writeFailed', message, options);
  }
}

/** Virus scanners, indexers and sync clients hold fresh files open for a moment. */
const SHORT_LOCKS = new Set(['EBUSY', 'EPERM', 'EACCES']);
const WAITS_MS = [15, 40, 90, 180, 360];

/** Runs `act` again while the file system answers with a short lock; gives the last error after about 0.7 s. */
export async function withLockRetries<T>(act: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await act();
    } catch (thrown) {
      if (!SHORT_LOCKS.has(errnoOf(thrown) ?? '')) throw thrown;
      await delay(wait);
    }
  }
  return await act();
}
