import type { Tag } from '@pingplex/shared/contracts/engine';

/** Enough of a value to tell two readers' words for the same thing; printing differs between readers in spaces and case only. */
const normal = (tag: Tag) => tag.value.toLowerCase().replace(/\s+/g, '').slice(0, 200);

/**
 * Puts the readers' answers together. ExifTool's come first and win. What the others found is added when neither its key nor its value
 * is there already, so that nothing is said twice in different words.
 * @param all what ExifTool said; empty in a quick look or when it is not available
 * @param quick what our own header reader said
 * @param streams what the container probe said
 */
export function mergeTags(all: readonly Tag[], quick: readonly Tag[], streams: readonly Tag[]): Tag[] {
  const merged = [...all];
  const keys = new Set(all.map((tag) => tag.key));
  const values = new Set(all.map(normal));
  const add = (tag: Tag) => {
    if (keys.has(tag.key)) return;
    keys.add(tag.key);
    merged.push(tag);
  };
  // ExifTool reads the same blocks more completely; the quick reader's other names for them would only confuse.
  if (all.length === 0) for (const tag of quick) add(tag);
  for (const tag of streams) if (tag.key.startsWith('Stream') || !values.has(normal(tag))) add(tag);
  return merged;
}
