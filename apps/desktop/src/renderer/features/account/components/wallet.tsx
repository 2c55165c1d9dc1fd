import type { Grant, Movement } from '@pingplex/shared/contracts/http';
import type { IpcOutput } from '@pingplex/shared/contracts/ipc';
import { movementText } from '@pingplex/shared/text';
import { RefreshCw } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Badge, Notice } from '../../../ui/feedback.tsx';
import { mergeSession, useSession } from '../../session/index.ts';

type Wallet = IpcOutput<'wallet.refresh'>;

/** The grant that expires next and still has credits. */
export function nextExpiry(wallet: Pick<Wallet, 'grants'>): Grant | undefined {
  return wallet.grants
    .filter((grant) => grant.expiresAt !== null && grant.available > 0)
    .sort((a, b) => String(a.expiresAt).localeCompare(String(b.expiresAt)))
    .at(0);
}

function Grants({ wallet }: { wallet: Wallet }) {
  const { t, words, format } = useTexts();
  const live = wallet.grants.filter((grant) => grant.available + grant.held + grant.frozen > 0);
  if (live.length === 0) return null;
  return (
    <table className="w-full text-left" data-testid="grants">
      <caption className="mb-1 text-left font-semibold">{t('wallet.grants')}</caption>
      <thead className="text-sm text-muted">
        <tr>
          <th className="py-1 font-normal">{t('wallet.source')}</th>
          <th className="py-1 text-right font-normal">{t('wallet.left')}</th>
          <th className="py-1 text-right font-normal">{t('wallet.held')}</th>
          <th className="py-1 pl-4 font-normal">{t('wallet.expires')}</th>
        </tr>
      </thead>
      <tbody>
        {live.map((grant) => (
          <tr key={grant.id} className="border-line border-t">
            <td className="py-1.25">{words.grantKind[grant.kind]}</td>
            <td className="py-1.25 text-right">
              {t('wallet.of', { n: format.number(grant.available), all: format.number(grant.amount) })}
            </td>
            <td className="py-1.25 text-right">{format.number(grant.held)}</td>
            <td className="py-1.25 pl-4 text-muted">{grant.expiresAt === null ? t('wallet.never') : format.date(grant.expiresAt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Every movement with its reason; the changes add up to the balance above. */
function Movements({ version }: { version: number }) {
  const { t, locale, format, problem } = useTexts();
  const [list, setList] = useState<readonly Movement[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = useCallback(async (before: string | null): Promise<void> => {
    const answer = await attempt(() => call('wallet.movements', before === null ? {} : { before }));
    setError(answer.error);
    if (!answer.value) return;
    const { movements, next: more } = answer.value;
    setList((now) => (before === null ? movements : [...now, ...movements]));
    setNext(more);
  }, []);
  useEffect(() => {
    // A newer version of the wallet means that there are movements which aren't here yet.
    if (version >= 0) void load(null);
  }, [load, version]);
  if (error) {
    return (
      <Notice tone="bad" title={problem(error).title} actions={<Button onClick={() => void load(null)}>{t('common.retry')}</Button>}>
        {problem(error).next}
      </Notice>
    );
  }
  return (
    <div>
      <h3 className="mb-1 font-semibold">{t('wallet.movements')}</h3>
      {list.length === 0 ? <p className="text-muted">{t('wallet.noMovements')}</p> : null}
      <ul data-testid="movements">
        {list.map((movement) => {
          const text = movementText(locale, movement);
          const change = movement.availableChange === 0 ? movement.heldChange : movement.availableChange;
          return (
            <li
              key={movement.id}
              data-kind={movement.kind}
              className="grid grid-cols-[1fr_auto_150px] items-baseline gap-3 border-line border-t py-1.5"
            >
              <span className="min-w-0 truncate">
                {text.kind}
                {text.reason === text.kind ? null : <span className="text-muted"> · {text.reason}</span>}
              </span>
              <span
                className={cx(
                  'text-right font-semibold',
                  movement.availableChange > 0 ? 'text-ok' : movement.availableChange === 0 && 'text-muted',
                )}
              >
                {format.signed(change)}
                {movement.availableChange === 0 && movement.heldChange !== 0 ? (
                  <span className="font-normal text-xs"> {t('wallet.ofHeld')}</span>
                ) : null}
              </span>
              <span className="text-right text-sm text-muted">{format.dateTime(movement.createdAt)}</span>
            </li>
          );
        })}
      </ul>
      {next === null ? null : (
        <Button className="mt-2" onClick={() => void load(next)}>
          {t('wallet.more')}
        </Button>
      )}
    </div>
  );
}

/** Balance, what is set aside, where credits came from and where they went. */
export function WalletPanel({ wallet }: { wallet: Wallet }) {
  const { t, format, problem } = useTexts();
  const sandbox = useSession((state) => state.app?.server.sandbox ?? false);
  const [error, setError] = useState<unknown>(null);
  const refresh = (): void => {
    void attempt(() => call('wallet.refresh', {})).then((answer) => {
      setError(answer.error);
      if (answer.value) mergeSession({ wallet: answer.value });
    });
  };
  const figures: [string, number][] = [
    [t('wallet.available'), wallet.available],
    [t('wallet.heldNow'), wallet.held],
    ...(wallet.frozen > 0 ? ([[t('wallet.frozen'), wallet.frozen]] satisfies [string, number][]) : []),
    ...(wallet.debt > 0 ? ([[t('wallet.debt'), wallet.debt]] satisfies [string, number][]) : []),
  ];
  return (
    <section
      aria-label={t('wallet.title')}
      className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4"
      data-testid="wallet"
    >
      <div className="flex items-center gap-2">
        <h2 className="font-semibold text-lg">{t('wallet.title')}</h2>
        {sandbox ? <Badge tone="accent">{t('common.sandbox')}</Badge> : null}
        <IconButton label={t('wallet.refresh')} className="ml-auto" onClick={refresh}>
          <RefreshCw size={15} />
        </IconButton>
      </div>
      {error ? (
        <Notice tone="bad" title={problem(error).title}>
          {problem(error).next}
        </Notice>
      ) : null}
      <dl className="flex gap-8">
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt className="text-sm text-muted">{label}</dt>
            <dd className="font-semibold text-xl">{format.number(value)}</dd>
          </div>
        ))}
      </dl>
      <Grants wallet={wallet} />
      <Movements version={wallet.version} />
    </section>
  );
}
