import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import { ArrowLeft } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Empty, Notice } from '../../../ui/feedback.tsx';
import { loadResultsOf, useBatches } from '../../batches/index.ts';
import { Thumb } from '../../files/index.ts';
import { keyFigure, ResultDetail, resultThumb } from '../../results/index.ts';

/** What was made from this file, newest first; a click compares the two and shows the figures. */
export function HistoryTab({ file }: { file: MediaFileView }) {
  const texts = useTexts();
  const { t, words, format, problem } = texts;
  const order = useBatches((state) => state.resultOrder);
  const results = useBatches((state) => state.results);
  const [open, setOpen] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const { id } = file;
  useEffect(() => {
    setOpen(null);
    void attempt(() => loadResultsOf(id)).then((answer) => setError(answer.error));
  }, [id]);
  const own = order.flatMap((one) => {
    const result = results.get(one);
    return result?.sourceId === id ? [result] : [];
  });
  const shown = open === null ? undefined : results.get(open);
  if (shown) {
    return (
      <div className="flex flex-col gap-2.5">
        <Button look="ghost" className="-ml-2 self-start px-2" onClick={() => setOpen(null)}>
          <ArrowLeft size={14} aria-hidden />
          {t('history.back')}
        </Button>
        <div className="truncate font-semibold">{shown.name}</div>
        <ResultDetail result={shown} />
      </div>
    );
  }
  if (error) {
    return (
      <Notice tone="bad" title={problem(error).title}>
        {problem(error).next}
      </Notice>
    );
  }
  if (own.length === 0) {
    return (
      <Empty icon={null} title={t('history.none')}>
        {t('history.noneText')}
      </Empty>
    );
  }
  return (
    <ul className="flex flex-col gap-1">
      {own.map((result) => (
        <li key={result.id}>
          <button
            type="button"
            data-testid="history-result"
            onClick={() => setOpen(result.id)}
            className="flex w-full items-center gap-2.5 rounded-md p-1.5 text-left hover:bg-accent-soft"
          >
            <Thumb url={resultThumb(result)} kind={result.kind} broken={!result.present} className="h-9 w-12 shrink-0 rounded-sm" />
            <span className="min-w-0 flex-1">
              <span className="block truncate">{result.name}</span>
              <span className="block truncate text-xs text-muted">
                {words.verb[result.verb]} · {keyFigure(result, texts)} · {format.dateTime(result.createdAt)}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
