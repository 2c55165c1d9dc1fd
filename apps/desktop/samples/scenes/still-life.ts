import { clamp, createRandom, fractalField, mix, sampleField, smooth } from '../noise.ts';
import { createPicture, type Picture, type Rgb } from '../picture.ts';

type Vec = [number, number, number];
const noise = fractalField(512, { seed: 67, cells: 16, octaves: 6, gain: 0.6 });
const grainField = fractalField(512, { seed: 68, cells: 4, octaves: 8 });

interface Fruit {
  readonly at: Vec;
  readonly radius: number;
}
const FRUITS: readonly Fruit[] = [
  { at: [0.62, 0.42, 0.1], radius: 0.42 },
  { at: [1.36, 0.38, 0.62], radius: 0.38 },
  { at: [1.28, 0.36, -0.42], radius: 0.36 },
];
const BOTTLE: Vec = [-0.72, 0, 0.25];

/** Distance to the bottle: a body with a soft shoulder, a neck and a cap, all turned around one axis. */
function bottle(x: number, y: number, z: number): number {
  const r = Math.hypot(x - BOTTLE[0], z - BOTTLE[2]);
  const round = (half: number, low: number, high: number, soft: number): number => {
    const dx = r - half + soft;
    const dy = Math.abs(y - (low + high) / 2) - (high - low) / 2 + soft;
    return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - soft;
  };
  return Math.min(round(0.46, 0, 1.5, 0.13), round(0.17, 1.45, 1.68, 0.03), round(0.22, 1.66, 2.12, 0.035));
}

/** Distance to the nearest thing on the table; `fruits` leaves everything else out. */
function scene(x: number, y: number, z: number, fruits: readonly Fruit[], hasBottle: boolean): number {
  let near = hasBottle ? bottle(x, y, z) : 1e9;
  for (const { at, radius } of fruits) near = Math.min(near, Math.hypot(x - at[0], (y - at[1]) * 1.05, z - at[2]) - radius);
  return near;
}

function light(x: number, y: number, z: number, fruits: readonly Fruit[], hasBottle: boolean): number {
  let share = 1;
  for (let t = 0.03, step = 0; step < 22 && t < 4; step += 1) {
    const gap = scene(x + KEY[0] * t, y + KEY[1] * t, z + KEY[2] * t, fruits, hasBottle);
    share = Math.min(share, 0.5 + (5 * gap) / t);
    if (share <= 0) return 0;
    t += Math.max(0.03, gap);
  }
  return smooth(0, 1, share);
}
const KEY: Vec = [-0.62, 0.62, -0.48];

function wood(x: number, z: number): Rgb {
  const plank = Math.floor(z * 1.4 + 50);
  const line = (z * 1.4 + 50) % 1;
  const tone = 0.72 + 0.4 * ((Math.sin(plank * 91.7) + 1) / 2);
  const rings = sampleField(grainField, x * 9 + plank * 37, z * 150 + sampleField(grainField, x * 16 + plank * 90, z * 20) * 14);
  const value = tone * (1 + rings * 0.5) * (0.45 + 0.55 * smooth(0, 0.02, Math.min(line, 1 - line)));
  return [0.2 * value, 0.095 * value, 0.042 * value];
}

function background(dx: number, dy: number, out: Float32Array): void {
  const glow = Math.exp(-(((dx + 0.42) / 0.5) ** 2) - ((dy - 0.22) / 0.4) ** 2);
  const blot = sampleField(grainField, dx * 50 + 100, dy * 50) * 0.2;
  out[0] = 0.045 + glow * 0.34 * (1 + blot);
  out[1] = 0.062 + glow * 0.3 * (1 + blot);
  out[2] = 0.06 + glow * 0.22 * (1 + blot);
}

export interface StillLifeOptions {
  readonly fruits?: readonly Fruit[];
  readonly hasBottle?: boolean;
  /** Set to receive the cover of each pixel (0 to 1) by things other than table and background. */
  readonly alpha?: Uint8Array;
}

function shadeFruit(p: Vec, n: Vec, view: Vec, lit: number, out: Float32Array): void {
  const key = clamp(n[0] * KEY[0] + n[1] * KEY[1] + n[2] * KEY[2]) * lit;
  const half: Vec = [KEY[0] - view[0], KEY[1] - view[1], KEY[2] - view[2]];
  const length = Math.hypot(...half);
  const spec = clamp((n[0] * half[0] + n[1] * half[1] + n[2] * half[2]) / length) ** 42 * 0.5 * lit;
  const rim = (1 + n[0] * view[0] + n[1] * view[1] + n[2] * view[2]) ** 3 * 0.12;
  const spot = 1 + 0.12 * sampleField(noise, p[0] * 60, p[1] * 60);
  const bounce = 0.06 * clamp(-n[1] + 0.4);
  const fill = 0.12 + 0.12 * clamp(n[1]) + rim;
  out[0] = (0.8 * (key * 1.4 + fill) + bounce) * spot + spec;
  out[1] = (0.2 * (key * 1.5 + fill) + bounce * 0.5) * spot + spec * 0.9;
  out[2] = (0.012 * (key * 1.9 + fill) + bounce * 0.2) * spot + spec * 0.75;
}

