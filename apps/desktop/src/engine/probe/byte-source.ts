import type { FileHandle } from 'node:fs/promises';
import { type FileFacts, fileError, openFile } from './open-file.ts';

/** How much of every file is read at once; enough for the headers of nearly all of them. */
const HEAD_BYTES = 256 * 1024;

/** Random reading of a file whose beginning is in memory already. */
export type ByteSource = {
  readonly facts: FileFacts;
  readonly sizeBytes: number;
  /** The first bytes, at most `HEAD_BYTES`. */
  readonly head: Buffer;
  /** Reads up to `length` bytes at `offset`; shorter at the end of the file, empty beyond it. */
  readonly read: (offset: number, length: number) => Promise<Buffer>;
};

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/**
 * Opens a file, runs `work` on it and closes it again, whatever happens.
 * @throws AppError as `openFile`; file.readFailed when the disk fails
 */
export async function withByteSource<T>(path: string, work: (source: ByteSource) => Promise<T>): Promise<T> {
  const { handle, facts } = await openFile(path);
  try {
    const head = await readAt(handle, 0, Math.min(HEAD_BYTES, facts.sizeBytes));
    return await work({
      facts,
      sizeBytes: facts.sizeBytes,
      head,
      read: async (offset, length) => {
        if (offset < 0 || offset >= facts.sizeBytes || length <= 0) return Buffer.alloc(0);
        const wanted = Math.min(length, facts.sizeBytes - offset);
        if (offset + wanted <= head.length) return head.subarray(offset, offset + wanted);
        return readAt(handle, offset, wanted);
      },
    });
  } catch (thrown) {
    const isSystem = thrown instanceof Error && 'syscall' in thrown;
    throw isSystem ? fileError(thrown, path) : thrown;
  } finally {
    await handle.close();
  }
}
