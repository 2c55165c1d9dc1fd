import type { Sharp } from 'sharp';
import { loadSharp } from '../binaries/images.ts';

/** Width to height of a drawn waveform. */
const ASPECT = 2;
/** A blue that stands on light and on dark ground alike; the ground itself is left clear. */
const INK = [79, 110, 247, 255] as const;
const BAR_SHARE = 0.7;
const MIN_BAR_SHARE = 0.02;

/** Width and number of bars for a picture of this size: one bar every four pixels. */
export function barsFor(size: number): number {
  return Math.max(4, Math.floor(size / 4));
}

/**
 * Draws peaks as bars around the middle line, on clear ground.
 * @param peaks 0–1, one per bar
 * @param size width in pixels; the height is half of it
 */
export async function drawWaveform(peaks: readonly number[], size: number): Promise<Sharp> {
  const sharp = await loadSharp();
  const width = size;
  const height = Math.max(8, Math.round(size / ASPECT));
  const data = Buffer.alloc(width * height * 4);
  const step = width / peaks.length;
  for (const [n, peak] of peaks.entries()) {
    const from = Math.floor(n * step);
    const to = Math.max(from + 1, Math.floor(n * step + step * BAR_SHARE));
    const half = Math.max(1, Math.round((Math.max(MIN_BAR_SHARE, peak) * height) / 2));
    for (let y = Math.max(0, (height >> 1) - half); y < Math.min(height, (height >> 1) + half); y += 1) {
      for (let x = from; x < to && x < width; x += 1) data.set(INK, (y * width + x) * 4);
    }
  }
  return sharp(data, { raw: { width, height, channels: 4 } });
}