function shadeBottle(p: Vec, n: Vec, view: Vec, lit: number, out: Float32Array): void {
  const key = clamp(n[0] * KEY[0] + n[1] * KEY[1] + n[2] * KEY[2]) * (0.35 + 0.65 * lit);
  const mirror = n[0] * view[0] + n[1] * view[1] + n[2] * view[2];
  const rx = view[0] - 2 * mirror * n[0];
  const ry = view[1] - 2 * mirror * n[1];
  const window =
    smooth(-0.35, -0.5, rx) *
    smooth(-0.98, -0.9, rx) *
    smooth(-0.75, -0.6, ry) *
    smooth(0.9, 0.6, ry) *
    (Math.abs(ry - 0.08) < 0.03 ? 0.4 : 1);
  const rim = (1 + mirror) ** 4;
  const isCap = p[1] > 1.655;
  const isLabel = p[1] > 0.42 && p[1] < 1.12 && n[2] < -0.25 && Math.abs(n[1]) < 0.3;
  const angle = Math.atan2(p[0] - BOTTLE[0], -(p[2] - BOTTLE[2]));
  const ink =
    isLabel &&
    (Math.abs(p[1] - 0.92) < 0.018 ||
      (Math.abs(p[1] - 0.74) < 0.075 && Math.abs(((angle * 2.2 + 10) % 0.36) - 0.18) < 0.1 && Math.abs(angle) < 0.55) ||
      (Math.abs(p[1] - 0.56) < 0.014 && Math.abs(angle) < 0.38));
  const base: Rgb = isCap ? [0.035, 0.032, 0.03] : ink ? [0.06, 0.07, 0.06] : isLabel ? [0.82, 0.78, 0.68] : [0.025, 0.12, 0.085];
  const gloss = isLabel ? 0.06 : 0.85;
  for (let c = 0; c < 3; c += 1) out[c] = (base[c] as number) * (key * 1.5 + 0.2) + window * gloss * 0.9 + rim * (isLabel ? 0.05 : 0.22);
}

/** Oranges and a bottle on a wooden table by a window: distance fields, one soft light. */
export function stillLife(width: number, height: number, options: StillLifeOptions = {}): Picture {
  const { fruits = FRUITS, hasBottle = true, alpha } = options;
  const picture = createPicture(width, height);
  const out = new Float32Array(3);
  const eye: Vec = [0.25, 1.25, -4.6];
  const focal = Math.max(width, height * 1.3) * 1.22;
  const random = createRandom(12);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const dx = (x - width / 2 + random() * 0.7) / focal;
      const dy = (height * 0.5 - y + random() * 0.7) / focal - 0.075;
      const scale = 1 / Math.hypot(dx, dy, 1);
      const view: Vec = [dx * scale, dy * scale, scale];
      const floor = view[1] < 0 ? -eye[1] / view[1] : 1e9;
      let t = 3;
      let gap = 1;
      for (let step = 0; step < 56 && t < 7 && t < floor + 0.2; step += 1) {
        gap = scene(eye[0] + view[0] * t, eye[1] + view[1] * t, eye[2] + view[2] * t, fruits, hasBottle);
        if (gap < 0.0008 * t) break;
        t += gap * 0.97;
      }
      const p: Vec = [eye[0] + view[0] * t, eye[1] + view[1] * t, eye[2] + view[2] * t];
      if (gap < 0.001 * t && t < floor) {
        if (alpha !== undefined) alpha[y * width + x] = 255;
        const e = 0.0015;
        const at = (ox: number, oy: number, oz: number): number => scene(p[0] + ox, p[1] + oy, p[2] + oz, fruits, hasBottle);
        const n: Vec = [at(e, 0, 0) - at(-e, 0, 0), at(0, e, 0) - at(0, -e, 0), at(0, 0, e) - at(0, 0, -e)];
        const isBottle = hasBottle && bottle(p[0], p[1], p[2]) < 0.01;
        let length = Math.hypot(...n);
        for (let c = 0; c < 3; c += 1) n[c] = (n[c] as number) / length;
        if (!isBottle) {
          const pore = (sampleField(noise, p[0] * 300, p[1] * 300 + p[2] * 170) - 0.1) * 0.2;
          n[0] += pore;
          n[1] += sampleField(noise, p[0] * 300 + 99, p[1] * 300) * 0.2;
          length = Math.hypot(...n);
          for (let c = 0; c < 3; c += 1) n[c] = (n[c] as number) / length;
        }
        const lit = light(p[0] + n[0] * 0.01, p[1] + n[1] * 0.01, p[2] + n[2] * 0.01, fruits, hasBottle);
        if (isBottle) shadeBottle(p, n, view, lit, out);
        else shadeFruit(p, n, view, lit, out);
      } else if (floor < 9.5) {
        const px = eye[0] + view[0] * floor;
        const pz = eye[2] + view[2] * floor;
        const lit = light(px, 0.004, pz, fruits, hasBottle);
        const near = scene(px, 0.08, pz, fruits, hasBottle);
        const contact = smooth(-0.02, 0.35, near);
        const tone = wood(px, pz);
        const gloss = 0.05 * smooth(1.2, 4.5, pz) * (1 + sampleField(grainField, px * 8, pz * 150) * 0.6);
        background(dx, dy, out);
        const edge = smooth(7.6, 9.4, floor);
        for (let c = 0; c < 3; c += 1)
          out[c] = mix((tone[c] as number) * (lit * 1.7 + 0.3) * (0.35 + 0.65 * contact) + gloss, out[c] as number, edge);
      } else background(dx, dy, out);
      picture.data.set(out, (y * width + x) * 3);
    }
  }
  return picture;
}

/** One orange alone, for a cut-out. */
export const SINGLE_ORANGE: readonly Fruit[] = [{ at: [0.25, 0.8, 0], radius: 0.78 }];
