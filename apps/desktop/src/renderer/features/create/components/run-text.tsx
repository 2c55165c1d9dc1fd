import type { BatchView, ResultView } from '@pingplex/shared/contracts/ipc';
import { useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { loadItems, useBatches } from '../../batches/index.ts';

/** The end of a text while it is being written. */
export function LiveText({ batch }: { batch: BatchView }) {
  const { t } = useTexts();
  const { id } = batch;
  const isRunning = batch.state === 'running' && batch.counts.running > 0;
  const text = useBatches((state) => {
    for (const one of state.itemsOf.get(id) ?? []) {
      const item = state.items.get(one);
      if (item?.state === 'running' && item.text !== undefined) return item.text;
    }
    return undefined;
  });
  useEffect(() => {
    if (isRunning) void attempt(() => loadItems(id));
  }, [id, isRunning]);
  if (!isRunning || text === undefined) return null;
  return (
    <section aria-label={t('create.writing')} className="max-h-72 overflow-y-auto rounded-md bg-bg p-2.5" data-testid="live-text">
      <p className="selectable whitespace-pre-wrap">{text}</p>
    </section>
  );
}

/** What a run does just now: the stage of its first request that isn't done, and why that waits. */
export function NowLine({ batch }: { batch: BatchView }) {
  const { t, words, format } = useTexts();
  const { id } = batch;
  const isRunning = batch.state === 'running' && batch.counts.running > 0;
  const item = useBatches((state) => {
    for (const one of state.itemsOf.get(id) ?? []) {
      const found = state.items.get(one);
      if (found?.state === 'running') return found;
    }
    return undefined;
  });
  if (!isRunning || item === undefined) return null;
  const { waiting, stage } = item;
  const text = waiting
    ? t(`create.waiting.${waiting.reason}`, { place: format.number(waiting.place) })
    : stage === null
      ? null
      : words.stage[stage];
  return (
    <p className="text-sm text-muted" data-testid="run-now">
      {text}
    </p>
  );
}

/** The beginning of a text, in place of a picture. */
export function TextStart({ id }: { id: ResultView['id'] }) {
  const [text, setText] = useState('');
  useEffect(() => {
    let current = true;
    void attempt(() => call('results.text', { id })).then(({ value }) => {
      if (current && value) setText(value.text.slice(0, 1200));
    });
    return () => {
      current = false;
    };
  }, [id]);
  return <span className="block max-h-56 overflow-hidden whitespace-pre-wrap p-2.5 text-sm">{text}</span>;
}
