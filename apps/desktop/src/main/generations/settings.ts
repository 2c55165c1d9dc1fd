import type { Model } from '@pingplex/shared/contracts/http';
import { type Measures, type Price, priceOf, type SettingsValues } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';

const Properties = z.record(z.string(), z.object({ default: z.union([z.string(), z.number(), z.boolean()]).optional() }));

/** The user's settings with the defaults of the model's schema filled in. */
export function completeSettings(model: Model, settings: SettingsValues): SettingsValues {
  const complete: Record<string, string | number | boolean> = {};
  const properties = Properties.safeParse(model.settingsSchema['properties'] ?? {});
  for (const [name, property] of Object.entries(properties.success ? properties.data : {})) {
    if (property.default !== undefined) complete[name] = property.default;
  }
  return { ...complete, ...settings };
}

const compiled = new WeakMap<object, z.ZodType>();

/** The model's schema, read once: ten thousand rows are checked against it. */
export function schemaOf(model: Model): z.ZodType {
  const known = compiled.get(model.settingsSchema);
  if (known !== undefined) return known;
  const made = z.fromJSONSchema(model.settingsSchema);
  compiled.set(model.settingsSchema, made);
  return made;
}

/**
 * Price of one request with these settings, by the same rule that the server holds by.
 * @param measures prompt and sources, for prices that count them
 * @throws AppError `generation.settingsInvalid` when the schema or the price list doesn't know a value
 */
export function priceFor(model: Model, settings: SettingsValues, measures: Measures = {}): Price {
  const complete = completeSettings(model, settings);
  const verdict = schemaOf(model).safeParse(complete);
  if (!verdict.success) {
    const issue = verdict.error.issues[0];
    throw new AppError('generation.settingsInvalid', issue?.message ?? 'settings', { field: issue?.path.join('.') ?? '' });
  }
  try {
    return priceOf(model.price, complete, measures);
  } catch (thrown) {
    throw new AppError('generation.settingsInvalid', thrown instanceof Error ? thrown.message : String(thrown));
  }
}
