const SIZE = 2048;
const BANDS = 32;
const LOWEST_HZ = 60;
const HIGHEST_HZ = 12_000;
/** Bands this far under the loudest one are all the same to an ear. */
const FLOOR_DB = 60;
/** Mean difference over the bands that counts as "nothing in common". */
const WORST_DB = 24;

/** Mean level per band over the whole sound, dB under the loudest band. */
export type Spectrum = readonly number[];

/** Long-term average spectrum in 32 bands, spaced evenly in log frequency from 60 Hz to 12 kHz; takes mono sound piece by piece. */
export class SpectrumMeter {
  private readonly power = new Float64Array(SIZE / 2);
  private readonly window = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
  private readonly pending = new Float64Array(SIZE);
  private readonly re = new Float64Array(SIZE);
  private readonly im = new Float64Array(SIZE);
  private filled = 0;
  private readonly rate: number;

  constructor(rate: number) {
    this.rate = rate;
  }

  push(sample: number): void {
    this.pending[this.filled++] = sample;
    if (this.filled < SIZE) return;
    for (let i = 0; i < SIZE; i++) this.re[i] = (this.pending[i] as number) * (this.window[i] as number);
    this.im.fill(0);
    fft(this.re, this.im);
    for (let i = 0; i < SIZE / 2; i++)
      this.power[i] = (this.power[i] as number) + (this.re[i] as number) ** 2 + (this.im[i] as number) ** 2;
    this.filled = 0;
  }

  /** @returns undefined for silence or less than 2048 samples */
  spectrum(): Spectrum | undefined {
    const levels = Array.from({ length: BANDS }, (_, band) => {
      const edge = (at: number) => (LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (at / BANDS) * SIZE) / this.rate;
      const from = Math.floor(edge(band));
      const to = Math.max(from + 1, Math.floor(edge(band + 1)));
      let sum = 0;
      for (let i = from; i < Math.min(to, SIZE / 2); i++) sum += this.power[i] as number;
      return sum;
    });
    const loudest = Math.max(...levels);
    if (loudest <= 0) return undefined;
    return levels.map((level) => Math.max(-FLOOR_DB, 10 * Math.log10(level / loudest)));
  }
}

/** How alike two sounds are in tone colour, 0–1: one minus the mean difference of their bands over 24 dB. */
export function spectralSimilarity(a: Spectrum, b: Spectrum): number {
  const difference = a.reduce((sum, level, band) => sum + Math.abs(level - (b[band] as number)), 0) / a.length;
  return Math.max(0, 1 - difference / WORST_DB);
}

/** In-place radix-2 FFT (Cooley, Tukey 1965); the length is a power of two. */
function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] as number, re[i] as number];
      [im[i], im[j]] = [im[j] as number, im[i] as number];
    }
  }
  for (let length = 2; length <= n; length <<= 1) {
    const angle = (-2 * Math.PI) / length;
    for (let k = 0; k < length / 2; k++) {
      const wr = Math.cos(angle * k);
      const wi = Math.sin(angle * k);
      for (let i = k; i < n; i += length) {
        const j = i + length / 2;
        const xr = (re[j] as number) * wr - (im[j] as number) * wi;
        const xi = (re[j] as number) * wi + (im[j] as number) * wr;
        re[j] = (re[i] as number) - xr;
        im[j] = (im[i] as number) - xi;
        re[i] = (re[i] as number) + xr;
        im[i] = (im[i] as number) + xi;
      }
    }
  }
}
