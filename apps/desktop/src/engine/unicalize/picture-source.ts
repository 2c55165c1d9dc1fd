import { open } from 'node:fs/promises';
import { AppError } from '@pingplex/shared/errors';
import { release } from '../measure/big-memory.ts';
import { type Luma, lumaOf, shrinkLuma } from '../measure/luma.ts';
import { type OpenPicture, openPicture } from '../measure/open-picture.ts';
import { type PicturePrint, printLuma } from '../measure/print.ts';
import { noiseShare } from './detail.ts';
import { type PictureFormat, writtenFormat } from './picture-encode.ts';

const MIN_SIDE = 64;
/** Tries happen on a picture of at most this size; the hash itself looks at 64x64. */
const TRIAL_SIDE = 384;

/** A decoded picture and what is known of it before any variant is made. */
export type PictureSource = {
  readonly picture: OpenPicture;
  /** What variants are written as. */
  readonly format: PictureFormat;
  readonly print: PicturePrint;
  /** Small and grey, for trying out geometries. */
  readonly small: Luma;
  /** Share of a preset's noise that this picture bears. */
  readonly noiseShare: number;
};

/**
 * Decodes a still picture for making variants of it. The caller gives `picture.pixels.data` back.
 * @param path absolute path
 * @throws AppError engine.stepNotPossible (`reason`: animated, manyPages, tooSmall, noDecoder, noEncoder), file.*
 */
export async function openSource(path: string): Promise<PictureSource> {
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
