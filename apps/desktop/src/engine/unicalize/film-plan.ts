import type { Strength } from '@pingplex/shared/domain';
import type { StreamFacts } from '../binaries/av.ts';
import { type Luma, sampleLuma } from '../measure/luma.ts';
import type { Look } from './looks.ts';
import type { Ladder } from './picture-plan.ts';
import { AIMED_FILM_CROP, FILM_PRESETS } from './presets.ts';
import { type Random, seeded } from './random.ts';
import type { SoundPlan } from './sound-plan.ts';

/** How a film is cut and changed. */
export type FilmPlan = {
  /** Share of width and height that is cut off. */
  readonly cropX: number;
  readonly cropY: number;
  /** Where the cut lies in the room there is, −1…1. */
  readonly offsetX: number;
  readonly offsetY: number;
  readonly mirror: boolean;
  readonly brightness: number;
  readonly contrast: number;
  readonly gamma: number;
  readonly saturation: number;
  readonly hue: number;
  readonly noise: number;
  readonly noiseSeed: number;
  /** Change of speed of picture and sound. */
  readonly speed: number;
  readonly headMs: number;
  readonly tailMs: number;
  readonly crf: number;
  readonly gop: number;
  readonly bFrames: number;
  readonly bells: SoundPlan['bells'];
};

/** From a preset, and to a named distance; see `picture-plan.ts`. */
export const FILM_PRESET_LADDER: Ladder = { levels: 7, triesPerLevel: 2, growth: 1.3 };
export const FILM_AIMED_LADDER: Ladder = { levels: 17, triesPerLevel: 3, growth: 1.28 };
const MAX_CROP = 0.3;
const GOLDEN = 0.618_033_988_75;
/** No more than this share of a clip is cut from each end. */
const MAX_TRIM = 0.04;

/**
 * Draws how a film is changed. Sisters are cut towards directions spread evenly.
 * @param n number of the variant, from 1
 * @param attempt number of the try, from 0; each level of the ladder cuts more
 * @param isAimed a distance was named: the strength then only limits light, colour and noise
 * @param durationMs length of the source, for how much may be cut from its ends
 */
export function drawFilm(
  seed: number,
  n: number,
  attempt: number,
  { strength, mirror }: { readonly strength: Strength; readonly mirror: boolean },
  isAimed: boolean,
  durationMs: number,
): FilmPlan {
  const range = isAimed ? AIMED_FILM_CROP : FILM_PRESETS[strength].crop;
  const random = seeded(seed, n, attempt, 5);
  const ladder = isAimed ? FILM_AIMED_LADDER : FILM_PRESET_LADDER;
  const growth = ladder.growth ** Math.floor(attempt / ladder.triesPerLevel);
  const turn = 2 * Math.PI * ((seeded(seed, 6).next() + n * GOLDEN + random.between(0, attempt === 0 ? 0.05 : 1)) % 1);
  const edge = Math.max(Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn)));
  const crop = () => short(Math.min(MAX_CROP, random.between(...range) * growth));
  return {
    cropX: crop(),
    cropY: crop(),
    offsetX: short(Math.cos(turn) / edge),
    offsetY: short(Math.sin(turn) / edge),
    mirror: mirror && random.next() < 0.5,
    ...drawLook(seeded(seed, n, 0, 7), strength, durationMs),
  };
}

function drawLook(random: Random, strength: Strength, durationMs: number) {
  const preset = FILM_PRESETS[strength];
  const trim = () => Math.round(Math.min(random.between(...preset.trim) * 1000, durationMs * MAX_TRIM));
  return {
    brightness: short(random.signed(...preset.brightness)),
    contrast: short(random.signed(...preset.contrast)),
    gamma: short(1 + random.signed(...preset.gamma)),
    saturation: short(1 + random.signed(...preset.saturation)),
    hue: short(random.signed(...preset.hue)),
    noise: random.whole(...preset.noise),
    noiseSeed: random.whole(1, 0x7fffffff),
    speed: short(random.signed(...preset.speed)),
    headMs: trim(),
    tailMs: trim(),
    crf: random.whole(...preset.crf),
    gop: random.whole(36, 90),
    bFrames: random.whole(2, 4),
    bells: [{ hz: Math.round(300 * 10 ** random.next()), gain: short(random.signed(0.5, 1.5)) }],
  };
}

