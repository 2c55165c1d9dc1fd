import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** SHA-256 of a file, read again from disk. */
export async function sha256Of(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

/** Every file below a folder by its relative path, sorted; leftovers of unfinished work would show up here. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** What every file of a folder holds, by hash: two of these are equal when nothing was touched. */
export async function hashesBelow(folder: string): Promise<Record<string, string>> {
  const names = await filesBelow(folder);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await sha256Of(path.join(folder, name))] as const)));
}
