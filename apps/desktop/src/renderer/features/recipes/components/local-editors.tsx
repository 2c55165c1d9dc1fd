import { FORMATS, KeepGroup, MediaFormat, type Step, Strength } from '@pingplex/shared/domain';
import { Dices } from 'lucide-react';
import { useTexts } from '../../../i18n/index.ts';
import { IconButton } from '../../../ui/button.tsx';
import { Check, Field, NumberInput, Segments, Select } from '../../../ui/fields.tsx';

type Of<V extends Step['verb']> = Extract<Step, { verb: V }>;
type EditorProps<V extends Step['verb']> = { step: Of<V>; onStep: (step: Of<V>) => void };

/** The object without the keys that are undefined, so that optional settings are absent rather than empty. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

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

export function UnicalizeEditor({ step, onStep }: EditorProps<'unicalize'>) {
  const { t, words } = useTexts();
  const set = (patch: Partial<Of<'unicalize'>>): void => onStep(defined({ ...step, ...patch }));
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

const WRITABLE = MediaFormat.options.filter((format) => format !== 'raw');

export function ConvertEditor({ step, onStep }: EditorProps<'convert'>) {
  const { t, words } = useTexts();
  const set = (patch: Partial<Of<'convert'>>): void => onStep(defined({ ...step, ...patch }) as Of<'convert'>);
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
  const ms = (value: number | undefined, least: number): number | undefined =>
    value === undefined ? undefined : Math.max(least, Math.round(value * 1000));
  const size = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.min(16384, Math.round(value)));
  return (
    <>
      <Field label={t('recipe.convert.format')} note={t('recipe.convert.formatNote')}>
        {(field) => (
          <Select
            {...field}
            value={step.format ?? ''}
            options={[
              { value: '', label: t('recipe.convert.keepFormat') },
              ...(['image', 'video', 'audio'] as const).map((kind) => ({
                group: words.kind[kind],
                options: WRITABLE.filter((format) => FORMATS[format].kind === kind).map((format) => ({
                  value: format as string,
                  label: format.toUpperCase(),
                })),
              })),
            ]}
            onValue={(value) => set({ format: WRITABLE.find((format) => format === value) })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field
          label={t('recipe.convert.width')}
          problem={step.width !== undefined && step.width < 16 ? t('recipe.convert.tooSmall') : null}
        >
          {(field) => (
            <NumberInput
              {...field}
              min={16}
              max={16384}
              placeholder={t('recipe.auto')}
              value={step.width}
              onValue={(value) => set({ width: size(value) })}
            />
          )}
        </Field>
        <Field
          label={t('recipe.convert.height')}
          problem={step.height !== undefined && step.height < 16 ? t('recipe.convert.tooSmall') : null}
        >
          {(field) => (
            <NumberInput
              {...field}
              min={16}
              max={16384}
              placeholder={t('recipe.auto')}
              value={step.height}
              onValue={(value) => set({ height: size(value) })}
            />
          )}
        </Field>
      </div>
      <Field label={t('recipe.convert.fit')}>
        {(field) => (
          <Select
            {...field}
            value={step.fit}
            options={(['inside', 'crop', 'pad'] as const).map((value) => ({ value, label: words.fit[value] }))}
            onValue={(fit) => set({ fit })}
          />
        )}
      </Field>
      <Field label={`${t('recipe.convert.quality')}: ${step.quality}`}>
        {(field) => (
          <input
            {...field}
            type="range"
            min={1}
            max={100}
            value={step.quality}
            onChange={(event) => set({ quality: Number(event.target.value) })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('recipe.convert.trimStart')}>
          {(field) => (
            <NumberInput
              {...field}
              min={0}
              step={0.1}
              placeholder="0"
              value={seconds(step.trimStartMs)}
              onValue={(value) => set({ trimStartMs: ms(value, 0) })}
            />
          )}
        </Field>
        <Field
          label={t('recipe.convert.trimEnd')}
          problem={step.trimEndMs !== undefined && step.trimEndMs <= (step.trimStartMs ?? 0) ? t('recipe.convert.trimOrder') : null}
        >
          {(field) => (
            <NumberInput
              {...field}
              min={0}
              step={0.1}
              placeholder={t('recipe.convert.toEnd')}
              value={seconds(step.trimEndMs)}
              onValue={(value) => set({ trimEndMs: ms(value, 1) })}
            />
          )}
        </Field>
      </div>
    </>
  );
}
