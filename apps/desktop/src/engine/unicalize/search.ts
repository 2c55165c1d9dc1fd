import type { Targets } from './presets.ts';
import { reaches } from './sisters.ts';

/** A drawn plan, which try it was, and how far it seemed to be before anything was encoded. */
export type Tried<P> = { readonly plan: P; readonly attempt: number; readonly figure: number };

/** A finished file; `figure` is the measured distance to the nearest of source and sisters, `quality` 0–1. */
export type Done = {
  readonly figure: number | undefined;
  readonly quality: number | undefined;
  readonly encodes: number;
  /** False when the making was ended early because the file was too near anyway. */
  readonly isComplete: boolean;
};

export type Search<P, D extends Done> = {
  /** Tries that may be drawn. They get stronger with their number, level by level. */
  readonly levels: number;
  readonly triesPerLevel: number;
  /** Find the weakest level by halving instead of beginning with the first one: for targets that may be anywhere. */
  readonly isHalving: boolean;
  /** By how much a try may be wrong about the finished file. */
  readonly margin: number;
  /** Finished files that may turn out too near before the best of them is taken. */
  readonly confirmations: number;
  readonly draw: (attempt: number) => P;
  /** Distance without encoding; undefined when the file has nothing to tell it by. */
  readonly tryOut: (plan: P) => Promise<number | undefined> | number | undefined;
  /**
   * Encodes, writes and measures; writing again replaces the file.
   * @param isFinal true when this is the one that will be handed out, however near it is
   */
  readonly finish: (tried: Tried<P>, isFinal: boolean) => Promise<D>;
};

type Found<P, D extends Done> = { done: D; tried: Tried<P>; attempts: number };

/**
 * Finds the weakest plan whose finished file is far and good enough, so that the variant loses no more than it must. When none is, the
 * one that comes nearest to the targets is made.
 */
export async function searchVariant<P, D extends Done>(search: Search<P, D>, targets: Targets, signal: AbortSignal): Promise<Found<P, D>> {
  return new Hunt(search, targets, signal).run();
}

class Hunt<P, D extends Done> {
  private readonly search: Search<P, D>;
  private readonly targets: Targets;
  private readonly signal: AbortSignal;
  private readonly known = new Map<number, Tried<P>>();
  private best: { done: D; tried: Tried<P> } | undefined;
  private last: Tried<P> | undefined;
  private confirmed = 0;
  private extraEncodes = 0;

  constructor(search: Search<P, D>, targets: Targets, signal: AbortSignal) {
    this.search = search;
    this.targets = targets;
    this.signal = signal;
  }

  async run(): Promise<Found<P, D>> {
    const { levels, triesPerLevel, isHalving, confirmations, margin } = this.search;
    const { minDistance } = this.targets;
    const first = await this.tryOut(0);
    if (minDistance === undefined || first === undefined) {
      await this.confirm(first ?? { plan: this.search.draw(0), attempt: 0, figure: 0 });
      return this.result();
    }
    const from = isHalving ? await this.weakestLevel() : 0;
    const order = [...Array(levels * triesPerLevel).keys()];
    for (const attempt of [...order.slice(from * triesPerLevel), ...order.slice(0, from * triesPerLevel)]) {
      const tried = await this.tryOut(attempt);
      if (tried && this.seemsFar(tried) && (await this.confirm(tried))) return this.result();
    }
    for (const tried of [...this.known.values()].toSorted((a, b) => b.figure - a.figure)) {
      if (this.confirmed >= confirmations || (this.best && tried.figure < minDistance - margin)) break;
      if (!this.seemsFar(tried) && (await this.confirm(tried))) break;
    }
    return this.result();
  }

  /** The lowest level with a try that seems far enough, if they get farther level by level; 0 when not even the highest has one. */
  private async weakestLevel(): Promise<number> {
    let low = 0;
    let high = this.search.levels;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (await this.reachesOn(middle)) high = middle;
      else low = middle + 1;
    }
    return low === this.search.levels ? 0 : low;
  }

  private async reachesOn(level: number): Promise<boolean> {
    const { triesPerLevel } = this.search;
    for (let attempt = level * triesPerLevel; attempt < (level + 1) * triesPerLevel; attempt++) {
      const tried = await this.tryOut(attempt);
      if (tried && this.seemsFar(tried)) return true;
    }
    return false;
  }

  private seemsFar(tried: Tried<P>): boolean {
    return tried.figure >= (this.targets.minDistance ?? 0) + this.search.margin;
  }

  /** @returns undefined when the file can't be told from others at all */
  private async tryOut(attempt: number): Promise<Tried<P> | undefined> {
    const before = this.known.get(attempt);
    if (before) return before;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.signal.throwIfAborted();
    const plan = this.search.draw(attempt);
    const figure = this.targets.minDistance === undefined ? 0 : await this.search.tryOut(plan);
    if (figure === undefined) return undefined;
    const tried = { plan, attempt, figure };
    this.known.set(attempt, tried);
    return tried;
  }

  /** @returns true when the search is over: the targets are reached, or nothing that is still to come could help */
  private async confirm(tried: Tried<P>): Promise<boolean> {
    const { targets } = this;
    const done = await this.search.finish(tried, this.targets.minDistance === undefined);
    this.confirmed += 1;
    this.extraEncodes += done.encodes - 1;
    this.last = tried;
    if (!this.best || shortfall(done, targets) < shortfall(this.best.done, targets)) this.best = { done, tried };
    // A stronger plan is never a better one: once it is far enough, only its quality can be what is missing.
    return reaches(done.figure, targets.minDistance) || this.confirmed >= this.search.confirmations;
  }

  private async result(): Promise<Found<P, D>> {
    if (!this.best) throw new RangeError('a search begins before its end');
    const { tried, done } = this.best;
    return {
      done: tried === this.last && done.isComplete ? done : await this.search.finish(tried, true),
      tried,
      attempts: Math.max(1, this.known.size) + this.extraEncodes,
    };
  }
}

/** How much is missing to both targets, as shares of them; 0 when both are reached. */
function shortfall({ figure, quality }: Done, { minDistance, minQuality }: Targets): number {
  const missing = (has: number | undefined, wants: number | undefined) =>
    wants === undefined || wants === 0 ? 0 : Math.max(0, (wants - (has ?? 0)) / wants);
  return missing(figure, minDistance) + missing(quality, minQuality);
}
