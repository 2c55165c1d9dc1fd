import { hintOf, useActions } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { Button, Tip } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { chooseOutput, FindingList, OutputPopover } from '../../run/index.ts';
import { useSession } from '../../session/index.ts';
import type { CreateRun } from '../use-create-run.ts';

/** Results, time and credits before the run; what is left of the balance after it. */
function Price({ run }: { run: CreateRun }) {
  const { t, format } = useTexts();
  const signedIn = useSession((state) => state.app?.account != null);
  const { check } = run;
  if (check === null) {
    return (
      <div className="text-right text-xs text-muted" data-testid="create-price">
        {run.pending ? t('run.estimating') : t(signedIn ? 'create.need' : 'create.needAccount')}
      </div>
    );
  }
  const left = check.problemRows.length;
  const { low, high } = check.timeMs;
  return (
    <div className={cx('text-right leading-snug', run.pending && 'opacity-60')} data-testid="create-price" aria-live="polite">
      <div className="font-semibold">
        {t('run.results', { count: check.results })} · {t('run.about', { time: format.range(low, high) })}
      </div>
      <small className="text-xs text-muted">
        {[
          left > 0 ? t('create.leftOut', { count: left }) : null,
          check.isExact ? t('run.credits', { count: check.credits }) : t('create.upTo', { count: check.credits }),
          signedIn && check.walletAfter !== null && check.walletAfter >= 0
            ? t('run.walletAfter', { n: format.number(check.walletAfter) })
            : null,
          t('run.givenBack'),
        ]
          .filter((one) => one !== null)
          .join(' · ')}
      </small>
    </div>
  );
}

/** Where results go, what it will cost, and the button that spends it. */
export function CreateBar({ run }: { run: CreateRun }) {
  const { t, format } = useTexts();
  useActions({
    ...(run.ready ? { 'recipe.run': () => void run.start() } : {}),
    'output.choose': () => void chooseOutput().catch(() => undefined),
  });
  const failure = run.startError ?? run.checkError;
  const credits = run.check?.credits ?? 0;
  const label = run.starting
    ? t('run.starting')
    : credits > 0
      ? t(run.check?.isExact === false ? 'create.generateUpTo' : 'create.generateFor', { n: format.number(credits), count: credits })
      : t('create.generate');
  return (
    <section
      aria-label={t('create.bar')}
      data-testid="create-bar"
      className="flex flex-col gap-2 border-line border-t bg-surface px-3.5 py-2.75"
    >
      <FindingList failure={failure} findings={run.findings} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <OutputPopover
          run={{ settings: run.settings, folder: run.folder, findings: run.findings, steps: run.steps, estimate: run.check }}
        />
        <div className="ml-auto flex items-center gap-3">
          <Price run={run} />
          <Tip label={run.ready ? t('create.generate') : t('run.need.mend')} {...(run.ready ? { hint: hintOf('recipe.run') } : {})}>
            <span>
              <Button
                look="primary"
                large
                disabled={!run.ready}
                busy={run.starting}
                onClick={() => void run.start()}
                className="min-w-28"
                data-testid="generate"
              >
                {label}
              </Button>
            </span>
          </Tip>
        </div>
      </div>
    </section>
  );
}
