import type { ItemView } from '@pingplex/shared/contracts/ipc';
import type { BatchId } from '@pingplex/shared/domain';
import { useVirtualizer } from '@tanstack/react-virtual';
import { RotateCcw, X } from 'lucide-react';
import { memo, useEffect, useRef, useState } from 'react';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Notice, Progress, StateDot } from '../../../ui/feedback.tsx';
import { Segments } from '../../../ui/fields.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { loadItems, useBatches } from '../store.ts';

const TONE = { queued: 'quiet', running: 'run', done: 'ok', failed: 'bad', canceled: 'quiet', skipped: 'warn' } as const;
const ROW = 34;
const ROW_WITH_REASON = 66;

/** Where the way out of an error begins, when it isn't trying again. */
function wayOut(code: string): 'go.account' | 'output.choose' | null {
  if (code.startsWith('auth.') || code.startsWith('credits.') || code.startsWith('keychain.')) return 'go.account';
  if (code.startsWith('output.folder')) return 'output.choose';
  return null;
}

const ItemRow = memo(function ItemRow({ id, onAct }: { id: string; onAct: (what: 'retry' | 'cancel', item: ItemView) => void }) {
  const { t, words, format, problem } = useTexts();
  const item = useBatches((state) => state.items.get(id));
  if (!item) return null;
  const reason = item.error ? problem(item.error) : null;
  const out = item.error ? wayOut(item.error.code) : null;
  // What the provider refused once it refuses again: no paid retry is offered.
  const mayRetry = (item.state === 'failed' || item.state === 'canceled') && item.error?.code !== 'generation.refused';
  return (
    <div
      data-testid="item"
      data-item-name={item.name}
      data-state={item.state}
      className="flex h-full items-center gap-3 border-line border-b px-3.5"
    >
      <div className="min-w-0 flex-1">
        <div className="truncate" title={item.prompt ?? item.name}>
          {item.name}
        </div>
        {reason ? (
          <div className="selectable line-clamp-2 text-sm leading-snug" data-testid="item-reason" title={`${reason.title}. ${reason.next}`}>
            <span className={item.state === 'failed' ? 'text-bad' : 'text-warn'}>{reason.title}.</span>{' '}
            <span className="text-muted">{reason.next}</span>
          </div>
        ) : null}
      </div>
      {item.attempts > 1 ? <span className="text-sm text-muted">{t('queue.attempt', { n: item.attempts })}</span> : null}
      {item.state === 'done' ? <span className="text-sm text-muted">{t('run.results', { count: item.results })}</span> : null}
      {item.state === 'running' ? (
        <div className="grid w-64 grid-cols-[1fr_120px] items-center gap-2.5">
          <span className="truncate text-right text-sm text-muted">
            {item.waiting
              ? t(`create.waiting.${item.waiting.reason}`, { place: format.number(item.waiting.place) })
              : item.stage
                ? words.stage[item.stage]
                : null}
          </span>
          <Progress value={item.progress} label={`${item.name}: ${words.itemState.running}`} />
        </div>
      ) : null}
      <span className="w-24 text-sm">
        <StateDot tone={TONE[item.state]}>{words.itemState[item.state]}</StateDot>
      </span>
      <span className="flex w-28 justify-end">
        {out ? (
          <Button look="ghost" className="px-2 text-accent-text" onClick={() => runAction(out)}>
            {out === 'go.account' ? t('nav.account') : t('run.chooseFolder')}
          </Button>
        ) : null}
        {mayRetry ? (
          <IconButton label={t('queue.retryOne', { name: item.name })} onClick={() => onAct('retry', item)}>
            <RotateCcw size={14} />
          </IconButton>
        ) : null}
        {item.state === 'running' || item.state === 'queued' ? (
          <IconButton label={t('queue.cancelOne', { name: item.name })} onClick={() => onAct('cancel', item)}>
            <X size={14} />
          </IconButton>
        ) : null}
      </span>
    </div>
  );
});

type Filter = 'all' | 'failed';

/** Every item of a batch with its state, its reason and its way out; thousands stay smooth. */
export function ItemList({ batchId, failed }: { batchId: BatchId; failed: number }) {
  const { t, problem } = useTexts();
  const all = useBatches((state) => state.itemsOf.get(batchId));
  const [filter, setFilter] = useState<Filter>('all');
  const [error, setError] = useState<unknown>(null);
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void attempt(() => loadItems(batchId)).then((answer) => setError(answer.error));
  }, [batchId]);
  const { items } = useBatches.getState();
  // Counted again whenever the number of failures changes.
  const ids = filter === 'failed' && failed >= 0 ? (all ?? []).filter((id) => items.get(id)?.state === 'failed') : (all ?? []);
  const rows = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (items.get(ids[index] ?? '')?.error ? ROW_WITH_REASON : ROW),
    getItemKey: (index) => ids[index] ?? index,
    overscan: 8,
  });
  useEffect(() => {
    // A row grows when it fails and its reason appears.
    if (failed >= 0) rows.measure();
  }, [rows, failed]);
  const act = (what: 'retry' | 'cancel', item: ItemView): void => {
    void attempt(() => call(what === 'retry' ? 'batches.retry' : 'batches.cancel', { batchId, itemId: item.id })).then((answer) => {
      if (answer.error) toast('bad', problem(answer.error).title, problem(answer.error).next);
    });
  };
  if (error) {
    return (
      <div className="p-3">
        <Notice tone="bad" title={problem(error).title}>
          {problem(error).next}
        </Notice>
      </div>
    );
  }
  return (
    <div className="border-line border-t">
      {failed > 0 ? (
        <div className="flex justify-end px-3.5 py-2">
          <Segments<Filter>
            label={t('queue.filter')}
            value={filter}
            options={[
              { value: 'all', label: t('queue.all') },
              { value: 'failed', label: t('queue.failed', { count: failed }) },
            ]}
            onValue={setFilter}
          />
        </div>
      ) : null}
      <div ref={scroller} className="max-h-90 overflow-y-auto" data-testid="items">
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((row) => (
            <div key={row.key} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${row.start}px)`, height: row.size }}>
              <ItemRow id={ids[row.index] ?? ''} onAct={act} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
