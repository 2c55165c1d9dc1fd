import { isDeepStrictEqual } from 'node:util';
import type { TempPlace } from '@pingplex/shared/contracts/engine';
import type { JobContext } from '../job-context.ts';
import { type FilmOrder, type MadeFilm, makeFilms } from './film-make.ts';
import type { FilmSource } from './film-source.ts';

/** Variants that are encoded side by side at most: more would need more memory, and four keep eight threads busy. */
const MOST = 4;
/** Pixels of all frames that are encoded side by side: four at 1080p. An encoder holds some forty frames. */
const PIXELS = 4 * 1920 * 1088;

/** How many variants of a film are encoded side by side. */
export function sideBySide({ video }: FilmSource): number {
  return Math.max(1, Math.min(MOST, Math.floor(PIXELS / ((video.width ?? 1) * (video.height ?? 1)))));
}

/**
 * Variants that were made together before the search asked for them, so that the source is decoded once for several. What the search
 * will want is only foreseen: a wrong guess costs its encode, never the result, because the search then makes its own.
 */
export class FilmsAhead {
  private readonly ready = new Map<number, MadeFilm>();

  /** Makes what is foreseen. A single order would gain nothing and is left to the search. */
  async make(source: FilmSource, orders: readonly FilmOrder[], temp: TempPlace, ctx: JobContext): Promise<void> {
    if (orders.length < 2) return;
    for (const made of await makeFilms(source, orders, temp, ctx)) this.ready.set(made.order.n, made);
  }

  /** Hands out a film once, if it is what is wanted; afterwards its file may be written over. */
  take({ n, plan }: FilmOrder): MadeFilm | undefined {
    const made = this.ready.get(n);
    this.ready.delete(n);
    return made && isDeepStrictEqual(made.order.plan, plan) ? made : undefined;
  }
}
