import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import sharp, { type Metadata } from 'sharp';
import { MAX_PIXELS } from '../probe/image-size.ts';
import { sniff } from '../probe/sniff.ts';
import { release } from './big-memory.ts';
import type { Pixels } from './luma.ts';

/** One image in flight per worker with one thread is faster than sharing threads, and encoders then give the same bytes every time. */
sharp.concurrency(1);
sharp.cache(false);

/** A decoded still picture, upright, in the colour space of its profile. */
export type OpenPicture = {
  readonly pixels: Pixels;
  readonly format: MediaFormat;
  /** The profile that the pixel values refer to; absent means sRGB. */
  readonly icc: Buffer | undefined;
  readonly meta: Metadata;
};

type HeicDecode = (input: { buffer: Uint8Array }) => Promise<{ width: number; height: number; data: Uint8ClampedArray<ArrayBuffer> }>;

/** Formats whose pixels we can decode to work on. */
const DECODABLE: ReadonlySet<MediaFormat> = new Set<MediaFormat>(['jpeg', 'png', 'webp', 'gif', 'heic', 'avif', 'tiff']);

/**
 * Decodes the first frame of a picture.
 * @param path absolute path
 * @throws AppError engine.stepNotPossible (format without a decoder), file.damaged, and all that `sniff` throws
 */
export async function openPicture(path: string): Promise<OpenPicture> {
  const { format } = await sniff(path);
  if (!DECODABLE.has(format)) {
    throw new AppError('engine.stepNotPossible', `no decoder for ${format} pixels`, { params: { reason: 'noDecoder', format } });
  }
  return decodePicture(path, format);
}

/**
 * Decodes a picture whose format is known.
 * @param input absolute path, or the file's bytes
 * @throws AppError file.damaged
 */
export async function decodePicture(input: string | Buffer, format: MediaFormat): Promise<OpenPicture> {
  try {
    if (format === 'heic') return await openHeic(input);
    const meta = await sharp(input, { limitInputPixels: MAX_PIXELS }).metadata();
    // CMYK and grey profiles don't describe RGB values: such pictures become sRGB.
    const keepsProfile = meta.icc !== undefined && (meta.space === 'srgb' || meta.space === 'rgb16');
    let image = sharp(input, { limitInputPixels: MAX_PIXELS, pages: 1, failOn: 'error' }).autoOrient();
    image = keepsProfile ? image.keepIccProfile() : image.toColourspace('srgb');
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { pixels: toPixels(data, info.width, info.height, info.channels), format, icc: keepsProfile ? meta.icc : undefined, meta };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('file.damaged', 'the picture does not decode', { cause: error });
  }
}

async function openHeic(input: string | Buffer): Promise<OpenPicture> {
  const decode = createRequire(import.meta.url)('heic-decode') as HeicDecode;
  const buffer = typeof input === 'string' ? await readFile(input) : input;
  const [meta, { width, height, data }] = await Promise.all([sharp(buffer).metadata(), decode({ buffer })]);
  const count = width * height;
  // The decoder always answers RGBA; the colours alone are a quarter less to keep while variants are made. Packed in place, cut in place.
  for (let i = 4, o = 3; i < count * 4; i += 4, o += 3) {
    data[o] = data[i] as number;
    data[o + 1] = data[i + 1] as number;
    data[o + 2] = data[i + 2] as number;
  }
  const rgb = new Uint8Array(data.buffer.transfer(count * 3));
  return { pixels: { width, height, channels: 3, data: rgb }, format: 'heic', icc: meta.icc, meta };
}

function toPixels(data: Buffer, width: number, height: number, channels: number): Pixels {
  if (channels === 3 || channels === 4) return { width, height, channels, data };
  const out = channels === 2 ? 4 : 3;
  const rgb = new Uint8Array(width * height * out);
  for (let i = 0, o = 0; i < data.length; i += channels, o += out) {
    rgb.fill(data[i] as number, o, o + 3);
    if (out === 4) rgb[o + 3] = data[i + 1] as number;
  }
  release(data);
  return { width, height, channels: out, data: rgb };
}
