import { type Step, Strength } from '@pingplex/shared/domain';
import { Dices } from 'lucide-react';
import { useTexts } from '../../../i18n/index.ts';
import { IconButton } from '../../../ui/button.tsx';
import { Check, Field, NumberInput, Segments } from '../../../ui/fields.tsx';

type UnicalizeStep = Extract<Step, { verb: 'unicalize' }>;

/** The object without the keys that are undefined, so that optional settings are absent rather than empty. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

/** Settings of the variants: how many, how strong, or how far and how good. */
export function UnicalizeEditor({ step, onStep }: { step: UnicalizeStep; onStep: (step: UnicalizeStep) => void }) {
  const { t, words } = useTexts();
  const set = (patch: Partial<UnicalizeStep>): void => onStep(defined({ ...step, ...patch }));
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('recipe.unicalize.variants')}>
          {(field) => (
            <NumberInput
              {...field}
              min={1}
              max={100}
              value={step.variants}
              onValue={(value) => set({ variants: Math.max(1, Math.min(100, Math.round(value ?? 1))) })}
            />
          )}
        </Field>
        <Field label={t('recipe.unicalize.seed')}>
          {(field) => (
            <div className="flex items-center gap-1">
              <NumberInput
                {...field}
                min={0}
                max={0xffffffff}
                value={step.seed}
                onValue={(value) => set({ seed: Math.max(0, Math.min(0xffffffff, Math.round(value ?? 0))) })}
              />
              <IconButton
                label={t('recipe.unicalize.newSeed')}
                onClick={() => set({ seed: crypto.getRandomValues(new Uint32Array(1))[0] ?? 1 })}
              >
                <Dices size={16} />
              </IconButton>
            </div>
          )}
        </Field>
      </div>
      <div className="flex flex-col items-start gap-1">
        <span className="text-sm text-muted">{t('recipe.unicalize.strength')}</span>
        <Segments
          label={t('recipe.unicalize.strength')}
          value={step.strength}
          options={Strength.options.map((value) => ({ value, label: words.strength[value] }))}
          onValue={(strength) => set({ strength })}
        />
      </div>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('recipe.unicalize.minDistance')} note={t('recipe.unicalize.minDistanceNote')}>
          {(field) => (
            <NumberInput
              {...field}
              min={0}
              max={256}
              placeholder={t('recipe.auto')}
              value={step.minDistance}
              onValue={(minDistance) => set({ minDistance })}
            />
          )}
        </Field>
        <Field label={t('recipe.unicalize.minQuality')} note={t('recipe.unicalize.minQualityNote')}>
          {(field) => (
            <NumberInput
              {...field}
              min={0}
              max={1}
              step={0.01}
              placeholder={t('recipe.auto')}
              value={step.minQuality}
              onValue={(minQuality) => set({ minQuality })}
            />
          )}
        </Field>
      </div>
      {step.minDistance === undefined ? null : <p className="text-xs text-muted">{t('recipe.unicalize.aimed')}</p>}
      <Check
        label={t('recipe.unicalize.mirror')}
        note={t('recipe.unicalize.mirrorNote')}
        checked={step.mirror}
        onChecked={(mirror) => set({ mirror })}
      />
      <p className="text-xs text-muted">{t('recipe.unicalize.honest')}</p>
    </>
  );
}
