import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work on so many pixels takes some 10 ms. */
const PIXELS_PER_STRIP = 500_000;

/**
 * Does long work on a picture strip by strip, so that cancel and heartbeat get their turns in between.
 * @param work gets the first row and the row after the last one
 * @throws the signal's reason on abort
 */
export async function inStrips(
  width: number,
  height: number,
  signal: AbortSignal,
  work: (fromRow: number, toRow: number) => void,
): Promise<void> {
  const rows = Math.max(1, Math.ceil(PIXELS_PER_STRIP / width));
  for (let from = 0; from < height; from += rows) {
    await nextTurn();
    signal.throwIfAborted();
    work(from, Math.min(height, from + rows));
  }
}
