import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError, withLockRetries } from './fs-errors.ts';
import { reservationHolder } from './reservations.ts';

/** What every temporary name begins with. */
export const TEMP_PREFIX = '.pingplex-';

/** Something that a killed run left in an output folder. `stem` is the temporary file's name, by which its owner is known. */
export type Leftover = { readonly path: string; readonly stem: string; readonly kind: 'temporary' | 'reservation' };

/** Temporary files and reserved names in `dir` (not in its subfolders). A missing folder has none. */
export async function findLeftovers(dir: string): Promise<Leftover[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((thrown: unknown) => {
    const error = outputError(thrown, 'looking for leftovers');
    if (error.code === 'output.folderMissing') return [];
    throw error;
  });
  const found: Leftover[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(dir, entry.name);
    if (entry.name.startsWith(TEMP_PREFIX)) {
      found.push({ path, stem: entry.name, kind: 'temporary' });
      continue;
    }
    // A file that may not be read is not one of ours; it must not keep the others from being found.
    const holder = await reservationHolder(path).catch(() => undefined);
    if (holder?.startsWith(TEMP_PREFIX)) found.push({ path, stem: holder, kind: 'reservation' });
  }
  return found;
}

/**
 * Takes away the leftovers whose temporary name begins with `stemPrefix` (which starts with `.pingplex-`).
 * @returns what is gone, and what could not be removed
 */
export async function removeLeftovers(dir: string, stemPrefix: string): Promise<{ readonly removed: string[]; readonly failed: string[] }> {
  const removed: string[] = [];
  const failed: string[] = [];
  if (!stemPrefix.startsWith(TEMP_PREFIX)) return { removed, failed };
  for (const leftover of await findLeftovers(dir)) {
    if (!leftover.stem.startsWith(stemPrefix)) continue;
    await withLockRetries(() => rm(leftover.path, { force: true })).then(
      () => removed.push(leftover.path),
      () => failed.push(leftover.path),
    );
  }
  return { removed, failed };
}
