import { KeepGroup, type Step } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Check, Field, Select } from '../../../ui/fields.tsx';
import {
  type CleanPreset,
  choiceOf,
  type GroupChoice,
  PRESET_NAMES,
  presetOf,
  withChoice,
  withPreset,
  withWishes,
} from '../clean-presets.ts';

type CleanStep = Extract<Step, { verb: 'clean' }>;
type Props = { step: CleanStep; onStep: (step: CleanStep) => void };

const PLACE = ['remove', 'region', 'city', 'keep'] as const satisfies readonly GroupChoice[];
const TIME = ['remove', 'year', 'month', 'day', 'keep'] as const satisfies readonly GroupChoice[];
const PLAIN = KeepGroup.options.filter((group) => group !== 'place' && group !== 'time');

/** Settings of a clean: what for, what stays, what is made less exact, and the two things that are asked for by name. */
export function CleanEditor({ step, onStep }: Props) {
  const { t, words } = useTexts();
  const preset = presetOf(step);
  const graded = (group: 'place' | 'time', choices: readonly GroupChoice[]) => (
    <Field label={words.keepGroup[group]} note={group === 'place' ? t('recipe.clean.placeNote') : t('recipe.clean.timeNote')}>
      {(field) => (
        <Select
          {...field}
          value={choiceOf(step, group)}
          options={choices.map((value) => ({ value, label: t(`recipe.clean.choice.${value}`) }))}
          onValue={(choice) => onStep(withChoice(step, group, choice))}
        />
      )}
    </Field>
  );
  return (
    <>
      <p className="text-muted">{t('recipe.clean.text')}</p>
      <Field label={t('recipe.clean.purpose')}>
        {(field) => (
          <Select<CleanPreset | 'own'>
            {...field}
            value={preset}
            options={[
              ...PRESET_NAMES.map((value) => ({ value, label: t(`recipe.clean.preset.${value}`) })),
              ...(preset === 'own' ? [{ value: 'own' as const, label: t('recipe.clean.preset.own') }] : []),
            ]}
            onValue={(value) => {
              if (value !== 'own') onStep(withPreset(step, value));
            }}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        {graded('place', PLACE)}
        {graded('time', TIME)}
      </div>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1.5 text-sm text-muted">{t('recipe.clean.keep')}</legend>
        {PLAIN.map((group) => (
          <Check
            key={group}
            label={words.keepGroup[group]}
            checked={step.keepGroups.includes(group)}
            onChecked={(on) => onStep(withChoice(step, group, on ? 'keep' : 'remove'))}
          />
        ))}
      </fieldset>
      <div className="flex flex-col gap-2 border-line border-t pt-2.5">
        <Check
          label={t('recipe.clean.removeCredentials')}
          note={step.removeCredentials === true ? t('recipe.clean.credentialsGo') : t('recipe.clean.credentialsStay')}
          checked={step.removeCredentials === true}
          onChecked={(removeCredentials) => onStep(withWishes(step, { removeCredentials }))}
        />
        <Check
          label={t('recipe.clean.fileDates')}
          note={t('recipe.clean.fileDatesNote')}
          checked={step.keepFileDates !== false}
          onChecked={(keepFileDates) => onStep(withWishes(step, { keepFileDates }))}
        />
        <p className="text-xs text-muted">{t('recipe.clean.traces')}</p>
      </div>
    </>
  );
}
