import { LogOut } from 'lucide-react';
import { useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Badge, Notice } from '../../../ui/feedback.tsx';
import { mergeSession, useSession } from '../../session/index.ts';
import { SecurityPanel } from './security.tsx';
import { SettingsPanel } from './settings.tsx';
import { SignIn } from './sign-in.tsx';
import { WalletPanel } from './wallet.tsx';

function SignedIn() {
  const { t, format, problem } = useTexts();
  const account = useSession((state) => state.app?.account);
  const keychain = useSession((state) => state.app?.keychain);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  if (!account) return null;
  const signOut = async (): Promise<void> => {
    setBusy(true);
    const answer = await attempt(() => call('account.signOut', {}));
    setBusy(false);
    setError(answer.error);
    if (!answer.error) mergeSession({ account: null, wallet: null });
  };
  return (
    <section
      aria-label={t('account.title')}
      className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4"
      data-testid="account"
    >
      <div className="flex items-center gap-3">
        <span className="grid size-9 place-items-center rounded-full bg-accent-soft font-semibold text-accent-text uppercase" aria-hidden>
          {account.email.slice(0, 1)}
        </span>
        <div className="min-w-0 flex-1">
          <div className="selectable truncate font-semibold">{account.email}</div>
          <div className="text-sm text-muted">
            {t('account.since', { date: format.date(account.createdAt) })}{' '}
            {account.emailVerified ? null : <Badge tone="flag">{t('account.unverified')}</Badge>}
          </div>
        </div>
        <Button busy={busy} onClick={() => void signOut()}>
          <LogOut size={14} aria-hidden />
          {t('account.signOut')}
        </Button>
      </div>
      {keychain === 'sessionOnly' ? (
        <Notice tone="warn" title={t('settings.keychainStates.sessionOnly')}>
          {t('account.sessionOnlyText')}
        </Notice>
      ) : null}
      {error ? (
        <Notice tone="bad" title={problem(error).title}>
          {problem(error).next}
        </Notice>
      ) : null}
    </section>
  );
}

/** Who is signed in, the wallet with every movement, and the settings. */
export function AccountScreen() {
  const { t, problem } = useTexts();
  const app = useSession((state) => state.app);
  if (!app) return null;
  const locked = problem({ code: 'keychain.locked' });
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 p-5">
      {app.server.state === 'offline' ? (
        <Notice tone="warn" title={t('account.offline')}>
          {t('account.offlineText')}
        </Notice>
      ) : null}
      {app.account ? (
        <SignedIn />
      ) : (
        <section
          aria-label={t('account.title')}
          className="grid grid-cols-[1fr_1fr] gap-8 rounded-lg border border-line bg-surface p-5 max-[820px]:grid-cols-1"
        >
          <div className="flex flex-col gap-2">
            <h2 className="font-semibold text-lg">{t('account.why')}</h2>
            <p className="text-muted">{t('account.whyText')}</p>
            {app.keychain === 'locked' ? (
              <Notice tone="warn" title={locked.title}>
                {locked.next}
              </Notice>
            ) : null}
          </div>
          <SignIn />
        </section>
      )}
      {app.account && app.wallet ? <WalletPanel wallet={app.wallet} /> : null}
      {app.account ? <SecurityPanel key={app.account.id} /> : null}
      <SettingsPanel />
    </div>
  );
}
