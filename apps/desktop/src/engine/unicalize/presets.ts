import type { MediaKind, Strength } from '@pingplex/shared/domain';

/** Smallest and largest value that is drawn; for a figure with two signs, of its size. */
type Range = readonly [low: number, high: number];

/** Ranges for still pictures. Only the first three move perceptual hashes; the others change bytes and sensor noise. */
type PicturePreset = {
  /** Degrees, either sign. */
  readonly rotate: Range;
  /** Part of the size that is cut off, beyond what the rotation needs. */
  readonly zoom: Range;
  /** Change of the aspect ratio, either sign. */
  readonly stretch: Range;
  /** Change of mean light, either sign, share of full scale. */
  readonly brightness: Range;
  readonly contrast: Range;
  /** Exponent minus one, either sign. */
  readonly gamma: Range;
  readonly saturation: Range;
  /** Light ramp over the whole picture, share. */
  readonly ramp: Range;
  /** Standard deviation of the noise, of 255. */
  readonly noise: Range;
  /** JPEG quality; other encoders have it translated. */
  readonly quality: number;
};

export const PICTURE_PRESETS: Readonly<Record<Strength, PicturePreset>> = {
  light: {
    rotate: [0.1, 0.3],
    zoom: [0.01, 0.02],
    stretch: [0, 0],
    brightness: [0, 0.01],
    contrast: [0, 0.02],
    gamma: [0, 0],
    saturation: [0, 0.03],
    ramp: [0, 0],
    noise: [1.5, 2],
    quality: 90,
  },
  balanced: {
    rotate: [0.2, 0.8],
    zoom: [0.03, 0.05],
    stretch: [0.01, 0.02],
    brightness: [0, 0],
    contrast: [0, 0.03],
    gamma: [0, 0.04],
    saturation: [0, 0.04],
    ramp: [0, 0.02],
    noise: [2, 2.5],
    quality: 88,
  },
  strong: {
    rotate: [0.6, 1.5],
    zoom: [0.05, 0.07],
    stretch: [0.03, 0.04],
    brightness: [0, 0],
    contrast: [0, 0.05],
    gamma: [0, 0.06],
    saturation: [0, 0.06],
    ramp: [0, 0.04],
    noise: [2.5, 3],
    quality: 86,
  },
};

/** The weakest cut of a search for a named distance: it hardly moves a hash. Turning and stretching would cost more than they add. */
export const AIMED_PICTURE: Pick<PicturePreset, 'rotate' | 'zoom' | 'stretch'> = {
  rotate: [0, 0.1],
  zoom: [0.005, 0.006],
  stretch: [0, 0],
};

/** Ranges for films. Rotation is left out: it costs more than all the rest together. */
type FilmPreset = {
  /** Share of the width and height that is cut off. */
  readonly crop: Range;
  readonly brightness: Range;
  readonly contrast: Range;
  readonly gamma: Range;
  readonly saturation: Range;
  /** Degrees, either sign. */
  readonly hue: Range;
  /** Strength of FFmpeg's `noise` filter. */
  readonly noise: Range;
  /** Change of speed, either sign. */
  readonly speed: Range;
  /** Seconds cut from head and tail each. */
  readonly trim: Range;
  readonly crf: Range;
};

export const FILM_PRESETS: Readonly<Record<Strength, FilmPreset>> = {
  light: {
    crop: [0.01, 0.02],
    brightness: [0, 0.01],
    contrast: [0, 0.02],
    gamma: [0, 0],
    saturation: [0, 0.03],
    hue: [0, 1],
    noise: [2, 3],
    speed: [0, 0.005],
    trim: [0, 0.1],
    crf: [20, 22],
  },
  balanced: {
    crop: [0.05, 0.07],
    brightness: [0, 0.01],
    contrast: [0, 0.03],
    gamma: [0, 0.04],
    saturation: [0, 0.04],
    hue: [0, 2],
    noise: [3, 4],
    speed: [0.005, 0.02],
    trim: [0.1, 0.3],
    crf: [20, 22],
  },
  strong: {
    crop: [0.09, 0.12],
    brightness: [0, 0.015],
    contrast: [0, 0.05],
    gamma: [0, 0.06],
    saturation: [0, 0.06],
    hue: [0, 3],
    noise: [4, 5],
    speed: [0.01, 0.03],
    trim: [0.1, 0.6],
    crf: [19, 21],
  },
};

/** As `AIMED_PICTURE`, for films. */
export const AIMED_FILM_CROP: Range = [0.005, 0.007];

/** Ranges for sound. */
type SoundPreset = {
  /** Change of speed that shifts the pitch too, either sign. */
  readonly speed: Range;
  /** Change of tempo alone, either sign. */
  readonly tempo: Range;
  /** Gain of each equaliser band in dB, either sign. */
  readonly gain: Range;
  readonly bands: number;
};

export const SOUND_PRESETS: Readonly<Record<Strength, SoundPreset>> = {
  light: { speed: [0.004, 0.007], tempo: [0.004, 0.008], gain: [1, 1.5], bands: 1 },
  balanced: { speed: [0.01, 0.015], tempo: [0.01, 0.015], gain: [1.5, 2], bands: 2 },
  strong: { speed: [0.02, 0.03], tempo: [0.015, 0.02], gain: [2, 3], bands: 2 },
};

/** As `AIMED_PICTURE`, for sound; with the light preset's equaliser, because more of it costs quality without moving the fingerprint. */
export const AIMED_SOUND: SoundPreset = { speed: [0.0015, 0.002], tempo: [0.0015, 0.002], gain: [0.5, 1], bands: 1 };

/** What a variant must reach: distance in the unit of its kind, quality 0–1. */
export type Targets = {
  /**
   * The user named the distance. Then the engine looks for the weakest change that reaches it and keeps the quality as high as it can be;
   * the strength only limits how far light, colour and noise may go.
   */
  readonly isAimed: boolean;
  /** From the source. */
  readonly minDistance: number | undefined;
  /** Between sisters. */
  readonly sisterDistance: number | undefined;
  readonly minQuality: number | undefined;
};

/** Sound: dissimilarity in % under which Chromaprint's users call recordings the same (20), and where unrelated ones begin (35). */
const SOUND_DISTANCE: Readonly<Record<Strength, number | undefined>> = { light: undefined, balanced: 20, strong: 30 };
/**
 * Chromaprint rounds to semitones, so two pieces that are both a little higher than the source are nearer to each other than to it;
 * no change that a listener would accept moves them further apart.
 */
const SISTER_SOUND_DISTANCE: Readonly<Record<Strength, number | undefined>> = { light: undefined, balanced: 12, strong: 15 };
/** One bit more than what ThreatExchange's matchers still take as the same picture. */
const PDQ_DISTANCE = 32;

/** The user's targets, and ours where the user named none. Light variants need only be other files. */
export function targetsFor(
  kind: MediaKind,
  settings: { strength: Strength; minDistance?: number | undefined; minQuality?: number | undefined },
): Targets {
  const picture = settings.strength === 'light' ? undefined : PDQ_DISTANCE;
  const [source, sisters] =
    kind === 'audio' ? [SOUND_DISTANCE[settings.strength], SISTER_SOUND_DISTANCE[settings.strength]] : [picture, picture];
  const quality = { image: 0.95, video: 0.92, audio: undefined }[kind];
  return {
    isAimed: settings.minDistance !== undefined,
    minDistance: settings.minDistance ?? source,
    sisterDistance: settings.minDistance ?? sisters,
    minQuality: settings.minQuality ?? quality,
  };
}
