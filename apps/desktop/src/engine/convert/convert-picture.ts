import { writeFile } from 'node:fs/promises';
import type { EngineJob, Summary } from '@pingplex/shared/contracts/engine';
import { type ConvertPlan, convertPlan, DEFAULT_QUALITY, type MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Metadata, Sharp } from 'sharp';
import { loadSharp, openImage } from '../binaries/images.ts';
import type { JobContext } from '../job-context.ts';
import { openForDisplay } from '../preview/picture.ts';
import type { Sniffed } from '../probe/sniff.ts';
import { fitSize, type Size, type SizePlan } from './fit-size.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;
export type PictureTarget = 'jpeg' | 'png' | 'webp' | 'avif' | 'tiff' | 'gif';
export type PictureResult = { readonly summary: Summary; readonly notes: readonly string[] };

const WRITABLE: readonly MediaFormat[] = ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'];
const ANIMATED: readonly MediaFormat[] = ['gif', 'webp'];
/** All frames of an animation are decoded at once; more than this does not fit a worker's memory. */
const MAX_ANIMATION_PIXELS = 250_000_000;

export const isPictureTarget = (format: MediaFormat): format is PictureTarget => WRITABLE.includes(format);

const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 };
const WHITE = { r: 255, g: 255, b: 255, alpha: 1 };
type Colour = typeof WHITE;

/** Colour of borders, and of what transparency becomes where a format has none. */
function ground(plan: ConvertPlan, target: PictureTarget): Colour {
  const { background } = plan;
  if (background === undefined || background === 'blur') return target === 'jpeg' ? WHITE : CLEAR;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(background.slice(at, at + 2), 16));
  return { r, g, b, alpha: 1 };
}

/** Frames of an animation are scaled all at once, which leaves the library's own ways of fitting. */
function resizedFrames(picture: Sharp, plan: ConvertPlan, target: PictureTarget): Sharp {
  const { width, height, fit } = plan;
  const exact = width !== undefined && height !== undefined && fit !== 'inside';
  const size = { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) };
  const way = exact ? (fit === 'crop' ? 'cover' : 'contain') : 'inside';
  return picture.resize({ ...size, fit: way, withoutEnlargement: !exact && !plan.enlarge, background: ground(plan, target) });
}

const BLUR_SIDE = 320;

