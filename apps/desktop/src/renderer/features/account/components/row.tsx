import type { ReactNode } from 'react';

/** One way into the account: its name, how it stands, what can be done; below it what was opened. */
export function Row({ name, value, actions, children }: { name: string; value: ReactNode; actions: ReactNode; children?: ReactNode }) {
  return (
    <section aria-label={name} className="flex flex-col gap-3 border-line border-t py-3 first:border-t-0 first:pt-0 last:pb-0">
      <div className="flex items-center gap-3">
        <h3 className="w-36 shrink-0 text-muted">{name}</h3>
        <div className="min-w-0 flex-1 selectable break-words">{value}</div>
        <div className="flex shrink-0 gap-2">{actions}</div>
      </div>
      {children}
    </section>
  );
}
