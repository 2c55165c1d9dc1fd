import type { Lane, Room } from './job-queue.ts';

/** Stays free for everything else on the machine. */
const RESERVE_BYTES = 512 * 1024 * 1024;
/** Workers beside those of batches: one for quick inspections, one for what the user looks at. */
export const EXTRA_WORKERS = 2;

/** A job in some worker. */
export type BusyJob = {
  readonly lane: Lane;
  /** Memory that it is expected to take, and what its worker takes now; in bytes. */
  readonly needBytes: number;
  readonly rssBytes: number;
};

/**
 * Who may begin. Batches never take the places of the two others, and quick inspections take all cores only while no batch wants them:
 * so ten thousand new files don't hold a batch up, nor a batch the new files.
 * @param workers batch jobs at once
 * @param nextOfBatch the batch job whose turn it is
 * @param freeMemory asked only when there is such a job
 */
export function roomBeside(
  busy: readonly BusyJob[],
  workers: number,
  nextOfBatch: Pick<BusyJob, 'needBytes'> | undefined,
  freeMemory: () => number,
): Room {
  const count = { interactive: 0, look: 0, batch: 0 };
  let promised = 0;
  for (const { lane, needBytes, rssBytes } of busy) {
    count[lane] += 1;
    // What it has taken already is missing from the free memory.
    if (lane === 'batch') promised += Math.max(0, needBytes - rssBytes);
  }
  const isBatchAround = count.batch > 0 || nextOfBatch !== undefined;
  // One job always may run: it is for its own limits to say that it is too large.
  const fits = count.batch === 0 || nextOfBatch === undefined || promised + nextOfBatch.needBytes + RESERVE_BYTES <= freeMemory();
  return {
    interactive: workers + 1 - count.batch - count.interactive,
    look: (isBatchAround ? 1 : workers) - count.look,
    batch: fits ? workers - count.batch : 0,
  };
}
