/**
 * Loudness after ITU-R BS.1770-4 (annex 1): K-weighting, 400 ms blocks every 100 ms, absolute gate at -70 LUFS, relative gate
 * 10 LU under the mean of the rest. Coefficients are those of the standard's tables 1 and 2, for 48 kHz.
 */
export const LOUDNESS_RATE = 48_000;

const SHELF = { b: [1.53512485958697, -2.69169618940638, 1.19839281085285], a: [-1.69065929318241, 0.73248077421585] } as const;
const HIGH_PASS = { b: [1, -2, 1], a: [-1.99004745483398, 0.99007225036621] } as const;
const SLICE = LOUDNESS_RATE / 10;
const SLICES_PER_BLOCK = 4;
const ABSOLUTE_GATE = -70;
const RELATIVE_GATE = -10;

type Biquad = typeof SHELF | typeof HIGH_PASS;

/** Takes sound piece by piece; stereo at most (other layouts are mixed down before). */
export class LoudnessMeter {
  private readonly filters: { shelf: Float64Array; highPass: Float64Array }[];
  private readonly slices: number[] = [];
  private sum = 0;
  private filled = 0;
  private readonly channels: number;

  constructor(channels: number) {
    this.channels = channels;
    this.filters = Array.from({ length: channels }, () => ({ shelf: new Float64Array(2), highPass: new Float64Array(2) }));
  }

  /** @param samples interleaved floats in -1…1 at 48 kHz */
  push(samples: Float32Array): void {
    for (let at = 0; at < samples.length; at += this.channels) {
      for (let c = 0; c < this.channels; c++) {
        const state = this.filters[c];
        if (!state) continue;
        const weighted = step(HIGH_PASS, state.highPass, step(SHELF, state.shelf, samples[at + c] as number));
        this.sum += weighted * weighted;
      }
      if (++this.filled === SLICE) {
        this.slices.push(this.sum / SLICE);
        this.sum = 0;
        this.filled = 0;
      }
    }
  }

  /** Integrated loudness in LUFS, or undefined for silence and for sound shorter than 0.4 s. */
  integrated(): number | undefined {
    const blocks: number[] = [];
    for (let i = SLICES_PER_BLOCK; i <= this.slices.length; i++) {
      blocks.push(mean(this.slices.slice(i - SLICES_PER_BLOCK, i)));
    }
    const audible = blocks.filter((power) => lufs(power) > ABSOLUTE_GATE);
    if (audible.length === 0) return undefined;
    const gate = lufs(mean(audible)) + RELATIVE_GATE;
    return lufs(mean(audible.filter((power) => lufs(power) > gate)));
  }
}

/** Transposed direct form II. */
function step({ b, a }: Biquad, state: Float64Array, x: number): number {
  const y = b[0] * x + (state[0] as number);
  state[0] = b[1] * x - a[0] * y + (state[1] as number);
  state[1] = b[2] * x - a[1] * y;
  return y;
}

function lufs(power: number): number {
  return power > 0 ? -0.691 + 10 * Math.log10(power) : Number.NEGATIVE_INFINITY;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
