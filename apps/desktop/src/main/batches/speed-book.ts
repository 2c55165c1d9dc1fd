import type { MediaFormat, MediaKind, Step, StepVerb } from '@pingplex/shared/domain';
import type { Speed } from '../db/index.ts';
import { passes, shapeOf, sizeOf } from './work-units.ts';

/** Milliseconds per unit and pass, measured on a two-core machine; used until this machine has figures of its own. */
const TYPICAL_MS: Readonly<Record<Exclude<StepVerb, 'generate'>, Readonly<Record<MediaKind, number>>>> = {
  clean: { image: 45, video: 20, audio: 8 },
  convert: { image: 60, video: 250, audio: 12 },
  unicalize: { image: 150, video: 220, audio: 20 },
};
/** One request to a model, from upload to the file on the disk. */
const TYPICAL_GENERATE_MS = 25_000;
/** Programs that want to run don't all want a whole core all the time. */
const LOAD_POWER = 0.7;
/** A kind of work counts by its own figures from so many jobs on. */
const ENOUGH_JOBS = 3;
/** Spread of jobs that nothing is known of. */
const TYPICAL_SPREAD = 0.6;
/** Standard deviation that is taken for a few jobs until they have shown their own, and how many jobs that opinion is worth. */
const PRIOR_SPREAD = 0.4;
const PRIOR_JOBS = 3;

/** Jobs that the opinion is worth that this machine is as fast as the one of the typical figures, but for its load. */
const FACTOR_PRIOR_JOBS = 5;

/**
 * What a job is expected to take. `spread` is the standard deviation of ln(ms) from job to job; it evens out over many jobs. `doubt` is
 * that of what all of them share (figures of other formats or sizes, or of another machine), which doesn't.
 */
export type Expected = {
  readonly ms: number;
  readonly spread: number;
  readonly doubt: number;
  readonly bytesRatio: number;
  readonly isMeasured: boolean;
};
export type SpeedBook = (step: Step, kind: MediaKind, format: MediaFormat, units: number) => Expected;

type Sums = { jobs: number; units: number; ms: number; logs: number; squares: number; bytesIn: number; bytesOut: number };
const PARTS = ['jobs', 'units', 'ms', 'logs', 'squares', 'bytesIn', 'bytesOut'] as const;

/** From the narrowest likeness to the widest, with the doubt that each leaves. */
const LIKENESS: readonly {
  readonly doubt: number;
  readonly key: (work: Pick<Speed, 'verb' | 'kind' | 'format' | 'shape' | 'size'>) => string;
}[] = [
  { doubt: 0.1, key: ({ verb, kind, format, shape, size }) => [verb, kind, format, shape, size].join('|') },
  { doubt: 0.18, key: ({ verb, kind, format, shape }) => [verb, kind, format, shape].join('|') },
  { doubt: 0.25, key: ({ verb, kind, shape, size }) => [verb, kind, '', shape, size].join('|') },
  { doubt: 0.3, key: ({ verb, kind, shape }) => [verb, kind, '', shape].join('|') },
  { doubt: 0.4, key: ({ verb, kind }) => [verb, kind].join('|') },
];

function spreadOf(sums: Sums): number {
  const mean = sums.logs / sums.jobs;
  const variance = Math.max(0, sums.squares / sums.jobs - mean * mean);
  return Math.sqrt((variance * sums.jobs + PRIOR_SPREAD ** 2 * PRIOR_JOBS) / (sums.jobs + PRIOR_JOBS));
}

/** How much slower this machine is than the one that the typical figures come from, by all that was learned; null while nothing was. */
function machineFactor(learned: readonly Speed[], slowdown: number): number | null {
  let weight = 0;
  let sum = 0;
  let isAnyKnown = false;
  for (const { verb, kind, jobs, units, ms } of learned) {
    if (verb === 'generate' || jobs < ENOUGH_JOBS) continue;
    const worth = Math.min(jobs, 10);
    isAnyKnown = true;
    weight += worth;
    sum += worth * Math.log(ms / units / TYPICAL_MS[verb][kind]);
  }
  // One kind of work alone says only so much about another one.
  return isAnyKnown ? Math.exp((sum + FACTOR_PRIOR_JOBS * Math.log(slowdown)) / (weight + FACTOR_PRIOR_JOBS)) : null;
}

function bytesRatio(step: Step, kind: MediaKind, sums: Sums | undefined): number {
  if (sums !== undefined && sums.bytesIn > 0) return sums.bytesOut / sums.bytesIn;
  if (step.verb === 'clean') return 1;
  return kind === 'image' ? 1.3 : 1.1;
}

/**
 * How much longer work takes because others use the machine: by the length of the queue for its cores. What was learned here was learned
 * under the load of this machine, so that this matters for typical figures only.
 * @param load programs that run or want to run, on average; 0 where the system doesn't say
 */
export function slowdownBy(load: number, cores: number, workers: number): number {
  return Math.max(1, (load + workers) / cores) ** LOAD_POWER;
}

/**
 * Looks expected time and growth up: as learned here from work that is as like as possible, else as typical for this machine's speed.
 * @param slowdown taken for typical figures while nothing is known of this machine
 */
export function speedBook(learned: readonly Speed[], slowdown = 1): SpeedBook {
  const known = new Map<string, Sums>();
  for (const row of learned) {
    for (const { key } of LIKENESS) {
      const sums = known.get(key(row)) ?? { jobs: 0, units: 0, ms: 0, logs: 0, squares: 0, bytesIn: 0, bytesOut: 0 };
      for (const part of PARTS) sums[part] += row[part];
      known.set(key(row), sums);
    }
  }
  const factor = machineFactor(learned, slowdown);
  return (step, kind, format, fileUnits) => {
    const { verb } = step;
    // A request to a model takes its time whatever the file's size.
    const units = verb === 'generate' ? 1 : fileUnits * passes(step);
    const work = { verb, kind, format, shape: shapeOf(step), size: sizeOf(fileUnits) };
    for (const { doubt, key } of LIKENESS) {
      const sums = known.get(key(work));
      if (sums === undefined || sums.jobs < ENOUGH_JOBS || sums.units <= 0) continue;
      return {
        ms: (sums.ms / sums.units) * units,
        spread: spreadOf(sums),
        doubt,
        bytesRatio: bytesRatio(step, kind, sums),
        isMeasured: true,
      };
    }
    const typical = verb === 'generate' ? TYPICAL_GENERATE_MS : TYPICAL_MS[verb][kind] * units * (factor ?? slowdown);
    const doubt = factor === null || verb === 'generate' ? 0.7 : 0.5;
    return { ms: typical, spread: TYPICAL_SPREAD, doubt, bytesRatio: bytesRatio(step, kind, undefined), isMeasured: false };
  };
}
