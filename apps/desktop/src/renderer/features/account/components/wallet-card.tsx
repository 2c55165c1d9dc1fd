import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { useSession } from '../../session/index.ts';
import { nextExpiry } from './wallet.tsx';

/** Balance and account in the corner; a click opens the whole story. */
export function WalletCard() {
  const { t, format } = useTexts();
  const app = useSession((state) => state.app);
  const open = (): void => {
    runAction('go.account');
  };
  if (!app?.account) {
    return (
      <button
        type="button"
        data-testid="wallet-card"
        onClick={open}
        className="w-full rounded-lg border border-line bg-raised px-3 py-2.5 text-left transition-colors hover:border-line-strong"
      >
        <span className="block font-semibold">{t('wallet.signedOut')}</span>
        <span className="block text-xs text-muted">{t('wallet.signedOutText')}</span>
      </button>
    );
  }
  const { wallet, account } = app;
  const total = wallet ? wallet.grants.reduce((sum, grant) => sum + (grant.available + grant.held > 0 ? grant.amount : 0), 0) : 0;
  const next = wallet ? nextExpiry(wallet) : undefined;
  return (
    <>
      <button
        type="button"
        data-testid="wallet-card"
        onClick={open}
        className="w-full rounded-lg border border-line bg-raised px-3 py-2.5 text-left transition-colors hover:border-line-strong"
      >
        <span className="block text-xs text-muted">
          {t('wallet.credits')}
          {app.server.sandbox ? ` · ${t('common.sandbox')}` : null}
        </span>
        <span className="block font-semibold text-xl" data-testid="balance">
          {wallet ? format.number(wallet.available) : '–'}
        </span>
        {wallet && total > 0 ? (
          <span className="mt-1.5 mb-1 block h-1 overflow-hidden rounded-full bg-line" aria-hidden>
            <span
              className="block h-full rounded-full bg-accent"
              style={{ width: `${Math.min(100, (wallet.available / total) * 100)}%` }}
            />
          </span>
        ) : null}
        {wallet && (wallet.held > 0 || next?.expiresAt) ? (
          <span className="block text-xs text-muted">
            {[
              next?.expiresAt ? t('wallet.nextExpiry', { count: next.available, date: format.day(next.expiresAt) }) : null,
              wallet.held > 0 ? t('wallet.heldShort', { count: wallet.held }) : null,
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        ) : null}
      </button>
      <button
        type="button"
        onClick={open}
        className="flex w-full items-center gap-2.25 rounded-md px-1.5 py-2 text-left hover:bg-accent-soft"
      >
        <span
          className="grid size-6.5 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent-text uppercase"
          aria-hidden
        >
          {account.email.slice(0, 1)}
        </span>
        <span className="min-w-0 truncate">
          <span className="sr-only">{t('nav.account')}: </span>
          {account.email}
        </span>
      </button>
    </>
  );
}
