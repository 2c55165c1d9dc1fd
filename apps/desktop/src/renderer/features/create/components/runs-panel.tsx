import type { BatchView, ItemView, ResultView } from '@pingplex/shared/contracts/ipc';
import type { BatchId } from '@pingplex/shared/domain';
import { Pause, Pencil, Play, RotateCcw, Sparkles, X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Badge, Empty, Notice, Progress, StateDot } from '../../../ui/feedback.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { isOpen, loadItems, useBatches } from '../../batches/index.ts';
import { Thumb } from '../../files/index.ts';
import { ResultDetail, resultThumb } from '../../results/index.ts';
import { takeUp } from '../store.ts';
import { takeSoon } from './sources.tsx';

/** Runs and results that are shown here; the rest is in the queue and in the library. */
const RUNS_SHOWN = 20;
const RESULTS_SHOWN = 12;
const FAILURES_SHOWN = 5;
const TONE = { running: 'run', paused: 'warn', interrupted: 'warn', finished: 'ok', canceled: 'quiet' } as const;

/** Puts what was asked into the form again; says so when it can't. */
export function useTakeUp(): (wanted: Parameters<typeof call<'create.again'>>[1]) => void {
  const { t, problem } = useTexts();
  return (wanted) => {
    void attempt(() => call('create.again', wanted)).then(({ value, error }) => {
      if (error) toast('bad', problem(error).title, problem(error).next);
      else {
        takeUp(value);
        toast('ok', t('create.takenUp'));
      }
    });
  };
}

/** Results of a run, newest first, as far as they are shown here. */
function useResultsOf(id: BatchId): readonly ResultView[] {
  const order = useBatches((state) => state.resultOrder);
  return useMemo(() => {
    const { results } = useBatches.getState();
    const own: ResultView[] = [];
    for (const one of order) {
      const result = results.get(one);
      if (result?.batchId === id) own.push(result);
      if (own.length >= RESULTS_SHOWN) break;
    }
    return own;
  }, [order, id]);
}

function Failure({ item }: { item: ItemView }) {
  const { t, problem } = useTexts();
  const takeAgain = useTakeUp();
  if (item.error === null) return null;
  const { title, next } = problem(item.error);
  const isRefused = item.error.code === 'generation.refused';
  const isAccount = /^(auth|credits|keychain)\./.test(item.error.code);
  return (
    <li className="flex items-start gap-2" data-testid="create-failure" data-code={item.error.code}>
      <span className="mt-1.5 size-1.75 shrink-0 rounded-full bg-bad" aria-hidden />
      <div className="selectable min-w-0 flex-1">
        <div className="truncate" title={item.prompt}>
          {item.prompt || item.name}
        </div>
        <span className="text-bad">{title}.</span> <span className="text-muted">{next}</span>
      </div>
      {isAccount ? (
        <Button look="ghost" onClick={() => runAction('go.account')}>
          {t('actions.goAccount')}
        </Button>
      ) : null}
      {/* What the provider refused once it refuses again: the prompt is edited instead, and nothing is paid for asking. */}
      {isRefused ? (
        <Button onClick={() => takeAgain({ itemId: item.id })}>
          <Pencil size={14} aria-hidden />
          {t('create.editPrompt')}
        </Button>
      ) : (
        <Button onClick={() => void attempt(() => call('batches.retry', { batchId: item.batchId, itemId: item.id }))}>
          <RotateCcw size={14} aria-hidden />
          {t('common.retry')}
        </Button>
      )}
    </li>
  );
}

