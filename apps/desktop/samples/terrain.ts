import { clamp, type Field, mix, sampleField, smooth } from './noise.ts';
import { createPicture, type Picture, type Rgb } from './picture.ts';
import { type Sky, shadeSky } from './sky.ts';

/** A height map with its light baked in. Lengths are in texels of the map. */
export interface Terrain {
  readonly height: Field;
  readonly detail: Field;
  /** Linear RGB per texel, sunlight and shadow included. */
  readonly color: Float32Array;
  readonly waterLevel: number;
  readonly roughness: number;
}

/** Ground colour at a height with a slope (0 flat, 1 cliff) and a noise value, written to `out`. */
export type Ground = (height: number, slope: number, noise: number, out: Float32Array) => void;

export interface TerrainOptions {
  readonly height: Field;
  readonly detail: Field;
  readonly ground: Ground;
  readonly sky: Sky;
  readonly ambient: Rgb;
  readonly waterLevel: number;
  readonly roughness: number;
}

const SHADOW_STEPS = 48;

/** Share of sunlight that reaches a texel: marches over the map towards the sun. */
function sunShare(field: Field, x: number, y: number, sun: Rgb): number {
  const flat = Math.hypot(sun[0], sun[2]) || 1;
  const start = sampleField(field, x, y) + 0.4;
  let share = 1;
  for (let step = 1, t = 2; step <= SHADOW_STEPS; step += 1, t *= 1.09) {
    const line = start + (t * sun[1]) / flat;
    const gap = line - sampleField(field, x + (sun[0] / flat) * t, y + (sun[2] / flat) * t);
    if (gap < 0) share = Math.min(share, clamp(1 + gap / (0.08 * t + 0.5)));
    if (share === 0) return 0;
  }
  return share;
}

/** Lights the ground once, so that any number of views (the frames of a flight) only look it up. */
export function createTerrain(options: TerrainOptions): Terrain {
  const { height, detail, ground, sky, ambient, waterLevel, roughness } = options;
  const { size } = height;
  const color = new Float32Array(size * size * 3);
  const out = new Float32Array(3);
  const sun = sky.sunDirection;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const here = sampleField(height, x, y);
      if (here < waterLevel - 2) continue;
      const sx = sampleField(height, x + 1, y) - sampleField(height, x - 1, y);
      const sz = sampleField(height, x, y + 1) - sampleField(height, x, y - 1);
      const length = Math.sqrt(sx * sx + sz * sz + 4);
      const direct = clamp((-sx * sun[0] + 2 * sun[1] - sz * sun[2]) / length);
      const light = direct > 0 ? direct * sunShare(height, x, y, sun) : 0;
      ground(here, 1 - 2 / length, sampleField(detail, x * 0.6, y * 0.6), out);
      const at = (y * size + x) * 3;
      for (let c = 0; c < 3; c += 1) {
        color[at + c] = (out[c] as number) * ((ambient[c] as number) * (0.55 + 0.45 * (2 / length)) + (sky.sun[c] as number) * light * 3.1);
      }
    }
  }
  return { height, detail, color, waterLevel, roughness };
}

/** Where the camera is. Angles in radians; `pitch` below 0 looks down. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly yaw: number;
  readonly pitch: number;
  /** Width of the view at distance 1, half. */
  readonly spread: number;
  readonly far: number;
  /** Distance at which haze hides two thirds. */
  readonly haze: number;
  readonly time?: number;
}

function groundColor(terrain: Terrain, x: number, z: number, t: number, out: Float32Array): void {
  const { size } = terrain.height;
  const mask = size - 1;
  const fx = Math.floor(x);
  const fz = Math.floor(z);
  const dx = x - fx;
  const dz = z - fz;
  const a = ((fz & mask) * size + (fx & mask)) * 3;
  const b = ((fz & mask) * size + ((fx + 1) & mask)) * 3;
  const c = (((fz + 1) & mask) * size + (fx & mask)) * 3;
  const d = (((fz + 1) & mask) * size + ((fx + 1) & mask)) * 3;
  const near = 1 - smooth(60, 420, t);
  const grit = 1 + 0.4 * near * sampleField(terrain.detail, x * 7, z * 7) + 0.3 * sampleField(terrain.detail, x * 2.3, z * 2.3);
  for (let i = 0; i < 3; i += 1) {
    const top = mix(terrain.color[a + i] as number, terrain.color[b + i] as number, dx);
    const low = mix(terrain.color[c + i] as number, terrain.color[d + i] as number, dx);
    out[i] = Math.max(0, mix(top, low, dz) * grit);
  }
}

