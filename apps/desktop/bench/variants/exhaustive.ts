import { release } from '../../src/engine/measure/big-memory.ts';
import { distanceOf, type Print, targetFigure } from '../../src/engine/measure/print.ts';
import { FilmsAhead } from '../../src/engine/unicalize/film-ahead.ts';
import { AIMED_FILM_LOOKS, writeFilm } from '../../src/engine/unicalize/film-finish.ts';
import { drawFilm, FILM_AIMED_LADDER } from '../../src/engine/unicalize/film-plan.ts';
import { openFilm } from '../../src/engine/unicalize/film-source.ts';
import { AIMED_LOOKS, paintLook } from '../../src/engine/unicalize/picture-finish.ts';
import { applyGeometry } from '../../src/engine/unicalize/picture-geometry.ts';
import { greyCut } from '../../src/engine/unicalize/picture-pass.ts';
import { AIMED_LADDER, drawGeometry, type Ladder } from '../../src/engine/unicalize/picture-plan.ts';
import { openSource } from '../../src/engine/unicalize/picture-source.ts';
import { Portions } from '../../src/engine/unicalize/portions.ts';
import type { Targets } from '../../src/engine/unicalize/presets.ts';
import { drawSound, SOUND_AIMED_LADDER } from '../../src/engine/unicalize/sound-plan.ts';
import { encodeSound, openSound } from '../../src/engine/unicalize/unicalize-sound.ts';
import { type MediaSource, QUIET } from './files.ts';

/** A setting made and measured on the whole file. */
export type Setting = { readonly distance: number; readonly quality: number };

const SEED = 1;
const N = 1;
/**
 * Up to this size every look is tried with every cut. In larger pictures only the best look is, with every cut: on the small ones the
 * others never were better, and a look moves no hash.
 */
const THOROUGH_PIXELS = 200_000;
/** Larger pictures would take minutes each. */
const MOST_PIXELS = 1_600_000;
/** Films are encoded whole for every setting, so only every so many levels are tried. */
const FILM_LEVELS_STEP = 3;
/** As `MOST_PIXELS`, for films: pixels of a frame times seconds. */
const MOST_PIXEL_SECONDS = 400_000;

/** Every setting that target mode may choose from, made on the whole file and measured: cuts (or speeds) times looks. */
export async function allSettings(source: MediaSource, targets: Targets, dir: string): Promise<Setting[]> {
  switch (source.kind) {
    case 'image':
      return pictureSettings(source.path, targets);
    case 'video':
      return filmSettings(source.path, targets, dir);
    case 'audio':
      return soundSettings(source.path, dir);
  }
}

/** One or more tries of each level of the ladder. */
function attempts({ levels, triesPerLevel }: Ladder, perLevel: number): number[] {
  return Array.from({ length: levels * perLevel }, (_, i) => Math.floor(i / perLevel) * triesPerLevel + (i % perLevel));
}

async function pictureSettings(path: string, targets: Targets): Promise<Setting[]> {
  const source = await openSource(path);
  const figureOf = (print: Print) => targetFigure(distanceOf(source.print, print));
  const settings = { variants: 1, strength: 'balanced' as const, seed: SEED, mirror: false };
  const work = { source, settings, targets, n: N, figureOf, portions: new Portions(QUIET), signal: QUIET.signal };
  const pixels = source.picture.pixels.width * source.picture.pixels.height;
  if (pixels > MOST_PIXELS) return [];
  const looks = pixels > THOROUGH_PIXELS ? AIMED_LOOKS.slice(-1) : AIMED_LOOKS;
  const found: Setting[] = [];
  for (const attempt of attempts(AIMED_LADDER, 1)) {
    const placed = await applyGeometry(source.picture.pixels, drawGeometry(SEED, N, attempt, undefined, false));
    const reference = await greyCut(placed, QUIET.signal);
    for (const look of looks) {
      const { figure, quality } = await paintLook(work, placed, reference, look);
      if (figure !== undefined) found.push({ distance: figure, quality });
    }
    release(placed.pixels.data);
    release(reference.data);
  }
  return found;
}

async function filmSettings(path: string, targets: Targets, dir: string): Promise<Setting[]> {
  const source = await openFilm(path, QUIET);
  const figureOf = (print: Print) => targetFigure(distanceOf(source.print, print));
  const temp = { dir, stem: '.pingplex-all' };
  const work = { source, targets, n: N, temp, figureOf, portions: new Portions(QUIET), ahead: new FilmsAhead() };
  const { width = 0, height = 0 } = source.video;
  if ((width * height * (source.media.durationMs ?? 0)) / 1000 > MOST_PIXEL_SECONDS) return [];
  const found: Setting[] = [];
  for (const attempt of attempts(FILM_AIMED_LADDER, 1).filter((_, i) => i % FILM_LEVELS_STEP === 2)) {
    const plan = drawFilm(SEED, N, attempt, { strength: 'balanced', mirror: false }, true, source.media.durationMs ?? 0);
    for (const look of AIMED_FILM_LOOKS) {
      const { figure, quality } = await writeFilm(work, plan, look, QUIET);
      if (figure !== undefined && quality !== undefined) found.push({ distance: figure, quality });
    }
  }
  return found;
}

async function soundSettings(path: string, dir: string): Promise<Setting[]> {
  const source = await openSound(path, QUIET);
  const temp = { dir, stem: '.pingplex-all' };
  const found: Setting[] = [];
  for (const attempt of attempts(SOUND_AIMED_LADDER, 1)) {
    const plan = drawSound(SEED, N, attempt, undefined);
    for (const dose of [1, 0]) {
      const { facts, quality } = await encodeSound(source, plan, { dose, grain: 0, better: 0 }, N, temp, new Portions(QUIET));
      const figure = targetFigure(distanceOf({ kind: 'audio', sound: source.facts.print }, { kind: 'audio', sound: facts.print }));
      if (figure !== undefined && quality !== undefined) found.push({ distance: figure, quality });
    }
  }
  return found;
}
