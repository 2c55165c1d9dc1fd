/** Seeded randomness and tileable noise: everything random in the samples comes from here, so that a run can be repeated. */

/** A generator of numbers in [0, 1). */
export type Random = () => number;

/** Mulberry32: a 32-bit generator, plenty for pictures. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A square field of values that repeats without a seam; `size` is a power of two. */
export interface Field {
  readonly size: number;
  readonly values: Float32Array;
}

export interface FractalOptions {
  readonly seed: number;
  /** Cells per side of the coarsest octave. */
  readonly cells?: number;
  readonly octaves?: number;
  /** Amplitude of each octave against the one before; 0.5 gives the 1/f spectrum of natural scenes. */
  readonly gain?: number;
  /** Folds each octave at zero, which makes mountain ridges out of hills. */
  readonly isRidged?: boolean;
}

const fade = (t: number): number => t * t * t * (t * (t * 6 - 15) + 10);

function gradients(cells: number, random: Random): Float32Array {
  const table = new Float32Array(cells * cells * 2);
  for (let i = 0; i < table.length; i += 2) {
    const angle = random() * Math.PI * 2;
    table[i] = Math.cos(angle);
    table[i + 1] = Math.sin(angle);
  }
  return table;
}

function addOctave(field: Field, cells: number, amplitude: number, isRidged: boolean, random: Random): void {
  const { size, values } = field;
  const table = gradients(cells, random);
  const step = cells / size;
  const dot = (cx: number, cy: number, dx: number, dy: number): number => {
    const at = ((cy % cells) * cells + (cx % cells)) * 2;
    return (table[at] ?? 0) * dx + (table[at + 1] ?? 0) * dy;
  };
  for (let y = 0; y < size; y += 1) {
    const gy = y * step;
    const y0 = Math.floor(gy);
    const fy = gy - y0;
    const wy = fade(fy);
    for (let x = 0; x < size; x += 1) {
      const gx = x * step;
      const x0 = Math.floor(gx);
      const fx = gx - x0;
      const wx = fade(fx);
      const top = dot(x0, y0, fx, fy) * (1 - wx) + dot(x0 + 1, y0, fx - 1, fy) * wx;
      const bottom = dot(x0, y0 + 1, fx, fy - 1) * (1 - wx) + dot(x0 + 1, y0 + 1, fx - 1, fy - 1) * wx;
      const value = (top * (1 - wy) + bottom * wy) * 1.6;
      const at = y * size + x;
      values[at] = (values[at] ?? 0) + amplitude * (isRidged ? 1 - 2 * Math.abs(value) : value);
    }
  }
}

const known = new Map<string, Field>();

/** Fractal gradient noise (Perlin, 1985), about -1 to 1. A field that was made before is given again, so nobody may change it. */
export function fractalField(size: number, options: FractalOptions): Field {
  const { seed, cells = 4, octaves = 8, gain = 0.5, isRidged = false } = options;
  const key = [size, seed, cells, octaves, gain, isRidged].join(' ');
  const before = known.get(key);
  if (before !== undefined) return before;
  const random = createRandom(seed);
  const field: Field = { size, values: new Float32Array(size * size) };
  let amplitude = 1;
  let total = 0;
  for (let octave = 0, count = cells; octave < octaves && count <= size; octave += 1, count *= 2) {
    addOctave(field, count, amplitude, isRidged, random);
    total += amplitude;
    amplitude *= gain;
  }
  for (let i = 0; i < field.values.length; i += 1) field.values[i] = ((field.values[i] ?? 0) / total) * 1.4;
  known.set(key, field);
  return field;
}

/** Bilinear value at (u, v), measured in texels, repeating in both directions. */
export function sampleField(field: Field, u: number, v: number): number {
  const { size, values } = field;
  const mask = size - 1;
  const fu = Math.floor(u);
  const fv = Math.floor(v);
  const du = u - fu;
  const dv = v - fv;
  const x0 = fu & mask;
  const x1 = (fu + 1) & mask;
  const r0 = (fv & mask) * size;
  const r1 = ((fv + 1) & mask) * size;
  const a = values[r0 + x0] as number;
  const b = values[r0 + x1] as number;
  const c = values[r1 + x0] as number;
  const d = values[r1 + x1] as number;
  const top = a + (b - a) * du;
  return top + (c + (d - c) * du - top) * dv;
}

export const clamp = (value: number, low = 0, high = 1): number => Math.min(Math.max(value, low), high);
export const mix = (a: number, b: number, t: number): number => a + (b - a) * t;
/** Hermite step from 0 at `low` to 1 at `high` (which may be the smaller one). */
export function smooth(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low));
  return t * t * (3 - 2 * t);
}
