import { z } from 'zod';
import { Credits } from './ids.ts';

/**
 * A price rule as data, evaluated by the same function in the app (before the run) and on the server (at hold time).
 * `perUnit` is exact: credits = ceil(units × base × Π factors). `units` is the value of the setting named by `unitsFrom`; without one
 * thousands of characters are counted in the prompt and minutes in the source, everything else is 1.
 */
const PerUnit = z.strictObject({
  kind: z.literal('perUnit'),
  unit: z.enum(['image', 'second', 'thousandCharacters', 'minute', 'song']),
  base: z.number().positive(),
  unitsFrom: z.string().optional(),
  factors: z.array(z.strictObject({ setting: z.string(), values: z.record(z.string(), z.number().positive()) })).default([]),
  /** ISO date since when this price holds; issued prices stay on their generations. */
  since: z.iso.date(),
});

/**
 * By tokens, whose number is known only afterwards: the price is a bound ("up to"), the bill follows the provider's count and never
 * passes it.
 */
const PerToken = z.strictObject({
  kind: z.literal('perToken'),
  unit: z.literal('token'),
  /** Credits for a million tokens of what is sent, and of what is answered. */
  inPerMillion: z.number().positive(),
  outPerMillion: z.number().positive(),
  /** The setting that says how many tokens the answer may have at most. */
  outFrom: z.string(),
  /** Settings whose text is sent along with the prompt. */
  textFrom: z.array(z.string()).default([]),
  /** The most tokens that a source counts, and what the provider adds by itself. */
  perSource: z.int().min(0).default(0),
  overhead: z.int().min(0).default(64),
  since: z.iso.date(),
});

export const PriceRule = z.discriminatedUnion('kind', [PerUnit, PerToken]);
export type PriceRule = z.infer<typeof PriceRule>;

export type SettingsValues = Readonly<Record<string, string | number | boolean>>;
/** What a price depends on besides the settings. */
export type Measures = { prompt?: string; sources?: number; sourceSeconds?: number };
/** `exact: false`: at most so much; what is not used is given back. */
export type Price = { credits: number; units: number; perUnit: number; exact: boolean };

/**
 * Price of one generation.
 * @param settings complete settings: defaults of the model's schema already filled in
 * @param measures prompt and sources; needed by rules that count characters, minutes or tokens
 * @returns whole credits, rounded up once; `perUnit` is what one delivered unit costs (ceil(credits / units))
 * @throws RangeError when a factor's setting has a value that the rule doesn't list, or units aren't a positive whole number
 */
export function priceOf(rule: PriceRule, settings: SettingsValues, measures: Measures = {}): Price {
  if (rule.kind === 'perToken') {
    const credits = creditsForTokens(rule, mostTokens(rule, settings, measures));
    return { credits, units: 1, perUnit: credits, exact: false };
  }
  const units = unitsOf(rule, settings, measures);
  if (!Number.isInteger(units) || units < 1) throw new RangeError(`units must be a positive whole number, not ${units}`);
  let factor = rule.base;
  for (const { setting, values } of rule.factors) {
    const value = values[String(settings[setting])];
    if (value === undefined) throw new RangeError(`no price for ${setting}=${String(settings[setting])}`);
    factor *= value;
  }
  const credits = roundUp(factor * units);
  return { credits, units, perUnit: Math.ceil(credits / units), exact: true };
}

function unitsOf(rule: z.infer<typeof PerUnit>, settings: SettingsValues, measures: Measures): number {
  if (rule.unitsFrom !== undefined) return Number(settings[rule.unitsFrom] ?? 1);
  if (rule.unit === 'thousandCharacters') return Math.max(1, Math.ceil(characterWeight(measures.prompt ?? '') / 1000));
  if (rule.unit === 'minute') return Math.max(1, Math.ceil((measures.sourceSeconds ?? 0) / 60));
  return 1;
}

/** Characters as speech is billed: a Chinese character, a kana or a Korean syllable takes as long to say as two letters. */
export function characterWeight(text: string): number {
  let weight = 0;
  for (const character of text)
    weight += /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(character) ? 2 : 1;
  return weight;
}

type TokenRule = z.infer<typeof PerToken>;

/** A token is at least one byte of text, whatever the vocabulary. */
function mostTokens(rule: TokenRule, settings: SettingsValues, { prompt = '', sources = 0 }: Measures): { input: number; output: number } {
  const texts = [prompt, ...rule.textFrom.map((name) => String(settings[name] ?? ''))];
  const bytes = texts.reduce((sum, text) => sum + utf8Length(text), 0);
  return { input: bytes + rule.overhead + sources * rule.perSource, output: Number(settings[rule.outFrom] ?? 0) };
}

/** Bytes of a text in UTF-8. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** What so many tokens cost: whole credits, rounded up once, at least one. */
export function creditsForTokens(rule: TokenRule, tokens: { input: number; output: number }): number {
  return Math.max(1, roundUp((tokens.input * rule.inPerMillion + tokens.output * rule.outPerMillion) / 1_000_000));
}

/** Multiplying decimals leaves dust (0.1 * 3 = 0.30000000000000004), which would round a whole price up by one. */
const roundUp = (credits: number): number => Credits.parse(Math.ceil(Number(credits.toFixed(6))));

/** What is captured when only some of the units came: proportional, rounded down in the user's favour, never over the hold. */
export function captureFor(held: number, units: number, delivered: number): number {
  if (delivered >= units) return held;
  return Math.floor((held * Math.max(0, delivered)) / units);
}
