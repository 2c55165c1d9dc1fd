import type { InspectOutcome, Tag } from '@pingplex/shared/contracts/engine';
import { fullKey } from '@pingplex/shared/metadata';
import { Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { Badge, Notice } from '../../../ui/feedback.tsx';
import { TextInput } from '../../../ui/fields.tsx';

/** Tags by their group, in the order in which the groups first come; only those that hold every word of the query. */
export function groupTags(tags: readonly Tag[], query: string): Map<string, Tag[]> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Tag[]>();
  for (const tag of tags) {
    const hay = `${tag.key}\n${tag.value}\n${tag.raw ?? ''}`.toLowerCase();
    if (!words.every((word) => hay.includes(word))) continue;
    const colon = tag.key.indexOf(':');
    const group = colon > 0 ? tag.key.slice(0, colon) : '';
    const list = groups.get(group);
    if (list) list.push(tag);
    else groups.set(group, [tag]);
  }
  return groups;
}

/** One value; a click shows its raw form and who found it. */
function TagRow({ tag }: { tag: Tag }) {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  const name = tag.key.slice(tag.key.indexOf(':') + 1);
  return (
    <div data-testid="tag" data-key={fullKey(tag)}>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="grid w-full grid-cols-[minmax(90px,42%)_1fr] gap-2.5 rounded-sm py-0.75 text-left hover:bg-accent-soft"
      >
        <span className="truncate text-muted" title={fullKey(tag)}>
          {tag.copy === undefined ? name : `${name} (${tag.copy + 1})`}
        </span>
        <span className={open ? 'selectable break-words whitespace-pre-wrap' : 'truncate'}>{tag.value === '' ? '–' : tag.value}</span>
      </button>
      {open ? (
        <div className="selectable mb-1 grid grid-cols-[minmax(90px,42%)_1fr] gap-x-2.5 rounded-sm bg-bg px-1.5 py-1 text-sm">
          <span className="text-muted">{t('metadata.raw')}</span>
          <span className="break-words font-mono">{String(tag.raw ?? tag.value)}</span>
          <span className="text-muted">{t('metadata.key')}</span>
          <span className="break-words font-mono">{fullKey(tag)}</span>
          <span className="text-muted">{t('metadata.source')}</span>
          <span>
            {t(`metadata.from.${tag.source}`)} {tag.truncated ? <Badge>{t('metadata.truncated')}</Badge> : null}
          </span>
        </div>
      ) : null}
    </div>
  );
}

/** Everything that the file says about itself, searchable, by group. */
export function MetadataTab({ inspection }: { inspection: InspectOutcome }) {
  const texts = useTexts();
  const { t, format } = texts;
  const [query, setQuery] = useState('');
  const groups = useMemo(() => groupTags(inspection.tags, query), [inspection, query]);
  // Keys may come twice in a file; the place in the whole list tells them apart.
  const numbers = useMemo(() => new Map(inspection.tags.map((tag, at) => [tag, at])), [inspection]);
  const found = [...groups.values()].reduce((sum, list) => sum + list.length, 0);
  return (
    <div className="flex flex-col gap-2">
      <div className="relative">
        <Search size={14} className="absolute top-2.25 left-2.5 text-faint" aria-hidden />
        <TextInput
          type="search"
          className="pl-8"
          aria-label={t('metadata.search')}
          placeholder={t('metadata.search')}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="text-xs text-muted" aria-live="polite">
        {query === ''
          ? t('metadata.count', { count: found })
          : t('metadata.found', { count: found, all: format.number(inspection.tags.length) })}
      </div>
      {inspection.notes.map((note) => (
        <Notice key={note} tone="info" title={texts.note(note)} />
      ))}
      {[...groups].map(([group, tags]) => (
        <details key={group} open className="[content-visibility:auto]">
          <summary className="sticky top-0 flex items-center gap-2 bg-surface py-1 font-semibold">
            {group === '' ? t('metadata.other') : group}{' '}
            <span className="font-normal text-xs text-muted">{format.number(tags.length)}</span>
          </summary>
          {tags.map((tag) => (
            <TagRow key={numbers.get(tag)} tag={tag} />
          ))}
        </details>
      ))}
    </div>
  );
}
