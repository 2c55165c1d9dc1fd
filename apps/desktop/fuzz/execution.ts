import type { EngineJob } from '@pingplex/shared/contracts/engine';
import type { Seed } from './corpus.ts';
import { mutate } from './mutate.ts';
import { randomFor } from './random.ts';

/** One changed file and what is done with it; the same for the same campaign seed and number. */
export type Execution = {
  readonly n: number;
  readonly seed: Seed;
  readonly how: readonly string[];
  readonly bytes: Buffer;
  readonly ext: string;
  readonly verb: FuzzVerb;
};
export type FuzzVerb = 'quick' | 'full' | 'thumbnail' | 'clean';

/** Shares out of 1000. Most executions are quick ones; ExifTool and writing are slower and deeper. */
const SHARES: readonly (readonly [FuzzVerb, number])[] = [
  ['quick', 860],
  ['thumbnail', 80],
  ['clean', 45],
  ['full', 15],
];
/** Share of files that carry another one's extension. */
const LIES = 0.06;
const THUMBNAIL_SIZE = 128;

export function executionOf(corpus: readonly Seed[], campaign: number, n: number): Execution {
  const random = randomFor(campaign, n);
  const seed = random.pick(corpus);
  const other = random.pick(corpus);
  // Chosen before the bytes are changed, so that they don't depend on what an encoder of another version wrote.
  let left = random.below(1000);
  const verb = SHARES.find(([, share]) => {
    left -= share;
    return left < 0;
  });
  const ext = random.chance(LIES) ? other.ext : seed.ext;
  return { n, seed, ext, verb: verb?.[0] ?? 'quick', ...mutate(seed.bytes, other.bytes, random) };
}

/** The engine's job for an execution. @param out the only folder that it may write to */
export function jobOf({ n, verb }: Execution, file: string, out: string): EngineJob {
  const temp = { dir: out, stem: `.pingplex-fuzz-${n}` };
  switch (verb) {
    case 'quick':
    case 'full':
      return { verb: 'inspect', path: file, depth: verb };
    case 'thumbnail':
      return { verb: 'thumbnail', path: file, size: THUMBNAIL_SIZE, temp };
    case 'clean':
      return { verb: 'clean', path: file, temp, keepGroups: [] };
  }
}
