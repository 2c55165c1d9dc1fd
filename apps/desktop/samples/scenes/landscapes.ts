import { type Field, fractalField, mix, sampleField, smooth } from '../noise.ts';
import type { Picture, Rgb } from '../picture.ts';
import type { Sky } from '../sky.ts';
import { createTerrain, type Ground, renderTerrain, type Terrain, type View } from '../terrain.ts';

/** A land with its sky: made once, looked at from anywhere. */
export interface Land {
  readonly terrain: Terrain;
  readonly sky: Sky;
  readonly tint: Rgb;
  view(time: number): View;
}

const MAP = 1024;
const unit = (x: number, y: number, z: number): Rgb => {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
};
const paint = (out: Float32Array, a: Rgb, b: Rgb, t: number): void => {
  for (let c = 0; c < 3; c += 1) out[c] = mix(a[c] as number, b[c] as number, t);
};
const blendTo = (out: Float32Array, b: Rgb, t: number): void => {
  for (let c = 0; c < 3; c += 1) out[c] = mix(out[c] as number, b[c] as number, t);
};

/** Lands take about a second to light, so each is made once. */
function once(make: () => Land): () => Land {
  let land: Land | undefined;
  return () => {
    land ??= make();
    return land;
  };
}

/** Hills and ridges joined: ridges only where the land is high, valleys stay smooth. */
function mountainField(seed: number, relief: number, valley: (x: number, y: number) => number): Field {
  const base = fractalField(MAP, { seed, cells: 3, octaves: 3 });
  const ridges = fractalField(MAP, { seed: seed + 1, cells: 5, octaves: 8, gain: 0.47, isRidged: true });
  const fine = fractalField(MAP, { seed: seed + 2, cells: 16, octaves: 6 });
  const values = new Float32Array(MAP * MAP);
  for (let y = 0; y < MAP; y += 1) {
    for (let x = 0; x < MAP; x += 1) {
      const at = y * MAP + x;
      const low = smooth(-0.6, 0.8, base.values[at] as number);
      const ridge = (ridges.values[at] as number) * 0.55 + 0.35;
      values[at] =
        relief * valley(x, y) * (low * 0.35 + Math.max(0, ridge) ** 1.4 * (0.35 + 0.9 * low)) + (fine.values[at] as number) * relief * 0.02;
    }
  }
  return { size: MAP, values };
}

const detail = (seed: number): Field => fractalField(512, { seed, cells: 16, octaves: 6, gain: 0.62 });
const clouds = (seed: number): Field => fractalField(512, { seed, cells: 4, octaves: 7, gain: 0.52 });

/** Snow peaks over a lake in the morning. */
function makeAlpineLand(): Land {
  const sky: Sky = {
    zenith: [0.06, 0.17, 0.42],
    horizon: [0.55, 0.62, 0.7],
    sun: [1.0, 0.78, 0.52],
    sunDirection: unit(0.75, 0.42, 0.15),
    sunCosine: 2,
    clouds: clouds(11),
    cover: 0.42,
    cloudLight: [1.0, 0.9, 0.82],
    cloudShade: [0.4, 0.44, 0.52],
    cloudScale: 16,
  };
  const ground: Ground = (height, slope, noise, out) => {
    const dry = smooth(-0.5, 0.6, noise);
    paint(out, [0.035, 0.062, 0.02], [0.11, 0.115, 0.04], dry);
    blendTo(out, [0.015, 0.035, 0.014], smooth(26, 9, height + noise * 8));
    blendTo(out, [0.16, 0.145, 0.13], smooth(0.16, 0.34, slope + noise * 0.07));
    blendTo(out, [0.82, 0.86, 0.92], smooth(34, 50, height + noise * 14) * smooth(0.5, 0.3, slope));
  };
  const height = mountainField(31, 132, (_x, y) => 0.05 + 0.95 * smooth(230, 640, y) * smooth(1200, 760, y));
  const terrain = createTerrain({ height, detail: detail(5), ground, sky, ambient: [0.13, 0.19, 0.3], waterLevel: 5, roughness: 0.9 });
  return {
    terrain,
    sky,
    tint: [0.012, 0.05, 0.055],
    view: (time) => ({
      x: 470 + time * 6,
      y: 15 + time * 1.2,
      z: 60 + time * 17,
      yaw: 0.05 + time * 0.012,
      pitch: 0.06,
      spread: 0.62,
      far: 800,
      haze: 2600,
      time,
    }),
  };
}

