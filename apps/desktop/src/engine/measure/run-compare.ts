import type { CompareJob, CompareOutcome, Quality } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import type { JobContext } from '../job-context.ts';
import { sniff } from '../probe/sniff.ts';
import { type OpenMedia, openMedia } from './av-media.ts';
import { greyFrames, printFilm, samplingStep } from './film.ts';
import { type Luma, lumaOf, resizeLuma, shrinkLuma } from './luma.ts';
import { openPicture } from './open-picture.ts';
import { distanceOf, printLuma } from './print.ts';
import { measureSound, type SoundFacts } from './sound.ts';
import { spectralSimilarity } from './spectrum.ts';
import { psnr, ssim } from './structure.ts';

/** Frames of a film that are compared pixel by pixel; more would not change the mean much. */
const COMPARED_FRAMES = 12;
/** Sides may differ by this much in proportion before pixels are no longer comparable. */
const SAME_SHAPE = 0.02;

type Job = Omit<z.infer<typeof CompareJob>, 'verb'>;

/**
 * Distance and likeness of two files of one kind. Nothing is aligned first: a shift or crop that no eye sees lowers SSIM a lot,
 * which the notes say.
 * @throws AppError engine.stepNotPossible when the kinds differ; file.* when one can't be read
 */
export async function runCompare(job: Job, ctx: JobContext): Promise<CompareOutcome> {
  const [a, b] = [await sniff(job.a), await sniff(job.b)];
  if (a.kind !== b.kind) {
    throw new AppError('engine.stepNotPossible', `${a.kind} and ${b.kind} can't be compared`, { params: { reason: 'differentKinds' } });
  }
  ctx.signal.throwIfAborted();
  if (a.kind === 'image') return comparePictures(job, ctx);
  return a.kind === 'video' ? compareFilms(job, ctx) : compareSounds(job, ctx);
}

async function comparePictures(job: Job, ctx: JobContext): Promise<CompareOutcome> {
  const a = lumaOf((await openPicture(job.a)).pixels);
  ctx.progress(0.3);
  ctx.signal.throwIfAborted();
  const b = lumaOf((await openPicture(job.b)).pixels);
  ctx.progress(0.6);
  ctx.signal.throwIfAborted();
  const distance = distanceOf(printLuma(a), printLuma(b));
  const { quality, notes } = likeness([[a, b]]);
  return { kind: 'image', distance, quality, notes };
}

async function compareFilms(job: Job, ctx: JobContext): Promise<CompareOutcome> {
  const [a, b] = [await openMedia(job.a), await openMedia(job.b)];
  const films = [await printFilm(a, ctx.signal)];
  ctx.progress(0.3);
  films.push(await printFilm(b, ctx.signal));
  ctx.progress(0.6);
  const sounds = [await soundOf(a, ctx), await soundOf(b, ctx)];
  ctx.progress(0.8);
  const [printA, printB] = [0, 1].map((i) => ({
    kind: 'video' as const,
    film: films[i] ?? { frames: [], telling: [] },
    sound: sounds[i]?.print,
  }));
  if (!printA || !printB) throw new RangeError('two films make two prints');
  const { quality, notes } = likeness(await framePairs(a, b, ctx.signal));
  return { kind: 'video', distance: distanceOf(printA, printB), quality: { ...quality, ...soundQuality(sounds[0], sounds[1]) }, notes };
}

async function compareSounds(job: Job, ctx: JobContext): Promise<CompareOutcome> {
  const a = await measureSound(await openMedia(job.a), ctx.signal);
  ctx.progress(0.5);
  const b = await measureSound(await openMedia(job.b), ctx.signal);
  const distance = distanceOf({ kind: 'audio', sound: a.print }, { kind: 'audio', sound: b.print });
  return { kind: 'audio', distance, quality: soundQuality(a, b), notes: [] };
}

/** Loudness difference (second minus first, LU) and likeness of tone colour. Empty where one side is silent or missing. */
export function soundQuality(a: SoundFacts | undefined, b: SoundFacts | undefined): Quality {
  return {
    ...(a?.loudness === undefined || b?.loudness === undefined ? {} : { loudnessDelta: b.loudness - a.loudness }),
    ...(a?.spectrum && b?.spectrum ? { spectral: spectralSimilarity(a.spectrum, b.spectrum) } : {}),
  };
}

async function soundOf(media: OpenMedia, ctx: JobContext): Promise<SoundFacts | undefined> {
  return media.audio ? measureSound(media, ctx.signal) : undefined;
}

async function framePairs(a: OpenMedia, b: OpenMedia, signal: AbortSignal): Promise<[Luma, Luma][]> {
  const take = async (media: OpenMedia) => {
    const frames: Luma[] = [];
    for await (const frame of greyFrames(media, samplingStep(media), signal)) {
      if (frames.push(frame) === COMPARED_FRAMES) break;
    }
    return frames;
  };
  const others = await take(b);
  return (await take(a)).flatMap((frame, i) => (others[i] ? [[frame, others[i]]] : []));
}

function likeness(pairs: readonly [Luma, Luma][]): { quality: Quality; notes: string[] } {
  const notes = ['notAligned'];
  const comparable = pairs.filter(([a, b]) => Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= SAME_SHAPE);
  if (comparable.length === 0) return { quality: {}, notes: ['differentShape'] };
  if (comparable.some(([a, b]) => a.width !== b.width || a.height !== b.height)) notes.push('differentSize');
  const figures = comparable.map(([a, b]) => {
    const [big, small] = a.width >= b.width ? [a, b] : [b, a];
    const same = big.width === small.width && big.height === small.height;
    const other = same ? big : resizeLuma(big.width >= 2 * small.width ? shrinkLuma(big) : big, small.width, small.height);
    return { ssim: ssim(other, small), psnr: psnr(other, small) };
  });
  const mean = (of: (figure: { ssim: number; psnr: number }) => number) => figures.reduce((sum, one) => sum + of(one), 0) / figures.length;
  return { quality: { ssim: mean((one) => one.ssim), psnr: mean((one) => one.psnr) }, notes };
}
