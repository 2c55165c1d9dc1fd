import { readdir } from 'node:fs/promises';
import { foldName } from './names.ts';

/** How long a folder's names are believed: what another program adds meanwhile is met when the name is claimed. */
const FRESH_MS = 1000;
/** Folders remembered at once. */
const MOST = 16;

type Names = { readonly byFold: Map<string, string>; readonly readAt: number };
const known = new Map<string, Names>();

/**
 * Names in a folder, by what they are when case doesn't count. A batch that writes ten thousand results into one folder asks for each of
 * them; reading the whole folder every time would take longer than the work.
 * @param isFresh true reads the folder again in any case
 */
export async function namesIn(dir: string, isFresh = false): Promise<ReadonlyMap<string, string>> {
  const found = known.get(dir);
  if (!isFresh && found !== undefined && performance.now() - found.readAt < FRESH_MS) return found.byFold;
  const byFold = new Map((await readdir(dir)).map((name) => [foldName(name), name]));
  known.delete(dir);
  known.set(dir, { byFold, readAt: performance.now() });
  const [oldest] = known.keys();
  if (known.size > MOST && oldest !== undefined) known.delete(oldest);
  return byFold;
}

/** A name that we have just taken ourselves. */
export function nameTaken(dir: string, name: string): void {
  known.get(dir)?.byFold.set(foldName(name), name);
}

/** The folder is not what was remembered: read it anew next time. */
export function forgetNames(dir: string): void {
  known.delete(dir);
}