/** The picture in the middle of itself, enlarged to fill the frame and blurred. Colours are sRGB afterwards. */
async function onBlur(picture: Sharp, { scale, out }: SizePlan): Promise<Sharp> {
  const sharp = await loadSharp();
  const front = await picture
    .toColourspace('srgb')
    .resize(scale.width, scale.height, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = front.info;
  const raw = { raw: { width, height, channels } } as const;
  const shrink = Math.min(1, BLUR_SIDE / Math.max(out.width, out.height));
  const small = await sharp(front.data, raw)
    .flatten({ background: WHITE })
    .resize(Math.max(1, Math.round(out.width * shrink)), Math.max(1, Math.round(out.height * shrink)), { fit: 'cover' })
    .blur(8)
    .linear(0.9, 0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { info } = small;
  const back = await sharp(small.data, { raw: { width: info.width, height: info.height, channels: info.channels } })
    .resize(out.width, out.height, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return sharp(back.data, { raw: { width: out.width, height: out.height, channels: back.info.channels } }).composite([
    { input: front.data, ...raw, left: Math.floor((out.width - width) / 2), top: Math.floor((out.height - height) / 2) },
  ]);
}

/** Displayed size; turning upright happens before anything else in the pipeline. */
function displayedSize(facts: Metadata): Size {
  const turned = (facts.orientation ?? 1) > 4;
  const height = facts.pageHeight ?? facts.height;
  return turned ? { width: height, height: facts.width } : { width: facts.width, height };
}

async function resized(picture: Sharp, facts: Metadata, plan: ConvertPlan, target: PictureTarget, notes: string[]): Promise<Sharp> {
  if (plan.width === undefined && plan.height === undefined) return picture;
  const size = fitSize(displayedSize(facts), plan, (value) => Math.max(1, Math.round(value)));
  if (size.enlarged) notes.push('enlarged');
  const { scale, out, act } = size;
  const hasBorder = act === 'pad' && (scale.width < out.width || scale.height < out.height);
  if (hasBorder && plan.background === 'blur') {
    if (facts.icc || facts.space === 'cmyk') notes.push('convertedToSrgb');
    return await onBlur(picture, size);
  }
  if (act === 'crop') return picture.resize(out.width, out.height, { fit: 'cover' });
  if (!hasBorder) return picture.resize(scale.width, scale.height, { fit: 'fill' });
  const [left, top] = [Math.floor((out.width - scale.width) / 2), Math.floor((out.height - scale.height) / 2)];
  return picture.resize(scale.width, scale.height, { fit: 'fill' }).extend({
    left,
    top,
    right: out.width - scale.width - left,
    bottom: out.height - scale.height - top,
    background: ground(plan, target),
  });
}

function encoded(picture: Sharp, target: PictureTarget, quality: number, under: Colour): Sharp {
  switch (target) {
    case 'jpeg':
      return picture
        .flatten({ background: under.alpha === 0 ? WHITE : under })
        .jpeg({ quality, chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0' });
    case 'png':
      return picture.png({ compressionLevel: 9 });
    case 'webp':
      return picture.webp({ quality });
    case 'avif':
      return picture.avif({ quality, effort: 4 });
    case 'tiff':
      return picture.tiff({ compression: 'lzw', predictor: 'horizontal' });
    case 'gif':
      return picture.gif();
  }
}

/** Keeps the profile where the pixels may stay in its space; otherwise lets the library convert to sRGB, and says so. */
function coloured(picture: Sharp, facts: Metadata, target: PictureTarget, notes: string[]): Sharp {
  const isCmyk = facts.space === 'cmyk';
  const holds = target !== 'gif' && (!isCmyk || target === 'jpeg' || target === 'tiff');
  if (!holds) {
    if (facts.icc || isCmyk) notes.push('convertedToSrgb');
    return picture.toColourspace('srgb');
  }
  const deep = facts.depth === 'ushort' && (target === 'png' || target === 'tiff') && !isCmyk;
  if (facts.depth === 'ushort' && !deep) notes.push('reducedTo8Bit');
  if (isCmyk) return picture.keepIccProfile().toColourspace('cmyk');
  const kept = facts.icc ? picture.keepIccProfile() : picture;
  return deep ? kept.toColourspace((facts.channels ?? 3) < 3 ? 'grey16' : 'rgb16') : kept;
}

/** @throws AppError `file.tooLarge` for an animation that must not be decoded as a whole */
export function checkAnimation(facts: Metadata, format: MediaFormat): void {
  const frames = facts.pages ?? 1;
  const pixels = facts.width * (facts.pageHeight ?? facts.height) * frames;
  if (pixels > MAX_ANIMATION_PIXELS) {
    throw new AppError('file.tooLarge', 'animation with too many pixels', { params: { format, frames, pixels } });
  }
}

async function open(
  job: ConvertJob,
  source: Sniffed,
  target: PictureTarget,
  notes: string[],
  ctx: JobContext,
): Promise<{ picture: Sharp; facts: Metadata }> {
  if (source.format === 'heic' || source.format === 'jxl' || source.format === 'raw') {
    if (source.format === 'raw') notes.push('fromEmbeddedPreview');
    const picture = await openForDisplay(job.path, source, Number.MAX_SAFE_INTEGER, ctx.signal);
    return { picture, facts: await picture.metadata() };
  }
  const facts = await (await openImage(job.path)).metadata();
  const isAnimated = (facts.pages ?? 1) > 1 && ANIMATED.includes(source.format);
  if (isAnimated && ANIMATED.includes(target)) {
    checkAnimation(facts, source.format);
    return { picture: await openImage(job.path, { pages: -1 }), facts };
  }
  // An AVIF grid counts as pages, but it is one picture.
  if ((facts.pages ?? 1) > 1 && source.format !== 'avif') notes.push('firstFrameOnly');
  return { picture: (await openImage(job.path, { pages: 1 })).autoOrient(), facts };
}

function named(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = /no space left/iu.test(message)
    ? 'output.diskFull'
    : /permission denied/iu.test(message)
      ? 'output.folderNotWritable'
      : 'file.damaged';
  return new AppError(code, message, { cause: thrown });
}

const QUALITIES: readonly PictureTarget[] = ['jpeg', 'webp', 'avif'];
const LEAST_QUALITY = 20;
/** A share of the limit that no further try is worth improving. */
const CLOSE_ENOUGH = 0.9;

/** Encodes at the wanted quality, or at the highest one that stays under the limit. */
async function encodeWithin(ready: Sharp, target: PictureTarget, plan: ConvertPlan, notes: string[]): Promise<Buffer> {
  const quality = plan.quality ?? DEFAULT_QUALITY;
  const under = ground(plan, target);
  const { maxBytes } = plan;
  const at = (q: number): Promise<Buffer> => encoded(ready.clone(), target, q, under).toBuffer();
  const whole = await at(quality);
  if (maxBytes === undefined || whole.length <= maxBytes) return whole;
  let best: Buffer | undefined;
  if (QUALITIES.includes(target)) {
    for (let low = LEAST_QUALITY, high = quality - 1; low <= high; ) {
      const middle = Math.floor((low + high) / 2);
      const bytes = await at(middle);
      const fits = bytes.length <= maxBytes;
      if (fits) best = bytes;
      if (fits && bytes.length >= maxBytes * CLOSE_ENOUGH) break;
      if (fits) low = middle + 1;
      else high = middle - 1;
    }
  }
  if (best === undefined) {
    throw new AppError('engine.stepNotPossible', 'the picture does not fit under the limit', {
      params: { verb: 'convert', to: target, reason: 'tooLargeForLimit', limitBytes: maxBytes },
    });
  }
  notes.push('loweredToFit');
  return best;
}

/** Writes a picture that is open already: size, colours, format. Metadata never travels; the colour profile does. */
export async function writePicture(
  picture: Sharp,
  facts: Metadata,
  plan: ConvertPlan,
  target: PictureTarget,
  output: string,
): Promise<PictureResult> {
  const notes: string[] = [];
  try {
    if (facts.hasAlpha && target === 'jpeg' && !(await picture.clone().stats()).isOpaque) notes.push('transparencyFlattened');
    const isMoving = (facts.pages ?? 1) > 1 && ANIMATED.includes(target);
    const sized = isMoving ? resizedFrames(picture, plan, target) : await resized(picture, facts, plan, target, notes);
    const isDone = notes.includes('convertedToSrgb');
    const ready = isDone ? sized : coloured(sized, facts, target, notes);
    if (plan.maxBytes === undefined) {
      await encoded(ready, target, plan.quality ?? DEFAULT_QUALITY, ground(plan, target)).toFile(output);
    } else {
      await writeFile(output, await encodeWithin(ready, target, plan, notes));
    }
    const written = await (await openImage(output, { pages: ANIMATED.includes(target) ? -1 : 1 })).metadata();
    const { pageHeight, pages, width, height } = written;
    const animated = (pages ?? 1) > 1;
    return { summary: { width, height: pageHeight ?? height, ...(animated ? { animated, frames: pages } : {}) }, notes };
  } catch (thrown) {
    throw named(thrown);
  }
}

/**
 * Converts a picture into `output`: upright, wanted size, wanted format.
 * @throws AppError `file.damaged`, `file.tooLarge` (animation), `output.*`; the signal's reason on abort
 */
export async function convertPicture(
  job: ConvertJob,
  source: Sniffed,
  target: PictureTarget,
  output: string,
  ctx: JobContext,
): Promise<PictureResult> {
  const notes: string[] = [];
  try {
    const { picture, facts } = await open(job, source, target, notes, ctx);
    ctx.signal.throwIfAborted();
    const result = await writePicture(picture, facts, convertPlan(job.settings), target, output);
    return { summary: result.summary, notes: [...notes, ...result.notes] };
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    throw named(thrown);
  }
}
