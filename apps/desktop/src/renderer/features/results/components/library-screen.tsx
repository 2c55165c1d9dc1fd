import { isWeightyNote } from '@pingplex/shared/text';
import { useVirtualizer } from '@tanstack/react-virtual';
import { Images, TriangleAlert } from 'lucide-react';
import { memo, useEffect, useMemo, useState } from 'react';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { attempt } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Badge, Empty, Notice } from '../../../ui/feedback.tsx';
import { TextInput } from '../../../ui/fields.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { loadResults, useBatches } from '../../batches/index.ts';
import { formatTag, Thumb, useWidth } from '../../files/index.ts';
import { keyFigure, notesOf } from './figures.tsx';
import { ResultDetail, resultThumb } from './result-view.tsx';

const GAP = 12;
const CARD = 168;
const CAPTION = 72;

const ResultCard = memo(function ResultCard({ id, onOpen }: { id: string; onOpen: (id: string) => void }) {
  const texts = useTexts();
  const { t, words } = texts;
  const result = useBatches((state) => state.results.get(id));
  if (!result) return null;
  const warning = notesOf(result).filter(isWeightyNote).map(texts.note).join(' ');
  return (
    <button
      type="button"
      data-testid="result-card"
      data-result-name={result.name}
      onClick={() => onOpen(id)}
      className={cx(
        'overflow-hidden rounded-lg border border-line bg-surface text-left transition-colors hover:border-accent',
        !result.present && 'opacity-60',
      )}
    >
      <span className="relative block">
        <Thumb url={resultThumb(result)} kind={result.kind} broken={!result.present} className="aspect-4/3" />
        <span className="over-media absolute top-1.75 left-1.75 rounded-sm px-1.5 text-[10px] font-semibold tracking-wide">
          {formatTag(result)}
        </span>
        <span className="absolute top-1.75 right-1.75 flex">
          {result.measurements.generation?.sandbox ? <Badge tone="flag">{t('common.sandbox')}</Badge> : null}
        </span>
        <span className="over-media absolute bottom-1.75 left-1.75 rounded-sm px-1.5 text-[10.5px]">{words.verb[result.verb]}</span>
      </span>
      <span className="block px-2.25 pt-1.75 pb-2">
        <span className="block truncate">{result.name}</span>
        <span className="flex items-center gap-1 text-xs text-muted">
          <span className="truncate">{result.present ? keyFigure(result, texts) : t('results.missing')}</span>
          {warning === '' ? null : (
            <span className="shrink-0" title={warning} data-testid="result-warning">
              <TriangleAlert size={12} className="text-warn" aria-hidden />
              <span className="sr-only">{warning}</span>
            </span>
          )}
        </span>
        <span className="block truncate text-xs text-muted">{t('results.from', { name: result.sourceName })}</span>
      </span>
    </button>
  );
});

/** Everything that was made, newest first, with its figures. */
export function LibraryScreen() {
  const { t, problem } = useTexts();
  const order = useBatches((state) => state.resultOrder);
  const loaded = useBatches((state) => state.resultsLoaded);
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [scroller, width] = useWidth();
  useEffect(() => {
    void attempt(loadResults).then((answer) => setError(answer.error));
  }, []);
  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return order;
    const { results } = useBatches.getState();
    return order.filter((id) => {
      const one = results.get(id);
      return (
        one !== undefined &&
        words.every((word) => `${one.name}\n${one.sourceName}\n${one.format}\n${one.verb}`.toLowerCase().includes(word))
      );
    });
  }, [order, query]);
  const columns = Math.max(1, Math.floor((width + GAP) / (CARD + GAP)));
  const rowHeight = Math.round((((width - GAP * (columns - 1)) / columns) * 3) / 4 + CAPTION + GAP);
  const rows = useVirtualizer({
    count: width > 0 ? Math.ceil(shown.length / columns) : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 3,
    paddingStart: 14,
    paddingEnd: 14,
  });
  useEffect(() => {
    if (rowHeight > 0) rows.measure();
  }, [rows, rowHeight]);
  const result = useBatches((state) => (open === null ? undefined : state.results.get(open)));
  const empty = loaded && order.length === 0;
  return (
    <div className="flex h-full flex-col">
      {error ? (
        <div className="p-4">
          <Notice
            tone="bad"
            title={problem(error).title}
            actions={
              <Button onClick={() => void attempt(loadResults).then((answer) => setError(answer.error))}>{t('common.retry')}</Button>
            }
          >
            {problem(error).next}
          </Notice>
        </div>
      ) : null}
      {empty ? (
        <Empty
          icon={<Images size={32} strokeWidth={1.4} />}
          title={t('results.empty.title')}
          actions={<Button onClick={() => runAction('go.workspace')}>{t('actions.goWorkspace')}</Button>}
        >
          {t('results.empty.text')}
        </Empty>
      ) : (
        <div className="flex items-center gap-3 border-line border-b px-3.5 py-2">
          <span className="text-muted" aria-live="polite">
            {t('run.results', { count: shown.length })}
          </span>
          <div className="ml-auto w-72">
            <TextInput
              type="search"
              aria-label={t('results.search')}
              placeholder={t('results.search')}
              value={query}
              onChange={(event) => setQuery(event.target.value)}
            />
          </div>
        </div>
      )}
      <div ref={scroller} className={cx('min-h-0 overflow-y-auto px-3.5', empty ? 'h-0' : 'flex-1')} data-testid="results">
        <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => (
            <div
              key={row.key}
              className="absolute top-0 left-0 grid w-full gap-3"
              style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
            >
              {shown.slice(row.index * columns, (row.index + 1) * columns).map((id) => (
                <ResultCard key={id} id={id} onOpen={setOpen} />
              ))}
            </div>
          ))}
        </div>
      </div>
      <Dialog
        wide
        open={result !== undefined}
        onOpenChange={(next) => setOpen(next ? open : null)}
        title={result?.name ?? ''}
        closeLabel={t('common.close')}
      >
        <div className="overflow-y-auto p-4">{result ? <ResultDetail result={result} tall /> : null}</div>
      </Dialog>
    </div>
  );
}
