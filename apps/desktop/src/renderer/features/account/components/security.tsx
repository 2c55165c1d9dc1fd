import type { AppError } from '@pingplex/shared/errors';
import { type FormEvent, useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { Field, TextInput } from '../../../ui/fields.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { useSession } from '../../session/index.ts';
import { Devices } from './devices.tsx';
import { type Guarded, useFresh } from './fresh.tsx';
import { GoogleWaiting, useGoogle } from './google.tsx';
import { Row } from './row.tsx';
import { TwoFactor } from './two-factor.tsx';

/** Another address: it counts once the mail that goes there was answered. */
function Email({ run }: { run: Guarded }) {
  const { t, problem } = useTexts();
  const email = useSession((state) => state.app?.account?.email ?? '');
  const [next, setNext] = useState<string | null>(null);
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  useEffect(() => {
    if (email === sentTo) setSentTo(null);
  }, [email, sentTo]);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const address = next ?? '';
    void run(async () => {
      await call('account.changeEmail', { email: address });
      setSentTo(address);
      setNext(null);
    }, setError);
  };
  const told = error
    ? error.code === 'request.invalid'
      ? t('account.emailInvalid')
      : `${problem(error).title}. ${problem(error).next}`
    : null;
  return (
    <Row
      name={t('security.email')}
      value={email}
      actions={
        next === null ? (
          <Button onClick={() => setNext('')}>{t('security.change')}</Button>
        ) : (
          <Button onClick={() => setNext(null)}>{t('security.cancel')}</Button>
        )
      }
    >
      {next === null ? null : (
        <form className="flex items-start gap-2" onSubmit={send} noValidate>
          <Field className="flex-1" label={t('security.emailNew')} problem={told}>
            {(field) => <TextInput {...field} type="email" value={next} onChange={(event) => setNext(event.target.value)} />}
          </Field>
          <Button type="submit" look="primary" className="mt-5.5 h-8" disabled={next === ''}>
            {t('security.emailSend')}
          </Button>
        </form>
      )}
      {sentTo === null ? null : (
        <Notice tone="info" title={t('account.mailSent')}>
          {t('security.emailSent', { email: sentTo, old: email })}
        </Notice>
      )}
    </Row>
  );
}

function Password({ run }: { run: Guarded }) {
  const { t, problem } = useTexts();
  const hasPassword = useSession((state) => state.app?.account?.hasPassword ?? true);
  const [open, setOpen] = useState(false);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [error, setError] = useState<AppError | null>(null);
  const close = (): void => {
    setOpen(false);
    setCurrent('');
    setNext('');
    setError(null);
  };
  const save = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      await call('account.changePassword', { current, next });
      close();
      toast('ok', t('security.passwordChanged'));
    }, setError);
  };
  const told = error ? `${problem(error).title}. ${problem(error).next}` : null;
  const aboutNext = error?.code.startsWith('auth.password') ?? false;
  return (
    <Row
      name={t('security.password')}
      value={hasPassword ? t('security.passwordSet') : t('security.passwordNone')}
      actions={
        !hasPassword ? null : open ? (
          <Button onClick={close}>{t('security.cancel')}</Button>
        ) : (
          <Button onClick={() => setOpen(true)}>{t('security.change')}</Button>
        )
      }
    >
      {open ? (
        <form className="flex flex-col gap-3" onSubmit={save}>
          <Field label={t('security.passwordCurrent')} problem={aboutNext ? null : told}>
            {(field) => (
              <TextInput
                {...field}
                type="password"
                autoComplete="current-password"
                value={current}
                onChange={(event) => setCurrent(event.target.value)}
              />
            )}
          </Field>
          <Field label={t('security.passwordNew')} note={t('account.passwordNote')} problem={aboutNext ? told : null}>
            {(field) => (
              <TextInput
                {...field}
                type="password"
                autoComplete="new-password"
                value={next}
                onChange={(event) => setNext(event.target.value)}
              />
            )}
          </Field>
          <div>
            <Button type="submit" look="primary" disabled={current === '' || next === ''}>
              {t('security.passwordSave')}
            </Button>
          </div>
        </form>
      ) : null}
    </Row>
  );
}

function Google({ run }: { run: Guarded }) {
  const { t, problem } = useTexts();
  const linked = useSession((state) => state.app?.account?.google ?? null);
  const isOffered = useSession((state) => state.app?.server.google ?? false);
  const google = useGoogle();
  const [error, setError] = useState<AppError | null>(null);
  if (linked === null && !isOffered) return null;
  const link = (): Promise<void> =>
    run(async () => {
      if (await google.start('link')) toast('ok', t('security.googleLinked'));
    }, setError);
  const told = error ? problem(error) : null;
  const unlink = (): Promise<void> =>
    run(async () => {
      await call('account.unlinkGoogle', {});
      toast('ok', t('security.googleUnlinked'));
    }, setError);
  return (
    <Row
      name={t('security.google')}
      value={linked ?? t('security.googleNone')}
      actions={
        google.waiting ? null : linked === null ? (
          <Button onClick={() => void link()}>{t('security.googleLink')}</Button>
        ) : (
          <Button onClick={() => void unlink()}>{t('security.googleUnlink')}</Button>
        )
      }
    >
      {google.waiting ? <GoogleWaiting /> : null}
      {told ? (
        <Notice tone="bad" title={told.title}>
          {told.next}
        </Notice>
      ) : null}
    </Row>
  );
}

/** Every way into the account, and where it is signed in. */
export function SecurityPanel() {
  const { t } = useTexts();
  const { run, dialog } = useFresh();
  useEffect(() => {
    void attempt(() => call('account.refresh', {}));
  }, []);
  return (
    <section
      aria-label={t('security.title')}
      className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4"
      data-testid="security"
    >
      <h2 className="font-semibold text-lg">{t('security.title')}</h2>
      <div className="flex flex-col">
        <Email run={run} />
        <Password run={run} />
        <Google run={run} />
        <TwoFactor run={run} />
      </div>
      <Devices />
      {dialog}
    </section>
  );
}
