import type { Strength } from '@pingplex/shared/domain';
import { PICTURE_PRESETS } from './presets.ts';
import { seeded } from './random.ts';

/** How a picture is turned, cut and stretched. Everything relative, so that one plan fits every size of the same picture. */
export type Geometry = {
  readonly rotate: number;
  readonly zoom: number;
  readonly stretch: number;
  /** Where the cut lies in the room there is: -1…1 each. */
  readonly offsetX: number;
  readonly offsetY: number;
  readonly mirror: boolean;
};

/** What is done to light and colour. */
export type Tone = {
  readonly brightness: number;
  readonly contrast: number;
  readonly gamma: number;
  readonly saturation: number;
  readonly ramp: number;
  /** Direction of the ramp, radians. */
  readonly rampAngle: number;
  readonly noise: number;
  readonly noiseSeed: number;
};

/** Steps by which the cut grows when a variant isn't far enough, and tries on each. */
export const LEVELS = 9;
export const TRIES_PER_LEVEL = 3;
/** No variant loses more of its width or height than this. */
const MAX_ZOOM = 0.3;
const GROWTH = 1.35;
const GOLDEN = 0.618_033_988_75;

/**
 * Draws a geometry. Sisters look in directions that are spread evenly (golden-ratio sequence), because two cuts towards the same
 * corner would be near each other.
 * @param n number of the variant, from 1
 * @param attempt number of the try, from 0; every third one cuts more
 */
export function drawGeometry(seed: number, n: number, attempt: number, strength: Strength, mirror: boolean): Geometry {
  const random = seeded(seed, n, attempt, 1);
  const preset = PICTURE_PRESETS[strength];
  const growth = GROWTH ** Math.floor(attempt / TRIES_PER_LEVEL);
  const turn = 2 * Math.PI * ((seeded(seed).next() + n * GOLDEN + random.between(0, attempt === 0 ? 0.05 : 1)) % 1);
  const edge = Math.max(Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn)));
  return {
    rotate: short(random.signed(...preset.rotate)),
    zoom: short(Math.min(MAX_ZOOM, random.between(...preset.zoom) * growth)),
    stretch: short(random.signed(...preset.stretch)),
    offsetX: short(Math.cos(turn) / edge),
    offsetY: short(Math.sin(turn) / edge),
    mirror: mirror && random.next() < 0.5,
  };
}

/** Draws light and colour. @param dose 0–1, share of the preset; less when the quality was too low */
export function drawTone(seed: number, n: number, strength: Strength, dose: number): Tone {
  const random = seeded(seed, n, 0, 2);
  const preset = PICTURE_PRESETS[strength];
  return {
    brightness: short(random.signed(...preset.brightness) * dose),
    contrast: short(random.signed(...preset.contrast) * dose),
    gamma: short(1 + random.signed(...preset.gamma) * dose),
    saturation: short(1 + random.signed(...preset.saturation) * dose),
    ramp: short(random.between(...preset.ramp) * dose),
    rampAngle: short(random.between(0, 2 * Math.PI)),
    noise: short(random.between(...preset.noise) * dose),
    noiseSeed: random.whole(0, 0xffffffff),
  };
}

/** Figures are reported as they were used, so they are cut to what a person can read before they are used. */
function short(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
