import type { Luma } from './luma.ts';

/**
 * PDQ perceptual hash, 256 bits. Own implementation after the description and reference code in ThreatExchange (`pdq/README.md`,
 * `pdq/cpp/hashing`): two passes of a box blur in each direction, 64x64 samples, 16x16 low frequencies of a DCT, one bit per
 * coefficient above the median.
 */
type PdqHash = Uint16Array;

/** A picture's hash, those of its eight turns and mirrorings (the first is the hash itself), and how much detail it has (0–100; under 50 hashes mean little). */
export type PdqPrint = { readonly hash: PdqHash; readonly turns: readonly PdqHash[]; readonly quality: number };

const SIDE = 64;
const LOW = 16;

/** DCT-II rows for frequencies 1–16 over 64 samples. */
const DCT = (() => {
  const rows = new Float64Array(LOW * SIDE);
  for (let i = 0; i < LOW; i++) {
    for (let j = 0; j < SIDE; j++) rows[i * SIDE + j] = Math.sqrt(2 / SIDE) * Math.cos((Math.PI / 2 / SIDE) * (i + 1) * (2 * j + 1));
  }
  return rows;
})();

/** Hash, its eight turns and quality of a grey picture of any size. */
export function pdq(luma: Luma): PdqPrint {
  const small = decimate(blur(luma), luma.width, luma.height);
  const quality = detail(small);
  const dct = lowFrequencies(small);
  const turns: PdqHash[] = [];
  for (const transpose of [false, true]) {
    for (const flipY of [false, true]) {
      for (const flipX of [false, true]) turns.push(bitsAboveMedian(turned(dct, transpose, flipX, flipY)));
    }
  }
  return { hash: turns[0] as PdqHash, turns, quality };
}

/** 64 hexadecimal digits, most significant word first, as the published vectors are written. */
export function pdqHex(hash: PdqHash): string {
  return Array.from(hash, (word) => word.toString(16).padStart(4, '0'))
    .reverse()
    .join('');
}

/** Number of differing bits, 0–256. */
export function hamming(a: PdqHash, b: PdqHash): number {
  let count = 0;
  for (let i = 0; i < LOW; i++) {
    let x = (a[i] as number) ^ (b[i] as number);
    x -= (x >> 1) & 0x5555;
    x = (x & 0x3333) + ((x >> 2) & 0x3333);
    x = (x + (x >> 4)) & 0x0f0f;
    count += (x + (x >> 8)) & 0x1f;
  }
  return count;
}

/** Distance as matchers measure it: the smallest over the eight turns of one of the pictures. 0–256, unrelated pictures about 100–128. */
export function pdqDistance(a: PdqPrint, b: PdqPrint): number {
  let best = 256;
  for (const turn of b.turns) best = Math.min(best, hamming(a.hash, turn));
  return best;
}

function windowFor(size: number): number {
  return Math.floor((size + 2 * SIDE - 1) / (2 * SIDE));
}

/** Two box passes along rows and columns make a tent, so that a 64x64 sampling doesn't alias. */
function blur(luma: Luma): Float32Array {
  const { width, height } = luma;
  const data = Float32Array.from(luma.data);
  const other = new Float32Array(data.length);
  const alongRows = windowFor(width);
  const alongColumns = windowFor(height);
  for (let pass = 0; pass < 2; pass++) {
    for (let y = 0; y < height; y++) boxRow(data, other, y * width, width, alongRows);
    boxColumns(other, data, width, height, alongColumns);
  }
  return data;
}

/** One row; windows shrink at both ends. The window leans forward by one when its size is even, as in the reference code. */
function boxRow(from: Float32Array, to: Float32Array, start: number, length: number, window: number): void {
  const ahead = Math.floor((window + 2) / 2) - 1;
  const behind = window - ahead;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < Math.min(ahead, length); i++) {
    sum += from[start + i] as number;
    count++;
  }
  for (let i = 0; i < length; i++) {
    if (i + ahead < length) {
      sum += from[start + i + ahead] as number;
      count++;
    }
    if (i - behind >= 0) {
      sum -= from[start + i - behind] as number;
      count--;
    }
    to[start + i] = sum / count;
  }
}

