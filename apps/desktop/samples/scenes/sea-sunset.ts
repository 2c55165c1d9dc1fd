import { clamp, fractalField, mix, sampleField, smooth } from '../noise.ts';
import { type Picture, type Rgb, shadePicture } from '../picture.ts';
import { type Sky, shadeSky } from '../sky.ts';

/** Sun going down behind a headland, seen over waves. `time` in seconds moves the waves. */
export function seaSunset(width: number, height: number, time = 0): Picture {
  const waves = fractalField(512, { seed: 17, cells: 8, octaves: 6, gain: 0.5 });
  const hills = fractalField(512, { seed: 29, cells: 4, octaves: 8, gain: 0.5 });
  const direction: Rgb = [0.13, 0.085, 0.988];
  const sky: Sky = {
    zenith: [0.03, 0.05, 0.15],
    horizon: [0.5, 0.15, 0.05],
    sun: [0.9, 0.36, 0.09],
    sunDirection: direction,
    sunCosine: 0.99955,
    clouds: fractalField(512, { seed: 53, cells: 4, octaves: 7, gain: 0.54 }),
    cover: 0.68,
    cloudLight: [0.85, 0.24, 0.1],
    cloudShade: [0.06, 0.045, 0.1],
    cloudScale: 11,
  };
  const horizon = Math.round(height * 0.56);
  const focal = width * 0.95;
  return shadePicture(width, height, (x, y, out) => {
    const side = (x - width / 2) / focal;
    if (y < horizon) {
      const rise = (horizon - y) / focal;
      const scale = 1 / Math.hypot(side, rise, 1);
      shadeSky(sky, side * scale, rise * scale, scale, out);
      const u = x / width;
      const far = (0.022 + 0.03 * smooth(0.25, 0.9, u) + 0.02 * sampleField(hills, u * 300, 10)) * smooth(0.3, 0.55, u);
      const near = (0.03 + 0.1 * smooth(0.42, -0.05, u) + 0.022 * sampleField(hills, u * 420 + 90, 200)) * smooth(0.46, 0.22, u);
      const level = rise * 1.05;
      const farCover = clamp((far - level) * focal);
      const nearCover = clamp((near - level + 0.0015 * sampleField(hills, x * 1.7, 40)) * focal);
      const glow = 0.5 + 0.5 * smooth(0.5, 0.05, Math.abs(side - direction[0]));
      for (let c = 0; c < 3; c += 1) {
        const base = mix(out[c] as number, (c === 0 ? 0.24 : c === 1 ? 0.105 : 0.1) * glow, farCover * 0.93);
        out[c] = mix(base, c === 0 ? 0.035 : c === 1 ? 0.022 : 0.03, nearCover * 0.97);
      }
      return;
    }
    const depth = focal / (y - horizon + 0.7);
    const wx = side * depth * 26;
    const wz = depth * 26;
    const fade = 1 / (1 + depth * 0.03);
    const swell = sampleField(waves, wx * 0.6 + time * 9, wz * 0.9 + time * 14);
    const chop = sampleField(waves, wx * 2.6 - time * 12, wz * 3.4 + time * 21);
    const fine = sampleField(waves, wx * 8 + time * 25, wz * 9 - time * 17);
    const tiltX = (swell * 0.35 + chop * 0.4 + fine * 0.3) * 0.22;
    const tiltY = (swell * 0.5 + chop * 0.55 + fine * 0.5) * (0.1 + 0.12 * fade);
    const dip = (y - horizon) / focal;
    const rx = side + tiltX;
    const ry = Math.max(0.004, dip * 0.8 + Math.abs(tiltY) * 1.3);
    const scale = 1 / Math.hypot(rx, ry, 1);
    shadeSky(sky, rx * scale, ry * scale, scale, out);
    const fresnel = clamp(0.9 - dip * 0.9 - tiltY * 0.9);
    const spread = Math.exp(-(((side - direction[0] + tiltX * 0.55) / (0.035 + dip * 0.16)) ** 2));
    const glint = spread * smooth(0.25, 0.75, 0.5 + swell * 0.5 + chop * 0.7 + fine * 0.5) * 2.3;
    const foam = smooth(0.5, 0.85, swell + chop * 0.7) * smooth(0.05, 0.5, dip) * 0.12;
    out[0] = (out[0] as number) * fresnel * 0.72 + 0.008 + glint * 1.2 + foam;
    out[1] = (out[1] as number) * fresnel * 0.72 + 0.018 + glint * 0.55 + foam * 0.8;
    out[2] = (out[2] as number) * fresnel * 0.76 + 0.034 + glint * 0.2 + foam * 0.8;
  });
}
