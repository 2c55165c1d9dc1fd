import { inStrips } from '../measure/in-strips.ts';
import type { Luma } from '../measure/luma.ts';
import type { Placed } from './picture-geometry.ts';
import type { Tone } from './picture-plan.ts';
import { seeded } from './random.ts';

const NOISE_SIZE = 1 << 16;

/** Gaussian noise of standard deviation 1, the same on every machine (Box and Muller, 1958). */
const NOISE = (() => {
  const random = seeded(0x70696e67);
  const table = new Float32Array(NOISE_SIZE);
  for (let i = 0; i < NOISE_SIZE; i++) table[i] = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return table;
})();

/**
 * Cut, tone, saturation, light ramp and noise in one walk over the pixels.
 * @param target where the variant's pixels go, rows without gaps; as many channels as the source
 * @throws the signal's reason on abort
 */
export async function paint(placed: Placed, tone: Tone, target: Uint8Array, signal: AbortSignal): Promise<void> {
  const { pixels, left, top, width, height } = placed;
  const { channels, data } = pixels;
  const clamped = new Uint8ClampedArray(target.buffer, target.byteOffset, target.byteLength);
  const curve = toneCurve(tone);
  const noise = NOISE.map((value) => value * tone.noise);
  const random = seeded(tone.noiseSeed);
  const slopeX = (Math.cos(tone.rampAngle) * tone.ramp) / width;
  const slopeY = (Math.sin(tone.rampAngle) * tone.ramp) / height;
  const { saturation } = tone;
  const paintRows = (from: number, to: number): void => {
    for (let y = from, o = from * width * channels; y < to; y++) {
      let i = ((top + y) * pixels.width + left) * channels;
      let light = 1 + slopeX * (-width / 2) + slopeY * (y - height / 2);
      let at = random.whole(0, NOISE_SIZE - 1);
      for (let x = 0; x < width; x++, i += channels, o += channels) {
        const r = curve[data[i] as number] as number;
        const g = curve[data[i + 1] as number] as number;
        const b = curve[data[i + 2] as number] as number;
        const grey = 0.299 * r + 0.587 * g + 0.114 * b;
        const base = grey * light + (noise[at] as number);
        const colour = saturation * light;
        clamped[o] = base + (r - grey) * colour;
        clamped[o + 1] = base + (g - grey) * colour;
        clamped[o + 2] = base + (b - grey) * colour;
        if (channels === 4) clamped[o + 3] = data[i + 3] as number;
        light += slopeX;
        at = (at + 1) & (NOISE_SIZE - 1);
      }
    }
  };
  await inStrips(width, height, signal, paintRows);
}

/** The cut alone, grey: what the variant's quality is measured against. */
export async function greyCut({ pixels, left, top, width, height }: Placed, signal: AbortSignal): Promise<Luma> {
  const { channels, data } = pixels;
  const out = new Uint8Array(width * height);
  await inStrips(width, height, signal, (from, to) => {
    for (let y = from, o = from * width; y < to; y++) {
      for (let i = ((top + y) * pixels.width + left) * channels, x = 0; x < width; x++, i += channels, o++) {
        const grey = 0.299 * (data[i] as number) + 0.587 * (data[i + 1] as number) + 0.114 * (data[i + 2] as number);
        const alpha = channels === 4 ? (data[i + 3] as number) : 255;
        out[o] = alpha === 255 ? grey + 0.5 : (grey * alpha) / 255 + (255 - alpha) + 0.5;
      }
    }
  });
  return { width, height, data: out };
}

function toneCurve({ brightness, contrast, gamma }: Tone): Float32Array {
  return Float32Array.from({ length: 256 }, (_, value) => {
    const level = ((value / 255) ** gamma - 0.5) * (1 + contrast) + 0.5 + brightness;
    return level * 255;
  });
}
