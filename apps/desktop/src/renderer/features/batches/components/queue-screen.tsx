import { ListChecks } from 'lucide-react';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { Button } from '../../../ui/button.tsx';
import { Empty, Notice } from '../../../ui/feedback.tsx';
import { isOpen, reloadBatches, useBatches } from '../store.ts';
import { BatchCard } from './batch-card.tsx';

/** Everything that runs, waits or ran, newest first. */
export function QueueScreen() {
  const { t, problem } = useTexts();
  const { order, loaded, error, byId } = useBatches();
  if (error) {
    return (
      <div className="p-5">
        <Notice tone="bad" title={problem(error).title} actions={<Button onClick={() => void reloadBatches()}>{t('common.retry')}</Button>}>
          {problem(error).next}
        </Notice>
      </div>
    );
  }
  if (loaded && order.length === 0) {
    return (
      <Empty
        icon={<ListChecks size={32} strokeWidth={1.4} />}
        title={t('queue.empty.title')}
        actions={<Button onClick={() => runAction('go.workspace')}>{t('actions.goWorkspace')}</Button>}
      >
        {t('queue.empty.text')}
      </Empty>
    );
  }
  const firstOpen = order.find((id) => {
    const batch = byId.get(id);
    return batch !== undefined && isOpen(batch);
  });
  return (
    <ul aria-label={t('nav.queue')} className="mx-auto flex w-full max-w-5xl flex-col gap-3 p-5">
      {order.map((id) => (
        <BatchCard key={id} id={id} startsOpen={id === firstOpen} />
      ))}
    </ul>
  );
}
