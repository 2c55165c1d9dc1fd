import type { ConvertPlan, MediaFormat } from '@pingplex/shared/domain';
import { impossible } from './facts.ts';
import { noteWith } from './note-with.ts';

/** Part of a source, in its own milliseconds; no end means to the end. */
export type Part = { readonly startMs: number; readonly endMs: number | undefined };
type Cut = { readonly part: Part; readonly lengthMs: number | undefined; readonly notes: readonly string[] };

/** Containers round lengths up to whole frames; nobody refuses a file for that. */
const TOLERANCE_MS = 50;
const seconds = (ms: number): number => Math.round(ms) / 1000;

/**
 * The part that is taken: what the step asks for, checked against the length of the source and the longest that the place allows.
 * @throws AppError `engine.stepNotPossible`: `trimBeyondEnd`, or `tooLong` with the limit when nobody allowed to cut
 */
export function cutOf(plan: ConvertPlan, durationMs: number | undefined, from: MediaFormat, to: MediaFormat): Cut {
  const startMs = plan.trimStartMs ?? 0;
  if (durationMs !== undefined && startMs >= durationMs) throw impossible(from, to, 'trimBeyondEnd');
  const wishedEnd = plan.trimEndMs;
  const endMs = wishedEnd !== undefined && durationMs !== undefined && wishedEnd >= durationMs ? undefined : wishedEnd;
  const last = endMs ?? durationMs;
  const lengthMs = last === undefined ? undefined : last - startMs;
  const { maxMs } = plan;
  if (maxMs === undefined || lengthMs === undefined || lengthMs <= maxMs + TOLERANCE_MS)
    return { part: { startMs, endMs }, lengthMs, notes: [] };
  if (plan.cutToLimit !== true) throw impossible(from, to, 'tooLong', { lengthS: seconds(lengthMs), limitS: seconds(maxMs) });
  return { part: { startMs, endMs: startMs + maxMs }, lengthMs: maxMs, notes: [noteWith('cutToLimit', maxMs / 1000)] };
}

/** Containers take some per cent for their tables, and short films more. */
const CONTAINER_SHARE = 0.97;
const CONTAINER_BYTES = 4000;
/** Under this a picture track is no picture any more. */
const LEAST_VIDEO_BITS = 40_000;
/** Over this no encoder here needs a ceiling, and their figures end not far above it. */
const MOST_VIDEO_BITS = 300_000_000;

/**
 * Bits per second that the picture track may take, so that the file stays under `maxBytes`; undefined when nothing limits it.
 * @param tighter share of the budget to use, for another try
 * @throws AppError `engine.stepNotPossible` `tooLargeForLimit` when no watchable picture fits
 */
export function videoCeiling(
  plan: ConvertPlan,
  lengthMs: number | undefined,
  soundBits: number,
  tighter: number,
  from: MediaFormat,
  to: MediaFormat,
): number | undefined {
  const { maxBytes, videoBitRate } = plan;
  if (maxBytes === undefined || lengthMs === undefined || lengthMs <= 0) return videoBitRate;
  const all = ((maxBytes - CONTAINER_BYTES) * 8 * CONTAINER_SHARE * 1000) / lengthMs;
  const left = Math.floor((all - soundBits) * tighter);
  if (left < LEAST_VIDEO_BITS) throw impossible(from, to, 'tooLargeForLimit', { limitBytes: maxBytes });
  const ceiling = Math.min(left, videoBitRate ?? left);
  return ceiling > MOST_VIDEO_BITS ? undefined : ceiling;
}

/** Bits per second of the sound track: as wished, but never more than a sixth of a tight budget, and all of it for sound alone. */
export function soundCeiling(plan: ConvertPlan, wished: number, lengthMs: number | undefined, alone: boolean): number {
  if (plan.maxBytes === undefined || lengthMs === undefined || lengthMs <= 0) return wished;
  const all = ((plan.maxBytes - CONTAINER_BYTES) * 8 * CONTAINER_SHARE * 1000) / lengthMs;
  const most = alone ? all : Math.max(32_000, all / 6);
  const steps = [8000, 16_000, 24_000, 32_000, 48_000, 64_000, 96_000, 128_000, 160_000, 192_000, 256_000, 320_000];
  return Math.min(wished, steps.filter((one) => one <= most).at(-1) ?? 8000);
}
