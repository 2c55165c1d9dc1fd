import type { Luma } from './luma.ts';

const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;
const WINDOW = 8;
const STEP = 4;

/**
 * Mean structural similarity of two grey pictures of the same size, 0–1 (negative values are cut). Wang, Bovik, Sheikh, Simoncelli,
 * "Image quality assessment", IEEE TIP 13(4), 2004, equation 13, over 8x8 windows every 4 pixels (the choice of x264 and FFmpeg).
 * @throws RangeError when the sizes differ
 */
export function ssim(a: Luma, b: Luma): number {
  sameSize(a, b);
  const { width, height } = a;
  const w = Math.min(WINDOW, width);
  const h = Math.min(WINDOW, height);
  const n = w * h;
  let total = 0;
  let windows = 0;
  for (let top = 0; top + h <= height; top += STEP) {
    for (let left = 0; left + w <= width; left += STEP) {
      let sumA = 0;
      let sumB = 0;
      let squares = 0;
      let product = 0;
      for (let y = top; y < top + h; y++) {
        for (let at = y * width + left, end = at + w; at < end; at++) {
          const p = a.data[at] as number;
          const q = b.data[at] as number;
          sumA += p;
          sumB += q;
          squares += p * p + q * q;
          product += p * q;
        }
      }
      const meanA = sumA / n;
      const meanB = sumB / n;
      const variances = squares / n - meanA * meanA - meanB * meanB;
      const covariance = product / n - meanA * meanB;
      total += ((2 * meanA * meanB + C1) * (2 * covariance + C2)) / ((meanA * meanA + meanB * meanB + C1) * (variances + C2));
      windows++;
    }
  }
  return Math.max(0, Math.min(1, total / windows));
}

/** Peak of the signal-to-noise ratio that we report: equal pictures have an infinite one, which no JSON can hold. */
const PSNR_LIMIT = 100;

/** Peak signal-to-noise ratio of two grey pictures of the same size, dB, at most 100. */
export function psnr(a: Luma, b: Luma): number {
  sameSize(a, b);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += ((a.data[i] as number) - (b.data[i] as number)) ** 2;
  const mean = sum / a.data.length;
  return mean === 0 ? PSNR_LIMIT : Math.min(PSNR_LIMIT, 10 * Math.log10((255 * 255) / mean));
}

function sameSize(a: Luma, b: Luma): void {
  if (a.width !== b.width || a.height !== b.height) throw new RangeError(`sizes differ: ${a.width}x${a.height}, ${b.width}x${b.height}`);
}
