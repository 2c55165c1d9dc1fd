import type { ContentCredentials, CredentialsState } from '@pingplex/shared/contracts/engine';
import { CircleCheck, CircleHelp, ShieldAlert, ShieldX } from 'lucide-react';
import { type Texts, useTexts } from '../../../i18n/index.ts';
import { cx } from '../../../ui/cx.ts';
import { Facts } from '../../../ui/feedback.tsx';

const LOOK: Record<CredentialsState, { icon: typeof CircleCheck; ink: string; edge: string }> = {
  valid: { icon: CircleCheck, ink: 'text-ok', edge: 'border-l-ok' },
  changed: { icon: ShieldAlert, ink: 'text-warn', edge: 'border-l-warn' },
  broken: { icon: ShieldX, ink: 'text-bad', edge: 'border-l-bad' },
  unchecked: { icon: CircleHelp, ink: 'text-muted', edge: 'border-l-line-strong' },
};

/** What the record says of AI, in the words of the IPTC's digital source types. */
const AI_SOURCE = /trainedAlgorithmic|compositeSynthetic/i;

function moment(text: string, locale: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

function signerOf({ signer }: ContentCredentials): string | null {
  if (!signer) return null;
  return [signer.name, signer.organisation === signer.name ? null : signer.organisation].filter(Boolean).join(', ') || null;
}

type Action = ContentCredentials['actions'][number];

function actionText(one: Action, { t, words, locale }: Texts): string {
  const name = words.action[one.action] ?? one.action;
  const ai = one.source !== undefined && AI_SOURCE.test(one.source) ? t('origin.ai') : null;
  const details = [one.note, one.software, one.when === undefined ? null : moment(one.when, locale), ai].filter(Boolean);
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}

function List({ items }: { items: readonly string[] }) {
  return (
    <ul className="flex flex-col gap-0.5">
      {[...new Set(items)].map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  );
}

function rowsOf(credentials: ContentCredentials, texts: Texts) {
  const { t, words, locale } = texts;
  const { signedAt, timeStamped, generator, authors, actions, ingredients, url } = credentials;
  const signed = signedAt === undefined ? null : `${moment(signedAt, locale)}, ${t(timeStamped ? 'origin.stamped' : 'origin.notStamped')}`;
  const parts = ingredients.map(({ title, format, relationship, signed: hasRecord }) =>
    [words.relationship[relationship] ?? relationship, title ?? format, hasRecord ? `(${t('origin.hasRecord')})` : null]
      .filter(Boolean)
      .join(' '),
  );
  return [
    [t('origin.signer'), signerOf(credentials)],
    [t('origin.signed'), signed],
    [t('origin.authors'), authors.join(', ') || null],
    [t('origin.generator'), generator ?? null],
    [t('origin.actions'), actions.length > 0 ? <List key="actions" items={actions.map((one) => actionText(one, texts))} /> : null],
    [t('origin.ingredients'), parts.length > 0 ? <List key="ingredients" items={parts} /> : null],
    [t('origin.link'), url ?? null],
  ] as const;
}

/** The signed record of origin in plain words: whether it holds, who signed what and when, and what was done. */
export function CredentialsCard({ credentials }: { credentials: ContentCredentials }) {
  const texts = useTexts();
  const { t, words } = texts;
  const { state, why, problems, records, signer } = credentials;
  const { icon: Icon, ink, edge } = LOOK[state];
  const text = words.credentials[state];
  return (
    <section
      aria-label={t('origin.title')}
      data-testid="credentials"
      data-state={state}
      className={cx('rounded-md border border-line border-l-3 bg-raised px-3 py-2', edge)}
    >
      <div className="flex items-center gap-2">
        <Icon size={16} className={cx('shrink-0', ink)} aria-hidden />
        <span className="font-semibold">{text.name}</span>
        <span className="ml-auto shrink-0 text-xs text-muted">{t('origin.title')}</span>
      </div>
      <p className="mb-2 text-muted">{why === undefined ? text.means : words.unchecked[why]}</p>
      <Facts rows={rowsOf(credentials, texts).filter(([, value]) => value !== null)} />
      {records > 1 ? <p className="mt-1.5 text-sm text-muted">{t('origin.records', { count: records })}</p> : null}
      {signer ? <p className="mt-1.5 text-sm text-muted">{t('origin.trust')}</p> : null}
      {problems.length > 0 ? (
        <details className="mt-1.5 text-sm">
          <summary className="text-muted">{t('origin.problems')}</summary>
          <ul className="selectable mt-1 flex flex-col gap-1">
            {problems.map(({ code, explanation }) => (
              <li key={`${code} ${explanation}`} className="break-words">
                <span className="font-mono text-xs">{code}</span> <span className="text-muted">{explanation}</span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}
