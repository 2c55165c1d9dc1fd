import { useEffect, useRef, useState } from 'react';
import { isOpen, useBatches } from '../features/batches/index.ts';
import { useTexts } from '../i18n/index.ts';

const EVERY_MS = 15_000;

/** Tells screen readers how a run goes: its end at once, its progress at most four times a minute. */
export function LiveProgress() {
  const { t, format } = useTexts();
  const [text, setText] = useState('');
  const lastSaid = useRef({ at: 0, running: false });
  useEffect(
    () =>
      useBatches.subscribe((state) => {
        const open = [...state.byId.values()].filter((batch) => isOpen(batch) && batch.state === 'running');
        const now = Date.now();
        const last = lastSaid.current;
        if (open.length === 0) {
          const newest = state.byId.get(state.order[0] ?? '');
          if (last.running && newest) setText(t('run.live.finished', { done: newest.counts.done, failed: newest.counts.failed }));
          lastSaid.current = { at: now, running: false };
        } else if (!last.running || now - last.at > EVERY_MS) {
          const share = open.reduce((sum, batch) => sum + batch.progress, 0) / open.length;
          setText(t('run.live.progress', { share: format.percent(share) }));
          lastSaid.current = { at: now, running: true };
        }
      }),
    [t, format],
  );
  return (
    <div role="status" aria-live="polite" className="sr-only" data-testid="live">
      {text}
    </div>
  );
}
