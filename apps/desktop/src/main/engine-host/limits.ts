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
  /** A worker is replaced after so many jobs, against slow leaks of native libraries. */
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

/**
 * Longest time that a job may take: 20 s + 20 × duration for one pass over the media. Unicalizing passes several times over it
 * (search for a strength, then one encode per variant).
 * @param durationMs length of the media; 0 for pictures
 */
export function deadlineFor(job: EngineJob, durationMs = 0): number {
  const onePass = 20_000 + 20 * durationMs;
  return job.verb === 'unicalize' ? onePass * (1 + job.settings.variants) : onePass;
}
