import { CircleUser, Folder, LayoutGrid, ListChecks, Plus, Share2 } from 'lucide-react';
import { hintOf } from '../actions/index.ts';
import { WalletCard } from '../features/account/index.ts';
import { isOpen, useBatches } from '../features/batches/index.ts';
import { useSession } from '../features/session/index.ts';
import { useTexts } from '../i18n/index.ts';
import { cx } from '../ui/cx.ts';
import { StateDot } from '../ui/feedback.tsx';
import { go, type Screen, useRoute } from './route.ts';

const ENTRIES = [
  { screen: 'workspace', icon: LayoutGrid, action: 'go.workspace' },
  { screen: 'create', icon: Plus, action: 'go.create' },
  { screen: 'queue', icon: ListChecks, action: 'go.queue' },
  { screen: 'library', icon: Folder, action: 'go.library' },
  { screen: 'recipes', icon: Share2, action: 'go.recipes' },
  { screen: 'account', icon: CircleUser, action: 'go.account' },
] as const satisfies readonly { screen: Screen; icon: typeof Folder; action: string }[];

/** Items that still wait or run, over all batches. */
function useWaiting(): number {
  return useBatches((state) => {
    let waiting = 0;
    for (const batch of state.byId.values()) if (isOpen(batch)) waiting += batch.counts.queued + batch.counts.running;
    return waiting;
  });
}

export function Nav() {
  const { t, format } = useTexts();
  const screen = useRoute((state) => state.screen);
  const waiting = useWaiting();
  const server = useSession((state) => state.app?.server.state);
  return (
    <nav aria-label={t('nav.label')} className="flex min-h-0 flex-col overflow-y-auto border-line border-r bg-surface px-2.5 py-3">
      <div className="flex items-center gap-2 px-2 pt-1 pb-3.5 font-[650] text-lg">
        <span className="grid size-4.5 place-items-center rounded-full border-2 border-accent" aria-hidden>
          <span className="size-1.5 rounded-full bg-accent" />
        </span>
        pingplex
      </div>
      {ENTRIES.map(({ screen: to, icon: Icon, action }) => (
        <button
          key={to}
          type="button"
          aria-current={screen === to ? 'page' : undefined}
          title={hintOf(action)}
          onClick={() => go(to)}
          className={cx(
            'mb-0.5 flex items-center gap-2.5 rounded-md px-2.5 py-1.75 text-left transition-colors',
            screen === to ? 'bg-accent-soft text-text' : 'text-muted hover:text-text',
          )}
        >
          <Icon size={16} strokeWidth={1.7} aria-hidden />
          {t(`nav.${to}`)}
          {to === 'queue' && waiting > 0 ? (
            <span className="ml-auto rounded-full bg-line px-1.75 font-semibold text-xs" data-testid="queue-count">
              <span aria-hidden>{format.number(waiting)}</span>
              <span className="sr-only">{t('nav.waiting', { count: waiting })}</span>
            </span>
          ) : null}
        </button>
      ))}
      <div className="mt-auto flex flex-col gap-1 pt-4">
        {server === 'offline' ? (
          <div className="px-2 pb-1 text-xs text-muted">
            <StateDot tone="warn">{t('nav.offline')}</StateDot>
          </div>
        ) : null}
        <WalletCard />
      </div>
    </nav>
  );
}
