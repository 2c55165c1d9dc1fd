import { createHash } from 'node:crypto';
import { Strength } from '@pingplex/shared/domain';
import { describe, expect, it } from 'vitest';
import { AIMED_FILM_LOOKS, FILM_LOOKS } from '../../src/engine/unicalize/film-finish.ts';
import { drawFilm, FILM_AIMED_LADDER, FILM_PRESET_LADDER, filmChain, weaker } from '../../src/engine/unicalize/film-plan.ts';
import { AIMED_LOOKS, PRESET_LOOKS } from '../../src/engine/unicalize/picture-finish.ts';
import { AIMED_LADDER, drawGeometry, drawTone, PRESET_LADDER } from '../../src/engine/unicalize/picture-plan.ts';
import { FILM_PRESETS, PICTURE_PRESETS, SOUND_PRESETS, targetsFor } from '../../src/engine/unicalize/presets.ts';
import { drawSound, SOUND_AIMED_LADDER, SOUND_PRESET_LADDER, soundChain } from '../../src/engine/unicalize/sound-plan.ts';
import { ENGINE_VERSION } from '../../src/engine/version.ts';

/**
 * What is drawn from a seed, as SHA-256 of the plans. Variants can only be repeated on the same version of the engine, so whatever changes
 * these needs another version. Plans and not files: encoders may give other bytes on another processor.
 */
const HELD = {
  version: '0.2.0',
  image: 'c480634ad0a49dd2ace1b9384a78a92b9a8cd55bbe4ac718198e64c4e1caf2a2',
  video: 'dcfbcbae53cba0528492f43dbf7c46d65c093ea68841ad14798c3cf61fba577c',
  audio: '08211d7f8513429566d726a9f5e8227218242882ee5fd92d1b117a2d4e65384b',
} as const;

const SEEDS = [0, 1, 7, 20_261_123, 0xffffffff];
const NUMBERS = [1, 2, 9];
const ATTEMPTS = [0, 1, 5, 20];
const VIDEO = {
  index: 0,
  type: 'video',
  codec: 'h264',
  isCover: false,
  isDefault: true,
  metadata: {},
  width: 1280,
  height: 720,
  fps: 25,
} as const;

function combinations<T>(draw: (seed: number, n: number, attempt: number, strength: Strength) => T): T[] {
  return Strength.options.flatMap((strength) =>
    SEEDS.flatMap((seed) => NUMBERS.flatMap((n) => ATTEMPTS.map((attempt) => draw(seed, n, attempt, strength)))),
  );
}

const targets = (kind: 'image' | 'video' | 'audio') =>
  Strength.options.flatMap((strength) => [targetsFor(kind, { strength }), targetsFor(kind, { strength, minDistance: 40 })]);

const PLANS = {
  image: () => [
    PICTURE_PRESETS,
    PRESET_LADDER,
    AIMED_LADDER,
    PRESET_LOOKS,
    AIMED_LOOKS,
    targets('image'),
    combinations((seed, n, attempt, strength) => [
      drawGeometry(seed, n, attempt, strength, true),
      drawGeometry(seed, n, attempt, undefined, false),
      [...PRESET_LOOKS, ...AIMED_LOOKS].map(({ dose, grain }) => drawTone(seed, n, strength, dose, grain)),
    ]),
  ],
  video: () => [
    FILM_PRESETS,
    FILM_PRESET_LADDER,
    FILM_AIMED_LADDER,
    FILM_LOOKS,
    AIMED_FILM_LOOKS,
    targets('video'),
    combinations((seed, n, attempt, strength) =>
      [true, false].map((isAimed) => {
        const plan = drawFilm(seed, n, attempt, { strength, mirror: true }, isAimed, 8000);
        return [plan, [...FILM_LOOKS, ...AIMED_FILM_LOOKS].map((look) => filmChain(weaker(plan, look, 0.5), VIDEO))];
      }),
    ),
  ],
  audio: () => [
    SOUND_PRESETS,
    SOUND_PRESET_LADDER,
    SOUND_AIMED_LADDER,
    targets('audio'),
    combinations((seed, n, attempt, strength) =>
      [strength, undefined].map((one) => soundChain(drawSound(seed, n, attempt, one), 44_100, 0.5)),
    ),
  ],
} as const;

describe('what is drawn from a seed', () => {
  it.each(['image', 'video', 'audio'] as const)('row 37: %s plans change only together with the version of the engine', (kind) => {
    const hash = createHash('sha256').update(JSON.stringify(PLANS[kind]())).digest('hex');
    const hint =
      ENGINE_VERSION === HELD.version
        ? `plans of ${kind} changed: raise ENGINE_VERSION in src/engine/version.ts, then write the new hashes and that version here`
        : `the version is ${ENGINE_VERSION} now: write it and the hashes here, this one is ${hash}`;
    expect({ version: ENGINE_VERSION, [kind]: hash }, hint).toEqual({ version: HELD.version, [kind]: HELD[kind] });
  });
});
