import type { EngineJob } from '@pingplex/shared/contracts/engine';

export type EngineLimits = {
  /** Resident memory of a worker; above it the worker is killed. */
  readonly rssBytes: number;
  /** Longest time without any message while a job runs. */
  readonly silenceMs: number;
  /** From the polite request to stop until the kill; short, so that a cancel is over within a second. */
  readonly cancelGraceMs: number;
  /** A start takes 0.3 s on a quiet machine. */
  readonly startMs: number;
  /** A worker is replaced after so many jobs, against slow leaks of native libraries; short ones count less, see `wearOf`. */
  readonly jobsPerWorker: number;
  readonly heapMb: number;
};

export const ENGINE_LIMITS: EngineLimits = {
  rssBytes: 1.5 * 1024 ** 3,
  silenceMs: 10_000,
  cancelGraceMs: 700,
  startMs: 30_000,
  jobsPerWorker: 50,
  heapMb: 512,
};

/** Decoding, hashing and encoding once take 0.1 s per megapixel on a quiet machine; one that is busy elsewhere is ten times slower. */
const MS_PER_MEGAPIXEL = 1000;
/** What a picture is taken for that nobody has looked into yet: a good camera's. */
const USUAL_MEGAPIXELS = 24;

/** Looking at a file leaks next to nothing, and a start costs as much as a hundred looks. */
const SHORT_WEAR = 0.02;

/** What a job counts for against `jobsPerWorker`. */
export function wearOf(job: EngineJob): number {
  return job.verb === 'thumbnail' || (job.verb === 'inspect' && job.depth === 'quick') ? SHORT_WEAR : 1;
}

/** How large a job's media are, as far as that is known. */
export type MediaSize = {
  /** Length of a film or sound. */
  readonly durationMs?: number | undefined;
  /** Size of a picture, or of a film's frames. */
  readonly megapixels?: number | undefined;
};

/**
 * Longest time that a job may take: 20 s + 20 × duration + 1 s per megapixel for one pass over the media. Unicalizing passes several
 * times over it (search for a strength, then one encode per variant).
 */
export function deadlineFor(job: EngineJob, { durationMs = 0, megapixels }: MediaSize = {}): number {
  const pixels = megapixels ?? (durationMs > 0 ? 0 : USUAL_MEGAPIXELS);
  const onePass = 20_000 + 20 * durationMs + MS_PER_MEGAPIXEL * pixels;
  return job.verb === 'unicalize' ? onePass * (1 + job.settings.variants) : onePass;
}
