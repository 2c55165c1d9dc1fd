import type { Step } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Badge, Notice } from '../../../ui/feedback.tsx';
import { Field, Select, TextArea } from '../../../ui/fields.tsx';
import { useSession } from '../../session/index.ts';
import { priceFor } from '../schema.ts';
import { modelLabel, SettingsForm } from './settings-form.tsx';

type GenerateStep = Extract<Step, { verb: 'generate' }>;

/** Model with its price, prompt, and a form drawn from the model's own schema. */
export function GenerateEditor({ step, onStep }: { step: GenerateStep; onStep: (step: GenerateStep) => void }) {
  const texts = useTexts();
  const { t } = texts;
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
      {model ? <SettingsForm model={model} settings={step.settings} onSettings={(settings) => onStep({ ...step, settings })} /> : null}
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
