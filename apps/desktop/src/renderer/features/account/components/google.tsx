import type { AppError } from '@pingplex/shared/errors';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Progress } from '../../../ui/feedback.tsx';
import { Field, TextInput } from '../../../ui/fields.tsx';

type Purpose = 'signIn' | 'link' | 'check';
type Flow = {
  readonly waiting: boolean;
  /** Opens the browser. @returns true when it ended well, false when somebody canceled. @throws AppError */
  readonly start: (purpose: Purpose) => Promise<boolean>;
};

/** A way through the system browser; ends it when its place on screen goes away. */
export function useGoogle(): Flow {
  const [waiting, setWaiting] = useState(false);
  const isWaiting = useRef(false);
  useEffect(
    () => () => {
      if (isWaiting.current) void attempt(() => call('account.cancelGoogle', {}));
    },
    [],
  );
  const start = async (purpose: Purpose): Promise<boolean> => {
    setWaiting(true);
    isWaiting.current = true;
    try {
      return (await call('account.withGoogle', { purpose })).account !== null;
    } finally {
      isWaiting.current = false;
      setWaiting(false);
    }
  };
  return { waiting, start };
}

/** What the window shows meanwhile: what to do there, a way to carry a code over, and the way back. */
export function GoogleWaiting() {
  const { t, problem } = useTexts();
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const paste = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const answer = await attempt(() => call('account.pasteGoogleCode', { code }));
    setBusy(false);
    setError(answer.error);
  };
  const told = error ? problem(error.code === 'request.invalid' ? { code: 'auth.browserCodeWrong' } : error) : null;
  return (
    <section className="flex flex-col gap-3" data-testid="google-waiting" aria-live="polite">
      <h2 className="font-semibold text-lg">{t('google.waiting')}</h2>
      <p className="text-muted">{t('google.waitingText')}</p>
      <Progress value={null} label={t('google.waiting')} thin />
      <form className="flex items-start gap-2" onSubmit={(event) => void paste(event)}>
        <Field
          className="flex-1"
          label={t('google.paste')}
          note={t('google.pasteNote')}
          problem={told ? `${told.title}. ${told.next}` : null}
        >
          {(field) => <TextInput {...field} placeholder="ABCD-EFGH" value={code} onChange={(event) => setCode(event.target.value)} />}
        </Field>
        <Button type="submit" className="mt-5.5 h-8" busy={busy} disabled={code.trim().length < 8}>
          {t('google.pasteButton')}
        </Button>
      </form>
      <div>
        <Button onClick={() => void attempt(() => call('account.cancelGoogle', {}))}>{t('google.cancel')}</Button>
      </div>
    </section>
  );
}
