import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { useSettings } from '../../session/index.ts';
import { useListKeys } from '../list-keys.ts';
import { useShown } from '../shown.ts';
import { useView } from '../view-store.ts';
import { FileCard } from './file-card.tsx';

const GAP = 12;
const PADDING = 14;
/** Two lines of text, their padding and the border of a card. */
const CAPTION = 53;

let leftAt = 0;

/** Inner width of an element, followed as it changes. */
export function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** Thousands of files as cards; only those on screen exist. */
export function FileGrid() {
  const { t } = useTexts();
  const visible = useView((state) => state.visible);
  const focus = useView((state) => state.selection.focus);
  const size = useSettings().gridSize;
  const [scroller, width] = useWidth();
  const columns = Math.max(1, Math.floor((width + GAP) / (size + GAP)));
  const cardWidth = (width - GAP * (columns - 1)) / columns;
  const rowHeight = Math.round((cardWidth * 3) / 4 + CAPTION + GAP);
  const rows = useVirtualizer({
    count: width > 0 ? Math.ceil(visible.length / columns) : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 3,
    paddingStart: PADDING,
    paddingEnd: PADDING,
    scrollPaddingStart: PADDING,
    scrollPaddingEnd: PADDING,
  });
  useEffect(() => {
    // Cards grow with the window, and rows with them.
    if (rowHeight > 0) rows.measure();
  }, [rows, rowHeight]);
  const laidOut = width > 0;
  useEffect(() => {
    // Coming back from another screen, the list is where it was left.
    const list = scroller.current;
    if (!laidOut || !list) return;
    list.scrollTop = leftAt;
    return () => {
      // The list itself is not asked: that would make the window lay everything out once more for each scroll.
      leftAt = rows.scrollOffset ?? 0;
    };
  }, [laidOut, scroller, rows]);
  const keys = useListKeys({
    columns,
    pageRows: Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight)),
    scrollTo: (index) => rows.scrollToIndex(Math.floor(index / columns)),
  });
  useShown(rows.getVirtualItems().flatMap((row) => visible.slice(row.index * columns, (row.index + 1) * columns)));
  return (
    <div
      ref={scroller}
      role="listbox"
      tabIndex={0}
      aria-multiselectable
      aria-label={t('files.list')}
      aria-activedescendant={focus === null ? undefined : `file-${focus}`}
      data-testid="file-grid"
      className="h-full overflow-y-auto px-3.5 focus-visible:outline-none"
      {...keys}
    >
      <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => (
          <div
            key={row.key}
            className="absolute top-0 left-0 grid w-full gap-3 contain-layout contain-style"
            style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
          >
            {visible.slice(row.index * columns, (row.index + 1) * columns).map((id, at) => (
              <FileCard key={id} id={id} index={row.index * columns + at} count={visible.length} />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}
