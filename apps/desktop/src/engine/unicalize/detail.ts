import type { Luma } from '../measure/luma.ts';

const WINDOW = 8;
/** Spread within 8x8 pixels (of 255) of an ordinary photograph; flatter pictures show noise sooner. */
const ORDINARY = 4;

/**
 * How much of a preset's noise a picture bears: 1 for photographs, down to a quarter for drawings and screenshots,
 * where noise is seen and costs structural similarity.
 */
export function noiseShare(luma: Luma): number {
  const spreads: number[] = [];
  for (let top = 0; top + WINDOW <= luma.height; top += WINDOW) {
    for (let left = 0; left + WINDOW <= luma.width; left += WINDOW) spreads.push(spread(luma, left, top));
  }
  const median = spreads.toSorted((a, b) => a - b)[Math.floor(spreads.length / 2)] ?? ORDINARY;
  return Math.max(0.25, Math.min(1, median / ORDINARY));
}

function spread(luma: Luma, left: number, top: number): number {
  let sum = 0;
  let squares = 0;
  for (let y = top; y < top + WINDOW; y++) {
    for (let x = left; x < left + WINDOW; x++) {
      const value = luma.data[y * luma.width + x] as number;
      sum += value;
      squares += value * value;
    }
  }
  const n = WINDOW * WINDOW;
  return Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
}
