import type { JobContext } from '../job-context.ts';

/** Share of what is left that the next pass takes up. */
const NEXT = 0.5;

/** A job's surroundings for a part of it: what it reports as 0–1 is told as `from` to `to` of the whole. */
export function partOf({ signal, progress }: JobContext, from: number, to: number): JobContext {
  return { signal, progress: (fraction) => progress(from + (to - from) * Math.max(0, Math.min(1, fraction))) };
}

/**
 * Progress of one variant. Nobody knows how many encodes it will need, so each pass over the media takes up half of what is left of the
 * variant's part of the job; the bar moves while a pass runs and never goes back.
 */
export class Portions {
  private readonly ctx: JobContext;
  private done = 0;

  /** @param ctx of the variant, 0–1 */
  constructor(ctx: JobContext) {
    this.ctx = ctx;
  }

  /** The surroundings of the next pass. */
  next(): JobContext {
    const from = this.done;
    this.done += (1 - from) * NEXT;
    return partOf(this.ctx, from, this.done);
  }
}
