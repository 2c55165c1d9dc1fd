import type { MediaFileView, Settings } from '@pingplex/shared/contracts/ipc';
import { FORMATS, type MediaFileId } from '@pingplex/shared/domain';
import { TEXTS } from '@pingplex/shared/text';

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

const COMPARE: Record<Sort['by'], (a: MediaFileView, b: MediaFileView) => number> = {
  added: (a, b) => a.order - b.order,
  name: (a, b) => names.compare(a.name, b.name),
  size: (a, b) => a.sizeBytes - b.sizeBytes,
  kind: (a, b) => (a.kind === b.kind ? a.format.localeCompare(b.format) : a.kind.localeCompare(b.kind)),
  modified: (a, b) => a.modifiedAt - b.modifiedAt,
};

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
  const words = query.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && sort.by === 'added' && !sort.descending) return order;
  const found: MediaFileView[] = [];
  for (const id of order) {
    const file = byId.get(id);
    if (file && words.every((word) => haystack(file).includes(word))) found.push(file);
  }
  const compare = COMPARE[sort.by];
  const direction = sort.descending ? -1 : 1;
  if (sort.by !== 'added' || sort.descending) found.sort((a, b) => direction * compare(a, b) || a.order - b.order);
  return found.map((file) => file.id);
}
