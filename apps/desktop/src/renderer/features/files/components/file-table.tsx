import type { Settings } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { memo, useRef } from 'react';
import { type TextKey, useTexts } from '../../../i18n/index.ts';
import { cx } from '../../../ui/cx.ts';
import { Badge, Progress, StateDot } from '../../../ui/feedback.tsx';
import { setSettings, useSettings } from '../../session/index.ts';
import { dimensions, formatTag, isBroken, markOf } from '../facts.ts';
import { useListKeys } from '../list-keys.ts';
import { useShown } from '../shown.ts';
import { useFile, useView } from '../view-store.ts';
import { useActiveItem } from './file-card.tsx';
import { FileThumb } from './thumb.tsx';

const ROW = 34;
const GRID = 'grid grid-cols-[minmax(180px,1fr)_84px_112px_64px_84px_112px_128px] items-center gap-x-3 px-3.5';

const COLUMNS: readonly { label: TextKey; sort?: Settings['sort']['by']; end?: boolean }[] = [
  { label: 'files.column.name', sort: 'name' },
  { label: 'files.column.kind', sort: 'kind' },
  { label: 'files.column.dimensions', sort: 'dimensions' },
  { label: 'files.column.length', sort: 'length', end: true },
  { label: 'files.column.size', sort: 'size', end: true },
  { label: 'files.column.modified', sort: 'modified' },
  { label: 'files.column.state', sort: 'state' },
];

const TableRow = memo(function TableRow({ id, index, start }: { id: MediaFileId; index: number; start: number }) {
  const { t, words, format, problem } = useTexts();
  const file = useFile(id);
  const selected = useView((state) => state.selection.ids.has(id));
  const focused = useView((state) => state.selection.focus === id);
  const item = useActiveItem(id);
  if (!file) return null;
  const mark = markOf(file.flags);
  const duration = file.summary?.durationMs;
  return (
    <tr
      id={`file-${id}`}
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-testid="file-row"
      data-file-id={id}
      data-file-name={file.name}
      data-state={file.state}
      style={{ transform: `translateY(${start}px)`, height: ROW }}
      className={cx(
        GRID,
        'absolute top-0 left-0 w-full border-line border-b',
        selected && 'bg-accent-soft',
        focused && 'in-[:focus-visible]:outline-2 in-[:focus-visible]:-outline-offset-2 in-[:focus-visible]:outline-accent-text',
      )}
    >
      <td className="flex min-w-0 items-center gap-2.5">
        <FileThumb id={id} kind={file.kind} broken={isBroken(file)} className="h-6 w-8 shrink-0 rounded-sm" />
        <span className="truncate">{file.name}</span>
        {mark ? <Badge tone="flag">{t(mark.label)}</Badge> : null}
      </td>
      <td className="truncate text-muted">{formatTag(file)}</td>
      <td className="truncate text-muted">{dimensions(file) ?? '–'}</td>
      <td className="text-right text-muted">{file.kind === 'image' || duration === undefined ? '–' : format.clock(duration)}</td>
      <td className="text-right text-muted">{format.bytes(file.sizeBytes)}</td>
      <td className="truncate text-muted">{format.date(file.modifiedAt)}</td>
      <td className="min-w-0 truncate text-muted">
        {item ? (
          <span className="flex items-center gap-2">
            <Progress value={item.state === 'running' ? item.progress : 0} label={`${file.name}: ${words.itemState[item.state]}`} />
          </span>
        ) : file.error ? (
          <StateDot tone="bad">{problem(file.error).title}</StateDot>
        ) : file.state === 'missing' ? (
          <StateDot tone="bad">{t('files.missing')}</StateDot>
        ) : file.damaged ? (
          <StateDot tone="warn">{t('files.damaged')}</StateDot>
        ) : file.state === 'reading' ? (
          t('files.reading')
        ) : null}
      </td>
    </tr>
  );
});

/** Thousands of files as rows; the head sorts. */
export function FileTable() {
  const { t } = useTexts();
  const visible = useView((state) => state.visible);
  const focus = useView((state) => state.selection.focus);
  const { sort } = useSettings();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: visible.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
    scrollPaddingStart: ROW,
  });
  const keys = useListKeys({
    columns: 1,
    pageRows: Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 2),
    scrollTo: (index) => rows.scrollToIndex(index),
  });
  useShown(rows.getVirtualItems().flatMap((row) => visible[row.index] ?? []));
  const sortBy = (by: Settings['sort']['by']): void => {
    // Third click on the same head goes back to the order of adding.
    if (sort.by !== by) void setSettings({ sort: { by, descending: false } });
    else if (!sort.descending) void setSettings({ sort: { by, descending: true } });
    else void setSettings({ sort: { by: 'added', descending: false } });
  };
  return (
    <div ref={scroller} className="h-full overflow-auto" data-testid="file-table">
      <table
        role="grid"
        tabIndex={0}
        aria-multiselectable
        aria-label={t('files.list')}
        aria-rowcount={visible.length + 1}
        aria-activedescendant={focus === null ? undefined : `file-${focus}`}
        className="block min-h-full min-w-[820px] focus-visible:outline-none"
        {...keys}
      >
        <thead className="sticky top-0 z-10 block bg-bg">
          <tr aria-rowindex={1} className={cx(GRID, 'h-8.5 border-line border-b text-sm text-muted')}>
            {COLUMNS.map(({ label, sort: by, end }) => (
              <th
                key={label}
                scope="col"
                aria-sort={by && sort.by === by ? (sort.descending ? 'descending' : 'ascending') : undefined}
                className={cx('truncate text-left font-normal', end && 'text-right')}
              >
                {by ? (
                  <button
                    type="button"
                    className="inline-flex items-center gap-1 rounded-sm hover:text-text"
                    onClick={(event) => {
                      event.stopPropagation();
                      sortBy(by);
                    }}
                  >
                    {t(label)}
                    {sort.by === by ? sort.descending ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden /> : null}
                  </button>
                ) : (
                  t(label)
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="relative block" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => {
            const id = visible[row.index];
            return id === undefined ? null : <TableRow key={id} id={id} index={row.index} start={row.start} />;
          })}
        </tbody>
      </table>
    </div>
  );
}
