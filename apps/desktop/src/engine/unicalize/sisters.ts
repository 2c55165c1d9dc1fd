import type { Distance, Missed, Variant } from '@pingplex/shared/contracts/engine';
import { distanceOf, type Print, targetFigure } from '../measure/print.ts';
import type { Targets } from './presets.ts';

/** A variant before its sisters are all known. */
export type Made = {
  readonly variant: Omit<Variant, 'nearestSister' | 'targetReached' | 'missed'>;
  readonly print: Print;
  readonly quality: number | undefined;
};

/**
 * Smallest figure (unit of `minDistance`) between a print and those that it must be far from; undefined when that can't be told.
 * Where sisters may be nearer to each other than to the source, their figures count as that much larger, so that one number can be held
 * against `minDistance`.
 */
export function nearestFigure(print: Print, source: Print, sisters: readonly Print[], targets: Targets): number | undefined {
  const allowance = (targets.minDistance ?? 0) - (targets.sisterDistance ?? 0);
  let nearest = targetFigure(distanceOf(print, source));
  for (const sister of sisters) {
    const figure = targetFigure(distanceOf(print, sister));
    if (figure === undefined || nearest === undefined) return undefined;
    nearest = Math.min(nearest, figure + allowance);
  }
  return nearest;
}

/** True when a figure is known and high enough, or nothing is asked. */
export function reaches(figure: number | undefined, target: number | undefined): boolean {
  return target === undefined || (figure !== undefined && figure >= target);
}

/** Adds to every variant the sister that is nearest to it, and says what of the targets it falls short of. */
export function withSisters(made: readonly Made[], targets: Targets): Variant[] {
  return made.map(({ variant, print, quality }, i) => {
    const others = made.filter((_, j) => j !== i).map((other) => other.print);
    const nearest = nearestOf(print, others);
    const missed: Missed[] = [];
    if (!reaches(targetFigure(variant.fromSource), targets.minDistance)) missed.push('source');
    if (nearest && !reaches(targetFigure(nearest), targets.sisterDistance)) missed.push('sisters');
    if (!reaches(quality, targets.minQuality)) missed.push('quality');
    return {
      ...variant,
      ...(nearest ? { nearestSister: nearest } : {}),
      targetReached: missed.length === 0,
      ...(missed.length > 0 ? { missed } : {}),
    };
  });
}

function nearestOf(print: Print, others: readonly Print[]): Distance | undefined {
  return others.map((other) => distanceOf(print, other)).toSorted((a, b) => (targetFigure(a) ?? 0) - (targetFigure(b) ?? 0))[0];
}
