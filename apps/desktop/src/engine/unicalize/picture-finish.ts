import { release } from '../measure/big-memory.ts';
import { type Luma, lumaOf } from '../measure/luma.ts';
import { decodePicture } from '../measure/open-picture.ts';
import { type PicturePrint, printLuma } from '../measure/print.ts';
import { structureOf } from '../measure/structure.ts';
import { chooseLooks, type Look, untilGood } from './looks.ts';
import { Canvas } from './picture-encode.ts';
import { applyGeometry, type Placed } from './picture-geometry.ts';
import { greyCut, paint } from './picture-pass.ts';
import { drawTone, type Geometry, type Tone } from './picture-plan.ts';
import { samplePlaced } from './picture-sample.ts';
import type { PictureSource } from './picture-source.ts';
import type { Portions } from './portions.ts';
import { PICTURE_PRESETS, type Targets } from './presets.ts';
import type { UnicalizeSettings } from './settings.ts';

/** Weaker and weaker changes of light and colour, encoded better and better, until the quality is reached. */
export const PRESET_LOOKS: readonly Look[] = [
  { dose: 1, grain: 1, better: 0 },
  { dose: 0.6, grain: 0.6, better: 3 },
  { dose: 0.3, grain: 0.3, better: 6 },
  { dose: 0, grain: 0, better: 9 },
];
/** For a named distance: noise goes first, because it costs most and moves no hash; light and colour go last. */
export const AIMED_LOOKS: readonly Look[] = [
  { dose: 1, grain: 0.5, better: 4 },
  { dose: 1, grain: 0.2, better: 8 },
  { dose: 1, grain: 0, better: 9 },
  { dose: 0.5, grain: 0, better: 9 },
  { dose: 0.2, grain: 0, better: 9 },
  { dose: 0, grain: 0, better: 9 },
];

/** A variant of a picture, encoded and read back. */
export type Painted = {
  readonly file: Buffer;
  readonly print: PicturePrint;
  readonly tone: Tone;
  /** Of the encoder, on JPEG's scale. */
  readonly encoding: number;
  readonly look: Look;
  readonly ssim: number;
  readonly psnr: number;
  readonly figure: number | undefined;
  /** SSIM, for the search. */
  readonly quality: number;
};
export type PaintedUntilGood = Painted & { readonly encodes: number; readonly isComplete: boolean };

export type PictureWork = {
  readonly source: PictureSource;
  readonly settings: UnicalizeSettings;
  readonly targets: Targets;
  /** Number of the variant, from 1. */
  readonly n: number;
  /** Distance to the nearest of source and sisters. */
  readonly figureOf: (print: PicturePrint) => number | undefined;
  readonly portions: Portions;
  readonly signal: AbortSignal;
};

/**
 * Makes a picture with a geometry, with as much change of light, colour and noise as the wanted quality allows.
 * @param isFinal see `untilGood`
 */
export async function paintUntilGood(work: PictureWork, geometry: Geometry, isFinal: boolean): Promise<PaintedUntilGood> {
  const { source, targets, portions, signal } = work;
  const placed = await applyGeometry(source.picture.pixels, geometry);
  const reference = await greyCut(placed, signal);
  try {
    const { looks, samples } = targets.isAimed ? await looksBySample(work, placed) : { looks: PRESET_LOOKS, samples: 0 };
    const { made, count, isComplete } = await untilGood(looks, targets, isFinal, async (look) => {
      const pass = portions.next();
      const painted = await paintLook(work, placed, reference, look);
      pass.progress(1);
      return painted;
    });
    return { ...made, encodes: count + samples, isComplete };
  } finally {
    release(placed.pixels.data);
    release(reference.data);
  }
}

async function looksBySample(work: PictureWork, placed: Placed): Promise<{ looks: readonly Look[]; samples: number }> {
  const sample = samplePlaced(placed);
  const reference = await greyCut(sample, work.signal);
  return chooseLooks(AIMED_LOOKS, work.targets.minQuality, async (look) => (await paintLook(work, sample, reference, look)).ssim);
}

export async function paintLook(
  { source, settings, n, figureOf, signal }: PictureWork,
  placed: Placed,
  reference: Luma,
  look: Look,
): Promise<Painted> {
  signal.throwIfAborted();
  const drawn = drawTone(settings.seed, n, settings.strength, look.dose, look.grain);
  const tone = { ...drawn, noise: Math.round(drawn.noise * source.noiseShare * 10_000) / 10_000 };
  const encoding = PICTURE_PRESETS[settings.strength].quality + look.better;
  const file = await encode(source, placed, tone, encoding, signal);
  const measured = await measure(file, source, reference, signal);
  return { file, tone, encoding, look, ...measured, figure: figureOf(measured.print), quality: measured.ssim };
}

async function encode(source: PictureSource, placed: Placed, tone: Tone, quality: number, signal: AbortSignal): Promise<Buffer> {
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
  { format }: PictureSource,
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
