import type { Summary } from '@pingplex/shared/contracts/engine';
import { openImage } from '../binaries/images.ts';
import type { Sniffed } from '../probe/sniff.ts';

const DEPTHS: Readonly<Record<string, number>> = { uchar: 8, char: 8, ushort: 16, short: 16, uint: 32, int: 32, float: 32, double: 64 };
const PALETTE_BITS = 8;

export type ImageFacts = Pick<
  Summary,
  'width' | 'height' | 'orientation' | 'bitDepth' | 'colourSpace' | 'hasAlpha' | 'animated' | 'frames' | 'durationMs'
>;

/**
 * Facts of a picture from its header by the picture library; size is as displayed.
 * @returns undefined when the library can't read this format or this file
 */
export async function imageFacts(path: string, sniffed: Sniffed): Promise<ImageFacts | undefined> {
  if (sniffed.format === 'raw' || sniffed.format === 'jxl') return undefined;
  try {
    const image = await openImage(path, { failOn: 'none' });
    const meta = await image.metadata();
    const { width, height, orientation } = meta;
    if (!width || !height) return undefined;
    const turned = orientation !== undefined && orientation >= 5;
    const pages = meta.pages ?? 1;
    const isAnimation = pages > 1 && (sniffed.format === 'gif' || sniffed.format === 'webp');
    const durationMs = isAnimation ? meta.delay?.reduce((sum, ms) => sum + ms, 0) : undefined;
    return {
      width: turned ? height : width,
      height: turned ? width : height,
      ...(orientation && orientation >= 1 && orientation <= 8 ? { orientation } : {}),
      bitDepth: meta.bitsPerSample ?? (meta.depth ? DEPTHS[meta.depth] : undefined) ?? PALETTE_BITS,
      ...(meta.space ? { colourSpace: meta.space } : {}),
      hasAlpha: meta.hasAlpha,
      ...(isAnimation ? { animated: true, frames: pages } : {}),
      ...(durationMs ? { durationMs } : {}),
    };
  } catch {
    return undefined;
  }
}
