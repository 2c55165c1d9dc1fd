import { X } from 'lucide-react';
import { DropdownMenu, Dialog as Radix, Popover as RadixPopover } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { IconButton } from './button.tsx';
import { cx } from './cx.ts';

/** Puts the focus on the first field; without one on the panel itself, so that no button's tooltip pops up unasked. */
function focusFirstField(event: Event): void {
  const panel = event.currentTarget;
  if (!(panel instanceof HTMLElement)) return;
  event.preventDefault();
  const field = panel.querySelector<HTMLElement>('input:not([type=checkbox]):not([type=range]):not([type=radio]), textarea, select');
  (field ?? panel).focus();
}

/** For dialogs that no button opened: when they close, the focus goes back to where it was. */
export function useReturningFocus(open: boolean) {
  const before = useRef<Element | null>(null);
  const wasOpen = useRef(false);
  // Noted while rendering: what is in the dialog may take the focus before any effect of ours runs.
  if (open && !wasOpen.current) before.current = document.activeElement;
  wasOpen.current = open;
  return {
    onOpenAutoFocus: focusFirstField,
    onCloseAutoFocus(event: Event): void {
      event.preventDefault();
      if (before.current instanceof HTMLElement) before.current.focus();
    },
  };
}

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  closeLabel: string;
  wide?: boolean;
  /** Hides the title row; the title is still read by screen readers. */
  bare?: boolean;
  children: ReactNode;
};

/**
 * A modal dialog. The backdrop is our own element: Radix' overlay brings a style element with it, which the content
 * security policy refuses.
 */
export function Dialog({ open, onOpenChange, title, closeLabel, wide = false, bare = false, children }: DialogProps) {
  const focus = useReturningFocus(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div className="fixed inset-0 z-40 bg-black/55" />
        <Radix.Content
          aria-describedby={undefined}
          {...focus}
          className={cx(
            'appear outline-none fixed top-1/2 left-1/2 z-40 flex max-h-[88vh] -translate-x-1/2 -translate-y-1/2 flex-col overflow-hidden rounded-lg border border-line-strong bg-surface shadow-pop',
            wide ? 'w-[min(1100px,92vw)]' : 'w-[min(520px,92vw)]',
          )}
        >
          <div className={cx('flex items-center gap-2 border-line border-b px-4 py-2.5', bare && 'sr-only')}>
            <Radix.Title className="min-w-0 flex-1 truncate font-semibold">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label={closeLabel}>
                <X size={16} />
              </IconButton>
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type PopoverProps = {
  label: string;
  trigger: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  className?: string;
  children: ReactNode;
};

/** A small panel beside the button that opened it. */
export function Popover({ label, trigger, open, onOpenChange, className, children }: PopoverProps) {
  return (
    <RadixPopover.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          aria-label={label}
          onOpenAutoFocus={focusFirstField}
          sideOffset={8}
          collisionPadding={10}
          className={cx(
            'appear outline-none z-30 flex max-h-(--radix-popover-content-available-height) w-80 flex-col gap-3 overflow-y-auto rounded-lg border border-line-strong bg-raised p-3.5 shadow-pop',
            className,
          )}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}

export type MenuEntry = { readonly label: string; readonly note?: string; readonly onSelect: () => void; readonly danger?: boolean };

/** A menu of commands behind a button. */
export function Menu({ trigger, entries, heading }: { trigger: ReactNode; entries: readonly MenuEntry[]; heading?: string }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          sideOffset={6}
          collisionPadding={10}
          className="appear z-30 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 overflow-y-auto rounded-lg border border-line-strong bg-raised p-1 shadow-pop"
        >
          {heading ? <DropdownMenu.Label className="px-2.5 py-1 text-xs text-muted">{heading}</DropdownMenu.Label> : null}
          {entries.map((entry) => (
            <DropdownMenu.Item
              key={entry.label}
              onSelect={entry.onSelect}
              className={cx(
                'flex items-baseline gap-2 rounded-md px-2.5 py-1.25 outline-none data-highlighted:bg-accent-soft',
                entry.danger && 'text-bad',
              )}
            >
              {entry.label}
              {entry.note ? <span className="ml-auto pl-4 text-sm text-muted">{entry.note}</span> : null}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
