import type { Capability, Model } from '@pingplex/shared/contracts/http';
import { FORMATS, MediaFormat } from '@pingplex/shared/domain';
import { useTexts } from '../../../i18n/index.ts';
import { Badge } from '../../../ui/feedback.tsx';
import { Field, Select } from '../../../ui/fields.tsx';
import { modelLabel } from '../../recipes/index.ts';
import { useSession } from '../../session/index.ts';
import { setModel } from '../store.ts';

/** Names of formats behind media types. */
const formatNames = (mimes: readonly string[]): string =>
  [...new Set(mimes.map((mime) => MediaFormat.options.find((format) => FORMATS[format].mime === mime)?.toUpperCase() ?? mime))].join(', ');

/** The models of one kind by what they do, and what the chosen one costs, takes and is. */
export function ModelPicker({ model }: { model: Model }) {
  const texts = useTexts();
  const { t, format } = texts;
  const models = useSession((state) => state.models).filter((one) => one.resultKind === model.resultKind);
  const capabilities = [...new Set(models.map(({ capability }) => capability))];
  const { limits, price } = model;
  const facts = [
    price.kind === 'perToken' ? t('create.unit.token') : t(`create.unit.${price.unit}`),
    limits.maxSources > 0
      ? t('create.takes', { count: limits.maxSources, formats: formatNames(limits.sourceMimes), size: format.bytes(limits.maxSourceBytes) })
      : t('create.takesNone'),
    limits.sourceSides
      ? t('create.sides', { min: format.number(limits.sourceSides.min), max: format.number(limits.sourceSides.max) })
      : null,
    model.retiresAt ? t('create.retires', { date: format.date(model.retiresAt) }) : null,
  ].filter((one) => one !== null);
  const option = (one: Model) => ({ value: one.id, label: modelLabel(one, texts) });
  return (
    <div className="flex flex-col gap-1.5">
      <Field label={t('recipe.generate.model')}>
        {(field) => (
          <Select
            {...field}
            data-testid="create-model"
            value={model.id}
            options={capabilities.map((capability: Capability) => ({
              group: t(`create.capability.${capability}`),
              options: models.filter((one) => one.capability === capability).map(option),
            }))}
            onValue={setModel}
          />
        )}
      </Field>
      <p className="text-xs text-muted" data-testid="model-facts">
        {facts.join(' · ')} {model.sandbox ? <Badge tone="accent">{t('common.sandbox')}</Badge> : null}
        {model.available ? null : <Badge tone="bad">{t('recipe.generate.unavailable')}</Badge>}
      </p>
    </div>
  );
}
