import type { Frame } from 'node-av';
import { filteredFrames, type OpenMedia } from './av-media.ts';
import { type Luma, shrinkLuma } from './luma.ts';
import { type PdqPrint, pdq, pdqDistance } from './pdq.ts';

/** vPDQ looks at so many frames a second (ThreatExchange `vpdq/README.md` recommends 1–2). */
const FRAMES_PER_SECOND = 2;
/** Long films are sampled more thinly, so that measuring doesn't take longer than encoding. */
const MAX_FRAMES = 240;
/** Frames with less detail say nothing about likeness. */
const MIN_FRAME_QUALITY = 50;
/** With fewer telling frames than this a result is a guess. */
export const MIN_FRAMES = 3;
const SAME_FRAME = 31;

/** A film's frames as hashes, sampled evenly. */
export type FilmPrint = { readonly frames: readonly PdqPrint[]; readonly telling: readonly PdqPrint[] };

/** How the frames of two films match. */
type FilmMatch = {
  /** Share of telling frames that have a twin in the other film (PDQ of 31 or less), the larger of both directions; 0–1. */
  readonly share: number;
  /** Median over the frames of the distance to the nearest frame of the other film, the smaller of both directions; 0–256. */
  readonly median: number;
};

/** Every how many frames a film is sampled; depends on the file alone, so that every measurement of it is the same. */
export function samplingStep(media: OpenMedia): number {
  const fps = media.video?.fps ?? 25;
  const step = Math.max(1, Math.round(fps / FRAMES_PER_SECOND));
  const expected = ((media.durationMs ?? 0) / 1000) * (fps / step);
  return step * Math.max(1, Math.ceil(expected / MAX_FRAMES));
}

/** About how many frames `greyFrames` gives of a film; at least 1. */
export function sampledFrames(media: OpenMedia): number {
  return Math.max(1, ((media.durationMs ?? 0) / 1000) * ((media.video?.fps ?? 25) / samplingStep(media)));
}

/**
 * Grey frames number 0, step, 2·step… of a film, as stored (before the display matrix).
 * @param around FFmpeg filters for every frame before the choice, and for the chosen ones after it
 * @param fromMs see `filteredFrames`
 */
export async function* greyFrames(
  media: OpenMedia,
  step: number,
  signal: AbortSignal,
  around: { before?: string; after?: string } = {},
  fromMs = 0,
): AsyncGenerator<Luma> {
  if (!media.video) return;
  for await (const frame of filteredFrames(media, media.video, greyChain(step, around), signal, fromMs)) yield lumaOfFrame(frame);
}

/** FFmpeg's filters behind `greyFrames`. */
export function greyChain(step: number, around: { before?: string; after?: string } = {}): string {
  return [around.before, `select=not(mod(n\\,${step}))`, around.after, 'format=gray'].filter(Boolean).join(',');
}

/** Hashes a film's sampled frames. */
export async function printFilm(media: OpenMedia, signal: AbortSignal): Promise<FilmPrint> {
  const frames: PdqPrint[] = [];
  for await (const luma of greyFrames(media, samplingStep(media), signal)) frames.push(pdq(shrinkLuma(luma)));
  return filmPrint(frames);
}

/** Keeps aside the frames that have enough detail to tell something. */
export function filmPrint(frames: readonly PdqPrint[]): FilmPrint {
  return { frames, telling: frames.filter((frame) => frame.quality >= MIN_FRAME_QUALITY) };
}

/** @returns undefined when either film has no telling frame */
export function matchFilms(a: FilmPrint, b: FilmPrint): FilmMatch | undefined {
  if (a.telling.length === 0 || b.telling.length === 0) return undefined;
  const there = a.telling.map((frame) => nearest(frame, b.telling));
  const back = b.telling.map((frame) => nearest(frame, a.telling));
  return {
    share: Math.max(sameShare(there), sameShare(back)),
    median: Math.min(medianOf(there), medianOf(back)),
  };
}

function nearest(frame: PdqPrint, among: readonly PdqPrint[]): number {
  return among.reduce((best, other) => Math.min(best, pdqDistance(frame, other)), 256);
}

function sameShare(distances: readonly number[]): number {
  return distances.filter((distance) => distance <= SAME_FRAME).length / distances.length;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] as number;
}

/** A decoded frame's grey plane, copied. @param frame in FFmpeg's pixel format `gray` */
export function lumaOfFrame(frame: Frame): Luma {
  const { width, height } = frame;
  const plane = frame.data?.[0];
  const stride = frame.linesize[0] ?? width;
  const data = new Uint8Array(width * height);
  for (let y = 0; plane && y < height; y++) data.set(plane.subarray(y * stride, y * stride + width), y * width);
  return { width, height, data };
}
