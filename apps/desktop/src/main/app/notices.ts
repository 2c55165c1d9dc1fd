import { readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Licence of the media engine and the list of what it is made of, with where the source of each part is.
 * @param engineFolder folder of the engine's entry; both files lie beside it in a checkout and in the packaged app
 */
export async function readNotices(engineFolder: string): Promise<{ licence: string; notices: string }> {
  const [licence, notices] = await Promise.all(['LICENSE', 'NOTICES.md'].map((name) => readFile(path.join(engineFolder, name), 'utf8')));
  return { licence: licence ?? '', notices: notices ?? '' };
}
