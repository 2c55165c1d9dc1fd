import { CutMode, convertPlan } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Check, Segments } from '../../../ui/fields.tsx';
import type { ConvertPart } from '../convert-part.ts';
import { formatTime } from '../time-text.ts';
import { TimeField } from './time-input.tsx';

/** Start and end, how the cut is made, and what becomes of files that are too long for the place. */
export function ConvertTrim({ step, set }: ConvertPart) {
  const { t } = useTexts();
  const { cut, maxMs } = convertPlan(step);
  const isBackwards = step.trimEndMs !== undefined && step.trimEndMs <= (step.trimStartMs ?? 0);
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <TimeField
          label={t('recipe.convert.trimStart')}
          placeholder="0:00"
          value={step.trimStartMs}
          onValue={(trimStartMs) => set({ trimStartMs })}
          wrong={t('recipe.convert.wrongTime')}
        />
        <TimeField
          label={t('recipe.convert.trimEnd')}
          placeholder={t('recipe.convert.toEnd')}
          value={step.trimEndMs}
          onValue={(value) => set({ trimEndMs: value === undefined ? undefined : Math.max(1, value) })}
          wrong={t('recipe.convert.wrongTime')}
          problem={isBackwards ? t('recipe.convert.trimOrder') : null}
        />
      </div>
      <div className="flex flex-col items-start gap-1">
        <Segments
          label={t('recipe.convert.cut')}
          value={cut}
          options={CutMode.options.map((value) => ({ value, label: t(`recipe.convert.${value}`) }))}
          onValue={(value) => set({ cut: value === 'exact' ? undefined : value })}
        />
        <p className="text-xs text-muted">{t(cut === 'exact' ? 'recipe.convert.exactNote' : 'recipe.convert.losslessNote')}</p>
      </div>
      {maxMs === undefined ? null : (
        <Check
          label={t('recipe.convert.cutToLimit', { value: formatTime(maxMs) })}
          checked={step.cutToLimit === true}
          onChecked={(on) => set({ cutToLimit: on ? true : undefined })}
        />
      )}
    </>
  );
}
