import { z } from 'zod';
import { Credits } from './ids.ts';

/**
 * A price rule as data, evaluated by the same function in the app (before the run) and on the server (at hold time).
 * `perUnit` is exact: credits = ceil(units × base × Π factors). `units` is the value of the setting named by `unitsFrom`, or 1.
 */
export const PriceRule = z.strictObject({
  kind: z.literal('perUnit'),
  unit: z.enum(['image', 'second', 'thousandCharacters', 'minute']),
  base: z.number().positive(),
  unitsFrom: z.string().optional(),
  factors: z.array(z.strictObject({ setting: z.string(), values: z.record(z.string(), z.number().positive()) })).default([]),
  /** ISO date since when this price holds; issued prices stay on their generations. */
  since: z.iso.date(),
});
export type PriceRule = z.infer<typeof PriceRule>;

export type SettingsValues = Readonly<Record<string, string | number | boolean>>;
export type Price = { credits: number; units: number; perUnit: number; exact: true };

/**
 * Price of one generation.
 * @param settings complete settings: defaults of the model's schema already filled in
 * @returns whole credits, rounded up once; `perUnit` is what one delivered unit costs (ceil(credits / units))
 * @throws RangeError when a factor's setting has a value that the rule doesn't list, or units aren't a positive whole number
 */
export function priceOf(rule: PriceRule, settings: SettingsValues): Price {
  const units = rule.unitsFrom === undefined ? 1 : Number(settings[rule.unitsFrom] ?? 1);
  if (!Number.isInteger(units) || units < 1) throw new RangeError(`units must be a positive whole number, not ${units}`);
  let factor = rule.base;
  for (const { setting, values } of rule.factors) {
    const value = values[String(settings[setting])];
    if (value === undefined) throw new RangeError(`no price for ${setting}=${String(settings[setting])}`);
    factor *= value;
  }
  // Multiplying decimals leaves dust (0.1 * 3 = 0.30000000000000004), which would round a whole price up by one.
  const credits = Credits.parse(Math.ceil(Number((factor * units).toFixed(6))));
  return { credits, units, perUnit: Math.ceil(credits / units), exact: true };
}

/** What is captured when only some of the units came: proportional, rounded down in the user's favour, never over the hold. */
export function captureFor(held: number, units: number, delivered: number): number {
  if (delivered >= units) return held;
  return Math.floor((held * Math.max(0, delivered)) / units);
}
