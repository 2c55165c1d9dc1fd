import type { BatchOutcome } from '../db/index.ts';
import type { Expected } from './speed-book.ts';

/** Nine of ten final times are meant to lie in the range: the 5th to the 95th percentile of a normal distribution. */
const Z = 1.645;
/** Measured figures never say less than this: the ends lie no further apart than a factor of four. */
const MOST_MEASURED = Math.log(4) / (2 * Z);
/** Without any figures of this machine: a factor of nine. */
const MOST_TYPICAL = Math.log(9) / (2 * Z);
/** What batches differ from their plan for no reason that we know, until this machine's own batches have shown it. */
const USUAL_DOUBT = 0.25;
const OPINION_WORTH = 4;
/** Starting workers and writing the batch down. */
const BEGIN_MS = 400;

/** Expected work of one lane: what all jobs take one after the other, and how sure that is. */
export type Work = {
  readonly ms: number;
  /** Variance of the sum, from job to job. */
  readonly variance: number;
  /** Sum of each job's doubt × ms. */
  readonly doubtMs: number;
  readonly longestMs: number;
  readonly jobs: number;
};

export const NO_WORK: Work = { ms: 0, variance: 0, doubtMs: 0, longestMs: 0, jobs: 0 };

export function addJob(work: Work, job: Expected): Work {
  return {
    ms: work.ms + job.ms,
    variance: work.variance + (job.ms * job.spread) ** 2,
    doubtMs: work.doubtMs + job.ms * job.doubt,
    longestMs: Math.max(work.longestMs, job.ms),
    jobs: work.jobs + 1,
  };
}

/** How this machine's batches came out against their plans: `bias` is the mean of ln(took / planned), `doubt` its standard deviation. */
export function habits(outcomes: readonly BatchOutcome[]): { readonly bias: number; readonly doubt: number } {
  const logs = outcomes.filter((one) => one.plannedMs > 0 && one.tookMs > 0).map((one) => Math.log(one.tookMs / one.plannedMs));
  // Newer batches count more: the machine, its load and we ourselves change.
  let weight = OPINION_WORTH;
  let sum = 0;
  for (const [at, log] of logs.entries()) {
    const worth = 0.8 ** (logs.length - 1 - at);
    weight += worth;
    sum += worth * log;
  }
  const bias = Math.max(-1, Math.min(1, sum / weight));
  let squares = OPINION_WORTH * USUAL_DOUBT ** 2;
  for (const [at, log] of logs.entries()) squares += 0.8 ** (logs.length - 1 - at) * (log - bias) ** 2;
  return { bias, doubt: Math.sqrt(squares / weight) };
}

/** Time for work that `places` workers do side by side; nobody helps with the last job. */
function wallMs(work: Work, places: number): number {
  const side = Math.max(1, Math.min(places, work.jobs));
  const evenly = work.ms / side;
  const mean = work.jobs > 0 ? work.ms / work.jobs : 0;
  return Math.max(work.longestMs, evenly + (mean / 2) * (1 - 1 / side));
}

/** `plainMs` is the middle before the habits of earlier batches are reckoned in; null when there are no figures of this machine. */
export type TimeRange = { readonly low: number; readonly middle: number; readonly high: number; readonly plainMs: number | null };

/**
 * The range in which the whole batch is expected to end.
 * @param outcomes earlier batches of this machine; they count when the figures are its own
 */
export function timeRange(
  local: Work,
  cloud: Work,
  places: { readonly local: number; readonly cloud: number },
  isMeasured: boolean,
  outcomes: readonly BatchOutcome[],
): TimeRange {
  const { bias, doubt: habit } = isMeasured ? habits(outcomes) : { bias: 0, doubt: USUAL_DOUBT };
  // What this machine's own batches took holds their beginning already.
  const localMs = wallMs(local, places.local) + (isMeasured || local.jobs === 0 ? 0 : BEGIN_MS);
  const cloudMs = wallMs(cloud, places.cloud);
  const all = local.ms + cloud.ms;
  if (all === 0) return { low: 0, middle: 0, high: 0, plainMs: null };
  const shared = (local.doubtMs + cloud.doubtMs) / all;
  const chance = Math.sqrt(local.variance + cloud.variance) / all;
  const doubt = Math.min(isMeasured ? MOST_MEASURED : MOST_TYPICAL, Math.sqrt(shared ** 2 + chance ** 2 + habit ** 2));
  const factor = Math.exp(Z * doubt);
  // The two lanes work side by side at best and one after the other at worst.
  const least = Math.exp(bias) * Math.max(localMs, cloudMs);
  const most = Math.exp(bias) * (localMs + cloudMs);
  const middle = Math.sqrt(least * most);
  return { low: least / factor, middle, high: most * factor, plainMs: isMeasured ? middle / Math.exp(bias) : null };
}

/** What a run was expected to take when it began. `doubt` is the standard deviation of ln(ms). */
export type RunPlan = { readonly middleMs: number; readonly plainMs: number | null; readonly doubt: number };

/** What a run begins with: the middle of its range, and how sure it is. */
export function runPlan({ low, middle, high, plainMs }: TimeRange): RunPlan {
  return { middleMs: middle, plainMs, doubt: low > 0 ? Math.log(high / low) / (2 * Z) : MOST_TYPICAL };
}

/** Doubt of a running batch's own speed after one item; it falls with the square root of their number. */
const ITEM_DOUBT = 0.5;
/** What may still happen to the rest. */
const REST_DOUBT = 0.06;

/**
 * Time that is left, narrowing while items finish: the plan and the batch's own speed so far, each weighed by how sure it is.
 * @param plan what is left and what is done by the plan, in ms of the whole batch's clock; its doubt as a standard deviation of ln(ms)
 * @param so far elapsed ms, and the number of items that are over
 */
export function timeLeft(
  plan: { readonly leftMs: number; readonly doneMs: number; readonly doubt: number },
  elapsedMs: number,
  finished: number,
): { readonly low: number; readonly high: number } {
  const isTelling = finished > 0 && plan.doneMs > 0 && elapsedMs > 0;
  const seen = isTelling ? Math.log(elapsedMs / plan.doneMs) : 0;
  const seenVariance = isTelling ? ITEM_DOUBT ** 2 / finished : Number.POSITIVE_INFINITY;
  const planVariance = plan.doubt ** 2;
  const share = isTelling ? planVariance / (planVariance + seenVariance) : 0;
  const middle = plan.leftMs * Math.exp(share * seen);
  const factor = Math.exp(Z * Math.sqrt(planVariance * (1 - share) + REST_DOUBT ** 2));
  return { low: Math.round(middle / factor), high: Math.round(middle * factor) };
}