/** All columns at once, row by row, which is kind to the cache. */
function boxColumns(from: Float32Array, to: Float32Array, width: number, height: number, window: number): void {
  const ahead = Math.floor((window + 2) / 2) - 1;
  const behind = window - ahead;
  const sums = new Float64Array(width);
  let count = 0;
  const add = (row: number, sign: number) => {
    const at = row * width;
    for (let x = 0; x < width; x++) sums[x] = (sums[x] as number) + sign * (from[at + x] as number);
    count += sign;
  };
  for (let y = 0; y < Math.min(ahead, height); y++) add(y, 1);
  for (let y = 0; y < height; y++) {
    if (y + ahead < height) add(y + ahead, 1);
    if (y - behind >= 0) add(y - behind, -1);
    const at = y * width;
    const scale = 1 / count;
    for (let x = 0; x < width; x++) to[at + x] = (sums[x] as number) * scale;
  }
}

function decimate(data: Float32Array, width: number, height: number): Float64Array {
  const out = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < SIDE; i++) {
    const y = Math.floor(((i + 0.5) * height) / SIDE);
    for (let j = 0; j < SIDE; j++) out[i * SIDE + j] = data[y * width + Math.floor(((j + 0.5) * width) / SIDE)] as number;
  }
  return out;
}

/** Sum of quantised gradients, scaled to 0–100 (reference: `pdqImageDomainQualityMetric`). */
function detail(small: Float64Array): number {
  let sum = 0;
  const step = (a: number, b: number) => Math.abs(Math.trunc((((small[a] as number) - (small[b] as number)) * 100) / 255));
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      const at = i * SIDE + j;
      if (i + 1 < SIDE) sum += step(at, at + SIDE);
      if (j + 1 < SIDE) sum += step(at, at + 1);
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}

function lowFrequencies(small: Float64Array): Float64Array {
  const half = new Float64Array(LOW * SIDE);
  for (let i = 0; i < LOW; i++) {
    for (let j = 0; j < SIDE; j++) {
      let sum = 0;
      for (let k = 0; k < SIDE; k++) sum += (DCT[i * SIDE + k] as number) * (small[k * SIDE + j] as number);
      half[i * SIDE + j] = sum;
    }
  }
  const out = new Float64Array(LOW * LOW);
  for (let i = 0; i < LOW; i++) {
    for (let j = 0; j < LOW; j++) {
      let sum = 0;
      for (let k = 0; k < SIDE; k++) sum += (half[i * SIDE + k] as number) * (DCT[j * SIDE + k] as number);
      out[i * LOW + j] = sum;
    }
  }
  return out;
}

/** Mirroring a picture changes the sign of its odd frequencies, transposing it transposes them: no second look at the pixels is needed. */
function turned(dct: Float64Array, transpose: boolean, flipX: boolean, flipY: boolean): Float64Array {
  const out = new Float64Array(dct.length);
  for (let i = 0; i < LOW; i++) {
    for (let j = 0; j < LOW; j++) {
      const odd = (flipX && j % 2 === 0 ? 1 : 0) + (flipY && i % 2 === 0 ? 1 : 0);
      out[i * LOW + j] = (dct[transpose ? j * LOW + i : i * LOW + j] as number) * (odd === 1 ? -1 : 1);
    }
  }
  return out;
}

function bitsAboveMedian(dct: Float64Array): PdqHash {
  const median = Float64Array.from(dct).sort()[dct.length / 2 - 1] as number;
  const hash = new Uint16Array(LOW);
  for (let k = 0; k < dct.length; k++) {
    if ((dct[k] as number) > median) hash[k >> 4] = (hash[k >> 4] as number) | (1 << (k & 15));
  }
  return hash;
}
