import { useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Facts, StateDot } from '../../../ui/feedback.tsx';
import { Check, Field, Select, TextInput } from '../../../ui/fields.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { CacheSetting } from '../../files/index.ts';
import { setSettings, useSession, useSettings } from '../../session/index.ts';
import { NoticesButton } from './notices.tsx';

/** An address that a server could have, or null when the text is none. */
function serverAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : null;
}

/** Copies what failed last and how the parts are doing; nothing secret is in it. */
export async function copyDiagnostics(): Promise<void> {
  const { text } = await call('app.diagnostics', {});
  await navigator.clipboard.writeText(text);
}

/** Look, language, server, and how the parts are doing. */
export function SettingsPanel() {
  const { t, problem } = useTexts();
  const settings = useSettings();
  const app = useSession((state) => state.app);
  const [address, setAddress] = useState(settings.serverUrl ?? '');
  const [wrong, setWrong] = useState(false);
  const saved = settings.serverUrl ?? '';
  useEffect(() => setAddress(saved), [saved]);
  const saveAddress = (): void => {
    const next = address.trim() === '' ? null : serverAddress(address.trim());
    setWrong(next === null && address.trim() !== '');
    if (next !== null || address.trim() === '') void setSettings({ serverUrl: next });
  };
  const copy = (): void => {
    void attempt(copyDiagnostics).then(({ error }) => {
      if (error) toast('bad', problem(error).title, problem(error).next);
      else toast('ok', t('settings.copied'));
    });
  };
  return (
    <section
      aria-label={t('settings.title')}
      className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4"
      data-testid="settings"
    >
      <h2 className="font-semibold text-lg">{t('settings.title')}</h2>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('settings.theme')}>
          {(field) => (
            <Select
              {...field}
              value={settings.theme}
              options={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`settings.themes.${value}`) }))}
              onValue={(theme) => void setSettings({ theme })}
            />
          )}
        </Field>
        <Field label={t('settings.language')}>
          {(field) => (
            <Select
              {...field}
              value={settings.language}
              options={[
                { value: 'system' as const, label: t('settings.languageSystem') },
                { value: 'en' as const, label: 'English' },
                { value: 'ru' as const, label: 'Русский' },
              ]}
              onValue={(language) => void setSettings({ language })}
            />
          )}
        </Field>
      </div>
      <Check
        label={t('settings.hardware')}
        note={t('settings.hardwareNote')}
        checked={settings.hardwareEncoders !== 'off'}
        onChecked={(on) => void setSettings({ hardwareEncoders: on ? 'auto' : 'off' })}
      />
      <form
        className="flex items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          saveAddress();
        }}
      >
        <Field
          className="flex-1"
          label={t('settings.server')}
          note={t('settings.serverNote', { url: app?.server.url ?? '' })}
          problem={wrong ? t('settings.serverWrong') : null}
        >
          {(field) => (
            <TextInput
              {...field}
              inputMode="url"
              placeholder={app?.server.url}
              value={address}
              onChange={(event) => setAddress(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" className="mt-5.5 h-8" disabled={address === saved}>
          {t('common.save')}
        </Button>
      </form>
      <Facts
        rows={[
          [
            t('settings.serverState'),
            <StateDot key="server" tone={app?.server.state === 'online' ? 'ok' : app?.server.state === 'offline' ? 'bad' : 'quiet'}>
              {t(`settings.serverStates.${app?.server.state ?? 'unknown'}`)}
            </StateDot>,
          ],
          [
            t('settings.keychain'),
            <span key="keychain" data-testid="keychain" data-state={app?.keychain}>
              <StateDot tone={app?.keychain === 'kept' ? 'ok' : app?.keychain === 'locked' ? 'bad' : 'warn'}>
                {t(`settings.keychainStates.${app?.keychain ?? 'kept'}`)}
              </StateDot>
            </span>,
          ],
          [
            t('settings.engine'),
            <StateDot key="engine" tone={app?.engine.ready ? 'ok' : 'warn'}>
              {app?.engine.ready ? t('settings.engineReady', { version: app.engine.version ?? '' }) : t('settings.engineStarting')}
            </StateDot>,
          ],
          [t('settings.cache'), <CacheSetting key="cache" />],
          [t('settings.version'), app?.version ?? ''],
        ]}
      />
      <div className="flex gap-2">
        <Button onClick={copy}>{t('actions.diagnostics')}</Button>
        <Button look="ghost" onClick={() => void attempt(() => call('app.openExternal', { what: 'help' }))}>
          {t('settings.help')}
        </Button>
        <Button look="ghost" onClick={() => void attempt(() => call('app.openExternal', { what: 'privacy' }))}>
          {t('settings.privacy')}
        </Button>
        <NoticesButton />
      </div>
    </section>
  );
}