function Failures({ batch }: { batch: BatchView }) {
  const { t } = useTexts();
  const { id } = batch;
  const ids = useBatches((state) => state.itemsOf.get(id));
  // The rows change in place; what they hold changes with the count.
  const failed = batch.counts.failed;
  useEffect(() => {
    if (failed > 0) void attempt(() => loadItems(id));
  }, [id, failed]);
  const { items } = useBatches.getState();
  const shown = (ids ?? []).flatMap((one) => {
    const item = items.get(one);
    return item?.state === 'failed' ? [item] : [];
  });
  if (failed === 0 || shown.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1.5" aria-label={t('queue.failed', { count: failed })}>
      {shown.slice(0, FAILURES_SHOWN).map((item) => (
        <Failure key={item.id} item={item} />
      ))}
      {failed > FAILURES_SHOWN ? (
        <li>
          <Button look="ghost" onClick={() => runAction('go.queue')}>
            {t('create.table.more', { count: failed - FAILURES_SHOWN })}
          </Button>
        </li>
      ) : null}
    </ul>
  );
}

function Run({ id, onOpen }: { id: BatchId; onOpen: (id: string) => void }) {
  const { t, words, format, problem } = useTexts();
  // Rows are replaced when they change.
  const batch = useBatches((state) => state.byId.get(id));
  const results = useResultsOf(id);
  const [error, setError] = useState<unknown>(null);
  if (!batch) return null;
  const { state, counts } = batch;
  const act = (work: () => Promise<unknown>): void => void attempt(work).then((answer) => setError(answer.error));
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const left = state === 'canceled' ? counts.canceled + counts.failed + counts.queued : 0;
  const isSingle = total === 1;
  return (
    <li
      data-testid="create-run"
      data-batch-id={id}
      data-state={state}
      className="flex flex-col gap-2.5 rounded-lg border border-line bg-surface p-3"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="min-w-0 flex-1 basis-40 truncate font-semibold" title={batch.name}>
          {batch.name}
        </h3>
        <StateDot tone={state === 'finished' && counts.failed > 0 ? (counts.done > 0 ? 'warn' : 'bad') : TONE[state]}>
          {state === 'finished' && counts.failed === total ? words.itemState.failed : words.batchState[state]}
        </StateDot>
        {state === 'running' && !isSingle ? (
          <Button onClick={() => act(() => call('batches.pause', { batchId: id }))}>
            <Pause size={14} aria-hidden />
            {t('queue.pause')}
          </Button>
        ) : null}
        {state === 'paused' || state === 'interrupted' ? (
          <Button onClick={() => act(() => call('batches.resume', { batchId: id }))}>
            <Play size={14} aria-hidden />
            {t('queue.goOn')}
          </Button>
        ) : null}
        {isOpen(batch) ? (
          <Button onClick={() => act(() => call('batches.cancel', { batchId: id }))} data-testid="cancel-run">
            <X size={14} aria-hidden />
            {t('queue.cancel')}
          </Button>
        ) : null}
        {left > 0 ? (
          <Button look="primary" onClick={() => act(() => call('create.resume', { batchId: id }))} data-testid="run-rest">
            <Play size={14} aria-hidden />
            {t('create.runRest', { count: left })}
          </Button>
        ) : null}
      </div>
      <div className="truncate text-sm text-muted" data-testid="run-counts">
        {[
          isSingle ? null : t('create.doneOf', { done: format.number(counts.done), count: total }),
          counts.failed > 0 && !isSingle ? t('queue.failed', { count: counts.failed }) : null,
          counts.canceled > 0 && !isSingle ? t('queue.canceled', { count: counts.canceled }) : null,
          batch.creditsSpent > 0 ? t('run.credits', { count: batch.creditsSpent }) : null,
          batch.outputDisplay,
          format.dateTime(batch.createdAt),
        ]
          .filter((one) => one !== null)
          .join(' · ')}
      </div>
      {isOpen(batch) ? (
        <div className="flex items-center gap-3">
          <Progress value={batch.progress > 0 ? batch.progress : null} label={batch.name} />
          {state === 'running' && batch.etaMs ? (
            <span className="shrink-0 text-sm text-muted">
              {t('queue.left', { time: format.range(batch.etaMs.low, batch.etaMs.high) })}
            </span>
          ) : null}
        </div>
      ) : null}
      {error ? (
        <Notice tone="bad" title={problem(error).title}>
          {problem(error).next}
        </Notice>
      ) : null}
      <Failures batch={batch} />
      {results.length > 0 ? (
        <div
          className={cx(
            'grid gap-2.5',
            isSingle && results.length === 1 ? 'grid-cols-[minmax(0,420px)]' : 'grid-cols-[repeat(auto-fill,minmax(132px,1fr))]',
          )}
        >
          {results.map((result) => (
            <ResultTile key={result.id} result={result} onOpen={onOpen} />
          ))}
        </div>
      ) : null}
      {batch.results > results.length && results.length > 0 ? (
        <Button look="ghost" className="self-start" onClick={() => runAction('go.library')}>
          {t('create.allResults', { count: batch.results })}
        </Button>
      ) : null}
    </li>
  );
}

