import type { Variant } from '@pingplex/shared/contracts/engine';
import { type MediaKind, Strength } from '@pingplex/shared/domain';
import { targetFigure } from '../../src/engine/measure/print.ts';
import { runUnicalize } from '../../src/engine/unicalize/run-unicalize.ts';
import { type MediaSource, QUIET, unlessRefused } from './files.ts';

const VARIANTS = { image: 3, video: 2, audio: 2 } as const satisfies Record<MediaKind, number>;

/** One variant's figures: distances in PDQ bits (pictures, films) or percent of dissimilarity (sound), quality 0–1. */
export type Point = {
  readonly file: string;
  readonly isReal: boolean;
  readonly kind: MediaKind;
  readonly strength: Strength;
  readonly distance: number;
  readonly sister: number | undefined;
  readonly quality: number | undefined;
  readonly isReached: boolean;
};

/** Variants of every strength of one file, as the app makes them; none when the engine refuses the file or can't tell it from others. */
export async function pointsOf({ path, name, kind, isReal }: MediaSource, dir: string): Promise<Point[]> {
  const points: Point[] = [];
  for (const strength of Strength.options) {
    const settings = { variants: VARIANTS[kind], strength, seed: 1, mirror: false };
    const outcome = await unlessRefused(() => runUnicalize({ path, temp: { dir, stem: '.pingplex-points' }, settings }, QUIET));
    for (const variant of outcome?.variants ?? []) {
      const distance = targetFigure(variant.fromSource);
      if (distance === undefined || (variant.fromSource.notes ?? []).length > 0) continue;
      const sister = variant.nearestSister && targetFigure(variant.nearestSister);
      points.push({ file: name, isReal, kind, strength, distance, sister, quality: qualityOf(variant), isReached: variant.targetReached });
    }
  }
  return points;
}

/** The figure that a quality target is held against. */
export function qualityOf({ quality }: Variant): number | undefined {
  return quality.ssim ?? quality.spectral;
}
