import type { EngineJob, Summary } from '@pingplex/shared/contracts/engine';
import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Metadata, Sharp } from 'sharp';
import { openImage } from '../binaries/images.ts';
import type { JobContext } from '../job-context.ts';
import { openForDisplay } from '../preview/picture.ts';
import type { Sniffed } from '../probe/sniff.ts';

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;
type Settings = ConvertJob['settings'];
export type PictureTarget = 'jpeg' | 'png' | 'webp' | 'avif' | 'tiff' | 'gif';
export type PictureResult = { readonly summary: Summary; readonly notes: readonly string[] };

const WRITABLE: readonly MediaFormat[] = ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'];
const ANIMATED: readonly MediaFormat[] = ['gif', 'webp'];
/** All frames of an animation are decoded at once; more than this does not fit a worker's memory. */
const MAX_ANIMATION_PIXELS = 250_000_000;

export const isPictureTarget = (format: MediaFormat): format is PictureTarget => WRITABLE.includes(format);

const SHARP_FIT = { inside: 'inside', crop: 'cover', pad: 'contain' } as const satisfies Record<Settings['fit'], string>;
const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 };
const WHITE = { r: 255, g: 255, b: 255, alpha: 1 };

function resized(picture: Sharp, settings: Settings, target: PictureTarget): Sharp {
  const { width, height, fit } = settings;
  if (width === undefined && height === undefined) return picture;
  const exact = width !== undefined && height !== undefined && fit !== 'inside';
  const size = { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) };
  return picture.resize({
    ...size,
    fit: exact ? SHARP_FIT[fit] : 'inside',
    withoutEnlargement: !exact,
    background: target === 'jpeg' ? WHITE : CLEAR,
  });
}

function encoded(picture: Sharp, target: PictureTarget, quality: number): Sharp {
  switch (target) {
    case 'jpeg':
      return picture.flatten({ background: WHITE }).jpeg({ quality, chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0' });
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

/** Writes a picture that is open already: size, colours, format. Metadata never travels; the colour profile does. */
export async function writePicture(
  picture: Sharp,
  facts: Metadata,
  settings: Settings,
  target: PictureTarget,
  output: string,
): Promise<PictureResult> {
  const notes: string[] = [];
  try {
    if (facts.hasAlpha && target === 'jpeg' && !(await picture.clone().stats()).isOpaque) notes.push('transparencyFlattened');
    const ready = coloured(resized(picture, settings, target), facts, target, notes);
    const info = await encoded(ready, target, settings.quality).toFile(output);
    const { pageHeight, pages } = await (await openImage(output, { pages: ANIMATED.includes(target) ? -1 : 1 })).metadata();
    const animated = (pages ?? 1) > 1;
    return { summary: { width: info.width, height: pageHeight ?? info.height, ...(animated ? { animated, frames: pages } : {}) }, notes };
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
    const result = await writePicture(picture, facts, job.settings, target, output);
    return { summary: result.summary, notes: [...notes, ...result.notes] };
  } catch (thrown) {
    ctx.signal.throwIfAborted();
    throw named(thrown);
  }
}
