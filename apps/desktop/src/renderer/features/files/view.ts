import type { MediaFileView, Settings } from '@pingplex/shared/contracts/ipc';
import { FORMATS, type MediaFileId } from '@pingplex/shared/domain';
import { TEXTS } from '@pingplex/shared/text';
import { Slices, sortInSlices } from '../../lib/slices.ts';

export type Sort = Settings['sort'];

const haystacks = new WeakMap<MediaFileView, string>();

/** Everything about a file that the search looks at, in lower case. */
function haystack(file: MediaFileView): string {
  const known = haystacks.get(file);
  if (known !== undefined) return known;
  const { summary } = file;
  const made = [
    file.name,
    file.folder,
    file.format,
    ...FORMATS[file.format].extensions,
    file.kind,
    TEXTS.en.words.kind[file.kind],
    TEXTS.ru.words.kind[file.kind],
    summary?.camera,
    summary?.lens,
    summary?.videoCodec,
    summary?.audioCodec,
    summary?.title,
    summary?.artist,
    summary?.software,
    file.flags.includes('gps') ? 'gps' : '',
  ]
    .filter(Boolean)
    .join('\n')
    .normalize('NFC')
    .toLowerCase();
  haystacks.set(file, made);
  return made;
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

const pixels = ({ summary }: MediaFileView): number => (summary?.width ?? 0) * (summary?.height ?? 0);
/** A still picture has no length, whatever its format says. */
const length = ({ kind, summary }: MediaFileView): number => (kind === 'image' ? 0 : (summary?.durationMs ?? 0));
/** What needs a look comes first. */
const STATES = ['failed', 'missing', 'damaged', 'reading', 'ready'] as const;
const stateOf = ({ state, damaged }: MediaFileView): (typeof STATES)[number] => (state === 'ready' && damaged ? 'damaged' : state);

const COMPARE: Record<Sort['by'], (a: MediaFileView, b: MediaFileView) => number> = {
  added: (a, b) => a.order - b.order,
  name: (a, b) => names.compare(a.name, b.name),
  size: (a, b) => a.sizeBytes - b.sizeBytes,
  kind: (a, b) => (a.kind === b.kind ? a.format.localeCompare(b.format) : a.kind.localeCompare(b.kind)),
  modified: (a, b) => a.modifiedAt - b.modifiedAt,
  dimensions: (a, b) => pixels(a) - pixels(b) || (a.summary?.width ?? 0) - (b.summary?.width ?? 0),
  length: (a, b) => length(a) - length(b),
  state: (a, b) => STATES.indexOf(stateOf(a)) - STATES.indexOf(stateOf(b)),
};

type Wanted = { readonly words: readonly string[]; readonly compare: ((a: MediaFileView, b: MediaFileView) => number) | null };

function wanted(query: string, sort: Sort): Wanted {
  const words = query.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
  const compare = COMPARE[sort.by];
  const direction = sort.descending ? -1 : 1;
  const isAsAdded = sort.by === 'added' && !sort.descending;
  return { words, compare: isAsAdded ? null : (a, b) => direction * compare(a, b) || a.order - b.order };
}
const holds = (file: MediaFileView, words: readonly string[]): boolean => words.every((word) => haystack(file).includes(word));
const idOf = (file: MediaFileView): MediaFileId => file.id;

/**
 * The rows on screen: those that hold every word of the query, in the chosen order; equal ones stay in the order of adding.
 * @param order every file in the order of adding
 */
export function visibleFiles(
  byId: ReadonlyMap<MediaFileId, MediaFileView>,
  order: readonly MediaFileId[],
  query: string,
  sort: Sort,
): readonly MediaFileId[] {
  const { words, compare } = wanted(query, sort);
  if (words.length === 0 && compare === null) return order;
  const found: MediaFileView[] = [];
  for (const id of order) {
    const file = byId.get(id);
    if (file && holds(file, words)) found.push(file);
  }
  if (compare !== null) found.sort(compare);
  return found.map(idOf);
}

/** The same for long lists, in slices of time. @returns null when it was given up */
export async function visibleInSlices(
  byId: ReadonlyMap<MediaFileId, MediaFileView>,
  order: readonly MediaFileId[],
  query: string,
  sort: Sort,
  isStale: () => boolean,
): Promise<readonly MediaFileId[] | null> {
  const { words, compare } = wanted(query, sort);
  if (words.length === 0 && compare === null) return order;
  const slices = new Slices(isStale);
  const found: MediaFileView[] = [];
  for (const [at, id] of order.entries()) {
    if (at % 100 === 99 && slices.isUsedUp && !(await slices.rest())) return null;
    const file = byId.get(id);
    if (file && holds(file, words)) found.push(file);
  }
  const sorted = compare === null ? found : await sortInSlices(found, compare, slices);
  // Files may have gone while it was sorted.
  return sorted?.filter((file) => byId.has(file.id)).map(idOf) ?? null;
}
