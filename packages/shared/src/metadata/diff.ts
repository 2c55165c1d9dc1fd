import type { Tag } from '../contracts/engine/index.ts';
import { fullKey } from './full-key.ts';

/** One name that both files have, with different values. */
export type TagChange = { readonly key: string; readonly a: Tag; readonly b: Tag };

/** What two files say differently; values that are the same are only counted. */
export type TagDifferences = {
  readonly onlyInA: readonly Tag[];
  readonly onlyInB: readonly Tag[];
  readonly changed: readonly TagChange[];
  /** How many names both have with the same value. */
  readonly same: number;
};

/** Where a file lies and when it was touched says nothing about what is in it. */
const ABOUT_THE_DISK = /^(System|ExifTool):/;

/**
 * Tags of two files, differences only. Values are compared as printed, since two readers may write the machine value differently.
 * What the file system and the reader say of themselves is left out.
 */
export function diffTags(a: readonly Tag[], b: readonly Tag[]): TagDifferences {
  const inA = a.filter((tag) => !ABOUT_THE_DISK.test(tag.key));
  const restOfB = new Map(b.filter((tag) => !ABOUT_THE_DISK.test(tag.key)).map((tag) => [fullKey(tag), tag]));
  const onlyInA: Tag[] = [];
  const changed: TagChange[] = [];
  let same = 0;
  for (const tag of inA) {
    const key = fullKey(tag);
    const other = restOfB.get(key);
    if (other === undefined) onlyInA.push(tag);
    else if (other.value === tag.value) same += 1;
    else changed.push({ key, a: tag, b: other });
    restOfB.delete(key);
  }
  return { onlyInA, onlyInB: [...restOfB.values()], changed, same };
}
