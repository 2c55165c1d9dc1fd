import type { BatchView } from '@pingplex/shared/contracts/ipc';
import type { BatchId } from '@pingplex/shared/domain';
import { ChevronRight, FileText, Pause, Play, RotateCcw, Trash2, X } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Notice, Progress, StateDot } from '../../../ui/feedback.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { isOpen, useBatches } from '../store.ts';
import { ItemList } from './item-list.tsx';

const TONE = { running: 'run', paused: 'warn', interrupted: 'warn', finished: 'ok', canceled: 'quiet' } as const;

/** Milliseconds since the start, told anew every second while the batch runs. */
function useElapsed(batch: BatchView): number {
  const [now, setNow] = useState(() => Date.now());
  const running = batch.state === 'running';
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return Math.max(0, (batch.finishedAt ?? now) - batch.createdAt);
}

function Counts({ batch }: { batch: BatchView }) {
  const { t, format } = useTexts();
  const { counts } = batch;
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const parts = [
    t('queue.doneOf', { done: format.number(counts.done), count: total }),
    counts.failed > 0 ? (
      <span key="failed" className="text-bad">
        {t('queue.failed', { count: counts.failed })}
      </span>
    ) : null,
    counts.skipped > 0 ? t('queue.skipped', { count: counts.skipped }) : null,
    counts.canceled > 0 ? t('queue.canceled', { count: counts.canceled }) : null,
    t('run.results', { count: batch.results }),
    batch.creditsSpent > 0 ? t('run.credits', { count: batch.creditsSpent }) : null,
  ].filter((part) => part !== null);
  return (
    <span data-testid="batch-counts">
      {parts.map((part, at) => (
        <span key={typeof part === 'string' ? part : 'failed'}>
          {at > 0 ? ' · ' : null}
          {part}
        </span>
      ))}
    </span>
  );
}

/** One batch: how far it is, what it still needs, and its items behind the arrow. */
export const BatchCard = memo(function BatchCard({ id, startsOpen }: { id: BatchId; startsOpen: boolean }) {
  const texts = useTexts();
  const { t, words, format, problem } = texts;
  const batch = useBatches((state) => state.byId.get(id));
  const [open, setOpen] = useState(startsOpen);
  const [error, setError] = useState<unknown>(null);
  const [saving, setSaving] = useState(false);
  if (!batch) return null;
  const act = (route: 'batches.pause' | 'batches.resume' | 'batches.cancel' | 'batches.retry' | 'batches.remove') => (): void => {
    setError(null);
    void attempt(() => call(route, { batchId: id })).then((answer) => setError(answer.error));
  };
  const saveReport = async (): Promise<void> => {
    setError(null);
    setSaving(true);
    const answer = await attempt(() => call('batches.saveReport', { batchId: id }));
    setSaving(false);
    setError(answer.error);
    if (answer.value?.savedTo) toast('ok', t('queue.reportSaved'), answer.value.savedTo);
  };
  const { state, counts } = batch;
  return (
    <li data-testid="batch" data-batch-id={id} data-state={state} className="overflow-hidden rounded-lg border border-line bg-surface">
      <div className="flex items-start gap-2 px-3.5 py-3">
        <IconButton
          label={open ? t('queue.hideItems') : t('queue.showItems')}
          aria-expanded={open}
          className="-ml-1.5"
          onClick={() => setOpen(!open)}
        >
          <ChevronRight size={16} className={cx('transition-transform', open && 'rotate-90')} />
        </IconButton>
        <div className="min-w-0 flex-1">
          <div className="flex min-h-7 items-center gap-3">
            <h3 className="truncate font-semibold" title={batch.name}>
              {batch.name}
            </h3>
            <StateDot tone={state === 'finished' && counts.failed > 0 ? (counts.done > 0 ? 'warn' : 'bad') : TONE[state]}>
              {words.batchState[state]}
            </StateDot>
          </div>
          <div className="truncate text-sm text-muted">
            <Counts batch={batch} /> · {batch.outputDisplay} · {format.dateTime(batch.createdAt)}
            {batch.state === 'finished' && batch.finishedAt !== null
              ? ` · ${t('queue.took', { time: format.clock(batch.finishedAt - batch.createdAt) })}`
              : null}
          </div>
        </div>
        <div className="flex shrink-0 items-center gap-1">
          {state === 'running' ? (
            <Button onClick={act('batches.pause')}>
              <Pause size={14} aria-hidden />
              {t('queue.pause')}
            </Button>
          ) : null}
          {state === 'paused' ? (
            <Button onClick={act('batches.resume')}>
              <Play size={14} aria-hidden />
              {t('queue.resume')}
            </Button>
          ) : null}
          {counts.failed > 0 && state !== 'interrupted' ? (
            <Button onClick={act('batches.retry')}>
              <RotateCcw size={14} aria-hidden />
              {t('queue.retryFailed')}
            </Button>
          ) : null}
          {batch.results > 0 ? (
            <Button look="ghost" busy={saving} onClick={() => void saveReport()} data-testid="save-report">
              <FileText size={14} aria-hidden />
              {t('queue.report')}
            </Button>
          ) : null}
          {isOpen(batch) ? (
            <Button onClick={act('batches.cancel')}>
              <X size={14} aria-hidden />
              {t('queue.cancel')}
            </Button>
          ) : (
            <IconButton label={t('queue.remove')} onClick={act('batches.remove')}>
              <Trash2 size={15} />
            </IconButton>
          )}
        </div>
      </div>
      {isOpen(batch) ? (
        <div className="-mt-1 flex items-center gap-3 pr-3.5 pb-3 pl-11.25">
          <Progress value={batch.progress} label={batch.name} />
          <span className="shrink-0 text-sm text-muted" data-testid="eta">
            {format.percent(batch.progress)}
            {state === 'running' && batch.etaMs ? ` · ${t('queue.left', { time: format.range(batch.etaMs.low, batch.etaMs.high) })}` : null}
            <Elapsed batch={batch} />
          </span>
        </div>
      ) : null}
      {state === 'interrupted' ? (
        <div className="px-3.5 pb-3">
          <Notice
            tone="warn"
            title={t('queue.interrupted.title')}
            actions={
              <Button look="primary" onClick={act('batches.resume')}>
                {t('queue.goOn')}
              </Button>
            }
          >
            {t('queue.interrupted.text')}
          </Notice>
        </div>
      ) : null}
      {error ? (
        <div className="px-3.5 pb-3">
          <Notice tone="bad" title={problem(error).title}>
            {problem(error).next}
          </Notice>
        </div>
      ) : null}
      {open ? <ItemList batchId={id} failed={counts.failed} /> : null}
    </li>
  );
});

function Elapsed({ batch }: { batch: BatchView }) {
  const { t, format } = useTexts();
  const elapsed = useElapsed(batch);
  return batch.state === 'running' ? <> · {t('queue.elapsed', { time: format.clock(elapsed) })}</> : null;
}
