import type { Model } from '@pingplex/shared/contracts/http';
import { type Price, priceOf, type SettingsValues } from '@pingplex/shared/domain';
import type { Locale } from '@pingplex/shared/text';

type Value = string | number | boolean;

/** One control of a settings form. */
export type SettingField = {
  readonly name: string;
  readonly label: string;
  readonly kind: 'choice' | 'whole' | 'number' | 'switch' | 'text';
  readonly initial: Value | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
};

const record = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
const isValue = (value: unknown): value is Value => ['string', 'number', 'boolean'].includes(typeof value);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** `{en, ru}` in the wanted language, or the fallback when there is no such label. */
function label(value: unknown, locale: Locale, fallback: string): string {
  const text = record(value)?.[locale] ?? record(value)?.['en'];
  return typeof text === 'string' ? text : fallback;
}

/** Choices from `enum`, or from `oneOf` with `const`; labels come from `x-enum-labels` or from the entry itself. */
function optionsOf(property: Record<string, unknown>, locale: Locale): SettingField['options'] {
  const names = record(property['x-enum-labels']);
  if (Array.isArray(property['enum'])) {
    return property['enum'].filter(isValue).map((value) => ({ value, label: label(names?.[String(value)], locale, String(value)) }));
  }
  if (!Array.isArray(property['oneOf'])) return [];
  return property['oneOf'].flatMap((entry) => {
    const one = record(entry);
    const value = one?.['const'];
    return one && isValue(value) ? [{ value, label: label(one['x-label'], locale, String(value)) }] : [];
  });
}

function kindOf(property: Record<string, unknown>, options: SettingField['options']): SettingField['kind'] | null {
  if (options.length > 0) return 'choice';
  switch (property['type']) {
    case 'integer':
      return 'whole';
    case 'number':
      return 'number';
    case 'boolean':
      return 'switch';
    case 'string':
      return 'text';
    default:
      return null;
  }
}

/**
 * Controls for a model's settings, in the order of its JSON Schema (draft 2020-12). Properties of a type that has no control are left
 * out: the server fills in their defaults.
 */
export function fieldsOf(schema: Model['settingsSchema'], locale: Locale): SettingField[] {
  return Object.entries(record(schema['properties']) ?? {}).flatMap(([name, value]) => {
    const property = record(value);
    if (!property) return [];
    const options = optionsOf(property, locale);
    const kind = kindOf(property, options);
    if (!kind) return [];
    const initial = property['default'];
    return [
      {
        name,
        label: label(property['x-label'], locale, name),
        kind,
        initial: isValue(initial) ? initial : undefined,
        min: numberOf(property['minimum']),
        max: numberOf(property['maximum']),
        options,
      },
    ];
  });
}

/** Settings with the schema's defaults filled in. */
export function completeSettings(schema: Model['settingsSchema'], settings: SettingsValues): SettingsValues {
  const initial = Object.fromEntries(
    fieldsOf(schema, 'en').flatMap((field) => (field.initial === undefined ? [] : [[field.name, field.initial] as const])),
  );
  return { ...initial, ...settings };
}

/** Price of one generation with these settings; null when the price rule doesn't know one of them. */
export function priceFor(model: Model, settings: SettingsValues): Price | null {
  try {
    return priceOf(model.price, completeSettings(model.settingsSchema, settings));
  } catch {
    return null;
  }
}
