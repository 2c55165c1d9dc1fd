import { Tooltip } from 'radix-ui';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { cx } from './cx.ts';

type Look = 'plain' | 'primary' | 'ghost' | 'danger';

const LOOKS: Record<Look, string> = {
  plain: 'border border-line-strong bg-raised hover:border-faint',
  primary: 'border border-transparent bg-accent-strong font-semibold text-on-accent hover:bg-accent-hover',
  ghost: 'border border-transparent text-muted hover:bg-accent-soft hover:text-text',
  danger: 'border border-line-strong bg-raised text-bad hover:border-bad',
};

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; large?: boolean; busy?: boolean };

/** A button with text. `busy` keeps its width, says so to screen readers and takes no second click. */
export function Button({ look = 'plain', large = false, busy = false, className, disabled, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={cx(
        'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md transition-colors disabled:opacity-50',
        large ? 'h-9 px-4' : 'h-7.5 px-3',
        LOOKS[look],
        className,
      )}
    >
      {children}
    </button>
  );
}

type IconButtonProps = Omit<ButtonProps, 'children' | 'large'> & { label: string; hint?: string; children: ReactNode };

/** A button with an icon only: its label is read by screen readers and shown as a tooltip, with the shortcut if there is one. */
export function IconButton({ label, hint, look = 'ghost', className, children, ...rest }: IconButtonProps) {
  return (
    <Tip label={label} {...(hint === undefined ? {} : { hint })}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        className={cx(
          'inline-flex size-7 shrink-0 items-center justify-center rounded-md transition-colors disabled:opacity-40',
          LOOKS[look],
          className,
        )}
      >
        {children}
      </button>
    </Tip>
  );
}

/** Shows a short text, and a shortcut, beside what it wraps. */
export function Tip({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="appear z-50 flex max-w-80 items-center gap-2 rounded-md border border-line-strong bg-raised px-2 py-1 text-sm shadow-pop"
        >
          {label}
          {hint ? <Kbd>{hint}</Kbd> : null}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

/** A key or a combination of keys. */
export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className="rounded-sm border border-line-strong px-1.25 font-mono text-xs leading-[1.6] text-muted">{children}</kbd>;
}
