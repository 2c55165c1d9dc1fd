import type { AppError } from '@pingplex/shared/errors';
import { type FormEvent, useState } from 'react';
import { encode } from 'uqr';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { Field, TextInput } from '../../../ui/fields.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { useSession } from '../../session/index.ts';
import type { Guarded } from './fresh.tsx';
import { Row } from './row.tsx';

/** Drawn here, of squares: the secret goes to no service. Dark on light in both themes, as cameras expect it. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 4, ecc: 'M' });
  const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      className="size-44 shrink-0 rounded-md bg-white"
      shapeRendering="crispEdges"
    >
      <path d={path} fill="#000" />
    </svg>
  );
}

function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const { t, problem } = useTexts();
  const copy = (): void => {
    void attempt(() => navigator.clipboard.writeText(codes.join('\n'))).then(({ error }) => {
      if (error) toast('bad', problem(error).title, problem(error).next);
      else toast('ok', t('security.codesCopied'));
    });
  };
  return (
    <div className="flex flex-col gap-2" data-testid="recovery-codes">
      <h3 className="font-semibold">{t('security.codesTitle')}</h3>
      <p className="text-muted">{t('security.codesText')}</p>
      <ul className="grid grid-cols-2 gap-x-6 gap-y-1 rounded-md border border-line bg-raised p-3 font-mono">
        {codes.map((code) => (
          <li key={code} className="selectable">
            {code}
          </li>
        ))}
      </ul>
      <div className="flex gap-2">
        <Button onClick={copy}>{t('security.codesCopy')}</Button>
        <Button look="primary" onClick={onKept}>
          {t('security.codesKept')}
        </Button>
      </div>
    </div>
  );
}

function Setup({ uri, secret, run, onCodes }: { uri: string; secret: string; run: Guarded; onCodes: (codes: string[]) => void }) {
  const { t, problem } = useTexts();
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const confirm = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await run(async () => onCodes((await call('account.confirmTwoFactor', { code })).recoveryCodes), setError);
    setBusy(false);
  };
  const told = error ? problem(error) : null;
  return (
    <div className="flex gap-4 max-[820px]:flex-col" data-testid="two-factor-setup">
      <QrCode text={uri} label={t('security.twoFactorQr')} />
      <form className="flex min-w-0 flex-1 flex-col gap-3" onSubmit={(event) => void confirm(event)}>
        <p className="text-muted">{t('security.twoFactorScan')}</p>
        <div>
          <div className="text-sm text-muted">{t('security.twoFactorSecret')}</div>
          <code className="selectable break-all font-mono" data-testid="totp-secret">
            {secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}
          </code>
        </div>
        <Field label={t('security.factorCode')} problem={told ? `${told.title}. ${told.next}` : null}>
          {(field) => (
            <TextInput
              {...field}
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          )}
        </Field>
        <div>
          <Button type="submit" look="primary" busy={busy} disabled={code.trim().length < 6}>
            {t('security.confirm')}
          </Button>
        </div>
      </form>
    </div>
  );
}

/** Two-factor: on with a first code, recovery codes shown once, off again. */
export function TwoFactor({ run }: { run: Guarded }) {
  const { t, problem } = useTexts();
  const isOn = useSession((state) => state.app?.account?.twoFactor ?? false);
  const [setup, setSetup] = useState<{ uri: string; secret: string } | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const start = (): Promise<void> => run(async () => setSetup(await call('account.startTwoFactor', {})), setError);
  const renew = (): Promise<void> => run(async () => setCodes((await call('account.renewRecoveryCodes', {})).recoveryCodes), setError);
  const off = (): Promise<void> =>
    run(async () => {
      await call('account.disableTwoFactor', {});
    }, setError);
  const told = error ? problem(error) : null;
  return (
    <Row
      name={t('security.twoFactor')}
      value={isOn ? t('security.twoFactorOn') : t('security.twoFactorOff')}
      actions={
        setup ? (
          <Button onClick={() => setSetup(null)}>{t('security.cancel')}</Button>
        ) : isOn ? (
          <>
            <Button onClick={() => void renew()}>{t('security.codesNew')}</Button>
            <Button look="danger" onClick={() => void off()}>
              {t('security.twoFactorSwitchOff')}
            </Button>
          </>
        ) : (
          <Button onClick={() => void start()}>{t('security.twoFactorSwitchOn')}</Button>
        )
      }
    >
      {told ? (
        <Notice tone="bad" title={told.title}>
          {told.next}
        </Notice>
      ) : null}
      {setup ? (
        <Setup
          {...setup}
          run={run}
          onCodes={(made) => {
            setSetup(null);
            setCodes(made);
          }}
        />
      ) : null}
      {codes ? <RecoveryCodes codes={codes} onKept={() => setCodes(null)} /> : null}
    </Row>
  );
}
