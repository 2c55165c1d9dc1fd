import { convertPlan, destinationOf } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Check, Field, NumberInput, Select } from '../../../ui/fields.tsx';
import type { ConvertPart } from '../convert-part.ts';

const size = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.min(16384, Math.round(value)));

/** Width, height, and what happens when the shape differs. */
export function ConvertShape({ step, set }: ConvertPart) {
  const { t, words } = useTexts();
  const plan = convertPlan(step);
  const side = (key: 'width' | 'height') => (
    <Field label={t(`recipe.convert.${key}`)} problem={(step[key] ?? 16) < 16 ? t('recipe.convert.tooSmall') : null}>
      {(field) => (
        <NumberInput
          {...field}
          min={16}
          max={16384}
          placeholder={plan[key] === undefined ? t('recipe.auto') : String(plan[key])}
          value={step[key]}
          onValue={(value) => set({ [key]: size(value) })}
        />
      )}
    </Field>
  );
  const ofPlace = destinationOf(step.preset)?.background;
  const nameOf = (background: string): string => {
    if (background === 'blur') return t('recipe.convert.blur');
    if (background === '#ffffff') return t('recipe.convert.white');
    return background === '#000000' ? t('recipe.convert.black') : background;
  };
  const hasSize = plan.width !== undefined || plan.height !== undefined;
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        {side('width')}
        {side('height')}
      </div>
      {hasSize ? (
        <>
          <div className={plan.fit === 'pad' ? 'grid grid-cols-2 gap-3' : ''}>
            <Field label={t('recipe.convert.fit')}>
              {(field) => (
                <Select
                  {...field}
                  value={plan.fit}
                  options={(['inside', 'crop', 'pad'] as const).map((value) => ({ value, label: words.fit[value] }))}
                  onValue={(fit) => set({ fit })}
                />
              )}
            </Field>
            {plan.fit === 'pad' ? (
              <Field label={t('recipe.convert.borders')}>
                {(field) => (
                  <Select
                    {...field}
                    value={step.background ?? ''}
                    options={[
                      { value: '', label: ofPlace ? t('recipe.convert.asPlace', { value: nameOf(ofPlace) }) : t('recipe.auto') },
                      { value: 'blur', label: t('recipe.convert.blur') },
                      { value: '#ffffff', label: t('recipe.convert.white') },
                      { value: '#000000', label: t('recipe.convert.black') },
                      ...(step.background && nameOf(step.background) === step.background
                        ? [{ value: step.background, label: step.background }]
                        : []),
                    ]}
                    onValue={(value) => set({ background: value === '' ? undefined : value })}
                  />
                )}
              </Field>
            ) : null}
          </div>
          <Check label={t('recipe.convert.enlarge')} checked={plan.enlarge} onChecked={(enlarge) => set({ enlarge })} />
        </>
      ) : null}
    </>
  );
}
