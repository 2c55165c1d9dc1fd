import { KeepGroup, type Step } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Check } from '../../../ui/fields.tsx';

type Of<V extends Step['verb']> = Extract<Step, { verb: V }>;
type EditorProps<V extends Step['verb']> = { step: Of<V>; onStep: (step: Of<V>) => void };

export function CleanEditor({ step, onStep }: EditorProps<'clean'>) {
  const { t, words } = useTexts();
  return (
    <>
      <p className="text-muted">{t('recipe.clean.text')}</p>
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1.5 text-sm text-muted">{t('recipe.clean.keep')}</legend>
        {KeepGroup.options.map((group) => (
          <Check
            key={group}
            label={words.keepGroup[group]}
            checked={step.keepGroups.includes(group)}
            onChecked={(on) =>
              onStep({ ...step, keepGroups: on ? [...step.keepGroups, group] : step.keepGroups.filter((one) => one !== group) })
            }
          />
        ))}
      </fieldset>
      {step.keepGroups.includes('credentials') ? null : <p className="text-xs text-muted">{t('recipe.clean.credentials')}</p>}
    </>
  );
}
