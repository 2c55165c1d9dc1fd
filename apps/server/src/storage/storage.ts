import type { Readable } from 'node:stream';

export type StoredObject = { sha256: string; sizeBytes: number };

/**
 * Where bytes live, addressed by the SHA-256 of their content: writing the same bytes twice is one object, and what is read can be
 * proved. Names never come from users.
 */
export type ObjectStorage = {
  /**
   * Stores a stream. Appears all at once or not at all.
   * @param expected refuses (`output.verifyFailed`) when the bytes turn out to have another hash
   */
  put(bytes: Readable | Uint8Array, expected?: string): Promise<StoredObject>;
  /** Moves a finished local file in; cheaper than copying where the store is on the same disk. */
  putFile(file: string, expected: string): Promise<StoredObject>;
  /** Reads bytes `start`..`end`, both included; the whole object without a range. @throws AppError `request.notFound` */
  get(sha256: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Size in bytes, or null when it isn't there. */
  size(sha256: string): Promise<number | null>;
  /** Removes an object; no error when it isn't there. */
  delete(sha256: string): Promise<void>;
};