/** Mirrors what is above the shore line into the water pixels of `wet` (distance to the water, 0 for land). */
function paintWater(picture: Picture, wet: Float32Array, view: View, horizon: number, ripples: Field, tint: Rgb): void {
  const { width, height, data } = picture;
  const focal = width / (2 * view.spread);
  const time = view.time ?? 0;
  for (let y = height - 1; y >= 0; y -= 1) {
    for (let x = 0; x < width; x += 1) {
      const distance = wet[y * width + x] as number;
      if (distance === 0) continue;
      const worldX = ((x - width / 2) / focal) * distance;
      const wave =
        sampleField(ripples, worldX * 5 + time * 6, distance * 7 + time * 4) +
        0.5 * sampleField(ripples, worldX * 1.1, distance * 1.9 - time * 5);
      const shake = (wave * focal * 0.055) / (1 + distance * 0.035);
      const from = clamp(Math.round(2 * horizon - y + shake), 0, Math.max(0, Math.floor(horizon) - 1));
      const side = clamp(Math.round(x + shake * 0.35), 0, width - 1);
      const grazing = clamp((y - horizon) / (height * 0.75));
      const mirror = 0.86 - 0.6 * grazing;
      const source = (Math.max(0, from) * width + side) * 3;
      const target = (y * width + x) * 3;
      for (let c = 0; c < 3; c += 1) {
        data[target + c] = (data[source + c] as number) * mirror + (tint[c] as number) * (1 - mirror) * (1 + wave * 0.5);
      }
    }
  }
}

/** Draws a view column by column from near to far (the height-field method of early flight games), with haze and water. */
export function renderTerrain(
  terrain: Terrain,
  sky: Sky,
  view: View,
  width: number,
  height: number,
  tint: Rgb = [0.01, 0.05, 0.06],
): Picture {
  const picture = createPicture(width, height);
  const wet = new Float32Array(width * height);
  const focal = width / (2 * view.spread);
  const horizon = height / 2 + Math.tan(view.pitch) * focal;
  const sin = Math.sin(view.yaw);
  const cos = Math.cos(view.yaw);
  const hazeColor = new Float32Array(3);
  // Stars belong to the sky, not to the air in front of the hills.
  const air: Sky = { ...sky, glow: undefined };
  const out = new Float32Array(3);
  const { data } = picture;
  // Steps grow with the distance, and with the size of a pixel.
  const stride = Math.min(0.012, 0.0035 * Math.max(1, 1800 / width));
  for (let x = 0; x < width; x += 1) {
    const lateral = (x - width / 2 + 0.5) / focal;
    const dirX = cos * lateral + sin;
    const dirZ = cos - sin * lateral;
    const scale = 1 / Math.hypot(dirX, dirZ);
    shadeSky(air, dirX * scale, 0.02, dirZ * scale, hazeColor);
    let top = height;
    let t = 3;
    while (t < view.far && top > 0) {
      const wx = view.x + dirX * t;
      const wz = view.z + dirZ * t;
      let ground = sampleField(terrain.height, wx, wz);
      const isWater = ground < terrain.waterLevel;
      if (isWater) ground = terrain.waterLevel;
      else ground += terrain.roughness * sampleField(terrain.detail, wx * 3, wz * 3);
      const row = horizon + ((view.y - ground) / t) * focal;
      if (row < top) {
        const clear = Math.exp(-t / view.haze - Math.max(0, 8 - ground * 0.2) * t * 0.00003);
        if (!isWater) groundColor(terrain, wx, wz, t, out);
        const first = Math.max(0, Math.floor(row));
        for (let y = Math.ceil(top) - 1; y >= first; y -= 1) {
          const at = (y * width + x) * 3;
          if (isWater) {
            wet[y * width + x] = Math.max(0.5, ((view.y - ground) * focal) / Math.max(0.5, y + 0.5 - horizon));
            continue;
          }
          wet[y * width + x] = 0;
          for (let c = 0; c < 3; c += 1) data[at + c] = mix(hazeColor[c] as number, out[c] as number, clear);
        }
        top = first;
      }
      t += Math.max(0.12, t * stride);
    }
    for (let y = Math.ceil(top) - 1; y >= 0; y -= 1) {
      const rise = (horizon - y) / focal;
      const length = 1 / Math.hypot(dirX, dirZ, rise);
      shadeSky(sky, dirX * length, rise * length, dirZ * length, out);
      const at = (y * width + x) * 3;
      data[at] = out[0] as number;
      data[at + 1] = out[1] as number;
      data[at + 2] = out[2] as number;
    }
  }
  paintWater(picture, wet, view, horizon, terrain.detail, tint);
  return picture;
}
