import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from './byte-source.ts';
import { heifSize } from './iso-media.ts';
import { jxlSize } from './jxl-size.ts';
import { tiffSize } from './tiff-family.ts';

export type PixelSize = { readonly width: number; readonly height: number };

/** Most pixels that we decode: 0x3FFF × 0x3FFF, which is also libvips' own ceiling as sharp sets it. */
export const MAX_PIXELS = 268_402_689;

const MAX_JPEG_SEGMENTS = 4096;

async function jpegSize(source: ByteSource): Promise<PixelSize | undefined> {
  let at = 2;
  for (let n = 0; n < MAX_JPEG_SEGMENTS; n += 1) {
    const bytes = await source.read(at, 10);
    if (bytes.length < 4 || bytes[0] !== 0xff) return undefined;
    const marker = bytes[1] ?? 0;
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame && bytes.length >= 9) return { height: bytes.readUInt16BE(5), width: bytes.readUInt16BE(7) };
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + bytes.readUInt16BE(2);
  }
  return undefined;
}

function webpSize(head: Buffer): PixelSize | undefined {
  const chunk = head.toString('latin1', 12, 16);
  if (head.length < 30) return undefined;
  if (chunk === 'VP8X') return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
  if (chunk === 'VP8 ') return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
  if (chunk === 'VP8L') {
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return undefined;
}

/**
 * Reads a picture's size from its header, without decoding anything.
 * @returns stored size (before orientation), or undefined when the header does not say
 */
export async function imageSize(source: ByteSource, format: MediaFormat): Promise<PixelSize | undefined> {
  const { head } = source;
  switch (format) {
    case 'jpeg':
      return jpegSize(source);
    case 'png':
      return head.length >= 24 ? { width: head.readUInt32BE(16), height: head.readUInt32BE(20) } : undefined;
    case 'gif':
      return head.length >= 10 ? { width: head.readUInt16LE(6), height: head.readUInt16LE(8) } : undefined;
    case 'webp':
      return webpSize(head);
    case 'heic':
    case 'avif':
      return heifSize(head);
    case 'tiff':
      return tiffSize(source);
    case 'jxl':
      return jxlSize(head);
    default:
      return undefined;
  }
}

/**
 * @throws AppError file.tooLarge with the size when a picture has more pixels than we decode,
 *   file.damaged when its header claims no pixels at all
 */
export function checkPixels(size: PixelSize | undefined): void {
  if (!size) return;
  const { width, height } = size;
  if (width * height > MAX_PIXELS) {
    throw new AppError('file.tooLarge', `${width} × ${height} pixels are more than can be decoded`, {
      params: { width, height, megapixels: Math.round((width * height) / 1e6), limitMegapixels: Math.floor(MAX_PIXELS / 1e6) },
    });
  }
  if (width === 0 || height === 0) throw new AppError('file.damaged', `the header says ${width} × ${height} pixels`);
}
