import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { MainModule } from '@unimusic/chromaprint/dist/chromaprint.js';

/** Chromaprint items: 32 bits each, one per 0.1238 s of sound. Empty when the sound is shorter than about 3 s. */
export type SoundPrint = Int32Array;

/** Rate that Chromaprint works at; samples are mono. */
export const PRINT_RATE = 11025;
/** Like `fpcalc`, only the beginning is printed. */
export const PRINT_SECONDS = 120;

/** Chromaprint's default algorithm (`CHROMAPRINT_ALGORITHM_TEST2`). */
const ALGORITHM = 1;
const CHUNK = 1 << 16;
/** Largest shift between two prints that is searched, in items (10 s). */
const MAX_SHIFT = 80;
/** Shifts that leave fewer common items than this say nothing. */
const MIN_OVERLAP = 16;
/** Share of the shorter print that must lie on the other one; small overlaps are alike by chance. */
const MIN_SHARE = 2 / 3;

let loading: Promise<MainModule> | undefined;

/**
 * The wasm was compiled for browsers: its start refuses without a `window`. The check happens before the factory's first `await`,
 * so the global exists only while the factory is being called.
 */
async function load(): Promise<MainModule> {
  const { default: create } = await import('@unimusic/chromaprint/dist/chromaprint.js');
  const wasmBinary = await readFile(createRequire(import.meta.url).resolve('@unimusic/chromaprint/dist/chromaprint.wasm'));
  const scope = globalThis as { window?: unknown };
  const had = 'window' in scope;
  if (!had) scope.window = {};
  try {
    return await create({ wasmBinary });
  } finally {
    if (!had) delete scope.window;
  }
}

/**
 * Fingerprint of mono sound.
 * @param samples floats in -1…1 at `PRINT_RATE`; anything after the first 120 s is ignored
 */
export async function soundPrint(samples: Float32Array): Promise<SoundPrint> {
  loading ??= load();
  const wasm = await loading;
  const context = wasm._chromaprint_new(ALGORITHM);
  const buffer = wasm._malloc(CHUNK * 2);
  const pointers = wasm._malloc(8);
  try {
    if (!wasm._chromaprint_start(context, PRINT_RATE, 1)) throw new Error('Chromaprint did not start');
    const length = Math.min(samples.length, PRINT_RATE * PRINT_SECONDS);
    for (let at = 0; at < length; at += CHUNK) {
      const count = Math.min(CHUNK, length - at);
      const heap = wasm.HEAP16 as Int16Array;
      for (let i = 0; i < count; i++) heap[buffer / 2 + i] = Math.round(Math.max(-1, Math.min(1, samples[at + i] as number)) * 32767);
      wasm._chromaprint_feed(context, buffer, count);
    }
    wasm._chromaprint_finish(context);
    if (!wasm._chromaprint_get_raw_fingerprint(context, pointers, pointers + 4)) return new Int32Array(0);
    const heap = wasm.HEAP32 as Int32Array;
    const data = heap[pointers / 4] as number;
    const size = heap[pointers / 4 + 1] as number;
    const items = heap.slice(data / 4, data / 4 + size);
    if (data !== 0) wasm._free(data);
    return items;
  } finally {
    wasm._free(pointers);
    wasm._free(buffer);
    wasm._chromaprint_free(context);
  }
}

/**
 * Share of equal bits at the best offset within 10 s: 1 is the same recording, unrelated music has 0.5–0.6
 * (one minus the bit error rate of Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", 2002).
 * @returns undefined when one of the sounds is too short to say
 */
export function soundSimilarity(a: SoundPrint, b: SoundPrint): number | undefined {
  const shorter = Math.min(a.length, b.length);
  if (shorter === 0) return undefined;
  const enough = Math.min(shorter, Math.max(MIN_OVERLAP, Math.ceil(shorter * MIN_SHARE)));
  let best = 0;
  for (let shift = -MAX_SHIFT; shift <= MAX_SHIFT; shift++) {
    const from = Math.max(0, -shift);
    const to = Math.min(a.length, b.length - shift);
    if (to - from < enough) continue;
    let different = 0;
    for (let i = from; i < to; i++) different += ones((a[i] as number) ^ (b[i + shift] as number));
    best = Math.max(best, 1 - different / (32 * (to - from)));
  }
  return best;
}

function ones(value: number): number {
  let x = value - ((value >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
