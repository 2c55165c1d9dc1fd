import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatByName } from '@pingplex/shared/domain';

/** A good file to change. */
export type Seed = { readonly name: string; readonly ext: string; readonly bytes: Buffer };

/** Bigger ones only make a campaign slower: what is parsed stands at the start or in tables. */
const MOST_BYTES = 250_000;

/**
 * Every media file below some folders, in a fixed order. Folders that are not there are left out.
 * @param mostBytes larger files are left out
 */
export async function readCorpus(folders: readonly string[], mostBytes = MOST_BYTES): Promise<readonly Seed[]> {
  const seeds: Seed[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile() && formatByName(entry.name) !== undefined)
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) {
      const { size } = await stat(file);
      if (size === 0 || size > mostBytes) continue;
      seeds.push({ name: path.relative(folder, file), ext: path.extname(file), bytes: await readFile(file) });
    }
  }
  return seeds;
}
