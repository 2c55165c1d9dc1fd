import type { Targets } from './presets.ts';
import { reaches } from './sisters.ts';

/** A drawn plan, which try it was, and how far it seemed to be before anything was encoded. */
export type Tried<P> = { readonly plan: P; readonly attempt: number; readonly figure: number };

/** A finished file; `figure` is the measured distance to the nearest of source and sisters. */
export type Done = { readonly figure: number | undefined; readonly encodes: number };

export type Search<P, D extends Done> = {
  /** Number of tries that may be drawn. They get stronger with their number. */
  readonly tries: number;
  /** By how much a try may be wrong about the finished file. */
  readonly margin: number;
  /** Finished files that may turn out too near before the best of them is taken. */
  readonly confirmations: number;
  readonly draw: (attempt: number) => P;
  /** Distance without encoding; undefined when the file has nothing to tell it by. */
  readonly tryOut: (plan: P) => Promise<number | undefined> | number | undefined;
  /** Encodes, writes and measures; writing again replaces the file. */
  readonly finish: (tried: Tried<P>) => Promise<D>;
};

/**
 * Finds the weakest plan whose finished file is far enough, so that the variant loses no more than it must. When none is, the
 * farthest one is made.
 */
export async function searchVariant<P, D extends Done>(
  search: Search<P, D>,
  { minDistance }: Targets,
  signal: AbortSignal,
): Promise<{ done: D; tried: Tried<P>; attempts: number }> {
  let best: { done: D; tried: Tried<P> } | undefined;
  let last: Tried<P> | undefined;
  let attempts = 0;
  for (let confirmation = 0, from = 0; confirmation < search.confirmations && from < search.tries; confirmation++) {
    const found = await firstFarEnough(search, minDistance, from, signal);
    const done = await search.finish(found.tried);
    attempts += found.count + done.encodes - 1;
    last = found.tried;
    if (!best || (done.figure ?? 0) > (best.done.figure ?? 0)) best = { done, tried: found.tried };
    if (reaches(done.figure, minDistance) || !found.passed) break;
    from = found.tried.attempt + 1;
  }
  if (!best) throw new RangeError('a search begins before its end');
  const done = best.tried === last ? best.done : await search.finish(best.tried);
  return { done, tried: best.tried, attempts };
}

async function firstFarEnough<P, D extends Done>(
  search: Search<P, D>,
  minDistance: number | undefined,
  from: number,
  signal: AbortSignal,
): Promise<{ tried: Tried<P>; count: number; passed: boolean }> {
  let best: Tried<P> | undefined;
  for (let attempt = from; attempt < search.tries; attempt++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const plan = search.draw(attempt);
    if (minDistance === undefined) return { tried: { plan, attempt, figure: 0 }, count: 1, passed: true };
    const figure = await search.tryOut(plan);
    const tried = { plan, attempt, figure: figure ?? 0 };
    if (figure === undefined) return { tried, count: 1, passed: false };
    if (!best || tried.figure > best.figure) best = tried;
    if (tried.figure >= minDistance + search.margin) return { tried, count: attempt - from + 1, passed: true };
  }
  if (!best) throw new RangeError('a search begins before its end');
  return { tried: best, count: search.tries - from, passed: false };
}
