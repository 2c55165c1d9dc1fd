import { fields, listOf } from '../exchange.ts';

/** Dollars per million tokens: what is sent, and what is made (vendor's page of 2026-10; third parties where that is silent). */
const RATES: Readonly<Record<string, { input: number; output: number }>> = {
  'gemini-omni-1.2-flash': { input: 1.5, output: 17.5 },
  'gemini-omni-1.1-flash': { input: 1.5, output: 17.5 },
  'gemini-3-pro-image': { input: 2, output: 120 },
  'gemini-3.1-flash-image': { input: 0.5, output: 60 },
  'gemini-nano-banana-2.1': { input: 0.5, output: 30 },
  // What is read aloud counts next to nothing.
  'gemini-3.8-flash-tts': { input: 0.5, output: 9 },
  'gemini-3.8-flash-lite-tts': { input: 0.25, output: 6 },
};

/** Of texts; from 2027 on the dearer model's price doubles. */
const TEXT_RATES: Readonly<Record<string, { input: number; output: number }>> = {
  'gemini-3.8-flash': { input: 0.75, output: 3.75 },
  'gemini-3.5-flash-lite': { input: 0.3, output: 2.5 },
};

/** What a text cost, by the vendor's own count; thoughts are counted as written. */
export function textCostOf(providerModel: string, tokens: { input: number; output: number }): number | null {
  const rates = TEXT_RATES[providerModel];
  return rates ? Math.round(tokens.input * rates.input + tokens.output * rates.output) : null;
}

/** A song costs the same whatever its length. */
const MICRO_USD_PER_SONG: Readonly<Record<string, number>> = { 'lyria-3.5': 80_000 };

/** What an interaction cost in millionths of a dollar, by the vendor's own count; null when it can't be told. */
export function costOf(providerModel: string, usage: unknown): number | null {
  if (MICRO_USD_PER_SONG[providerModel] !== undefined) return MICRO_USD_PER_SONG[providerModel];
  const rates = RATES[providerModel];
  const { total_input_tokens: input, total_output_tokens: output, output_tokens_by_modality: byModality } = fields(usage);
  if (!rates || typeof input !== 'number') return null;
  // Thoughts and words beside the picture cost less than it; without the list everything is counted as the dearer kind.
  const media = listOf(byModality)
    .map(fields)
    .filter((entry) => String(entry['modality']).toLowerCase() !== 'text');
  const made = media.length === 0 ? output : media.reduce((sum, entry) => sum + Number(entry['tokens'] ?? 0), 0);
  // Dollars per million tokens are micro-dollars per token.
  return typeof made === 'number' && Number.isFinite(made) ? Math.round(input * rates.input + made * rates.output) : null;
}
