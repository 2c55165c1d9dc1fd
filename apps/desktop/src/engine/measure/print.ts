import type { Distance } from '@pingplex/shared/contracts/engine';
import type { MediaKind } from '@pingplex/shared/domain';
import { openMedia } from './av-media.ts';
import { filmScore, pictureScore, soundScore } from './bands.ts';
import { type SoundPrint, soundSimilarity } from './chromaprint.ts';
import { type FilmPrint, MIN_FRAMES, matchFilms, printFilm } from './film.ts';
import { type Luma, lumaOf, shrinkLuma } from './luma.ts';
import { openPicture } from './open-picture.ts';
import { type PdqPrint, pdq, pdqDistance } from './pdq.ts';
import { phash, phashDistance } from './phash.ts';
import { printOf } from './sound.ts';

export type PicturePrint = { readonly kind: 'image'; readonly pdq: PdqPrint; readonly phash: bigint };
export type VideoPrint = { readonly kind: 'video'; readonly film: FilmPrint; readonly sound: SoundPrint | undefined };
export type AudioPrint = { readonly kind: 'audio'; readonly sound: SoundPrint };
/** All that is needed of a file to tell how far it is from another one. */
export type Print = PicturePrint | VideoPrint | AudioPrint;

/** Hashes of a decoded picture. */
export function printLuma(luma: Luma): PicturePrint {
  const small = shrinkLuma(luma);
  return { kind: 'image', pdq: pdq(small), phash: phash(small) };
}

/**
 * Reads a file and takes its prints.
 * @throws AppError as `openPicture` and `openMedia`
 */
export async function printFile(path: string, kind: MediaKind, signal: AbortSignal): Promise<Print> {
  if (kind === 'image') return printLuma(lumaOf((await openPicture(path)).pixels));
  const media = await openMedia(path);
  if (kind === 'audio') return { kind, sound: await printOf(media, signal) };
  return { kind, film: await printFilm(media, signal), sound: media.audio ? await printOf(media, signal) : undefined };
}

/**
 * How far two files of one kind are apart, from their prints.
 * @throws RangeError when the prints are of different kinds
 */
export function distanceOf(a: Print, b: Print): Distance {
  if (a.kind === 'image' && b.kind === 'image') return pictureDistance(a, b);
  if (a.kind === 'video' && b.kind === 'video') return videoDistance(a, b);
  if (a.kind === 'audio' && b.kind === 'audio') return audioDistance(a, b);
  throw new RangeError(`no distance between ${a.kind} and ${b.kind}`);
}

/** The figure that `minDistance` is held against: PDQ bits for pictures and films, dissimilarity in % for sound. */
export function targetFigure(distance: Distance): number | undefined {
  if (distance.pdq !== undefined) return distance.pdq;
  return distance.audioSimilarity === undefined ? undefined : (1 - distance.audioSimilarity) * 100;
}

function pictureDistance(a: PicturePrint, b: PicturePrint): Distance {
  const bits = pdqDistance(a.pdq, b.pdq);
  const flat = Math.min(a.pdq.quality, b.pdq.quality) < 50;
  return {
    ...pictureScore(bits),
    pdq: bits,
    phash: phashDistance(a.phash, b.phash),
    ...(flat ? { notes: ['lowDetail'] } : {}),
  };
}

function videoDistance(a: VideoPrint, b: VideoPrint): Distance {
  const match = matchFilms(a.film, b.film);
  const similarity = a.sound && b.sound ? soundSimilarity(a.sound, b.sound) : undefined;
  const sound = similarity === undefined ? {} : { audioSimilarity: similarity };
  if (!match) return { score: 0, band: 'same', ...sound, notes: ['noTellingFrames'] };
  const few = Math.min(a.film.telling.length, b.film.telling.length) < MIN_FRAMES;
  return {
    ...filmScore(match.median, match.share),
    pdq: match.median,
    frameMatch: match.share,
    ...sound,
    ...(few ? { notes: ['fewTellingFrames'] } : {}),
  };
}

function audioDistance(a: AudioPrint, b: AudioPrint): Distance {
  const similarity = soundSimilarity(a.sound, b.sound);
  if (similarity === undefined) return { score: 0, band: 'same', notes: ['tooShortToTell'] };
  return { ...soundScore(similarity), audioSimilarity: similarity };
}
