import type { AppError } from '@pingplex/shared/errors';
import { type FormEvent, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { Field, TextInput } from '../../../ui/fields.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { useSession } from '../../session/index.ts';
import { GoogleWaiting, useGoogle } from './google.tsx';

type Work = () => Promise<void>;
type Told = (error: AppError | null) => void;
/** Does something that may ask for a fresh sign-in first; what goes wrong is told where it was asked for. */
export type Guarded = (work: Work, told: Told) => Promise<void>;

/** Runs guarded work; the dialog has to be on screen for it. */
export function useFresh(): { run: Guarded; dialog: React.ReactNode } {
  const [waiting, setWaiting] = useState<{ work: Work; told: Told } | null>(null);
  const run: Guarded = async (work, told) => {
    const { error } = await attempt(work);
    if (error?.code === 'auth.freshSignInRequired') setWaiting({ work, told });
    told(error?.code === 'auth.freshSignInRequired' ? null : error);
  };
  const proved = (): void => {
    const next = waiting;
    setWaiting(null);
    if (next) void run(next.work, next.told);
  };
  return { run, dialog: waiting ? <FreshDialog onClose={() => setWaiting(null)} onProved={proved} /> : null };
}

function FreshDialog({ onClose, onProved }: { onClose: () => void; onProved: () => void }) {
  const { t, problem } = useTexts();
  const account = useSession((state) => state.app?.account);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const google = useGoogle();
  const [googleError, setGoogleError] = useState<AppError | null>(null);
  if (!account) return null;
  const withGoogle = async (): Promise<void> => {
    setGoogleError(null);
    const answer = await attempt(() => google.start('check'));
    setGoogleError(answer.error);
    if (answer.value === true) onProved();
  };
  const refused = googleError ? problem(googleError) : null;
  const prove = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const answer = await attempt(() => call('account.confirmIdentity', { password, ...(account.twoFactor ? { secondFactor: code } : {}) }));
    setBusy(false);
    setError(answer.error);
    if (!answer.error) onProved();
  };
  const text = error ? problem(error) : null;
  const aboutCode = error?.code.startsWith('auth.secondFactor') ?? false;
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())} title={t('security.fresh')} closeLabel={t('common.close')}>
      <div className="flex flex-col gap-3 p-4" data-testid="fresh">
        <p className="text-muted">{t('security.freshText')}</p>
        {account.hasPassword ? (
          <form className="flex flex-col gap-3" onSubmit={(event) => void prove(event)}>
            <Field label={t('account.password')} problem={text && !aboutCode ? `${text.title}. ${text.next}` : null}>
              {(field) => (
                <TextInput
                  {...field}
                  type="password"
                  autoComplete="current-password"
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
              )}
            </Field>
            {account.twoFactor ? (
              <Field
                label={t('security.factorCode')}
                note={t('security.factorNote')}
                problem={text && aboutCode ? `${text.title}. ${text.next}` : null}
              >
                {(field) => (
                  <TextInput {...field} autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.target.value)} />
                )}
              </Field>
            ) : null}
            <div>
              <Button type="submit" look="primary" busy={busy} disabled={password === '' || (account.twoFactor && code.trim().length < 6)}>
                {t('security.confirm')}
              </Button>
            </div>
          </form>
        ) : null}
        {google.waiting ? <GoogleWaiting /> : null}
        {refused ? (
          <Notice tone="bad" title={refused.title}>
            {refused.next}
          </Notice>
        ) : null}
        {account.google !== null && !google.waiting ? (
          <div>
            <Button look={account.hasPassword ? 'plain' : 'primary'} onClick={() => void withGoogle()}>
              {t('security.freshGoogle')}
            </Button>
          </div>
        ) : null}
      </div>
    </Dialog>
  );
}
