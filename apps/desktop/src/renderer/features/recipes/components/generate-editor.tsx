import type { Model } from '@pingplex/shared/contracts/http';
import type { Step } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Badge, Notice } from '../../../ui/feedback.tsx';
import { Check, Field, NumberInput, Select, TextArea, TextInput } from '../../../ui/fields.tsx';
import { useSession } from '../../session/index.ts';
import { fieldsOf, priceFor, type SettingField } from '../schema.ts';

type GenerateStep = Extract<Step, { verb: 'generate' }>;
type Value = string | number | boolean;

/** One control, drawn from a property of the model's schema. */
function SettingControl({
  field,
  value,
  onValue,
}: {
  field: SettingField;
  value: Value | undefined;
  onValue: (value: Value | undefined) => void;
}) {
  if (field.kind === 'switch') return <Check label={field.label} checked={value === true} onChecked={onValue} />;
  return (
    <Field label={field.label}>
      {(props) => {
        switch (field.kind) {
          case 'choice':
            return (
              <Select
                {...props}
                value={String(value ?? '')}
                options={field.options.map((one) => ({ value: String(one.value), label: one.label }))}
                onValue={(text) => onValue(field.options.find((one) => String(one.value) === text)?.value)}
              />
            );
          case 'whole':
          case 'number':
            return (
              <NumberInput
                {...props}
                min={field.min}
                max={field.max}
                step={field.kind === 'whole' ? 1 : 'any'}
                value={typeof value === 'number' ? value : undefined}
                onValue={(number) => {
                  if (number === undefined) return onValue(undefined);
                  const inside = Math.max(field.min ?? number, Math.min(field.max ?? number, number));
                  onValue(field.kind === 'whole' ? Math.round(inside) : inside);
                }}
              />
            );
          default:
            return <TextInput {...props} value={String(value ?? '')} onChange={(event) => onValue(event.target.value)} />;
        }
      }}
    </Field>
  );
}

function modelLabel(model: Model, texts: ReturnType<typeof useTexts>): string {
  const price = priceFor(model, {});
  return [
    model.label[texts.locale],
    price ? texts.t('recipe.generate.from', { count: price.credits }) : null,
    model.available ? null : texts.t('recipe.generate.unavailable'),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Model with its price, prompt, and a form drawn from the model's own schema. */
export function GenerateEditor({ step, onStep }: { step: GenerateStep; onStep: (step: GenerateStep) => void }) {
  const texts = useTexts();
  const { t, locale } = texts;
  const models = useSession((state) => state.models);
  // A step of a recipe makes media of files: only models that take one are offered, and none that answers with text.
  const offered = models.filter((model) => model.limits.maxSources > 0 && model.resultKind !== 'text');
  const model = models.find((one) => one.id === step.modelId);
  const price = model ? priceFor(model, step.settings) : null;
  if (offered.length === 0) {
    return (
      <Notice tone="warn" title={t('recipe.generate.noModels')}>
        {t('recipe.generate.noModelsText')}
      </Notice>
    );
  }
  const setSetting = (name: string, value: Value | undefined): void => {
    const { [name]: _, ...others } = step.settings;
    onStep({ ...step, settings: value === undefined ? others : { ...others, [name]: value } });
  };
  return (
    <>
      <Field label={t('recipe.generate.model')}>
        {(field) => (
          <Select
            {...field}
            value={step.modelId}
            options={[
              ...(model ? [] : [{ value: step.modelId, label: t('recipe.generate.choose') }]),
              ...offered.map((one) => ({ value: one.id, label: modelLabel(one, texts) })),
            ]}
            onValue={(modelId) => onStep({ ...step, modelId, settings: {} })}
          />
        )}
      </Field>
      <Field
        label={t('recipe.generate.prompt')}
        note={model ? t('recipe.generate.promptNote', { n: texts.format.number(model.limits.maxPromptChars) }) : undefined}
        problem={model && step.prompt.length > model.limits.maxPromptChars ? t('recipe.generate.promptTooLong') : null}
      >
        {(field) => (
          <TextArea
            {...field}
            rows={4}
            value={step.prompt}
            placeholder={t('recipe.generate.promptHint')}
            onChange={(event) => onStep({ ...step, prompt: event.target.value })}
          />
        )}
      </Field>
      {model ? (
        <div className="grid grid-cols-2 items-end gap-3">
          {fieldsOf(model.settingsSchema, locale).map((field) => (
            <SettingControl
              key={field.name}
              field={field}
              value={step.settings[field.name] ?? field.initial}
              onValue={(value) => setSetting(field.name, value)}
            />
          ))}
        </div>
      ) : null}
      <Field label={t('recipe.generate.applyTo')}>
        {(field) => (
          <Select
            {...field}
            value={step.applyTo}
            options={[
              { value: 'first' as const, label: t('recipe.generate.applyFirst') },
              { value: 'each' as const, label: t('recipe.generate.applyEach') },
            ]}
            onValue={(applyTo) => onStep({ ...step, applyTo })}
          />
        )}
      </Field>
      <p className="text-xs text-muted">
        {t('recipe.generate.leaves')} {price ? t('recipe.generate.price', { count: price.credits }) : null}{' '}
        {model?.sandbox ? <Badge tone="accent">{t('common.sandbox')}</Badge> : null}
      </p>
    </>
  );
}