/** Red dunes in low light. */
function makeDuneLand(): Land {
  const sky: Sky = {
    zenith: [0.08, 0.17, 0.36],
    horizon: [0.6, 0.42, 0.3],
    sun: [1.0, 0.62, 0.32],
    sunDirection: unit(0.9, 0.3, 0.25),
    sunCosine: 2,
    clouds: clouds(23),
    cover: 0.2,
    cloudLight: [1.0, 0.72, 0.52],
    cloudShade: [0.5, 0.4, 0.42],
    cloudScale: 24,
  };
  const warp = fractalField(MAP, { seed: 71, cells: 3, octaves: 4 });
  const values = new Float32Array(MAP * MAP);
  for (let y = 0; y < MAP; y += 1) {
    for (let x = 0; x < MAP; x += 1) {
      const bend = (warp.values[y * MAP + x] as number) * 90;
      const rise = warp.values[((y + 300) % MAP) * MAP + ((x + 500) % MAP)] as number;
      // A dune is a slow rise and a steep fall: a skewed sawtooth along the wind.
      const phase = (((x * 0.8 + y * 0.35 + bend) / 128) % 1) + 1;
      const saw = phase % 1;
      const crest = saw < 0.72 ? smooth(0, 0.78, saw) : 1 - smooth(0.7, 1.02, saw);
      values[y * MAP + x] = crest * (20 + 22 * rise) + rise * 14 + Math.sin((x * 0.5 - y * 0.2 + bend * 0.6) * 0.9) * 0.12;
    }
  }
  const ground: Ground = (_height, slope, noise, out) => {
    paint(out, [0.5, 0.2, 0.065], [0.66, 0.31, 0.12], smooth(-0.5, 0.5, noise));
    blendTo(out, [0.42, 0.15, 0.05], smooth(0.05, 0.3, slope));
  };
  const terrain = createTerrain({
    height: { size: MAP, values },
    detail: detail(9),
    ground,
    sky,
    ambient: [0.1, 0.1, 0.15],
    waterLevel: -999,
    roughness: 0.08,
  });
  return {
    terrain,
    sky,
    tint: [0, 0, 0],
    view: (time) => ({
      x: 300 + time * 10,
      y: 62,
      z: 120 + time * 8,
      yaw: 0.5 + time * 0.03,
      pitch: -0.1,
      spread: 0.5,
      far: 800,
      haze: 2200,
      time,
    }),
  };
}

/** Green islands in a warm sea. */
function makeIslandLand(): Land {
  const sky: Sky = {
    zenith: [0.05, 0.2, 0.55],
    horizon: [0.62, 0.78, 0.9],
    sun: [1.0, 0.92, 0.78],
    sunDirection: unit(-0.5, 0.75, -0.35),
    sunCosine: 2,
    clouds: clouds(41),
    cover: 0.5,
    cloudLight: [1.1, 1.08, 1.05],
    cloudShade: [0.55, 0.6, 0.68],
    cloudScale: 20,
  };
  const ground: Ground = (height, slope, noise, out) => {
    paint(out, [0.03, 0.085, 0.018], [0.1, 0.16, 0.035], smooth(-0.6, 0.7, noise));
    blendTo(out, [0.25, 0.21, 0.16], smooth(0.36, 0.55, slope + noise * 0.08));
    blendTo(out, [0.72, 0.6, 0.42], smooth(14.5, 11.5, height + noise * 1.5));
  };
  const height = mountainField(
    57,
    92,
    (x, y) => 0.12 + 0.88 * smooth(0.45, 0.9, 0.5 + 0.5 * Math.sin(x * 0.0184 + 1) * Math.sin(y * 0.0246)),
  );
  const terrain = createTerrain({ height, detail: detail(13), ground, sky, ambient: [0.14, 0.2, 0.28], waterLevel: 11, roughness: 1.2 });
  return {
    terrain,
    sky,
    tint: [0.01, 0.22, 0.26],
    view: (time) => ({
      x: 330 + time * 14,
      y: 62 - time * 1.5,
      z: 60 + time * 22,
      yaw: 0.5,
      pitch: -0.14,
      spread: 0.6,
      far: 900,
      haze: 2400,
      time,
    }),
  };
}

