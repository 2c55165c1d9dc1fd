import type { ResultView } from '@pingplex/shared/contracts/ipc';
import { RotateCcw, Sparkles } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Empty } from '../../../ui/feedback.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { useBatches } from '../../batches/index.ts';
import { ResultDetail } from '../../results/index.ts';
import { useTakeUp } from '../take-up.ts';
import { RunCard } from './run-card.tsx';
import { takeSoon } from './sources.tsx';

/** Runs that are shown here; older ones are in the queue. */
const RUNS_SHOWN = 20;

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
          <RunCard key={id} id={id} onOpen={setOpen} />
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
              {result.kind === 'text' ? null : (
                <Button onClick={() => takeResult(result)} data-testid="use-as-source">
                  {t('create.useAsSource')}
                </Button>
              )}
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
