import type { Tag } from '../contracts/engine/index.ts';

/**
 * A name that no other value of the file has: `Group:Name`, and `Group:Copy1:Name` for the second value under the same name, in the
 * form of ExifTool's -G1:4.
 */
export function fullKey(tag: Pick<Tag, 'key' | 'copy'>): string {
  if (tag.copy === undefined) return tag.key;
  const colon = tag.key.indexOf(':');
  return `${tag.key.slice(0, colon)}:Copy${tag.copy}:${tag.key.slice(colon + 1)}`;
}
