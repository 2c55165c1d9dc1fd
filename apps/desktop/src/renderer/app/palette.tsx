import { Dialog as Radix } from 'radix-ui';
import { type KeyboardEvent, useState } from 'react';
import { ACTION_IDS, ACTIONS, type ActionId, canRun, hintOf, runAction } from '../actions/index.ts';
import { useTexts } from '../i18n/index.ts';
import { Kbd } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { useReturningFocus } from '../ui/overlays.tsx';

/** Every action that can be carried out now, found by typing. */
export function Palette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { t } = useTexts();
  const focus = useReturningFocus(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div className="fixed inset-0 z-40 bg-black/45" />
        <Radix.Content
          aria-describedby={undefined}
          {...focus}
          className="appear fixed top-[14vh] left-1/2 z-40 w-[min(560px,92vw)] -translate-x-1/2 overflow-hidden rounded-lg border border-line-strong bg-raised shadow-pop"
        >
          <Radix.Title className="sr-only">{t('palette.title')}</Radix.Title>
          <Commands onDone={() => onOpenChange(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Commands({ onDone }: { onDone: () => void }) {
  const { t } = useTexts();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = (textOf: (id: ActionId) => string): ActionId[] =>
    ACTION_IDS.filter((id) => {
      const text = textOf(id).toLowerCase();
      return id !== 'palette.open' && canRun(id) && words.every((word) => text.includes(word));
    });
  // What says so itself comes before what merely belongs to such a group.
  const byLabel = matching((id) => t(ACTIONS[id].label));
  const found = [
    ...byLabel,
    ...matching((id) => `${t(ACTIONS[id].label)} ${t(`palette.groups.${ACTIONS[id].group}`)}`).filter((id) => !byLabel.includes(id)),
  ];
  const run = (id: ActionId | undefined): void => {
    if (!id) return;
    onDone();
    // The dialog gives the focus back when it closes; the action may want to move it after that.
    setTimeout(() => runAction(id), 0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter') run(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${found[at]}` : undefined}
        aria-label={t('palette.title')}
        placeholder={t('palette.hint')}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className="selectable h-11 w-full border-line border-b bg-transparent px-4 outline-none"
      />
      <div id="palette-list" role="listbox" tabIndex={-1} aria-label={t('palette.title')} className="max-h-90 overflow-y-auto p-1.5">
        {found.map((id, index) => (
          <button
            key={id}
            id={`palette-${id}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            ref={(element) => {
              if (index === at) element?.scrollIntoView({ block: 'nearest' });
            }}
            onPointerMove={() => setAt(index)}
            onClick={() => run(id)}
            className={cx('flex w-full items-center gap-2 rounded-md px-2.5 py-1.5 text-left', index === at && 'bg-accent-soft')}
          >
            {t(ACTIONS[id].label)}
            <span className="ml-auto text-xs text-muted">{t(`palette.groups.${ACTIONS[id].group}`)}</span>
            {hintOf(id) ? <Kbd>{hintOf(id)}</Kbd> : null}
          </button>
        ))}
        {found.length === 0 ? <p className="px-2.5 py-3 text-muted">{t('palette.none')}</p> : null}
      </div>
    </>
  );
}
