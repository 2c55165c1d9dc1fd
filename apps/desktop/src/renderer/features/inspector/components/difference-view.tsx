import type { Tag } from '@pingplex/shared/contracts/engine';
import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import { diffTags, fullKey } from '@pingplex/shared/metadata';
import { type ReactNode, useMemo, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { Button } from '../../../ui/button.tsx';
import { Empty, Notice } from '../../../ui/feedback.tsx';
import { useInspection } from '../hooks.ts';

function Group({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  const { format } = useTexts();
  if (count === 0) return null;
  return (
    <details open className="[content-visibility:auto]">
      <summary className="sticky top-0 flex items-baseline gap-2 bg-surface py-1 font-semibold">
        <span className="min-w-0 truncate">{title}</span> <span className="font-normal text-xs text-muted">{format.number(count)}</span>
      </summary>
      {children}
    </details>
  );
}

const shown = (tag: Tag) => (tag.value === '' ? '–' : tag.value);

function OneSided({ tags }: { tags: readonly Tag[] }) {
  return tags.map((tag) => (
    <div
      key={fullKey(tag)}
      data-testid="difference"
      data-key={fullKey(tag)}
      className="grid grid-cols-[minmax(90px,42%)_1fr] gap-2.5 py-0.75"
    >
      <span className="truncate text-muted" title={fullKey(tag)}>
        {fullKey(tag)}
      </span>
      <span className="selectable line-clamp-4 break-words">{shown(tag)}</span>
    </div>
  ));
}

type Problem = { readonly error: unknown; readonly onRetry: () => void };

function Failure({ error, onRetry }: Problem) {
  const { t, problem } = useTexts();
  const { title, next } = problem(error);
  return (
    <Notice tone="bad" title={title} actions={<Button onClick={onRetry}>{t('common.retry')}</Button>}>
      {next}
    </Notice>
  );
}

/** Metadata of two files, only what differs: what both say differently, and what only one of them says. */
export function DifferenceView({ a, b }: { a: MediaFileView; b: MediaFileView }) {
  const { t } = useTexts();
  const [again, setAgain] = useState(0);
  const first = useInspection(a, again);
  const second = useInspection(b, again);
  const found = useMemo(
    () => (first.value && second.value ? diffTags(first.value.tags, second.value.tags) : null),
    [first.value, second.value],
  );
  const error = first.error ?? second.error ?? a.error ?? b.error;
  return (
    <section aria-label={t('difference.title')} data-testid="differences" className="min-h-0 flex-1 overflow-y-auto px-3.5 py-3">
      {error ? <Failure error={error} onRetry={() => setAgain(again + 1)} /> : null}
      {!error && !found ? (
        <p className="text-muted" aria-busy>
          {t('inspector.reading')}
        </p>
      ) : null}
      {found && found.changed.length + found.onlyInA.length + found.onlyInB.length === 0 ? (
        <Empty icon={null} title={t('difference.none')}>
          {t('difference.noneText')}
        </Empty>
      ) : null}
      {found ? (
        <>
          <p className="mb-1 text-xs text-muted" aria-live="polite">
            {t('difference.same', { count: found.same })}
          </p>
          <Group title={t('difference.changed')} count={found.changed.length}>
            <div className="grid grid-cols-2 gap-2.5 text-xs text-muted">
              <span className="truncate">{a.name}</span>
              <span className="truncate">{b.name}</span>
            </div>
            {found.changed.map((change) => (
              <div
                key={change.key}
                data-testid="difference"
                data-key={change.key}
                className="border-line border-t py-1 first-of-type:border-t-0"
              >
                <div className="truncate text-muted" title={change.key}>
                  {change.key}
                </div>
                <div className="grid grid-cols-2 gap-2.5">
                  <span className="selectable line-clamp-4 break-words">{shown(change.a)}</span>
                  <span className="selectable line-clamp-4 break-words">{shown(change.b)}</span>
                </div>
              </div>
            ))}
          </Group>
          <Group title={t('difference.onlyIn', { name: a.name })} count={found.onlyInA.length}>
            <OneSided tags={found.onlyInA} />
          </Group>
          <Group title={t('difference.onlyIn', { name: b.name })} count={found.onlyInB.length}>
            <OneSided tags={found.onlyInB} />
          </Group>
        </>
      ) : null}
    </section>
  );
}
