import { open } from 'node:fs/promises';
import type { TempPlace, UnicalizeJob, Variant } from '@pingplex/shared/contracts/engine';
import { FORMATS } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import { tempPath, writeAside } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { type Luma, lumaOf, shrinkLuma } from '../measure/luma.ts';
import { decodePicture, type OpenPicture, openPicture } from '../measure/open-picture.ts';
import { distanceOf, type PicturePrint, printLuma } from '../measure/print.ts';
import { psnr, ssim } from '../measure/structure.ts';
import { noiseShare } from './detail.ts';
import { Canvas, type PictureFormat, writtenFormat } from './picture-encode.ts';
import { applyGeometry, type Placed, tryGeometry } from './picture-geometry.ts';
import { greyCut, paint } from './picture-pass.ts';
import { drawGeometry, drawTone, type Geometry, LEVELS, type Tone, TRIES_PER_LEVEL } from './picture-plan.ts';
import { PICTURE_PRESETS, type Targets } from './presets.ts';
import { type Made, nearestFigure, reaches, withSisters } from './sisters.ts';

type Settings = z.infer<typeof UnicalizeJob>['settings'];

const MIN_SIDE = 64;
/** Tries happen on a picture of at most this size; the hash itself looks at 64x64. */
const TRIAL_SIDE = 384;
/** Bits by which a try may be wrong about the finished file. */
const TRIAL_MARGIN = 4;
/** Finished files that may turn out too near before the best of them is taken. */
const CONFIRMATIONS = 4;
/** Weaker and weaker changes of light and colour, encoded better and better, until the quality is reached. */
const DOSES = [
  { dose: 1, better: 0 },
  { dose: 0.6, better: 3 },
  { dose: 0.3, better: 6 },
  { dose: 0, better: 9 },
] as const;

type Source = {
  readonly picture: OpenPicture;
  readonly format: PictureFormat;
  readonly print: PicturePrint;
  readonly small: Luma;
  readonly noiseShare: number;
};
type Tried = { readonly geometry: Geometry; readonly attempt: number; readonly figure: number };
type Painted = {
  readonly file: Buffer;
  readonly luma: Luma;
  readonly tone: Tone;
  readonly quality: number;
  readonly dose: number;
  readonly ssim: number;
  readonly psnr: number;
  readonly encodes: number;
};
type Finished = Painted & Tried & { readonly print: PicturePrint };

/**
 * Makes variants of a still picture. The source is decoded once; every variant is written and read back.
 * @throws AppError engine.stepNotPossible (`reason`: animated, manyPages, tooSmall, noDecoder, noEncoder), file.*, output.*
 */
export async function unicalizePicture(
  path: string,
  temp: TempPlace,
  settings: Settings,
  targets: Targets,
  ctx: JobContext,
): Promise<Variant[]> {
  const source = await openSource(path);
  const made: Made[] = [];
  for (let n = 1; n <= settings.variants; n++) {
    ctx.signal.throwIfAborted();
    made.push(await makeVariant(source, n, settings, targets, temp, made, ctx));
    ctx.progress(n / settings.variants);
  }
  return withSisters(made, source.print, targets);
}

async function openSource(path: string): Promise<Source> {
  await refuseAnimated(path);
  const picture = await openPicture(path);
  const { width, height } = picture.pixels;
  const format = writtenFormat(picture.format);
  if ((picture.meta.pages ?? 1) > 1 && picture.format !== 'heic' && picture.format !== 'avif') {
    throw new AppError('engine.stepNotPossible', 'only the first frame or page could be kept', {
      params: { reason: picture.format === 'tiff' ? 'manyPages' : 'animated' },
    });
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new AppError('engine.stepNotPossible', `${width}x${height} is too small to be changed without being seen`, {
      params: { reason: 'tooSmall', width, height, least: MIN_SIDE },
    });
  }
  const luma = lumaOf(picture.pixels);
  return { picture, format, print: printLuma(luma), small: shrinkLuma(luma, TRIAL_SIDE), noiseShare: noiseShare(luma) };
}

/** Moving PNG and AVIF, which the decoder takes for stills: the animation chunk or brand stands in the first bytes. */
async function refuseAnimated(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0);
    const head = buffer.subarray(0, bytesRead).toString('latin1');
    const pixelsAt = head.indexOf('IDAT');
    const apng = head.startsWith('\x89PNG') && (pixelsAt < 0 ? head : head.slice(0, pixelsAt)).includes('acTL');
    if (apng || head.slice(4, 12) === 'ftypavis') {
      throw new AppError('engine.stepNotPossible', 'moving pictures would lose their frames', { params: { reason: 'animated' } });
    }
  } finally {
    await handle.close();
  }
}

