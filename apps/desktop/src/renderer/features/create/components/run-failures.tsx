import type { BatchView, ItemView } from '@pingplex/shared/contracts/ipc';
import { Pencil, RotateCcw } from 'lucide-react';
import { useEffect } from 'react';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { loadItems, useBatches } from '../../batches/index.ts';
import { useTakeUp } from '../take-up.ts';

const FAILURES_SHOWN = 5;

function Failure({ item, isAlone }: { item: ItemView; isAlone: boolean }) {
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
        {isAlone ? null : (
          <div className="truncate" title={item.prompt}>
            {item.prompt || item.name}
          </div>
        )}
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

/** What failed in a run: why, and the way out. */
export function Failures({ batch }: { batch: BatchView }) {
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
        <Failure key={item.id} item={item} isAlone={ids?.length === 1} />
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