function ResultTile({ result, onOpen }: { result: ResultView; onOpen: (id: string) => void }) {
  const { t } = useTexts();
  return (
    <button
      type="button"
      data-testid="create-result"
      data-result-name={result.name}
      onClick={() => onOpen(result.id)}
      className="overflow-hidden rounded-lg border border-line bg-bg text-left transition-colors hover:border-accent"
    >
      <span className="relative block">
        <Thumb url={resultThumb(result)} kind={result.kind} broken={!result.present} className="aspect-4/3" />
        {result.measurements.generation?.sandbox ? (
          <span className="absolute top-1.5 right-1.5 flex">
            <Badge tone="flag">{t('common.sandbox')}</Badge>
          </span>
        ) : null}
      </span>
      <span className="block truncate px-2 py-1.5 text-sm" title={result.displayPath}>
        {result.name}
      </span>
    </button>
  );
}

/** Runs of this screen with their results in place, newest first. */
export function RunsPanel() {
  const { t, format } = useTexts();
  const order = useBatches((state) => state.order);
  const takeAgain = useTakeUp();
  const [open, setOpen] = useState<string | null>(null);
  const result = useBatches((state) => (open === null ? undefined : state.results.get(open)));
  const asked = useMemo(() => {
    const { byId } = useBatches.getState();
    return order.filter((id) => byId.get(id)?.asked === true).slice(0, RUNS_SHOWN);
  }, [order]);
  if (asked.length === 0) {
    return (
      <Empty icon={<Sparkles size={30} strokeWidth={1.4} />} title={t('create.empty.title')}>
        {t('create.empty.text')}
      </Empty>
    );
  }
  const expires = result?.measurements.generation?.expiresAt;
  const takeResult = (path: ResultView): void => {
    void attempt(() => call('create.useResult', { id: path.id })).then(({ value }) => {
      if (value) takeSoon(value.ids ?? []);
    });
    setOpen(null);
  };
  return (
    <>
      <ul className="flex flex-col gap-3" data-testid="create-runs">
        {asked.map((id) => (
          <Run key={id} id={id} onOpen={setOpen} />
        ))}
      </ul>
      <Dialog
        wide
        open={result !== undefined}
        onOpenChange={(next) => setOpen(next ? open : null)}
        title={result?.name ?? ''}
        closeLabel={t('common.close')}
      >
        {result ? (
          <div className="flex flex-col gap-3 overflow-y-auto p-4">
            <ResultDetail result={result} tall />
            <div className="flex flex-wrap items-center gap-2">
              <span className="flex-1 text-sm text-muted">{expires ? t('create.keptUntil', { date: format.date(expires) }) : null}</span>
              <Button onClick={() => takeResult(result)} data-testid="use-as-source">
                {t('create.useAsSource')}
              </Button>
              <Button
                onClick={() => {
                  takeAgain({ itemId: result.itemId });
                  setOpen(null);
                }}
                data-testid="run-again"
              >
                <RotateCcw size={14} aria-hidden />
                {t('create.again')}
              </Button>
            </div>
          </div>
        ) : null}
      </Dialog>
    </>
  );
}
