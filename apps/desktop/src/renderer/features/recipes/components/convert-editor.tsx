import { convertPlan, DEFAULT_QUALITY, DESTINATIONS, DestinationGroup, FORMATS, MediaFormat } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Field, NumberInput, Select } from '../../../ui/fields.tsx';
import type { ConvertPatch, ConvertStep } from '../convert-part.ts';
import { ConvertMore } from './convert-more.tsx';
import { ConvertShape } from './convert-shape.tsx';
import { ConvertTrim } from './convert-trim.tsx';
import { DestinationRules } from './destination-rules.tsx';

/** Formats that can be written. */
const WRITABLE = MediaFormat.options.filter((format) => !['raw', 'heic', 'jxl'].includes(format));

/** What a place decides by itself; choosing another one must not leave its predecessor's wishes behind. */
const BY_PLACE = ['format', 'width', 'height', 'fit', 'enlarge', 'background', 'quality', 'maxBytes', 'loudness', 'cutToLimit'] as const;
const CLEARED = Object.fromEntries(BY_PLACE.map((key) => [key, undefined])) as ConvertPatch;

/** All settings of a conversion: for which place, format, shape, part; sound, frames and subtitles further down. */
export function ConvertEditor({ step, onStep }: { step: ConvertStep; onStep: (step: ConvertStep) => void }) {
  const { t, words, locale } = useTexts();
  const set = (patch: ConvertPatch): void => {
    const whole = Object.entries({ ...step, ...patch }).filter(([, value]) => value !== undefined);
    onStep(Object.fromEntries(whole) as ConvertStep);
  };
  const plan = convertPlan(step);
  const quality = step.quality ?? plan.quality ?? DEFAULT_QUALITY;
  const kept = step.preset && plan.format && !step.format ? t('recipe.convert.asPlace', { value: plan.format.toUpperCase() }) : null;
  return (
    <>
      <Field label={t('recipe.convert.place')}>
        {(field) => (
          <Select
            {...field}
            value={step.preset ?? ''}
            options={[
              { value: '', label: t('recipe.convert.noPlace') },
              ...DestinationGroup.options.map((group) => ({
                group: t(`recipe.convert.group.${group}`),
                options: DESTINATIONS.filter((one) => one.group === group).map((one) => ({
                  value: one.id,
                  label: `${t(`recipe.convert.group.${group}`)} · ${one.label[locale]}`,
                })),
              })),
            ]}
            onValue={(value) => set({ ...CLEARED, preset: value === '' ? undefined : value })}
          />
        )}
      </Field>
      {step.preset ? <DestinationRules id={step.preset} /> : null}
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('recipe.convert.format')}>
          {(field) => (
            <Select
              {...field}
              value={step.format ?? ''}
              options={[
                { value: '', label: kept ?? t('recipe.convert.keepFormat') },
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
        <Field label={t('recipe.convert.maxSize')}>
          {(field) => (
            <NumberInput
              {...field}
              min={0.01}
              step="any"
              placeholder={plan.maxBytes && step.maxBytes === undefined ? String(plan.maxBytes / 1e6) : t('recipe.convert.noLimit')}
              value={step.maxBytes === undefined ? undefined : step.maxBytes / 1e6}
              onValue={(value) => set({ maxBytes: value === undefined ? undefined : Math.max(1000, Math.round(value * 1e6)) })}
            />
          )}
        </Field>
      </div>
      <ConvertShape step={step} set={set} />
      <Field label={`${t('recipe.convert.quality')}: ${quality}`}>
        {(field) => (
          <input
            {...field}
            type="range"
            min={1}
            max={100}
            value={quality}
            onChange={(event) => set({ quality: Number(event.target.value) })}
          />
        )}
      </Field>
      <ConvertTrim step={step} set={set} />
      <ConvertMore step={step} set={set} />
    </>
  );
}
