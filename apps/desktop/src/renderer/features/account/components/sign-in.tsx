import type { AppError } from '@pingplex/shared/errors';
import { Eye, EyeOff, MailCheck } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { Check, Field, Segments, TextInput } from '../../../ui/fields.tsx';
import { loadModels, mergeSession, useSession } from '../../session/index.ts';
import { GoogleWaiting, useGoogle } from './google.tsx';

type Mode = 'signIn' | 'signUp' | 'waiting' | 'forgot';

/** Opens the page where the sandbox shows its mails; there only while the server is a sandbox. */
function MailSandbox() {
  const { t } = useTexts();
  const sandbox = useSession((state) => state.app?.server.sandbox ?? false);
  if (!sandbox) return null;
  return (
    <Button onClick={() => void attempt(() => call('app.openExternal', { what: 'mailSandbox' }))} data-testid="mail-sandbox">
      {t('account.mailSandbox')}
    </Button>
  );
}

async function showWallet(): Promise<void> {
  await loadModels();
  mergeSession({ wallet: await call('wallet.refresh', {}) });
}

/** Sign in, sign up, wait for the mail, or ask for a new password; what is wrong stands beside its field. */
export function SignIn() {
  const { t, problem } = useTexts();
  const [mode, setMode] = useState<Mode>('signIn');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [reveal, setReveal] = useState(false);
  const [adult, setAdult] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const [sent, setSent] = useState(false);
  const [code, setCode] = useState('');
  /** The account has a second factor: asked for once the password was right. */
  const [asksCode, setAsksCode] = useState(false);
  const isGoogleOffered = useSession((state) => state.app?.server.google ?? false);
  const google = useGoogle();
  const text = error ? problem(error) : null;

  const work = async (job: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(null);
    const answer = await attempt(job);
    setBusy(false);
    setError(answer.error);
    if (answer.error?.code.startsWith('auth.secondFactor')) setAsksCode(true);
  };
  const signIn = (): Promise<void> =>
    work(async () => {
      const { account } = await call('account.signIn', { email, password, ...(asksCode ? { secondFactor: code } : {}) });
      mergeSession({ account });
      setPassword('');
      await showWallet();
    });
  const withGoogle = (): Promise<void> =>
    work(async () => {
      if (await google.start('signIn')) await showWallet();
    });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (mode === 'signIn') void signIn();
    else if (mode === 'signUp') {
      void work(async () => {
        await call('account.signUp', { email, password, adult: true });
        setMode('waiting');
      });
    } else if (mode === 'forgot') {
      void work(async () => {
        await call('account.forgotPassword', { email });
        setSent(true);
      });
    }
  };
  const again = (): void => {
    void work(async () => {
      await call('account.resendVerification', { email });
      setSent(true);
    });
  };

  if (google.waiting) return <GoogleWaiting />;
  if (mode === 'waiting') {
    return (
      <section className="flex flex-col gap-3" data-testid="verification-wait" aria-live="polite">
        <MailCheck size={28} strokeWidth={1.4} className="text-accent-text" aria-hidden />
        <h2 className="font-semibold text-lg">{t('account.mailSent')}</h2>
        <p className="text-muted">{t('account.mailSentText', { email })}</p>
        {error && error.code !== 'auth.badCredentials' && text ? (
          <Notice tone="bad" title={text.title}>
            {text.next}
          </Notice>
        ) : error ? (
          <Notice tone="warn" title={t('account.notYet')}>
            {t('account.notYetText')}
          </Notice>
        ) : null}
        <div className="flex flex-wrap gap-2">
          <Button look="primary" busy={busy} onClick={() => void signIn()}>
            {t('account.continue')}
          </Button>
          <MailSandbox />
          <Button look="ghost" disabled={busy || sent} onClick={again}>
            {sent ? t('account.sentAgain') : t('account.sendAgain')}
          </Button>
          <Button look="ghost" onClick={() => setMode('signIn')}>
            {t('common.back')}
          </Button>
        </div>
      </section>
    );
  }
  const passwordField = error?.code.startsWith('auth.password') ?? false;
  const codeField = error?.code.startsWith('auth.secondFactor') ?? false;
  return (
    <form onSubmit={submit} className="flex flex-col gap-3" aria-label={t('account.form')} noValidate>
      {mode === 'forgot' ? (
        <h2 className="font-semibold text-lg">{t('account.forgotTitle')}</h2>
      ) : (
        <div className="flex">
          <Segments<'signIn' | 'signUp'>
            label={t('account.form')}
            value={mode}
            options={[
              { value: 'signIn', label: t('account.signIn') },
              { value: 'signUp', label: t('account.signUp') },
            ]}
            onValue={(next) => {
              setMode(next);
              setError(null);
              setAsksCode(false);
            }}
          />
        </div>
      )}
      <Field
        label={t('account.email')}
        problem={
          error?.field === 'email' || (error?.code === 'request.invalid' && error.field === undefined) ? t('account.emailInvalid') : null
        }
      >
        {(field) => (
          <TextInput {...field} type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} />
        )}
      </Field>
      {mode === 'forgot' ? null : (
        <Field
          label={t('account.password')}
          note={mode === 'signUp' ? t('account.passwordNote') : undefined}
          problem={passwordField && text ? `${text.title}. ${text.next}` : null}
        >
          {(field) => (
            <div className="flex items-center gap-1">
              <TextInput
                {...field}
                type={reveal ? 'text' : 'password'}
                autoComplete={mode === 'signUp' ? 'new-password' : 'current-password'}
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
              <IconButton label={reveal ? t('account.hide') : t('account.reveal')} onClick={() => setReveal(!reveal)}>
                {reveal ? <EyeOff size={15} /> : <Eye size={15} />}
              </IconButton>
            </div>
          )}
        </Field>
      )}
      {mode === 'signIn' && asksCode ? (
        <Field
          label={t('security.factorCode')}
          note={t('security.factorNote')}
          problem={error?.code === 'auth.secondFactorWrong' && text ? `${text.title}. ${text.next}` : null}
        >
          {(field) => <TextInput {...field} autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.target.value)} />}
        </Field>
      ) : null}
      {text && !passwordField && !codeField && error?.code !== 'request.invalid' ? (
        <Notice tone="bad" title={text.title}>
          {text.next}
        </Notice>
      ) : null}
      {sent && mode === 'forgot' ? (
        <Notice tone="info" title={t('account.mailSent')} actions={<MailSandbox />}>
          {t('account.resetText', { email })}
        </Notice>
      ) : null}
      {mode === 'signUp' ? <Check label={t('account.adult')} checked={adult} onChecked={setAdult} /> : null}
      <div className="flex items-center gap-2">
        <Button
          type="submit"
          look="primary"
          large
          busy={busy}
          disabled={email === '' || (mode !== 'forgot' && password === '') || (mode === 'signUp' && !adult)}
        >
          {mode === 'signIn' ? t('account.signIn') : mode === 'signUp' ? t('account.create') : t('account.sendReset')}
        </Button>
        {mode === 'signIn' ? (
          <Button look="ghost" onClick={() => setMode('forgot')}>
            {t('account.forgot')}
          </Button>
        ) : mode === 'forgot' ? (
          <Button look="ghost" onClick={() => setMode('signIn')}>
            {t('common.back')}
          </Button>
        ) : null}
      </div>
      {isGoogleOffered && mode !== 'forgot' ? (
        <div className="flex items-center gap-3 border-line border-t pt-3">
          <span className="text-sm text-muted">{t('google.or')}</span>
          <Button large disabled={busy} onClick={() => void withGoogle()}>
            {t('google.button')}
          </Button>
        </div>
      ) : null}
    </form>
  );
}
