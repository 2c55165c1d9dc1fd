import { open } from 'node:fs/promises';
import { AppError } from '@pingplex/shared/errors';

/** As much as a window shows at a stretch. */
const SHOWN_BYTES = 500_000;

/**
 * The beginning of a text that was saved as a result.
 * @throws AppError `file.notFound` when it is no longer there
 */
export async function readText(path: string): Promise<{ text: string; isWhole: boolean }> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new AppError('file.notFound', 'the text is gone', { cause });
  });
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, SHOWN_BYTES)), 0, Math.min(size, SHOWN_BYTES), 0);
    // A character that is cut at the end is left out.
    return { text: new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true }), isWhole: bytesRead >= size };
  } finally {
    await handle.close();
  }
}
