import { RIGHTS } from '@pingplex/shared/text';
import { hintOf, useActions } from '../../../actions/index.ts';
import { type Texts, useTexts } from '../../../i18n/index.ts';
import { Button, Tip } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Check } from '../../../ui/fields.tsx';
import { useView } from '../../files/index.ts';
import { RecipeRow } from '../../recipes/index.ts';
import { useSession } from '../../session/index.ts';
import { chooseOutput, type Run, useRun } from '../use-run.ts';
import { CredentialsNotice } from './credentials-notice.tsx';
import { FindingList } from './finding-list.tsx';
import { OutputPopover } from './output-popover.tsx';

/** Why the button can't be pressed now, in one line; null when it can. */
function whyNot(run: Run, { t }: Texts): string | null {
  if (run.steps.length === 0) return t('run.need.steps');
  if (run.targets.length === 0) return t('run.need.files');
  if (!run.complete) return t('run.need.settings');
  if (run.needsRights && !run.rights) return t('run.need.rights');
  return null;
}

/** Results, time and size on one line; credits and what the figures rest on below. */
function EstimateLine({ run }: { run: Run }) {
  const texts = useTexts();
  const { t, format } = texts;
  const signedIn = useSession((state) => state.app?.account !== null && state.app?.account !== undefined);
  const hasSelection = useView((state) => state.selection.ids.size > 0);
  const filtered = useView((state) => state.query !== '');
  const { estimate } = run;
  const scope = t(hasSelection ? 'run.scope.selected' : filtered ? 'run.scope.shown' : 'run.scope.all', { count: run.targets.length });
  if (!estimate) {
    return (
      <div className="text-right leading-snug" data-testid="estimate">
        <div className="font-semibold">{run.targets.length > 0 ? scope : null}</div>
        <small className="text-xs text-muted">{run.pending ? t('run.estimating') : whyNot(run, texts)}</small>
      </div>
    );
  }
  const { low, high, basis } = estimate.timeMs;
  const credits =
    estimate.credits > 0
      ? [
          t('run.credits', { count: estimate.credits }),
          signedIn && estimate.walletAfter !== null && estimate.walletAfter >= 0
            ? t('run.walletAfter', { n: format.number(estimate.walletAfter) })
            : null,
          t('run.givenBack'),
        ]
          .filter(Boolean)
          .join(' · ')
      : t('run.free');
  return (
    <div className={cx('text-right leading-snug', run.pending && 'opacity-60')} data-testid="estimate" aria-live="polite">
      <div className="whitespace-nowrap font-semibold">
        {t('run.results', { count: estimate.results })} · {t('run.about', { time: format.range(low, high) })} ·{' '}
        {format.bytes(estimate.bytes)}
      </div>
      <small className="text-xs text-muted" data-testid="estimate-basis">
        {scope} · {credits} · {basis === 'measured' ? t('run.basis.measured') : t('run.basis.typical')}
      </small>
    </div>
  );
}

/** The recipe, where its results go, what it will cost, and the button that starts it. */
export function RecipeBar() {
  const texts = useTexts();
  const { t, format } = texts;
  const run = useRun();
  useActions({
    ...(run.ready ? { 'recipe.run': () => void run.start() } : {}),
    'output.choose': () => void chooseOutput().catch(() => undefined),
  });
  const failure = run.startError ?? run.estimateError;
  const reason = whyNot(run, texts);
  const credits = run.estimate?.credits ?? 0;
  const button = (
    <Button
      look="primary"
      large
      disabled={!run.ready}
      busy={run.starting}
      onClick={() => void run.start()}
      className="min-w-20"
      data-testid="run"
    >
      {run.starting ? t('run.starting') : credits > 0 ? t('run.runFor', { n: format.number(credits), count: credits }) : t('run.run')}
    </Button>
  );
  return (
    <section
      aria-label={t('run.label')}
      data-testid="recipe-bar"
      className="flex flex-col gap-2 border-line border-t bg-surface px-3.5 py-2.75"
    >
      <FindingList failure={failure} findings={run.findings} />
      <CredentialsNotice run={run} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="flex min-w-0 flex-1 basis-105 flex-wrap items-center gap-2">
          <RecipeRow />
          {run.steps.length > 0 ? <OutputPopover run={run} /> : null}
          {run.needsRights ? (
            <div className="max-w-60 text-xs leading-tight" data-testid="rights">
              <Check label={RIGHTS[texts.locale]} checked={run.rights} onChecked={run.setRights} />
            </div>
          ) : null}
        </div>
        <div className="ml-auto flex items-center gap-3">
          <EstimateLine run={run} />
          {/* A disabled button tells nothing, so the reason hangs on what wraps it. */}
          <Tip label={run.ready ? t('actions.run') : (reason ?? t('run.need.mend'))} {...(run.ready ? { hint: hintOf('recipe.run') } : {})}>
            <span>{button}</span>
          </Tip>
        </div>
      </div>
    </section>
  );
}
