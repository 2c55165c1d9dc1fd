import { withByteSource } from '../probe/byte-source.ts';
import { sniffSource } from '../probe/sniff.ts';
import { findPrivacyFlags } from './privacy.ts';
import { quickTags } from './quick-tags.ts';

/** Marks of where a file comes from, and the note for each when a step leaves it behind. */
const LEFT_BEHIND = [
  ['contentCredentials', 'contentCredentialsRemoved'],
  ['aiGenerated', 'aiMarkRemoved'],
] as const;

/**
 * Notes about marks of origin in a file that is about to be encoded anew, which takes no tags along: such marks never go in
 * silence. Reads headers only.
 * @param path absolute path of the source
 * @throws AppError as `sniffSource`
 */
export async function originNotes(path: string): Promise<string[]> {
  const tags = await withByteSource(path, async (source) => quickTags(source, await sniffSource(source)));
  const found = new Set<string>(findPrivacyFlags(tags).map(({ code }) => code));
  return LEFT_BEHIND.flatMap(([code, note]) => (found.has(code) ? [note] : []));
}
