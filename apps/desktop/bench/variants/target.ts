import type { MediaKind } from '@pingplex/shared/domain';
import { targetFigure } from '../../src/engine/measure/print.ts';
import { targetsFor } from '../../src/engine/unicalize/presets.ts';
import { runUnicalize } from '../../src/engine/unicalize/run-unicalize.ts';
import { qualityOf } from './distributions.ts';
import { allSettings, type Setting } from './exhaustive.ts';
import { type MediaSource, QUIET, unlessRefused } from './files.ts';

type Target = { readonly minDistance: number; readonly minQuality: number };

/** What is asked for: from what every matcher calls another picture to what hardly any cut reaches. */
const TARGETS: Readonly<Record<MediaKind, readonly Target[]>> = {
  image: [
    { minDistance: 40, minQuality: 0.95 },
    { minDistance: 70, minQuality: 0.95 },
    { minDistance: 70, minQuality: 0.98 },
    { minDistance: 100, minQuality: 0.95 },
  ],
  video: [
    { minDistance: 40, minQuality: 0.92 },
    { minDistance: 80, minQuality: 0.95 },
  ],
  audio: [
    { minDistance: 20, minQuality: 0.9 },
    { minDistance: 30, minQuality: 0.95 },
  ],
};

/** How target mode did on one file with one target, against every setting in range tried on the whole file. */
export type Aim = Target & {
  readonly file: string;
  readonly isReal: boolean;
  readonly kind: MediaKind;
  /** Some setting reaches the target. */
  readonly isReachable: boolean;
  readonly isReached: boolean;
  readonly quality: number | undefined;
  /** Best quality among the settings that reach the target. */
  readonly best: number | undefined;
  /** Settings that were tried for `best`, and what target mode needed: tries without encoding and trial encodes together. */
  readonly settings: number;
  readonly attempts: number;
};

/** Asks for every target on one file; empty when the engine refuses the file or can't tell it from others. */
export async function aimsOf(source: MediaSource, dir: string): Promise<Aim[]> {
  const { path, name, kind, isReal } = source;
  const tried = await unlessRefused(() => allSettings(source, targetsFor(kind, { strength: 'balanced', minDistance: 0 }), dir));
  if (!tried || tried.length === 0) return [];
  const aims: Aim[] = [];
  for (const target of TARGETS[kind]) {
    const settings = { variants: 1, strength: 'balanced' as const, seed: 1, mirror: false, ...target };
    const outcome = await runUnicalize({ path, temp: { dir, stem: '.pingplex-aim' }, settings }, QUIET);
    const [variant] = outcome.variants;
    if (!variant || targetFigure(variant.fromSource) === undefined) continue;
    const passing = tried.filter((one) => passes(one, target));
    aims.push({
      ...target,
      file: name,
      isReal,
      kind,
      isReachable: passing.length > 0,
      isReached: variant.targetReached,
      quality: qualityOf(variant),
      best: passing.length === 0 ? undefined : Math.max(...passing.map((one) => one.quality)),
      settings: tried.length,
      attempts: variant.attempts,
    });
  }
  return aims;
}

function passes({ distance, quality }: Setting, { minDistance, minQuality }: Target): boolean {
  return distance >= minDistance && quality >= minQuality;
}
