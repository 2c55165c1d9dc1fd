import { X } from 'lucide-react';
import { useEffect } from 'react';
import { create } from 'zustand';
import { IconButton } from './button.tsx';
import { cx } from './cx.ts';

type Toast = { readonly id: number; readonly tone: 'ok' | 'bad'; readonly title: string; readonly text?: string };

const useToasts = create<{ list: readonly Toast[] }>(() => ({ list: [] }));
let last = 0;

/** Tells something that needs no decision. It goes away by itself; things that need an answer stand where they belong instead. */
export function toast(tone: Toast['tone'], title: string, text?: string): void {
  last += 1;
  const next: Toast = { id: last, tone, title, ...(text === undefined ? {} : { text }) };
  useToasts.setState(({ list }) => ({ list: [...list.slice(-3), next] }));
}

const dismiss = (id: number): void => useToasts.setState(({ list }) => ({ list: list.filter((one) => one.id !== id) }));

function One({ one, closeLabel }: { one: Toast; closeLabel: string }) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(one.id), one.tone === 'bad' ? 9000 : 4500);
    return () => clearTimeout(timer);
  }, [one]);
  return (
    <div
      className={cx(
        'appear pointer-events-auto flex w-80 items-start gap-2 rounded-lg border bg-raised py-2 pr-1.5 pl-3 shadow-pop',
        one.tone === 'bad' ? 'border-bad/50' : 'border-line-strong',
      )}
    >
      <div className="min-w-0 flex-1 py-0.5 selectable">
        <div className="font-semibold">{one.title}</div>
        {one.text ? <div className="text-muted">{one.text}</div> : null}
      </div>
      <IconButton label={closeLabel} onClick={() => dismiss(one.id)}>
        <X size={14} />
      </IconButton>
    </div>
  );
}

/** Where toasts appear; read politely by screen readers. */
export function Toasts({ label, closeLabel }: { label: string; closeLabel: string }) {
  const list = useToasts((state) => state.list);
  return (
    <section aria-label={label} aria-live="polite" className="pointer-events-none fixed right-4 bottom-20 z-50 flex flex-col gap-2">
      {list.map((one) => (
        <One key={one.id} one={one} closeLabel={closeLabel} />
      ))}
    </section>
  );
}
