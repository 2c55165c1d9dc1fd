import type { HistoryEntry, IpcOutput } from '@pingplex/shared/contracts/ipc';
import { mediaUrls } from '@pingplex/shared/contracts/ipc';
import { Download, FileQuestion, History, RotateCcw } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Badge, Empty, Notice } from '../../../ui/feedback.tsx';
import { Field, Select, TextInput } from '../../../ui/fields.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { useBatches } from '../../batches/index.ts';
import { Thumb } from '../../files/index.ts';
import { useSession } from '../../session/index.ts';
import { useTakeUp } from '../take-up.ts';

type Page = IpcOutput<'create.history'>;
const PAGE = 50;
const DAY_MS = 24 * 3_600_000;

/** Midnight of a day as a date field writes it, in this machine's time zone. */
const startOf = (day: string): number => new Date(`${day}T00:00`).getTime();

function Entry({ entry, onChanged }: { entry: HistoryEntry; onChanged: () => void }) {
  const { t, format, problem, locale } = useTexts();
  const model = useSession((state) => state.models.find(({ id }) => id === entry.modelId));
  const takeAgain = useTakeUp();
  const [fetching, setFetching] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [first] = entry.results;
  const isKept = entry.expiresAt === null || Date.parse(entry.expiresAt) > Date.now();
  const fetchAgain = async (): Promise<void> => {
    setFetching(true);
    const answer = await attempt(() => call('create.fetchAgain', { key: entry.key }));
    setFetching(false);
    setError(answer.error);
    if (answer.value) {
      toast('ok', t('create.history.fetched'), `${answer.value.displayFolder}: ${answer.value.saved.join(', ')}`);
      onChanged();
    }
  };
  return (
    <li className="flex items-start gap-3 border-line border-b py-2.5" data-testid="history-entry" data-key={entry.key}>
      {first ? (
        <Thumb
          url={mediaUrls.resultThumbnail(first.id)}
          kind={first.kind}
          broken={!first.present}
          className="size-14 shrink-0 rounded-md"
        />
      ) : (
        <span className="grid size-14 shrink-0 place-items-center rounded-md bg-media text-faint" aria-hidden>
          <FileQuestion size={20} strokeWidth={1.5} />
        </span>
      )}
      <div className="selectable min-w-0 flex-1">
        <div className="line-clamp-2" title={entry.prompt}>
          {entry.prompt || '—'}
        </div>
        <div className="text-sm text-muted">
          {[
            model?.label[locale] ?? entry.modelId,
            entry.sourceName,
            format.dateTime(entry.createdAt),
            entry.credits > 0 ? t('run.credits', { count: entry.credits }) : null,
          ]
            .filter((one) => one !== null)
            .join(' · ')}
        </div>
        <div className="flex flex-wrap items-center gap-1.5 text-xs text-muted">
          {entry.state === 'ended' ? <Badge>{t('create.history.ended')}</Badge> : null}
          {entry.state === 'waiting' ? <Badge tone="accent">{t('create.history.waiting')}</Badge> : null}
          {entry.state === 'paid' && !first ? <Badge tone="accent">{t('create.history.notFetched')}</Badge> : null}
          {first && !first.present ? <Badge tone="bad">{t('create.history.gone')}</Badge> : null}
          {entry.expiresAt ? (
            <span data-testid="expires">{t(isKept ? 'create.keptUntil' : 'create.expired', { date: format.date(entry.expiresAt) })}</span>
          ) : null}
        </div>
        {error ? (
          <p role="alert" className="text-sm text-bad">
            {problem(error).title}. <span className="text-muted">{problem(error).next}</span>
          </p>
        ) : null}
      </div>
      <div className="flex shrink-0 flex-wrap justify-end gap-1.5">
        {entry.generationId !== null && entry.state !== 'ended' && isKept ? (
          <Button busy={fetching} onClick={() => void fetchAgain()} data-testid="fetch-again">
            <Download size={14} aria-hidden />
            {t('create.history.fetch')}
          </Button>
        ) : null}
        <Button onClick={() => takeAgain({ key: entry.key })} data-testid="history-again">
          <RotateCcw size={14} aria-hidden />
          {t('create.again')}
        </Button>
      </div>
    </li>
  );
}

/** Everything that was asked for and paid on this computer: found by prompt, model, date and source. */
export function HistoryPanel() {
  const { t, problem, locale } = useTexts();
  const models = useSession((state) => state.models);
  // A request that ends changes what the history says.
  const results = useBatches((state) => state.resultOrder.length);
  const [text, setText] = useState('');
  const [modelId, setModelId] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [page, setPage] = useState<Page | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = useCallback(() => {
    const query = {
      text,
      limit,
      ...(modelId === '' ? {} : { modelId }),
      ...(from === '' ? {} : { from: startOf(from) }),
      ...(until === '' ? {} : { until: startOf(until) + DAY_MS }),
    };
    let isNewest = true;
    const timer = setTimeout(() => {
      void attempt(() => call('create.history', query)).then((answer) => {
        if (!isNewest) return;
        setError(answer.error);
        if (answer.value) setPage(answer.value);
      });
    }, 150);
    return () => {
      isNewest = false;
      clearTimeout(timer);
    };
  }, [text, modelId, from, until, limit]);
  useEffect(() => (results >= 0 ? load() : undefined), [load, results]);
  const isFiltered = text !== '' || modelId !== '' || from !== '' || until !== '';
  if (page !== null && page.total === 0 && !isFiltered) {
    return (
      <Empty icon={<History size={30} strokeWidth={1.4} />} title={t('create.history.empty')}>
        {t('create.history.emptyText')}
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-2" data-testid="history">
      <div className="grid grid-cols-[minmax(140px,2fr)_minmax(120px,1.4fr)_130px_130px] items-end gap-2 max-[1100px]:grid-cols-2">
        <Field label={t('create.history.search')}>
          {(field) => (
            <TextInput
              {...field}
              type="search"
              value={text}
              onChange={(event) => setText(event.target.value)}
              data-testid="history-search"
            />
          )}
        </Field>
        <Field label={t('recipe.generate.model')}>
          {(field) => (
            <Select
              {...field}
              value={modelId}
              options={[
                { value: '', label: t('create.history.anyModel') },
                ...(page?.models ?? []).map((id) => ({ value: id, label: models.find((one) => one.id === id)?.label[locale] ?? id })),
              ]}
              onValue={setModelId}
            />
          )}
        </Field>
        <Field label={t('create.history.from')}>
          {(field) => <TextInput {...field} type="date" value={from} max={until} onChange={(event) => setFrom(event.target.value)} />}
        </Field>
        <Field label={t('create.history.until')}>
          {(field) => <TextInput {...field} type="date" value={until} min={from} onChange={(event) => setUntil(event.target.value)} />}
        </Field>
      </div>
      {error ? (
        <Notice tone="bad" title={problem(error).title}>
          {problem(error).next}
        </Notice>
      ) : null}
      <p className="text-sm text-muted" aria-live="polite" data-testid="history-count">
        {page === null ? null : t('create.history.found', { count: page.total })}
      </p>
      <ul>
        {(page?.entries ?? []).map((entry) => (
          <Entry key={entry.key} entry={entry} onChanged={load} />
        ))}
      </ul>
      {page !== null && page.entries.length < page.total && limit < 500 ? (
        <Button className="self-center" onClick={() => setLimit(Math.min(500, limit + PAGE))}>
          {t('create.history.more')}
        </Button>
      ) : null}
    </div>
  );
}
