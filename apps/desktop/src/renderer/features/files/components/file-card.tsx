import type { MediaFileId } from '@pingplex/shared/domain';
import { memo } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { cx } from '../../../ui/cx.ts';
import { Progress } from '../../../ui/feedback.tsx';
import { useBatches } from '../../batches/index.ts';
import { cardLine, formatTag, isBroken, markOf } from '../facts.ts';
import { useFile, useView } from '../view-store.ts';
import { FileThumb } from './thumb.tsx';

/** The item that this file is running or waiting in, if any. */
export const useActiveItem = (id: MediaFileId) => useBatches((state) => state.items.get(state.activeByFile.get(id) ?? ''));

/** One file in the grid. Clicks and keys are taken by the grid. */
export const FileCard = memo(function FileCard({ id, index, count }: { id: MediaFileId; index: number; count: number }) {
  const { t, words, format, problem } = useTexts();
  const file = useFile(id);
  const selected = useView((state) => state.selection.ids.has(id));
  const focused = useView((state) => state.selection.focus === id);
  const item = useActiveItem(id);
  if (!file) return null;
  const mark = markOf(file.flags);
  const duration = file.kind === 'image' ? undefined : file.summary?.durationMs;
  const trouble = file.error
    ? problem(file.error).title
    : file.state === 'missing'
      ? t('files.missing')
      : file.damaged
        ? t('files.damaged')
        : null;
  return (
    <div
      id={`file-${id}`}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-posinset={index + 1}
      aria-setsize={count}
      data-testid="file-card"
      data-file-id={id}
      data-file-name={file.name}
      data-state={file.state}
      className={cx(
        // The name is read before the marks on the picture, although the picture stands above it.
        'relative flex flex-col-reverse overflow-hidden rounded-lg border bg-surface',
        selected ? 'border-accent outline-2 -outline-offset-1 outline-accent' : 'border-line',
        focused && 'in-[:focus-visible]:outline-2 in-[:focus-visible]:outline-offset-2 in-[:focus-visible]:outline-accent-text',
      )}
    >
      <div className="px-2.25 pt-1.75 pb-2">
        <div className="truncate">{file.name}</div>
        <div className="truncate text-xs text-muted">{file.state === 'reading' ? t('files.reading') : cardLine(file, format)}</div>
      </div>
      <div className="relative">
        <FileThumb id={id} kind={file.kind} broken={isBroken(file)} className="aspect-4/3" />
        <span className="over-media absolute top-1.75 left-1.75 rounded-sm px-1.5 text-[10px] font-semibold tracking-wide">
          {formatTag(file)}
        </span>
        {mark ? (
          <span className="absolute top-1.75 right-1.75 max-w-[60%] truncate rounded-sm bg-badge px-1.5 text-[10px] font-semibold text-on-badge">
            {t(mark.label)}
          </span>
        ) : null}
        {duration === undefined ? null : (
          <span className="over-media absolute right-1.75 bottom-1.75 rounded-sm px-1.25 text-[10.5px]">{format.clock(duration)}</span>
        )}
        {trouble ? (
          <span className="absolute bottom-1.75 left-1.75 max-w-[70%] truncate rounded-sm bg-[#b42323] px-1.5 text-[10px] font-semibold text-white">
            {trouble}
          </span>
        ) : null}
        {item ? (
          <span className="absolute inset-x-0 bottom-0">
            <Progress thin value={item.state === 'running' ? item.progress : 0} label={`${file.name}: ${words.itemState[item.state]}`} />
          </span>
        ) : null}
      </div>
      <span className="sr-only">{[words.kind[file.kind], mark ? words.privacy[mark.flag].name : null].filter(Boolean).join(', ')}</span>
    </div>
  );
});
