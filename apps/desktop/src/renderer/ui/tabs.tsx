import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

type Tab<V extends string> = { readonly value: V; readonly label: ReactNode; readonly content: ReactNode };

/** Pages behind a row of names. Only the page that is open exists. */
export function Tabs<V extends string>({
  label,
  value,
  onValue,
  tabs,
}: {
  label: string;
  value: V;
  onValue: (value: V) => void;
  tabs: readonly Tab<V>[];
}) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onValue(next as V)} className="flex min-h-0 flex-1 flex-col">
      <Radix.List
        aria-label={label}
        className="mx-3.5 flex shrink-0 gap-4 overflow-x-auto border-line border-b [scrollbar-width:none] max-[1100px]:gap-2 max-[1100px]:text-sm"
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="whitespace-nowrap py-1.5 text-muted transition-colors hover:text-text data-[state=active]:text-text data-[state=active]:shadow-[inset_0_-2px_var(--accent)]"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="min-h-0 flex-1 overflow-y-auto px-3.5 py-3">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
