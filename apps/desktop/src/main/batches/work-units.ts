import type { MediaFormat, MediaKind, Step, StepVerb } from '@pingplex/shared/domain';
import type { Throughput } from '../db/index.ts';

export type Measured = {
  readonly kind: MediaKind;
  readonly sizeBytes: number;
  readonly durationMs: number | null;
  readonly megapixels: number | null;
};

/**
 * How much work a file is, so that files of different size compare: megapixels for pictures (+0.5 for opening one), seconds × megapixels
 * for video, seconds for sound. What isn't known is guessed from the size: 0.4 MB per megapixel, 1 MB/s of video, 20 kB/s of sound.
 */
export function workUnits(file: Measured): number {
  const mb = file.sizeBytes / 1e6;
  const seconds = (fallback: number): number => Math.max(0.2, file.durationMs === null ? fallback : file.durationMs / 1000);
  switch (file.kind) {
    case 'image':
      return 0.5 + Math.max(0.05, file.megapixels ?? mb / 0.4);
    case 'video':
      return 0.5 + seconds(mb) * (file.megapixels ?? 1);
    case 'audio':
      return 1 + seconds(mb / 0.02);
  }
}

/** Milliseconds per unit, measured once on a two-core machine; used until this machine has figures of its own. */
const TYPICAL_MS: Readonly<Record<Exclude<StepVerb, 'generate'>, Readonly<Record<MediaKind, number>>>> = {
  clean: { image: 60, video: 40, audio: 15 },
  convert: { image: 120, video: 900, audio: 30 },
  unicalize: { image: 900, video: 3500, audio: 120 },
};
/** One request to a model, from upload to the file on the disk. */
const TYPICAL_GENERATE_MS = 25_000;

/** A format counts by its own figures from so many jobs on; else the figures of its kind do. */
const ENOUGH_JOBS = 3;

type Speed = { readonly ms: number; readonly bytesRatio: number; readonly isMeasured: boolean };
export type SpeedBook = (step: Step, kind: MediaKind, format: MediaFormat, units: number) => Speed;

/** Looks expected time and growth up: per verb, kind and format as learned here, else as typical. */
export function speedBook(learned: readonly Throughput[]): SpeedBook {
  const byFormat = new Map<string, Throughput>();
  const byKind = new Map<string, { jobs: number; units: number; ms: number; bytesIn: number; bytesOut: number }>();
  for (const row of learned) {
    byFormat.set(`${row.verb} ${row.kind} ${row.format}`, row);
    const key = `${row.verb} ${row.kind}`;
    const sum = byKind.get(key) ?? { jobs: 0, units: 0, ms: 0, bytesIn: 0, bytesOut: 0 };
    for (const part of ['jobs', 'units', 'ms', 'bytesIn', 'bytesOut'] as const) sum[part] += row[part];
    byKind.set(key, sum);
  }
  return (step, kind, format, fileUnits) => {
    // A request to a model takes its time whatever the file's size.
    const units = step.verb === 'generate' ? 1 : fileUnits;
    const own = byFormat.get(`${step.verb} ${kind} ${format}`);
    const figures = own !== undefined && own.jobs >= ENOUGH_JOBS ? own : byKind.get(`${step.verb} ${kind}`);
    const ratio = bytesRatio(step, kind, figures);
    if (figures !== undefined && figures.jobs >= ENOUGH_JOBS && figures.units > 0) {
      return { ms: (figures.ms / figures.units) * units * times(step), bytesRatio: ratio, isMeasured: true };
    }
    const typical = step.verb === 'generate' ? TYPICAL_GENERATE_MS : TYPICAL_MS[step.verb][kind] * units * times(step);
    return { ms: typical, bytesRatio: ratio, isMeasured: false };
  };
}

/** Work is counted per variant. */
export function times(step: Step): number {
  return step.verb === 'unicalize' ? step.variants : 1;
}

function bytesRatio(step: Step, kind: MediaKind, figures: { jobs: number; bytesIn: number; bytesOut: number } | undefined): number {
  if (figures !== undefined && figures.jobs >= ENOUGH_JOBS && figures.bytesIn > 0) return figures.bytesOut / figures.bytesIn;
  if (step.verb === 'clean') return 1;
  return kind === 'image' ? 1.3 : 1.1;
}
