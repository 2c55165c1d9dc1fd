import type { IpcOutput } from '@pingplex/shared/contracts/ipc';
import type { AppError } from '@pingplex/shared/errors';
import { MonitorSmartphone } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { Badge, Notice } from '../../../ui/feedback.tsx';

type Device = IpcOutput<'account.sessions'>['sessions'][number];

const regionName = (locale: string, code: string): string => new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;

/** Where the account is signed in; each device, or all but this one, can be signed out. */
export function Devices() {
  const { t, locale, format, problem } = useTexts();
  const [devices, setDevices] = useState<readonly Device[] | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const load = useCallback(async (): Promise<void> => {
    const answer = await attempt(() => call('account.sessions', {}));
    setError(answer.error);
    if (answer.value) setDevices(answer.value.sessions);
  }, []);
  useEffect(() => {
    void load();
  }, [load]);
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    const answer = await attempt(work);
    await load();
    if (answer.error) setError(answer.error);
  };
  const told = error ? problem(error) : null;
  return (
    <section aria-label={t('security.devices')} className="flex flex-col gap-2 border-line border-t pt-3" data-testid="devices">
      <div className="flex items-center gap-2">
        <h3 className="flex-1 font-semibold">{t('security.devices')}</h3>
        {devices && devices.length > 1 ? (
          <Button look="danger" onClick={() => void act(() => call('account.revokeOthers', {}))}>
            {t('security.devicesOthers')}
          </Button>
        ) : null}
      </div>
      {told ? (
        <Notice tone="bad" title={told.title}>
          {told.next}
        </Notice>
      ) : null}
      <ul className="flex flex-col">
        {(devices ?? []).map((one) => (
          <li key={one.id} className="flex items-center gap-3 border-line border-t py-2 first:border-t-0" data-current={one.current}>
            <MonitorSmartphone size={18} strokeWidth={1.5} className="shrink-0 text-muted" aria-hidden />
            <div className="min-w-0 flex-1">
              <div className="flex items-center gap-2">
                <span className="truncate selectable">{one.device.name}</span>
                {one.current ? <Badge tone="accent">{t('security.deviceThis')}</Badge> : null}
              </div>
              <div className="truncate text-sm text-muted">
                {t('security.device', { os: one.device.os, version: one.device.appVersion })} ·{' '}
                {t('security.deviceUsed', { date: format.date(one.lastUsedAt) })}
                {one.country === null ? null : ` · ${regionName(locale, one.country)}`}
              </div>
            </div>
            {one.current ? null : (
              <Button
                aria-label={t('security.deviceSignOutLabel', { name: one.device.name })}
                onClick={() => void act(() => call('account.revokeSession', { id: one.id }))}
              >
                {t('security.deviceSignOut')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {devices?.some(({ country }) => country !== null) ? <p className="text-xs text-muted">{t('security.devicesPlaces')}</p> : null}
    </section>
  );
}
