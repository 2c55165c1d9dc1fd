import type { Strength } from '@pingplex/shared/domain';
import { AIMED_PICTURE, PICTURE_PRESETS } from './presets.ts';
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

/** How a search for a geometry goes: levels by which the cut grows, tries on each. */
export type Ladder = { readonly levels: number; readonly triesPerLevel: number; readonly growth: number };
/** From a preset: in few large steps, because the first one nearly always does. */
export const PRESET_LADDER: Ladder = { levels: 9, triesPerLevel: 3, growth: 1.35 };
/** To a named distance: from a cut that nobody sees to the largest one, finely. */
export const AIMED_LADDER: Ladder = { levels: 25, triesPerLevel: 4, growth: 1.18 };
/** No variant loses more of its width or height than this. */
const MAX_ZOOM = 0.3;
const GOLDEN = 0.618_033_988_75;

/**
 * Draws a geometry. Sisters look in directions that are spread evenly (golden-ratio sequence), because two cuts towards the same
 * corner would be near each other.
 * @param n number of the variant, from 1
 * @param attempt number of the try, from 0; each level of the ladder cuts more
 * @param strength of the preset; undefined when a distance was named
 */
export function drawGeometry(seed: number, n: number, attempt: number, strength: Strength | undefined, mirror: boolean): Geometry {
  const random = seeded(seed, n, attempt, 1);
  const preset = strength === undefined ? AIMED_PICTURE : PICTURE_PRESETS[strength];
  const { growth, triesPerLevel } = strength === undefined ? AIMED_LADDER : PRESET_LADDER;
  const grown = growth ** Math.floor(attempt / triesPerLevel);
  const turn = 2 * Math.PI * ((seeded(seed).next() + n * GOLDEN + random.between(0, attempt === 0 ? 0.05 : 1)) % 1);
  const edge = Math.max(Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn)));
  return {
    rotate: short(random.signed(...preset.rotate)),
    zoom: short(Math.min(MAX_ZOOM, random.between(...preset.zoom) * grown)),
    stretch: short(random.signed(...preset.stretch)),
    offsetX: short(Math.cos(turn) / edge),
    offsetY: short(Math.sin(turn) / edge),
    mirror: mirror && random.next() < 0.5,
  };
}

/**
 * Draws light and colour.
 * @param dose 0–1, share of the preset's change of tone; less when the quality was too low
 * @param grain 0–1, share of its noise
 */
export function drawTone(seed: number, n: number, strength: Strength, dose: number, grain: number = dose): Tone {
  const random = seeded(seed, n, 0, 2);
  const preset = PICTURE_PRESETS[strength];
  return {
    brightness: short(random.signed(...preset.brightness) * dose),
    contrast: short(random.signed(...preset.contrast) * dose),
    gamma: short(1 + random.signed(...preset.gamma) * dose),
    saturation: short(1 + random.signed(...preset.saturation) * dose),
    ramp: short(random.between(...preset.ramp) * dose),
    rampAngle: short(random.between(0, 2 * Math.PI)),
    noise: short(random.between(...preset.noise) * grain),
    noiseSeed: random.whole(0, 0xffffffff),
  };
}

/** Figures are reported as they were used, so they are cut to what a person can read before they are used. */
function short(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
