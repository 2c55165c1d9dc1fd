import type { Tag } from '@pingplex/shared/contracts/engine';

/** Finds tags by key or by name in any group. */
export type TagIndex = {
  readonly all: readonly Tag[];
  /** Printed value of the first of these keys that has one. `*:Name` looks in every group except the file system's and the credentials'. */
  readonly text: (...keys: string[]) => string | undefined;
  /** Machine value as a number, where it is one. */
  readonly number: (...keys: string[]) => number | undefined;
};

/** What isn't about this picture itself: the file system, and credentials that describe other pictures too. */
const OUTSIDE = /^(System|ExifTool|CBOR|JUMBF|Jpeg2000):/;

function toNumber(value: string | number | boolean | undefined): number | undefined {
  if (typeof value === 'boolean' || value === undefined || value === '') return undefined;
  const number = typeof value === 'number' ? value : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

export function indexTags(all: readonly Tag[]): TagIndex {
  const byKey = new Map<string, Tag>();
  // Of values under one name, the first counts.
  for (const tag of all.toSorted((a, b) => (a.copy ?? 0) - (b.copy ?? 0))) {
    if (!byKey.has(tag.key)) byKey.set(tag.key, tag);
    const name = `*:${tag.key.slice(tag.key.indexOf(':') + 1)}`;
    if (!byKey.has(name) && !OUTSIDE.test(tag.key)) byKey.set(name, tag);
  }
  const find = <T>(keys: string[], value: (tag: Tag) => T | undefined): T | undefined => {
    for (const key of keys) {
      const tag = byKey.get(key);
      const found = tag ? value(tag) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    all,
    text: (...keys) => find(keys, (tag) => tag.value.trim() || undefined),
    number: (...keys) => find(keys, (tag) => toNumber(tag.raw ?? tag.value)),
  };
}
