import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TempPlace } from '@pingplex/shared/contracts/engine';
import { removeQuietly } from '../../output/index.ts';

/** Takes away the variants that a run had written before it failed: `<stem>-<1…variants>.<ext>`, whatever their extension. */
export async function sweep({ dir, stem }: TempPlace, variants: number): Promise<void> {
  const names = await readdir(dir).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(`${stem}-`)) continue;
    const n = Number.parseInt(name.slice(stem.length + 1), 10);
    if (n >= 1 && n <= variants) await removeQuietly(join(dir, name));
  }
}
