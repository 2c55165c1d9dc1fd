import type { InspectOutcome, Tag } from '../contracts/engine/index.ts';
import { fullKey } from './full-key.ts';

/** Machine values by name, for the tags whose machine value differs from the printed one. */
function rawValues(tags: readonly Tag[]): Record<string, NonNullable<Tag['raw']>> {
  return Object.fromEntries(tags.flatMap((tag) => (tag.raw === undefined ? [] : [[fullKey(tag), tag.raw] as const])));
}

/** What an inspection found, as one object: values, machine values and who found them, by name. */
export function inspectionRecord(file: string, outcome: InspectOutcome) {
  const { tags, ...rest } = outcome;
  return {
    file,
    ...rest,
    tags: Object.fromEntries(tags.map((tag) => [fullKey(tag), tag.value])),
    raw: rawValues(tags),
    sources: Object.fromEntries(tags.map((tag) => [fullKey(tag), tag.source])),
  };
}
