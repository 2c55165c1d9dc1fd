import type { Model } from '@pingplex/shared/contracts/http';
import type { SettingsValues } from '@pingplex/shared/domain';
import type { Texts } from '../../../i18n/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { Check, Field, NumberInput, Select, TextInput } from '../../../ui/fields.tsx';
import { fieldsOf, priceFor, type SettingField } from '../schema.ts';

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

/** Everything that the model's schema lets one set, with names in the window's language. */
export function SettingsForm({
  model,
  settings,
  onSettings,
}: {
  model: Model;
  settings: SettingsValues;
  onSettings: (settings: Record<string, Value>) => void;
}) {
  const { locale } = useTexts();
  const set = (name: string, value: Value | undefined): void => {
    const { [name]: _, ...others } = settings;
    onSettings(value === undefined ? others : { ...others, [name]: value });
  };
  return (
    <div className="grid grid-cols-2 items-end gap-3">
      {fieldsOf(model.settingsSchema, locale).map((field) => (
        <SettingControl
          key={field.name}
          field={field}
          value={settings[field.name] ?? field.initial}
          onValue={(value) => set(field.name, value)}
        />
      ))}
    </div>
  );
}

/** Name of a model with what it costs at least, and whether it can be had. */
export function modelLabel(model: Model, texts: Texts): string {
  const price = priceFor(model, {});
  return [
    model.label[texts.locale],
    price ? texts.t('recipe.generate.from', { count: price.credits }) : null,
    model.available ? null : texts.t('recipe.generate.unavailable'),
  ]
    .filter(Boolean)
    .join(' · ');
}
