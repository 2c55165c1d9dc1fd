import { open } from 'node:fs/promises';
import type { TempPlace, UnicalizeJob, Variant, WrittenFile } from '@pingplex/shared/contracts/engine';
import { FORMATS } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import { writeAside } from '../../output/index.ts';
import type { JobContext } from '../job-context.ts';
import { release } from '../measure/big-memory.ts';
import { type Luma, lumaOf, shrinkLuma } from '../measure/luma.ts';
import { decodePicture, type OpenPicture, openPicture } from '../measure/open-picture.ts';
import { distanceOf, type PicturePrint, type Print, printLuma } from '../measure/print.ts';
import { structureOf } from '../measure/structure.ts';
import { noiseShare } from './detail.ts';
import { Canvas, type PictureFormat, writtenFormat } from './picture-encode.ts';
import { applyGeometry, type Placed, tryGeometry } from './picture-geometry.ts';
import { greyCut, paint } from './picture-pass.ts';
import { drawGeometry, drawTone, type Geometry, LEVELS, type Tone, TRIES_PER_LEVEL } from './picture-plan.ts';
import { Portions, partOf } from './portions.ts';
import { PICTURE_PRESETS, type Targets } from './presets.ts';
import { searchVariant, type Tried } from './search.ts';
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
type Painted = {
  readonly file: Buffer;
  readonly print: PicturePrint;
  readonly tone: Tone;
  readonly quality: number;
  readonly dose: number;
  readonly ssim: number;
  readonly psnr: number;
  readonly encodes: number;
};
type Written = Painted & { readonly figure: number | undefined; readonly written: WrittenFile };

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
  try {
    for (let n = 1; n <= settings.variants; n++) {
      ctx.signal.throwIfAborted();
      const part = partOf(ctx, (n - 1) / settings.variants, n / settings.variants);
      made.push(await makeVariant(source, n, settings, targets, temp, made, part));
      part.progress(1);
    }
  } finally {
    release(source.picture.pixels.data);
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
  const facts = { print: printLuma(luma), small: shrinkLuma(luma, TRIAL_SIDE), noiseShare: noiseShare(luma) };
  if (facts.small !== luma) release(luma.data);
  return { picture, format, ...facts };
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
  const others = sisters.map((sister) => sister.print);
  const figureOf = (print: Print) => nearestFigure(print, source.print, others, targets);
  const { seed, strength, mirror } = settings;
  const portions = new Portions(ctx);
  const { done, tried, attempts } = await searchVariant<Geometry, Written>(
    {
      tries: LEVELS * TRIES_PER_LEVEL,
      margin: TRIAL_MARGIN,
      confirmations: CONFIRMATIONS,
      draw: (attempt) => drawGeometry(seed, n, attempt, strength, mirror),
      tryOut: (geometry) => figureOf(printLuma(tryGeometry(source.small, geometry))),
      finish: async ({ plan }) => {
        const painted = await paintUntilGood(source, plan, n, settings, targets, portions, ctx.signal);
        return { ...painted, figure: figureOf(painted.print), written: await write(source, n, painted.file, temp) };
      },
    },
    targets,
    ctx.signal,
  );
  return describe(source, n, done, tried, attempts);
}

async function paintUntilGood(
  source: Source,
  geometry: Geometry,
  n: number,
  settings: Settings,
  targets: Targets,
  portions: Portions,
  signal: AbortSignal,
): Promise<Painted> {
  const placed = await applyGeometry(source.picture.pixels, geometry);
  const reference = await greyCut(placed, signal);
  let best: Painted | undefined;
  try {
    for (const [i, { dose, better }] of DOSES.entries()) {
      signal.throwIfAborted();
      const pass = portions.next();
      const drawn = drawTone(settings.seed, n, settings.strength, dose);
      const tone = { ...drawn, noise: Math.round(drawn.noise * source.noiseShare * 10_000) / 10_000 };
      const quality = PICTURE_PRESETS[settings.strength].quality + better;
      const file = await encode(source, placed, tone, quality, signal);
      pass.progress(0.5);
      const painted = { file, tone, quality, dose, encodes: i + 1, ...(await measure(file, source.format, reference, signal)) };
      pass.progress(1);
      if (!best || painted.ssim > best.ssim) best = painted;
      if (reaches(painted.ssim, targets.minQuality)) return painted;
    }
  } finally {
    release(placed.pixels.data);
    release(reference.data);
  }
  if (!best) throw new RangeError('there is at least one dose');
  return { ...best, encodes: DOSES.length };
}

async function encode(source: Source, placed: Placed, tone: Tone, quality: number, signal: AbortSignal): Promise<Buffer> {
  const canvas = new Canvas(placed.width, placed.height, placed.pixels.channels, source.picture.icc);
  try {
    await paint(placed, tone, canvas.pixels, signal);
    return await canvas.encode(source.format, quality, source.picture.meta);
  } finally {
    canvas.release();
  }
}

/** Reads a finished file as anybody would. */
async function measure(
  file: Buffer,
  format: PictureFormat,
  reference: Luma,
  signal: AbortSignal,
): Promise<{ print: PicturePrint; ssim: number; psnr: number }> {
  const { pixels } = await decodePicture(file, format);
  const luma = lumaOf(pixels);
  release(pixels.data);
  const likeness = await structureOf(reference, luma, signal);
  const print = printLuma(luma);
  release(luma.data);
  return { print, ...likeness };
}

async function write(source: Source, n: number, file: Buffer, temp: TempPlace): Promise<WrittenFile> {
  const ext = FORMATS[source.format].extensions[0];
  const { path, sizeBytes, sha256 } = await writeAside(temp, n, ext, file);
  return { tempPath: path, ext, format: source.format, kind: 'image', sizeBytes, sha256 };
}

function describe(source: Source, n: number, done: Written, { plan, attempt }: Tried<Geometry>, attempts: number): Made {
  const parameters: Variant['parameters'] = { ...plan, ...done.tone, quality: done.quality, dose: done.dose, draw: attempt };
  if (source.format !== source.picture.format) parameters['writtenAs'] = source.format;
  return {
    print: done.print,
    quality: done.ssim,
    variant: {
      n,
      file: done.written,
      parameters,
      fromSource: distanceOf(source.print, done.print),
      quality: { ssim: done.ssim, psnr: done.psnr },
      attempts,
    },
  };
}
