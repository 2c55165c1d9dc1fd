import type { Step, StepVerb } from '@pingplex/shared/domain';
import { isCloudStep } from '@pingplex/shared/domain';
import { ArrowLeft, ArrowRight, Cloud, Trash2 } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { cx } from '../../../ui/cx.ts';
import { Check } from '../../../ui/fields.tsx';
import { Popover } from '../../../ui/overlays.tsx';
import { useSession } from '../../session/index.ts';
import { changeStep, type DraftStep, missingIn, moveStep, openStep, removeStep, useDraft } from '../draft.ts';
import { stepSummary } from '../summary.ts';
import { CleanEditor } from './clean-editor.tsx';
import { ConvertEditor } from './convert-editor.tsx';
import { GenerateEditor } from './generate-editor.tsx';
import { UnicalizeEditor } from './unicalize-editor.tsx';

function Editor({ step, onStep }: { step: Step; onStep: (step: Step) => void }) {
  switch (step.verb) {
    case 'clean':
      return <CleanEditor step={step} onStep={onStep} />;
    case 'unicalize':
      return <UnicalizeEditor step={step} onStep={onStep} />;
    case 'convert':
      return <ConvertEditor step={step} onStep={onStep} />;
    case 'generate':
      return <GenerateEditor step={step} onStep={onStep} />;
  }
}

const WIDTH: Record<StepVerb, string> = { clean: 'w-90', unicalize: 'w-90', convert: 'w-96', generate: 'w-100' };

/** A step on the bar: its verb and settings in a line; a click opens all settings. Alt and arrows move it, Delete takes it away. */
export function StepChip({ draft, index, count }: { draft: DraftStep; index: number; count: number }) {
  const texts = useTexts();
  const { t, words } = texts;
  const models = useSession((state) => state.models);
  const open = useDraft((state) => state.open === draft.key);
  const { step, key } = draft;
  const missing = missingIn(step);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey && event.key === 'ArrowLeft') moveStep(key, -1);
    else if (event.altKey && event.key === 'ArrowRight') moveStep(key, 1);
    else if (event.key === 'Delete' || event.key === 'Backspace') removeStep(key);
    else return;
    event.preventDefault();
  };
  return (
    <Popover
      label={t('recipe.settingsOf', { name: words.verb[step.verb] })}
      open={open}
      onOpenChange={(next) => openStep(next ? key : null)}
      className={WIDTH[step.verb]}
      trigger={
        <button
          type="button"
          data-testid="step-chip"
          data-verb={step.verb}
          onKeyDown={onKeyDown}
          className={cx(
            'flex h-8.5 shrink-0 items-center gap-1.75 rounded-[8px] border bg-raised px-2.75 transition-colors hover:border-faint',
            missing ? 'border-warn' : open ? 'border-accent' : 'border-line-strong',
          )}
        >
          <span className="sr-only">{index + 1}.</span>
          {isCloudStep(step) ? <Cloud size={14} className="text-accent-text" aria-label={t('recipe.leavesMachine')} /> : null}
          {words.verb[step.verb]}
          <small className={cx('max-w-44 truncate text-xs', missing ? 'text-warn' : 'text-muted')}>
            {missing
              ? t(missing === 'model' ? 'recipe.missing.model' : missing === 'prompt' ? 'recipe.missing.prompt' : 'recipe.missing.other')
              : stepSummary(step, models, texts)}
          </small>
        </button>
      }
    >
      <div className="flex items-center gap-0.5">
        <h3 className="mr-auto font-semibold">{words.verb[step.verb]}</h3>
        <IconButton label={t('recipe.moveLeft')} hint="Alt+←" disabled={index === 0} onClick={() => moveStep(key, -1)}>
          <ArrowLeft size={15} />
        </IconButton>
        <IconButton label={t('recipe.moveRight')} hint="Alt+→" disabled={index === count - 1} onClick={() => moveStep(key, 1)}>
          <ArrowRight size={15} />
        </IconButton>
        <IconButton label={t('recipe.removeStep')} onClick={() => removeStep(key)}>
          <Trash2 size={15} />
        </IconButton>
      </div>
      <Editor step={step} onStep={(next) => changeStep(key, next)} />
      {index < count - 1 ? (
        <div className="border-line border-t pt-2.5">
          <Check
            label={t('recipe.keepFiles')}
            note={t('recipe.keepFilesNote')}
            checked={step.keep}
            onChecked={(keep) => changeStep(key, { ...step, keep })}
          />
        </div>
      ) : null}
      <div className="flex justify-end">
        <Button onClick={() => openStep(null)}>{t('common.done')}</Button>
      </div>
    </Popover>
  );
}
