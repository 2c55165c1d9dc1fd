import { clamp, type Field, mix, sampleField, smooth } from './noise.ts';
import type { Rgb } from './picture.ts';

/** How a sky looks; directions are unit vectors with y up and z away from the camera. */
export interface Sky {
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  readonly sun: Rgb;
  readonly sunDirection: Rgb;
  /** Size of the disc: cosine of its angular radius, above 1 for none. */
  readonly sunCosine: number;
  readonly clouds: Field;
  /** 0 for a clear sky, 1 for an overcast one. */
  readonly cover: number;
  readonly cloudLight: Rgb;
  readonly cloudShade: Rgb;
  readonly cloudScale: number;
  /** Light of its own, such as stars, added to `out` for a direction. */
  readonly glow?: ((dx: number, dy: number, dz: number, out: Float32Array) => void) | undefined;
}

/** Writes the linear colour of the sky in direction (dx, dy, dz) to `out`; below the horizon it gives the horizon. */
export function shadeSky(sky: Sky, dx: number, dy: number, dz: number, out: Float32Array): void {
  const up = Math.max(dy, 0.0005);
  const fall = Math.exp(-up * 4.2);
  const cosine = clamp(dx * sky.sunDirection[0] + dy * sky.sunDirection[1] + dz * sky.sunDirection[2], -1, 1);
  const halo = 0.5 * Math.max(cosine, 0) ** 8 * (0.25 + 0.75 * fall) + 0.9 * Math.max(cosine, 0) ** 90;
  const disc = cosine > sky.sunCosine ? 6 * smooth(sky.sunCosine, sky.sunCosine + (1 - sky.sunCosine) * 0.3, cosine) : 0;
  let r = mix(sky.zenith[0], sky.horizon[0], fall) + sky.sun[0] * (halo + disc);
  let g = mix(sky.zenith[1], sky.horizon[1], fall) + sky.sun[1] * (halo + disc);
  let b = mix(sky.zenith[2], sky.horizon[2], fall) + sky.sun[2] * (halo + disc);
  if (sky.cover > 0) {
    const reach = sky.cloudScale / (up + 0.06);
    const u = dx * reach;
    const v = dz * reach;
    const raw = sampleField(sky.clouds, u, v) * 0.75 + sampleField(sky.clouds, u * 3.1 + 70, v * 3.1) * 0.25;
    const density = smooth(0.55 - sky.cover, 1.0 - sky.cover * 0.75, raw * 0.9 + 0.15);
    if (density > 0) {
      const toward = sampleField(sky.clouds, u + sky.sunDirection[0] * 9, v + sky.sunDirection[2] * 9);
      const lit = clamp(0.5 + (raw - toward) * 2.4 + 0.5 * Math.max(cosine, 0) ** 6);
      const cover = density * smooth(0, 0.05, up) * 0.92;
      r = mix(r, mix(sky.cloudShade[0], sky.cloudLight[0], lit), cover);
      g = mix(g, mix(sky.cloudShade[1], sky.cloudLight[1], lit), cover);
      b = mix(b, mix(sky.cloudShade[2], sky.cloudLight[2], lit), cover);
    }
  }
  out[0] = r;
  out[1] = g;
  out[2] = b;
  sky.glow?.(dx, dy, dz, out);
}
