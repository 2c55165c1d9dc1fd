import { mediaUrls, type ResultView } from '@pingplex/shared/contracts/ipc';
import { Folder } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Compare } from '../../../ui/compare.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { Figures } from './figures.tsx';

type Pair = { readonly after: string | null; readonly before: string | null; readonly error: unknown };

/** Addresses of a result and its source that this window can show. */
function usePair(result: ResultView): Pair {
  const [pair, setPair] = useState<Pair>({ after: null, before: null, error: null });
  const { id, sourceId, kind } = result;
  useEffect(() => {
    let current = true;
    setPair({ after: null, before: null, error: null });
    void Promise.all([
      attempt(() => call('results.preview', { id })),
      sourceId ? attempt(() => call('library.preview', { id: sourceId })) : Promise.resolve(null),
    ]).then(([after, before]) => {
      if (!current) return;
      // Without its source a result is still worth seeing; without the result there is nothing to see.
      const beforeUrl = before?.value?.mime.startsWith(kind) ? before.value.url : null;
      setPair({ after: after.value?.url ?? null, before: beforeUrl, error: after.error });
    });
    return () => {
      current = false;
    };
  }, [id, sourceId, kind]);
  return pair;
}

/** Source and result beside each other: a slider for pictures, two players for video and sound. */
function BeforeAfter({ result }: { result: ResultView }) {
  const { t, problem } = useTexts();
  const { after, before, error } = usePair(result);
  if (error) {
    return (
      <div className="grid h-full place-items-center p-4">
        <Notice tone="bad" title={problem(error).title}>
          {problem(error).next}
        </Notice>
      </div>
    );
  }
  if (after === null) return <div className="h-full" aria-busy="true" />;
  if (result.kind === 'image') {
    return before === null ? (
      <img src={after} alt={result.name} className="size-full object-contain" />
    ) : (
      <Compare
        before={{ url: before, label: t('results.source') }}
        after={{ url: after, label: t('results.result') }}
        label={t('results.compare')}
      />
    );
  }
  const sides = [
    { url: before, label: t('results.source') },
    { url: after, label: t('results.result') },
  ];
  return (
    <div className={result.kind === 'video' ? 'grid h-full grid-cols-2 gap-px' : 'flex h-full flex-col justify-center gap-3 p-4'}>
      {sides.map(({ url, label }) =>
        url === null ? null : (
          <figure key={label} className="relative flex min-h-0 min-w-0 flex-col justify-center">
            {result.kind === 'video' ? (
              <video src={url} controls muted={label === sides[0]?.label} aria-label={label} className="max-h-full w-full" />
            ) : (
              <audio src={url} controls aria-label={label} className="w-full" />
            )}
            <figcaption
              className={
                result.kind === 'video' ? 'over-media absolute top-2 left-2 rounded-sm px-1.75 text-xs' : 'order-first text-sm text-muted'
              }
            >
              {label}
            </figcaption>
          </figure>
        ),
      )}
    </div>
  );
}

/** Shows a result in the file manager; says what is wrong when it can't. */
export function RevealResult({ result }: { result: ResultView }) {
  const { t, problem } = useTexts();
  return (
    <Button
      disabled={!result.present}
      onClick={() =>
        void attempt(() => call('results.reveal', { id: result.id })).then(({ error }) => {
          if (error) toast('bad', problem(error).title, problem(error).next);
        })
      }
    >
      <Folder size={14} aria-hidden />
      {t('results.reveal')}
    </Button>
  );
}

/** One result in full: before and after, figures, where it is. */
export function ResultDetail({ result, tall = false }: { result: ResultView; tall?: boolean }) {
  const { t } = useTexts();
  return (
    <div data-testid="result-detail" className="flex flex-col gap-3">
      <div className={`overflow-hidden rounded-lg bg-media ${!tall ? 'aspect-16/10' : result.kind === 'audio' ? 'h-52' : 'h-[52vh]'}`}>
        {result.present ? (
          <BeforeAfter key={result.id} result={result} />
        ) : (
          <div className="grid h-full place-items-center p-4 text-muted">{t('results.gone')}</div>
        )}
      </div>
      <Figures result={result} />
      <div className="flex items-center gap-2">
        <span className="selectable min-w-0 flex-1 truncate text-sm text-muted" title={result.displayPath}>
          {result.displayPath}
        </span>
        <RevealResult result={result} />
      </div>
    </div>
  );
}

/** Address of a result's thumbnail. */
export const resultThumb = (result: ResultView): string => mediaUrls.resultThumbnail(result.id);
