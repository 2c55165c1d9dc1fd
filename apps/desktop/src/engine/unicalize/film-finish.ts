import type { Quality, TempPlace, WrittenFile } from '@pingplex/shared/contracts/engine';
import { removeQuietly, tempPath } from '../../output/index.ts';
import { transcode } from '../binaries/transcode.ts';
import { repeatableX264 } from '../binaries/x264-options.ts';
import type { JobContext } from '../job-context.ts';
import { openMedia } from '../measure/av-media.ts';
import type { VideoPrint } from '../measure/print.ts';
import type { FilmsAhead } from './film-ahead.ts';
import { cutOf, makeFilms, pictureJob } from './film-make.ts';
import { type FilmPlan, weaker } from './film-plan.ts';
import { sampleQuality } from './film-quality.ts';
import type { FilmSource } from './film-source.ts';
import { chooseLooks, type Look, untilGood } from './looks.ts';
import { type Portions, partOf } from './portions.ts';
import type { Targets } from './presets.ts';

/** Weaker and weaker changes of light, colour and noise, encoded better and better, until the quality is reached. */
export const FILM_LOOKS: readonly Look[] = [
  { dose: 1, grain: 1, better: 0 },
  { dose: 0.5, grain: 0.5, better: 2 },
  { dose: 0, grain: 0, better: 4 },
];
/** For a named distance; see `AIMED_LOOKS` of pictures. */
export const AIMED_FILM_LOOKS: readonly Look[] = [
  { dose: 1, grain: 0.5, better: 2 },
  { dose: 1, grain: 0, better: 4 },
  { dose: 0.4, grain: 0, better: 4 },
  { dose: 0, grain: 0, better: 4 },
];

/** Where samples of a film are taken (shares of its length), and how long each is. */
const SAMPLES_AT = [0.2, 0.6];
const SAMPLE_MS = 1200;

/** A variant of a film, written and read back. */
type WrittenFilm = {
  readonly file: WrittenFile;
  readonly print: VideoPrint;
  readonly measured: Quality;
  readonly plan: FilmPlan;
  readonly look: Look;
  readonly gain: number;
  readonly figure: number | undefined;
  /** SSIM, for the search. */
  readonly quality: number | undefined;
};
export type FilmUntilGood = WrittenFilm & { readonly encodes: number; readonly isComplete: boolean };

export type FilmWork = {
  readonly source: FilmSource;
  readonly targets: Targets;
  /** Number of the variant, from 1. */
  readonly n: number;
  readonly temp: TempPlace;
  /** Distance to the nearest of source and sisters. */
  readonly figureOf: (print: VideoPrint) => number | undefined;
  readonly portions: Portions;
  /** Variants that were encoded before the search came to them. */
  readonly ahead: FilmsAhead;
};

/**
 * Makes a film with a plan, with as much change of light, colour and noise as the wanted quality allows.
 * @param isFinal see `untilGood`
 */
export async function filmUntilGood(work: FilmWork, drawn: FilmPlan, isFinal: boolean): Promise<FilmUntilGood> {
  const { targets, portions } = work;
  const { looks, samples } = targets.isAimed ? await looksBySample(work, drawn, portions.next()) : { looks: FILM_LOOKS, samples: 0 };
  const { made, count, isComplete } = await untilGood(looks, targets, isFinal, (look) => writeFilm(work, drawn, look, portions.next()));
  return { ...made, encodes: count + samples, isComplete };
}

/** A plan as it is encoded first when no distance is named. */
export function firstLook(source: FilmSource, drawn: FilmPlan): FilmPlan {
  const [look] = FILM_LOOKS;
  return look ? weaker(drawn, look, source.noiseShare) : drawn;
}

export async function writeFilm(
  { source, n, temp, figureOf, ahead }: FilmWork,
  drawn: FilmPlan,
  look: Look,
  pass: JobContext,
): Promise<WrittenFilm> {
  const order = { n, plan: weaker(drawn, look, source.noiseShare) };
  const made = ahead.take(order) ?? (await makeFilms(source, [order], temp, pass))[0];
  if (!made) throw new RangeError('one order gives one film');
  const { file, print, measured, gain } = made;
  return { file, print, measured, plan: order.plan, look, gain, figure: figureOf(print), quality: measured.ssim };
}

async function looksBySample(work: FilmWork, drawn: FilmPlan, pass: JobContext): Promise<{ looks: readonly Look[]; samples: number }> {
  const { source, targets, n, temp } = work;
  const lengthMs = source.media.durationMs ?? 0;
  const parts = lengthMs < 4 * SAMPLE_MS ? [0] : SAMPLES_AT.map((at) => Math.round(lengthMs * at));
  const path = tempPath(temp, n, `sample.${source.container.ext}`);
  let done = 0;
  try {
    return await chooseLooks(AIMED_FILM_LOOKS, targets.minQuality, async (look) => {
      let sum = 0;
      for (const headMs of parts) {
        const plan = { ...weaker(drawn, look, source.noiseShare), headMs };
        const tailMs = Math.max(0, lengthMs - headMs - (parts.length === 1 ? lengthMs : SAMPLE_MS));
        done += 1;
        const part = partOf(pass, 1 - 0.9 ** (done - 1), 1 - 0.9 ** done);
        await transcode({ ...pictureJob(source, plan, await repeatableX264()), ...cutOf(source, { ...plan, tailMs }), output: path }, part);
        const quality = await sampleQuality(source.media, await openMedia(path), plan, part.signal);
        if (quality === undefined) return undefined;
        sum += quality / parts.length;
      }
      return sum;
    });
  } finally {
    await removeQuietly(path);
  }
}
