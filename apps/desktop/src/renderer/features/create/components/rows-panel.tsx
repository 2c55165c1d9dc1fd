import type { CreateRow, RowCheck, RowProblem } from '@pingplex/shared/contracts/ipc';
import { mediaUrls } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ListPlus } from 'lucide-react';
import { memo, useMemo, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { cx } from '../../../ui/cx.ts';
import { Empty } from '../../../ui/feedback.tsx';
import { Segments } from '../../../ui/fields.tsx';
import { Thumb, useFile } from '../../files/index.ts';
import { useCreate } from '../store.ts';
import type { CreateRun } from '../use-create-run.ts';

const ROW = 40;
const ROW_WITH_PROBLEM = 62;
const NO_PROBLEMS: readonly RowProblem[] = [];

/** What is wrong in a row: which column, and what would be right. */
function useProblemText(): (problem: RowProblem) => string {
  const { t } = useTexts();
  return ({ column, code, what, allowed }) =>
    `${t('create.table.column', { column })}: ${t(`create.problem.${code}`, { what, allowed: allowed ?? '' })}`;
}

type RowProps = {
  readonly row: CreateRow;
  readonly place: number;
  readonly line: number | null;
  readonly check: RowCheck | undefined;
  readonly problems: readonly RowProblem[];
};

const Row = memo(function Row({ row, place, line, check, problems }: RowProps) {
  const { t, format } = useTexts();
  const textOf = useProblemText();
  const own = row.sources?.find(({ role }) => role === 'image' || role === 'audio');
  const file = useFile(own && 'fileId' in own ? (own.fileId as MediaFileId) : null);
  const source = row.file ?? file?.name ?? check?.source ?? null;
  const isBad = problems.length > 0;
  return (
    <div
      data-testid="create-row"
      data-row={place + 1}
      data-bad={isBad}
      className={cx('flex h-full flex-col justify-center gap-0.5 border-line border-b px-1', isBad && 'bg-bad/8')}
    >
      <div className="grid grid-cols-[48px_minmax(0,1.6fr)_minmax(0,1fr)_minmax(0,1fr)_64px] items-center gap-2.5">
        <span className="text-right text-sm text-muted" title={line === null ? undefined : t('create.table.line', { line })}>
          {format.number(place + 1)}
        </span>
        <span className="truncate" title={row.prompt}>
          {row.prompt || '—'}
        </span>
        <span className="flex min-w-0 items-center gap-1.5 text-muted">
          {file ? (
            <Thumb url={mediaUrls.thumbnail(file.id)} kind={file.kind} className="size-7 shrink-0 rounded-sm max-[1100px]:hidden" />
          ) : null}
          <span className="truncate" title={source ?? undefined}>
            {source ?? '—'}
          </span>
        </span>
        <span className="truncate text-sm text-muted" title={check?.name}>
          {check?.name}
        </span>
        <span className="text-right text-sm">{check && !isBad ? format.number(check.credits) : ''}</span>
      </div>
      {isBad ? (
        <div className="truncate pl-14.5 text-sm text-bad" data-testid="row-problem" title={problems.map(textOf).join(' ')}>
          {line === null ? t('create.row', { n: format.number(place + 1) }) : t('create.table.line', { line: format.number(line) })},{' '}
          {problems.map(textOf).join('; ')}
        </div>
      ) : null}
    </div>
  );
});

/** Every request of a run before it: prompt, file, name of the result, price, and what is wrong with it. Thousands stay smooth. */
export function RowsPanel({ run }: { run: CreateRun }) {
  const { t } = useTexts();
  const mode = useCreate((state) => state.mode);
  const table = useCreate((state) => state.table);
  const [filter, setFilter] = useState<'all' | 'bad'>('all');
  const scroller = useRef<HTMLDivElement>(null);
  const { rows, check } = run;
  const byRow = useMemo(() => {
    const found = new Map<number, RowProblem[]>();
    for (const problem of check?.problems ?? []) found.set(problem.row, [...(found.get(problem.row) ?? []), problem]);
    return found;
  }, [check]);
  const bad = check?.problemRows ?? [];
  const shown = filter === 'bad' && bad.length > 0 ? bad : null;
  const placeOf = (index: number): number => (shown === null ? index : (shown[index] ?? 0));
  const virtual = useVirtualizer({
    count: shown?.length ?? rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (byRow.has(placeOf(index)) ? ROW_WITH_PROBLEM : ROW),
    getItemKey: (index) => `${placeOf(index)} ${byRow.has(placeOf(index))}`,
    overscan: 10,
  });
  if (rows.length === 0) {
    return (
      <Empty
        icon={<ListPlus size={30} strokeWidth={1.4} />}
        title={t(mode === 'table' ? 'create.rows.emptyTable' : 'create.rows.emptyMany')}
      >
        {t(mode === 'table' ? 'create.rows.emptyTableText' : 'create.rows.emptyManyText')}
      </Empty>
    );
  }
  return (
    <div className="flex h-full min-h-0 flex-col gap-2">
      {bad.length > 0 ? (
        <div className="flex items-center gap-3">
          <span className="flex-1 text-bad" role="status" data-testid="bad-rows">
            {t('create.badRows', { count: bad.length })}
          </span>
          <Segments
            label={t('queue.filter')}
            value={filter}
            options={[
              { value: 'all', label: t('queue.all') },
              { value: 'bad', label: t('create.onlyBad', { count: bad.length }) },
            ]}
            onValue={setFilter}
          />
        </div>
      ) : null}
      <div className="flex min-h-0 flex-1 flex-col">
        <div
          aria-hidden
          className="grid grid-cols-[48px_minmax(0,1.6fr)_minmax(0,1fr)_minmax(0,1fr)_64px] gap-2.5 border-line border-b pr-3.5 pb-1 pl-1 text-xs text-muted"
        >
          <span className="text-right">{t('create.rows.number')}</span>
          <span>{t('recipe.generate.prompt')}</span>
          <span>{t('create.rows.file')}</span>
          <span>{t('create.rows.name')}</span>
          <span className="text-right">{t('create.rows.credits')}</span>
        </div>
        <div ref={scroller} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable]" data-testid="create-rows">
          <ol aria-label={t('create.rows.label')} className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const place = placeOf(item.index);
              const row = rows[place];
              return row === undefined ? null : (
                <li
                  key={item.key}
                  aria-posinset={item.index + 1}
                  aria-setsize={shown?.length ?? rows.length}
                  className="absolute inset-x-0 top-0"
                  style={{ transform: `translateY(${item.start}px)`, height: item.size }}
                >
                  <Row
                    row={row}
                    place={place}
                    line={mode === 'table' ? (table?.rows[place]?.line ?? null) : null}
                    check={check?.rows[place]}
                    problems={byRow.get(place) ?? NO_PROBLEMS}
                  />
                </li>
              );
            })}
          </ol>
        </div>
      </div>
    </div>
  );
}
