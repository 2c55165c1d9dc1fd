import type { ResultView } from '@pingplex/shared/contracts/ipc';
import type { BatchId } from '@pingplex/shared/domain';
import { Pause, Play, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Badge, Notice, Progress, StateDot } from '../../../ui/feedback.tsx';
import { isOpen, useBatches } from '../../batches/index.ts';
import { Thumb } from '../../files/index.ts';
import { resultThumb } from '../../results/index.ts';
import { Failures } from './run-failures.tsx';
import { LiveText, NowLine, TextStart } from './run-text.tsx';

/** Results of a run that are shown here; the rest is in the library. */
const RESULTS_SHOWN = 12;
const TONE = { running: 'run', paused: 'warn', interrupted: 'warn', finished: 'ok', canceled: 'quiet' } as const;

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

function ResultTile({ result, isAlone, onOpen }: { result: ResultView; isAlone: boolean; onOpen: (id: string) => void }) {
  const { t } = useTexts();
  const { width, height } = result.measurements;
  // A result that stands alone is shown whole.
  const shape = isAlone && width && height ? { aspectRatio: `${width} / ${height}` } : undefined;
  return (
    <button
      type="button"
      data-testid="create-result"
      data-result-name={result.name}
      onClick={() => onOpen(result.id)}
      className="overflow-hidden rounded-lg border border-line bg-bg text-left transition-colors hover:border-accent"
    >
      <span className="relative block">
        {result.kind === 'text' ? (
          <TextStart id={result.id} />
        ) : (
          <span className="block" style={shape}>
            <Thumb url={resultThumb(result)} kind={result.kind} broken={!result.present} className={shape ? 'size-full' : 'aspect-4/3'} />
          </span>
        )}
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

/** One run: how far it is, what failed, what came out, and what is left of it. */
export function RunCard({ id, onOpen }: { id: BatchId; onOpen: (id: string) => void }) {
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
      <NowLine batch={batch} />
      <LiveText batch={batch} />
      <Failures batch={batch} />
      {results.length > 0 ? (
        <div
          className={cx(
            'grid gap-2.5',
            isSingle && results.length === 1
              ? results[0]?.kind === 'text'
                ? 'grid-cols-[minmax(0,720px)]'
                : 'grid-cols-[minmax(0,420px)]'
              : 'grid-cols-[repeat(auto-fill,minmax(132px,1fr))]',
          )}
        >
          {results.map((result) => (
            <ResultTile key={result.id} result={result} isAlone={isSingle && results.length === 1} onOpen={onOpen} />
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
