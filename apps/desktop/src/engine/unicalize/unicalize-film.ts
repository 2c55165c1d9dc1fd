import type { TempPlace, Variant } from '@pingplex/shared/contracts/engine';
import type { JobContext } from '../job-context.ts';
import { filmPrint } from '../measure/film.ts';
import { pdq } from '../measure/pdq.ts';
import { distanceOf, type Print, type VideoPrint } from '../measure/print.ts';
import { FilmsAhead, sideBySide } from './film-ahead.ts';
import { type FilmUntilGood, filmUntilGood, firstLook } from './film-finish.ts';
import type { FilmOrder } from './film-make.ts';
import { drawFilm, FILM_AIMED_LADDER, FILM_PRESET_LADDER, type FilmPlan, tryCut } from './film-plan.ts';
import { type FilmSource, openFilm } from './film-source.ts';
import { Portions, partOf } from './portions.ts';
import type { Targets } from './presets.ts';
import { type Done, type Search, searchVariant, type Tried } from './search.ts';
import type { UnicalizeSettings } from './settings.ts';
import { type Made, nearestFigure, withSisters } from './sisters.ts';
import { flat } from './unicalize-sound.ts';

/** Bits by which a try may be wrong about the finished film: it sees few frames, without the encoder's losses. */
const TRIAL_MARGIN = 6;
const CONFIRMATIONS = 2;
const AIMED_CONFIRMATIONS = 3;
/** Share of the whole job that measuring the source takes. */
const OPENING = 0.1;
/** Share of a group's part of the job that encoding and reading all of it back takes. */
const TOGETHER = 0.9;

/**
 * Makes variants of a film: off-centre cut at the same size, light, colour, noise, speed, trimmed ends, another rhythm of key frames;
 * sound at the same speed and loudness.
 * @throws AppError engine.stepNotPossible (`reason`: tooSmall, noPicture, noEncoder), file.*, output.*
 */
export async function unicalizeFilm(
  path: string,
  temp: TempPlace,
  settings: UnicalizeSettings,
  targets: Targets,
  ctx: JobContext,
): Promise<Variant[]> {
  const source = await openFilm(path, partOf(ctx, 0, OPENING));
  const run: FilmRun = { source, settings, targets, temp, ahead: new FilmsAhead(), trials: new Map() };
  const made: Made[] = [];
  const atOnce = sideBySide(source);
  for (let from = 1; from <= settings.variants; from += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, settings.variants - from + 1) }, (_, i) => from + i);
    const end = (of: number) => OPENING + ((1 - OPENING) * of) / settings.variants;
    const part = partOf(ctx, end(from - 1), end(from - 1 + numbers.length));
    const together = numbers.length > 1 && !targets.isAimed;
    if (together) await run.ahead.make(source, await foresee(run, numbers, made, ctx), temp, partOf(part, 0, TOGETHER));
    const begun = together ? TOGETHER : 0;
    for (const [i, n] of numbers.entries()) {
      const share = (of: number) => begun + ((1 - begun) * of) / numbers.length;
      const one = partOf(part, share(i), share(i + 1));
      made.push(await makeVariant(run, n, made, one));
      one.progress(1);
    }
  }
  return withSisters(made, targets);
}

/** What all variants of one film have in common. */
type FilmRun = {
  readonly source: FilmSource;
  readonly settings: UnicalizeSettings;
  readonly targets: Targets;
  readonly temp: TempPlace;
  readonly ahead: FilmsAhead;
  /** Prints of tried cuts, by the cut. */
  readonly trials: Map<string, VideoPrint>;
};

/** A cut on some small frames: enough to guess how far it moves the hashes. */
function tryPrint({ source, trials }: FilmRun, plan: FilmPlan): VideoPrint {
  const { cropX, cropY, offsetX, offsetY, mirror } = plan;
  const key = [cropX, cropY, offsetX, offsetY, mirror].join();
  const known = trials.get(key);
  if (known) return known;
  const film = filmPrint(source.small.map((luma) => pdq(tryCut(luma, plan))));
  const print: VideoPrint = { kind: 'video', film, sound: undefined };
  trials.set(key, print);
  return print;
}

/** How a variant's plan is looked for, apart from what is done with one that was found. */
function ladderFor(run: FilmRun, n: number, figureOf: (print: Print) => number | undefined): Omit<Search<FilmPlan, Done>, 'finish'> {
  const { source, settings, targets } = run;
  const { isAimed } = targets;
  return {
    ...(isAimed ? FILM_AIMED_LADDER : FILM_PRESET_LADDER),
    isHalving: isAimed,
    margin: TRIAL_MARGIN,
    confirmations: isAimed ? AIMED_CONFIRMATIONS : CONFIRMATIONS,
    draw: (attempt) => drawFilm(settings.seed, n, attempt, settings, isAimed, source.media.durationMs ?? 0),
    tryOut: (plan) => figureOf(tryPrint(run, plan)),
  };
}

/** What the search will probably want first of each variant: the same search, with tried cuts in place of finished sisters. */
async function foresee(run: FilmRun, numbers: readonly number[], finished: readonly Made[], ctx: JobContext): Promise<FilmOrder[]> {
  const { source, targets } = run;
  const prints = finished.map(({ print }) => print);
  const orders: FilmOrder[] = [];
  for (const n of numbers) {
    const figureOf = (print: Print) => nearestFigure(print, source.print, prints, targets);
    // One finished file is all that is foreseen, so the first that is asked for ends the search.
    const finish = (tried: Tried<FilmPlan>) =>
      Promise.resolve({ figure: tried.figure, quality: targets.minQuality, encodes: 1, isComplete: true, plan: tried.plan });
    const { done } = await searchVariant<FilmPlan, Done & { readonly plan: FilmPlan }>(
      { ...ladderFor(run, n, figureOf), confirmations: 1, finish },
      targets,
      ctx.signal,
    );
    orders.push({ n, plan: firstLook(source, done.plan) });
    prints.push(tryPrint(run, done.plan));
  }
  return orders;
}

async function makeVariant(run: FilmRun, n: number, sisters: readonly Made[], ctx: JobContext): Promise<Made> {
  const { source, targets, temp, ahead } = run;
  const others = sisters.map((sister) => sister.print);
  const figureOf = (print: Print) => nearestFigure(print, source.print, others, targets);
  const work = { source, targets, n, temp, figureOf, ahead, portions: new Portions(ctx) };
  const { done, tried, attempts } = await searchVariant<FilmPlan, FilmUntilGood>(
    { ...ladderFor(run, n, figureOf), finish: ({ plan }, isFinal) => filmUntilGood(work, plan, isFinal) },
    targets,
    ctx.signal,
  );
  const { bells, ...figures } = done.plan;
  const sound = source.media.audio ? { ...flat({ speed: done.plan.speed, tempo: 0, bells }), gain: done.gain } : {};
  const { dose, grain } = done.look;
  const parameters: Variant['parameters'] = { ...sound, ...figures, dose, grain, draw: tried.attempt };
  delete parameters['tempo'];
  if (source.container.format !== source.media.format) parameters['writtenAs'] = source.container.format;
  return {
    print: done.print,
    quality: done.quality,
    variant: { n, file: done.file, parameters, fromSource: distanceOf(source.print, done.print), quality: done.measured, attempts },
  };
}