const curtain = (field: Field, dx: number, dy: number, dz: number, offset: number): number => {
  const across = Math.atan2(dx, dz) * 90 + offset;
  const fold = sampleField(field, across, offset * 3) * 0.16 + 0.05 * sampleField(field, across * 3, offset);
  const base = 0.16 + offset * 0.0011 + fold;
  const rise = dy - base;
  if (rise < -0.02) return 0;
  const rays = 0.55 + 0.7 * sampleField(field, across * 9, offset) + 0.4 * sampleField(field, across * 24, 7);
  const strength = smooth(-0.5, 0.6, sampleField(field, across * 0.7 + 40, offset + 90));
  return smooth(-0.02, 0.015, rise) * Math.exp(-rise * 5.5) * Math.max(0, rays) * strength;
};

/** Northern lights and stars above dark mountains and still water. */
function makeAuroraLand(): Land {
  const field = fractalField(512, { seed: 91, cells: 8, octaves: 6 });
  const glow = (dx: number, dy: number, dz: number, out: Float32Array): void => {
    const first = curtain(field, dx, dy, dz, 20);
    const second = curtain(field, dx, dy, dz, 190);
    const green = first + 0.55 * second;
    const high = smooth(0.22, 0.7, dy) * green;
    out[0] = (out[0] as number) + 0.05 * green + 0.3 * high;
    out[1] = (out[1] as number) + 0.62 * green - 0.14 * high;
    out[2] = (out[2] as number) + 0.24 * green + 0.36 * high;
    const cell = 190;
    const sx = (dx / (1 + dy)) * cell;
    const sy = (dz / (1 + dy)) * cell;
    const hash = Math.sin(Math.floor(sx) * 127.1 + Math.floor(sy) * 311.7) * 43758.5453;
    const chance = hash - Math.floor(hash);
    if (chance > 0.93) {
      const spread = Math.hypot(sx - Math.floor(sx) - 0.3 - 4 * (chance - 0.93), sy - Math.floor(sy) - 0.5);
      const light = Math.max(0, 1 - spread / (0.07 + (chance - 0.93) * 1.2)) * (chance - 0.92) * 14;
      for (let c = 0; c < 3; c += 1) out[c] = (out[c] as number) + light * (c === 2 ? 1 : 0.9);
    }
  };
  const sky: Sky = {
    zenith: [0.005, 0.012, 0.035],
    horizon: [0.012, 0.06, 0.07],
    sun: [0.05, 0.12, 0.1],
    sunDirection: unit(-0.3, 0.8, -0.2),
    sunCosine: 2,
    clouds: clouds(3),
    cover: 0,
    cloudLight: [0, 0, 0],
    cloudShade: [0, 0, 0],
    cloudScale: 1,
    glow,
  };
  const height = mountainField(83, 130, (_x, y) => 0.1 + 0.9 * smooth(240, 560, y) * smooth(1100, 700, y));
  const ground: Ground = (high, slope, noise, out) => {
    paint(out, [0.03, 0.04, 0.04], [0.07, 0.075, 0.08], smooth(-0.5, 0.5, noise));
    blendTo(out, [0.6, 0.66, 0.72], smooth(16, 40, high + noise * 18) * smooth(0.5, 0.25, slope));
  };
  const terrain = createTerrain({ height, detail: detail(15), ground, sky, ambient: [0.03, 0.08, 0.085], waterLevel: 9, roughness: 0.9 });
  return {
    terrain,
    sky,
    tint: [0.001, 0.006, 0.008],
    view: (time) => ({ x: 520 + time * 8, y: 15, z: 20, yaw: -0.1 + time * 0.01, pitch: 0.2, spread: 0.62, far: 760, haze: 2500, time }),
  };
}

export const alpineLand = once(makeAlpineLand);
export const duneLand = once(makeDuneLand);
export const islandLand = once(makeIslandLand);
export const auroraLand = once(makeAuroraLand);

/** A still of a land at a moment of its flight; `spread` overrides how wide the view is (see `View`). */
export function landPicture(land: Land, width: number, height: number, time = 0, spread?: number): Picture {
  const view = land.view(time);
  return renderTerrain(land.terrain, land.sky, spread === undefined ? view : { ...view, spread }, width, height, land.tint);
}
