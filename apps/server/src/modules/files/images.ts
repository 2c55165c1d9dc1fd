import sharp from 'sharp';

/** 100 megapixels: more than any camera of our users, less than what fills the memory. */
const MAX_PIXELS = 100_000_000;

export type ImageFacts = { mime: 'image/png' | 'image/jpeg' | 'image/webp'; width: number; height: number };

/** The type by the first bytes. Everything else is refused before a decoder sees it: sharp would render SVG, for example. */
export function sniffImage(head: Uint8Array): ImageFacts['mime'] | null {
  const at = (offset: number, ...bytes: number[]): boolean => bytes.every((b, i) => head[offset + i] === b);
  if (at(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (at(0, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (at(0, 0x52, 0x49, 0x46, 0x46) && at(8, 0x57, 0x45, 0x42, 0x50)) return 'image/webp';
  return null;
}

const MIMES: Readonly<Record<string, ImageFacts['mime']>> = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' };

/**
 * Proves a picture by decoding every pixel of it.
 * @param input the bytes, or a file's path
 * @returns null when it isn't a whole PNG, JPEG or WebP of at most 100 megapixels
 */
export async function decodeImage(input: Buffer | string): Promise<ImageFacts | null> {
  if (typeof input !== 'string' && sniffImage(input) === null) return null;
  try {
    const image = sharp(input, { failOn: 'error', limitInputPixels: MAX_PIXELS });
    const { format, autoOrient } = await image.metadata();
    const mime = MIMES[format ?? ''];
    if (!mime) return null;
    await image.stats();
    return { mime, width: autoOrient.width, height: autoOrient.height };
  } catch {
    return null;
  }
}