async function makeVariant(
  source: Source,
  n: number,
  settings: Settings,
  targets: Targets,
  temp: TempPlace,
  sisters: readonly Made[],
  ctx: JobContext,
): Promise<Made> {
  const others = [source.print, ...sisters.map((sister) => sister.print)];
  let best: Finished | undefined;
  let encodes = 0;
  let tried = { count: 0 };
  for (let confirmation = 0, next = 0; confirmation < CONFIRMATIONS; confirmation++) {
    const search = await findGeometry(source, n, settings, targets, others, next, ctx);
    tried = { count: tried.count + search.tries };
    const painted = await paintUntilGood(source, search.chosen, n, settings, targets, ctx);
    encodes += painted.encodes;
    const print = printLuma(painted.luma);
    const finished = { ...painted, ...search.chosen, figure: nearestFigure(print, others) ?? 0, print };
    if (!best || finished.figure > best.figure) best = finished;
    next = search.chosen.attempt + 1;
    if (reaches(finished.figure, targets.minDistance) || !search.passed || next >= LEVELS * TRIES_PER_LEVEL) break;
  }
  if (!best) throw new RangeError('a variant takes at least one try');
  return write(source, n, best, temp, Math.max(1, tried.count + encodes - 1));
}

/** Tries geometries on the small picture from the weakest up; the first that is far enough loses the least of the picture. */
async function findGeometry(
  source: Source,
  n: number,
  { seed, strength, mirror }: Settings,
  { minDistance }: Targets,
  others: readonly PicturePrint[] | readonly Made['print'][],
  from: number,
  ctx: JobContext,
): Promise<{ chosen: Tried; tries: number; passed: boolean }> {
  let best: Tried | undefined;
  for (let attempt = from; attempt < LEVELS * TRIES_PER_LEVEL; attempt++) {
    ctx.signal.throwIfAborted();
    const geometry = drawGeometry(seed, n, attempt, strength, mirror);
    if (minDistance === undefined) return { chosen: { geometry, attempt, figure: 0 }, tries: 0, passed: true };
    const figure = nearestFigure(printLuma(tryGeometry(source.small, geometry)), others) ?? 0;
    if (!best || figure > best.figure) best = { geometry, attempt, figure };
    if (figure >= minDistance + TRIAL_MARGIN) return { chosen: { geometry, attempt, figure }, tries: attempt - from + 1, passed: true };
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (!best) throw new RangeError('a search begins before its end');
  return { chosen: best, tries: LEVELS * TRIES_PER_LEVEL - from, passed: false };
}

async function paintUntilGood(
  source: Source,
  { geometry }: Tried,
  n: number,
  settings: Settings,
  targets: Targets,
  ctx: JobContext,
): Promise<Painted> {
  const placed = await applyGeometry(source.picture.pixels, geometry);
  const reference = greyCut(placed);
  let best: Painted | undefined;
  for (const [i, { dose, better }] of DOSES.entries()) {
    ctx.signal.throwIfAborted();
    const drawn = drawTone(settings.seed, n, settings.strength, dose);
    const tone = { ...drawn, noise: Math.round(drawn.noise * source.noiseShare * 10_000) / 10_000 };
    const quality = PICTURE_PRESETS[settings.strength].quality + better;
    const file = await encode(source, placed, tone, quality);
    const luma = lumaOf((await decodePicture(file, source.format)).pixels);
    const painted = { file, luma, tone, quality, dose, ssim: ssim(reference, luma), psnr: psnr(reference, luma), encodes: i + 1 };
    if (!best || painted.ssim > best.ssim) best = painted;
    if (reaches(painted.ssim, targets.minQuality)) return painted;
  }
  if (!best) throw new RangeError('there is at least one dose');
  return { ...best, encodes: DOSES.length };
}

async function encode(source: Source, placed: Placed, tone: Tone, quality: number): Promise<Buffer> {
  const canvas = new Canvas(placed.width, placed.height, placed.pixels.channels, source.picture.icc);
  paint(placed, tone, canvas.pixels);
  return canvas.encode(source.format, quality, source.picture.meta);
}

async function write(source: Source, n: number, made: Finished, temp: TempPlace, attempts: number): Promise<Made> {
  const ext = FORMATS[source.format].extensions[0];
  const { sizeBytes, sha256 } = await writeAside(temp, n, ext, made.file);
  const converted = source.format === source.picture.format ? {} : { writtenAs: source.format };
  return {
    print: made.print,
    quality: made.ssim,
    variant: {
      n,
      file: { tempPath: tempPath(temp, n, ext), ext, format: source.format, kind: 'image', sizeBytes, sha256 },
      parameters: { ...made.geometry, ...made.tone, quality: made.quality, dose: made.dose, draw: made.attempt, ...converted },
      fromSource: distanceOf(source.print, made.print),
      quality: { ssim: made.ssim, psnr: made.psnr },
      attempts,
    },
  };
}
