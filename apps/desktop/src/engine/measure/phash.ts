import type { Luma } from './luma.ts';

/**
 * pHash of 64 bits: 32x32 averages, DCT, the 8x8 low frequencies without the constant one, one bit per value above the median
 * (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1).
 */
export function phash(luma: Luma): bigint {
  const side = 32;
  const low = 8;
  const small = new Float64Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) small[y * side + x] = blockMean(luma, x / side, (x + 1) / side, y / side, (y + 1) / side);
  }
  const cos = (k: number, n: number) => Math.cos((Math.PI * k * (2 * n + 1)) / (2 * side));
  const values: number[] = [];
  for (let v = 1; v <= low; v++) {
    for (let u = 1; u <= low; u++) {
      let sum = 0;
      for (let y = 0; y < side; y++) {
        let row = 0;
        for (let x = 0; x < side; x++) row += (small[y * side + x] as number) * cos(u, x);
        sum += row * cos(v, y);
      }
      values.push(sum);
    }
  }
  const sorted = values.toSorted((a, b) => a - b);
  const median = ((sorted[31] as number) + (sorted[32] as number)) / 2;
  return values.reduce((hash, value, bit) => (value > median ? hash | (1n << BigInt(bit)) : hash), 0n);
}

/** Number of differing bits, 0–64. Over 10 is commonly taken as "another picture". */
export function phashDistance(a: bigint, b: bigint): number {
  let count = 0;
  for (let x = a ^ b; x > 0n; x &= x - 1n) count++;
  return count;
}

function blockMean(luma: Luma, left: number, right: number, top: number, bottom: number): number {
  const x0 = Math.floor(left * luma.width);
  const x1 = Math.max(x0 + 1, Math.floor(right * luma.width));
  const y0 = Math.floor(top * luma.height);
  const y1 = Math.max(y0 + 1, Math.floor(bottom * luma.height));
  let sum = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) sum += luma.data[y * luma.width + x] as number;
  }
  return sum / ((x1 - x0) * (y1 - y0));
}