/**
 * The plan with less noise and colour, encoded better.
 * @param share of the noise that the film bears
 */
export function weaker(plan: FilmPlan, { dose, grain, better }: Look, share: number): FilmPlan {
  return {
    ...plan,
    brightness: short(plan.brightness * dose),
    contrast: short(plan.contrast * dose),
    gamma: short(1 + (plan.gamma - 1) * dose),
    saturation: short(1 + (plan.saturation - 1) * dose),
    hue: short(plan.hue * dose),
    noise: Math.round(plan.noise * grain * share),
    crf: plan.crf - better,
  };
}

type Cut = { readonly width: number; readonly height: number; readonly left: number; readonly top: number };

/** Even numbers throughout: colour is stored for every second pixel. */
function cut(plan: FilmPlan, width: number, height: number): Cut {
  const even = (value: number) => 2 * Math.round(value / 2);
  const w = even(width * (1 - plan.cropX));
  const h = even(height * (1 - plan.cropY));
  return { width: w, height: h, left: even(((width - w) * (1 + plan.offsetX)) / 2), top: even(((height - h) * (1 + plan.offsetY)) / 2) };
}

/** The cut on a small grey frame, for trying out how far it moves the hashes. */
export function tryCut(luma: Luma, plan: FilmPlan): Luma {
  const { width, height } = luma;
  const left = (width * plan.cropX * (1 + plan.offsetX)) / 2;
  const top = (height * plan.cropY * (1 + plan.offsetY)) / 2;
  return sampleLuma(luma, width, height, (x, y) => {
    const sx = left + (x + 0.5) * (1 - plan.cropX) - 0.5;
    return [plan.mirror ? width - 1 - sx : sx, top + (y + 0.5) * (1 - plan.cropY) - 0.5];
  });
}

/** Cut, size and time: everything that must be equal before two films can be compared pixel by pixel. */
function geometryParts(plan: FilmPlan, { width = 0, height = 0, fps = 25 }: StreamFacts): { picture: string[]; time: string[] } {
  const { width: w, height: h, left, top } = cut(plan, width, height);
  const size = `${width - (width % 2)}:${height - (height % 2)}`;
  const speed = plan.speed === 0 ? [] : [`setpts=PTS/${1 + plan.speed}`];
  return {
    picture: [...(plan.mirror ? ['hflip'] : []), `crop=${w}:${h}:${left}:${top}`, `scale=${size}:flags=bicubic`, 'setsar=1'],
    time: [...speed, `fps=${Number(fps.toFixed(6))}`],
  };
}

/** FFmpeg's filters for the picture. */
export function filmChain(plan: FilmPlan, video: StreamFacts): string {
  const { picture, time } = geometryParts(plan, video);
  const { brightness, contrast, gamma, saturation, hue, noise, noiseSeed } = plan;
  const eq = [
    `brightness=${brightness}`,
    `contrast=${1 + contrast}`,
    `saturation=${saturation}`,
    ...(gamma === 1 ? [] : [`gamma=${gamma}`]),
  ];
  const look = [
    `eq=${eq.join(':')}`,
    ...(hue === 0 ? [] : [`hue=h=${hue}`]),
    ...(noise === 0 ? [] : [`noise=alls=${noise}:allf=t:all_seed=${noiseSeed}`]),
  ];
  return [...picture, ...look, ...time, 'format=yuv420p'].join(',');
}

/**
 * The same cut, size and time without the rest, on the whole source: what `greyFrames` does before and after it chooses frames.
 * @param startMs clock of the source at its begin
 */
export function geometryChain(plan: FilmPlan, video: StreamFacts, startMs: number): { before: string; after: string } {
  const { picture, time } = geometryParts(plan, video);
  const begin = (startMs + plan.headMs) / 1000;
  // Half a millisecond of tolerance and the rounding are those of `transcode`.
  const from = plan.headMs > 0 ? [`select=gte(t\\,${(begin - 0.0005).toFixed(6)})`] : [];
  return { before: [...from, `setpts=PTS-round(${begin.toFixed(6)}/TB)`, ...time].join(','), after: picture.join(',') };
}

function short(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
