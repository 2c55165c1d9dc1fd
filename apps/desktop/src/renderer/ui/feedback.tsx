import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';

type Tone = 'info' | 'warn' | 'bad';

const TONES: Record<Tone, { box: string; icon: typeof Info; ink: string }> = {
  info: { box: 'border-line-strong bg-raised', icon: Info, ink: 'text-accent-text' },
  warn: { box: 'border-warn/45 bg-warn/10', icon: TriangleAlert, ink: 'text-warn' },
  bad: { box: 'border-bad/45 bg-bad/10', icon: CircleAlert, ink: 'text-bad' },
};

/** A message in the flow of the page: what happened, what to do, and a way to do it. */
export function Notice({ tone, title, children, actions }: { tone: Tone; title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  const { box, icon: Icon, ink } = TONES[tone];
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={cx('flex items-start gap-2.5 rounded-md border px-3 py-2', box)}>
      <Icon size={15} className={cx('mt-0.5 shrink-0', ink)} aria-hidden />
      <div className="min-w-0 flex-1 selectable">
        <div className="font-semibold">{title}</div>
        {children ? <div className="text-muted">{children}</div> : null}
      </div>
      {actions ? <div className="flex shrink-0 items-center gap-1">{actions}</div> : null}
    </div>
  );
}

/** Progress 0–1; without a value it only says that something goes on. */
export function Progress({
  value,
  label,
  thin = false,
  tone,
}: {
  value: number | null;
  label: string;
  thin?: boolean;
  tone?: 'ok' | 'bad';
}) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value * 100)}
      className={cx('w-full overflow-hidden rounded-full bg-line', thin ? 'h-0.75' : 'h-1')}
    >
      {value === null ? (
        <div className="sweep h-full w-1/3 rounded-full bg-accent" />
      ) : (
        <div
          className={cx('h-full rounded-full', tone === 'ok' ? 'bg-ok' : tone === 'bad' ? 'bg-bad' : 'bg-accent')}
          style={{ width: `${Math.max(0, Math.min(1, value)) * 100}%` }}
        />
      )}
    </div>
  );
}

/** A state in one word, with its colour as a second sign. */
export function StateDot({ tone, children }: { tone: 'ok' | 'warn' | 'bad' | 'run' | 'quiet'; children: ReactNode }) {
  const colour = { ok: 'bg-ok', warn: 'bg-warn', bad: 'bg-bad', run: 'bg-accent', quiet: 'bg-faint' }[tone];
  return (
    <span className="inline-flex max-w-full items-baseline gap-1.5">
      <span className={cx('size-2 shrink-0 rounded-full', colour)} aria-hidden />
      <span className="min-w-0">{children}</span>
    </span>
  );
}

export function Badge({ children, tone = 'quiet' }: { children: ReactNode; tone?: 'quiet' | 'flag' | 'bad' | 'accent' }) {
  const look = {
    quiet: 'bg-line text-text',
    flag: 'bg-badge text-on-badge font-semibold',
    bad: 'bg-bad/15 text-bad font-semibold',
    accent: 'bg-accent-soft text-accent-text font-semibold',
  }[tone];
  return <span className={cx('inline-flex items-center rounded-sm px-1.5 text-xs whitespace-nowrap', look)}>{children}</span>;
}

/** What a screen shows while there is nothing in it. */
export function Empty({ icon, title, children, actions }: { icon: ReactNode; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 p-8 text-center">
      <div className="mb-1 text-faint" aria-hidden>
        {icon}
      </div>
      <h2 className="font-semibold text-lg">{title}</h2>
      {children ? <p className="max-w-md text-muted">{children}</p> : null}
      {actions ? <div className="mt-2 flex gap-2">{actions}</div> : null}
    </div>
  );
}

/** Pairs of a name and a value, as in a data sheet. */
export function Facts({ rows }: { rows: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(84px,auto)_1fr] gap-x-3 gap-y-1.25">
      {rows.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 break-words selectable">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
