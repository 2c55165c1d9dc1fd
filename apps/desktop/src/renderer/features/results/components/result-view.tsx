import { mediaUrls, type PreviewView, type ResultView } from '@pingplex/shared/contracts/ipc';
import { Folder } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { useFile } from '../../files/index.ts';
import { FilmCompare } from '../compare/film-compare.tsx';
import { ImageCompare } from '../compare/image-compare.tsx';
import { type Shown, standInText } from '../compare/shown.ts';
import { SoundCompare } from '../compare/sound-compare.tsx';
import { Figures } from './figures.tsx';

type Pair = { readonly after: PreviewView | null; readonly before: PreviewView | null; readonly error: unknown };
const NOTHING_YET: Pair = { after: null, before: null, error: null };

/** A text that was written, as far as a window shows it. */
function TextResult({ result }: { result: ResultView }) {
  const { t, problem } = useTexts();
  const [shown, setShown] = useState<{ text: string; isWhole: boolean } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const { id } = result;
  useEffect(() => {
    let current = true;
    void attempt(() => call('results.text', { id })).then((answer) => {
      if (!current) return;
      setShown(answer.value);
      setError(answer.error);
    });
    return () => {
      current = false;
    };
  }, [id]);
  if (error) {
    return (
      <Notice tone="bad" title={problem(error).title}>
        {problem(error).next}
      </Notice>
    );
  }
  return (
    <div className="size-full overflow-y-auto p-4" tabIndex={0} data-testid="result-text">
      <pre className="selectable whitespace-pre-wrap font-sans">{shown?.text}</pre>
      {shown?.isWhole === false ? <p className="text-muted">{t('results.goesOn')}</p> : null}
    </div>
  );
}

/** A result and its source as this window can show them: the originals where it can, labelled stand-ins otherwise or when `standIn` says so. */
function usePair(result: ResultView, standIn: boolean): Pair {
  const [pair, setPair] = useState<Pair>(NOTHING_YET);
  const { id, sourceId, kind } = result;
  useEffect(() => {
    let current = true;
    setPair(NOTHING_YET);
    void Promise.all([
      attempt(() => call('results.preview', { id, standIn })),
      sourceId ? attempt(() => call('library.preview', { id: sourceId, standIn })) : Promise.resolve(null),
    ]).then(([after, before]) => {
      if (!current) return;
      // Without its source a result is still worth seeing; without the result there is nothing to see.
      const isAlike = before?.value?.mime.startsWith(kind) === true;
      setPair({ after: after.value, before: isAlike ? before.value : null, error: after.error });
    });
    return () => {
      current = false;
    };
  }, [id, sourceId, kind, standIn]);
  return pair;
}

/** A variant may run this much faster or slower than its source; anything more was cut, not stretched. */
const MOST_STRETCH = 0.1;

/** Seconds of the result per second of the source. */
function stretchOf({ verb, measurements }: ResultView, sourceMs: number | undefined): number {
  const ratio = sourceMs && measurements.durationMs ? measurements.durationMs / sourceMs : 1;
  return verb === 'unicalize' && Math.abs(ratio - 1) <= MOST_STRETCH ? ratio : 1;
}

/** Source and result against each other: two pictures, two films that run together, or two sounds to switch between. */
function BeforeAfter({ result }: { result: ResultView }) {
  const texts = useTexts();
  const { t, problem } = texts;
  const [standIn, setStandIn] = useState(false);
  const { after, before, error } = usePair(result, standIn);
  const source = useFile(result.sourceId);
  const [failed, setFailed] = useState(false);
  // What Chromium gives up, the engine may still decode; after that there is nothing more to try.
  const onFail = useCallback(() => (standIn ? setFailed(true) : setStandIn(true)), [standIn]);
  if (error || failed) {
    const told = error ? problem(error) : { title: t('compare.cannotPlay'), next: '' };
    return (
      <div className="grid h-full place-items-center p-4">
        <Notice tone="bad" title={told.title}>
          {told.next}
        </Notice>
      </div>
    );
  }
  if (after === null) return <div className="h-full" aria-busy="true" />;
  const b: Shown = { url: after.url, name: t('results.result'), standIn: standInText(after, texts) };
  if (before === null || result.sourceId === null) return <ResultAlone result={result} shown={b} />;
  const a: Shown = { url: before.url, name: t('results.source'), standIn: standInText(before, texts) };
  const stretch = stretchOf(result, source?.summary?.durationMs);
  switch (result.kind) {
    case 'image':
      return <ImageCompare a={a} b={b} name={result.name} />;
    case 'video':
      return <FilmCompare a={a} b={b} name={result.name} stretch={stretch} fps={source?.summary?.fps ?? 30} onFail={onFail} />;
    case 'audio':
      return <SoundCompare a={a} b={b} result={result} sourceId={result.sourceId} stretch={stretch} onFail={onFail} />;
    case 'text':
      return null;
  }
}

/** A result whose source can't be shown any more, or is of another kind. */
function ResultAlone({ result, shown }: { result: ResultView; shown: Shown }) {
  const { t } = useTexts();
  return (
    <div className="flex size-full flex-col">
      <div className="grid min-h-0 flex-1 place-items-center">
        {result.kind === 'image' ? (
          <img src={shown.url} alt={result.name} className="size-full min-h-0 object-contain" />
        ) : result.kind === 'video' ? (
          <video src={shown.url} controls aria-label={shown.name} className="size-full min-h-0" />
        ) : (
          <audio src={shown.url} controls aria-label={shown.name} className="w-[calc(100%-32px)]" />
        )}
      </div>
      <p className="border-line border-t bg-raised px-3 py-1 text-xs text-muted">
        {shown.standIn ? `${shown.standIn}. ` : ''}
        {result.sourceId === null && result.verb !== 'generate' ? t('compare.noSource') : ''}
      </p>
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
      <div className={`overflow-hidden rounded-lg bg-media ${result.kind === 'audio' ? 'h-72' : tall ? 'h-[56vh]' : 'aspect-square'}`}>
        {result.present ? (
          result.kind === 'text' ? (
            <TextResult key={result.id} result={result} />
          ) : (
            <BeforeAfter key={result.id} result={result} />
          )
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
