import type { InspectOutcome, PrivacyFlag, PrivacyFlagCode } from '@pingplex/shared/contracts/engine';
import type { MediaFileId } from '@pingplex/shared/domain';
import { ShieldCheck } from 'lucide-react';
import { useMemo } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { cx } from '../../../ui/cx.ts';
import { Empty } from '../../../ui/feedback.tsx';
import { useFiles, useView } from '../../files/index.ts';
import { useTargets } from '../../run/index.ts';
import { CredentialsCard } from './credentials-card.tsx';
import { GenerationCard } from './generation-card.tsx';

const EDGE = { high: 'border-l-bad', medium: 'border-l-warn', info: 'border-l-line-strong' } as const;

/** How many of the files carry each flag, most frequent first. */
export function countFlags(
  ids: readonly MediaFileId[],
  flagsOf: (id: MediaFileId) => readonly PrivacyFlagCode[],
): [PrivacyFlagCode, number][] {
  const counts = new Map<PrivacyFlagCode, number>();
  for (const id of ids) for (const flag of flagsOf(id)) counts.set(flag, (counts.get(flag) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function FlagCard({ flag }: { flag: PrivacyFlag }) {
  const { t, words } = useTexts();
  const text = words.privacy[flag.code];
  return (
    <li
      data-testid="privacy-flag"
      data-flag={flag.code}
      className={cx('rounded-md border border-line border-l-3 bg-raised px-3 py-2', EDGE[flag.severity])}
    >
      <div className="flex items-baseline gap-2">
        <span className="font-semibold">{text.name}</span>
        <span className="ml-auto text-xs text-muted">{words.severity[flag.severity]}</span>
      </div>
      <p className="text-muted">{text.means}</p>
      {flag.example ? (
        <p className="selectable mt-1 truncate font-mono text-xs" title={flag.example}>
          {flag.example}
        </p>
      ) : null}
      {flag.tags.length > 0 ? (
        <p className="selectable mt-1 truncate text-xs text-faint" title={flag.tags.join('\n')}>
          {t('privacy.tags', { count: flag.tags.length })}: {flag.tags.join(', ')}
        </p>
      ) : null}
    </li>
  );
}

/** What everything that a run would work on gives away, taken together. */
function Together() {
  const { t, words, format } = useTexts();
  const targets = useTargets();
  const rev = useFiles((state) => state.rev);
  const selected = useView((state) => state.selection.ids.size > 0);
  // The map of files changes in place; its revision says when to count again.
  const counts = useMemo(
    () => (rev >= 0 ? countFlags(targets, (id) => useFiles.getState().byId.get(id)?.flags ?? []) : []),
    [targets, rev],
  );
  if (targets.length < 2 || counts.length === 0) return null;
  return (
    <section className="mt-4" data-testid="privacy-batch">
      <h3 className="mb-1.5 font-semibold">{t(selected ? 'privacy.batchSelected' : 'privacy.batchAll', { count: targets.length })}</h3>
      <ul className="flex flex-col gap-1">
        {counts.map(([flag, count]) => (
          <li key={flag} className="grid grid-cols-[1fr_auto] items-baseline gap-3" data-flag={flag}>
            <span className="truncate">{words.privacy[flag].name}</span>
            <span className="text-muted">{t('privacy.files', { count, all: format.number(targets.length) })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Private details of the file with what they mean, and the counts for everything that is selected. */
export function PrivacyTab({ inspection }: { inspection: InspectOutcome }) {
  const { t } = useTexts();
  return (
    <>
      {inspection.privacy.length === 0 ? (
        <div className="py-4">
          <Empty icon={<ShieldCheck size={26} strokeWidth={1.4} />} title={t('privacy.none')}>
            {t('privacy.noneText')}
          </Empty>
        </div>
      ) : (
        <ul className="flex flex-col gap-2">
          {inspection.privacy.map((flag) => (
            <FlagCard key={flag.code} flag={flag} />
          ))}
        </ul>
      )}
      {inspection.generation?.map((data) => (
        <div key={data.tool} className="mt-2">
          <GenerationCard data={data} />
        </div>
      ))}
      {inspection.credentials ? (
        <div className="mt-2">
          <CredentialsCard credentials={inspection.credentials} />
        </div>
      ) : null}
      <Together />
    </>
  );
}
