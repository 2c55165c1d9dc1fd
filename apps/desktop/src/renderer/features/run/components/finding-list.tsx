import type { PlanFinding } from '@pingplex/shared/contracts/ipc';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { cx } from '../../../ui/cx.ts';
import { useNameText } from './output-popover.tsx';

/** More would push the bar over the screen; the rest comes up as these are mended. */
const MOST_SHOWN = 4;

/** One finding, with the place to mend it. */
function Finding({ finding }: { finding: PlanFinding }) {
  const { t, problem } = useTexts();
  const nameText = useNameText();
  const text = finding.error ? problem(finding.error) : finding.name ? { title: nameText(finding.name), next: '' } : null;
  if (!text) return null;
  const goTo =
    finding.place === 'account' || finding.place === 'credits'
      ? 'go.account'
      : finding.place === 'output' || finding.place === 'disk'
        ? 'output.choose'
        : null;
  return (
    <li className="flex items-center gap-2" data-testid="finding" data-place={finding.place} data-level={finding.level}>
      <span className={cx('size-1.75 shrink-0 rounded-full', finding.level === 'error' ? 'bg-bad' : 'bg-warn')} aria-hidden />
      <span>
        <span className="sr-only">{finding.level === 'error' ? t('run.level.error') : t('run.level.warning')}: </span>
        <span className={finding.level === 'error' ? 'text-bad' : 'text-warn'}>{text.title}.</span>{' '}
        <span className="text-muted">{text.next}</span>
      </span>
      {goTo ? (
        <button type="button" className="rounded-sm text-accent-text hover:underline" onClick={() => runAction(goTo)}>
          {goTo === 'go.account' ? t('actions.goAccount') : t('actions.chooseOutput')}
        </button>
      ) : null}
    </li>
  );
}

/** What keeps a run from starting, or should be known before; nothing when all is well. What stands beside its own field is left out. */
export function FindingList({ failure, findings }: { failure: unknown; findings: readonly PlanFinding[] }) {
  const { t, problem } = useTexts();
  const shown = findings.filter((one) => one.error?.code !== 'output.folderMissing' && one.place !== 'template');
  if (!failure && shown.length === 0) return null;
  return (
    <ul className="flex flex-col gap-0.5 selectable" aria-label={t('run.findings')}>
      {failure ? (
        <li role="alert" className="text-bad">
          {problem(failure).title}. <span className="text-muted">{problem(failure).next}</span>
        </li>
      ) : null}
      {shown.slice(0, MOST_SHOWN).map((finding) => (
        <Finding key={`${finding.place}${finding.error?.code ?? finding.name?.code}${finding.name?.what ?? ''}`} finding={finding} />
      ))}
    </ul>
  );
}
