import type { Strength } from '@pingplex/shared/domain';
import type { Ladder } from './picture-plan.ts';
import { AIMED_SOUND, SOUND_PRESETS } from './presets.ts';
import { type Random, seeded } from './random.ts';

/** One bell of the equaliser. */
type Bell = { readonly hz: number; readonly gain: number };

/** How a sound is changed. */
export type SoundPlan = {
  /** Change of speed that shifts the pitch, −1…1: 0.01 is 1 % faster and 17 cents higher. */
  readonly speed: number;
  /** Change of tempo at the same pitch. */
  readonly tempo: number;
  readonly bells: readonly Bell[];
};

/** From a preset, and to a named distance; see `picture-plan.ts`. */
export const SOUND_PRESET_LADDER: Ladder = { levels: 7, triesPerLevel: 3, growth: 1.3 };
export const SOUND_AIMED_LADDER: Ladder = { levels: 14, triesPerLevel: 3, growth: 1.3 };
/** Beyond this a listener who knows the piece hears it. */
const MAX_SPEED = 0.045;
const MAX_TEMPO = 0.06;
const GOLDEN = 0.618_033_988_75;
const LOWEST_HZ = 200;
const HIGHEST_HZ = 6000;

/**
 * Draws how a sound is changed.
 * @param n number of the variant, from 1
 * @param attempt number of the try, from 0; each level of the ladder changes more
 * @param strength of the preset; undefined when a distance was named
 */
export function drawSound(seed: number, n: number, attempt: number, strength: Strength | undefined): SoundPlan {
  const random = seeded(seed, n, attempt, 3);
  const preset = strength === undefined ? AIMED_SOUND : SOUND_PRESETS[strength];
  const { growth: step, triesPerLevel } = strength === undefined ? SOUND_AIMED_LADDER : SOUND_PRESET_LADDER;
  const growth = step ** Math.floor(attempt / triesPerLevel);
  const size = {
    speed: Math.min(MAX_SPEED, random.between(...preset.speed) * growth),
    tempo: Math.min(MAX_TEMPO, random.between(...preset.tempo) * growth),
  };
  const direction = attempt < triesPerLevel ? spread(seed, n, attempt, random) : pitched(random);
  const short = (value: number) => Math.round(value * 10_000) / 10_000;
  return {
    speed: short(direction.speed * size.speed),
    tempo: short(direction.tempo * size.tempo),
    bells: Array.from({ length: preset.bands }, () => ({
      hz: Math.round(LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** random.next()),
      gain: short(random.signed(...preset.gain)),
    })),
  };
}

type Direction = { readonly speed: number; readonly tempo: number };

/** Directions of sisters, spread evenly over all combinations of faster and slower (golden-ratio sequence). */
function spread(seed: number, n: number, attempt: number, random: Random): Direction {
  const turn = 2 * Math.PI * ((seeded(seed, 4).next() + n * GOLDEN + random.between(0, attempt === 0 ? 0.05 : 1)) % 1);
  const edge = Math.max(Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn)));
  return { speed: Math.cos(turn) / edge, tempo: Math.sin(turn) / edge };
}

/** In short clips a change of tempo hardly adds up, so later tries always move the pitch. */
function pitched(random: Random): Direction {
  return { speed: random.signed(1, 1), tempo: random.between(-1, 1) };
}

/**
 * FFmpeg's filters for a plan, without the correction of loudness.
 * @param rate sample rate of the source
 * @param dose 0–1, share of the equaliser's gain
 */
export function soundChain({ speed, tempo, bells }: SoundPlan, rate: number, dose: number): string {
  const parts = [];
  if (speed !== 0) parts.push(`asetrate=${Math.round(rate * (1 + speed))}`, `aresample=${rate}`);
  if (tempo !== 0) parts.push(`atempo=${(1 + tempo).toFixed(6)}`);
  for (const { hz, gain } of bells) if (gain * dose !== 0) parts.push(`equalizer=f=${hz}:t=q:w=1:g=${(gain * dose).toFixed(3)}`);
  return parts.join(',');
}
