/** US dollars per million tokens: text in, image in, image out (providers' price list of 2026-11). */
const PER_MILLION = { textIn: 5, imageIn: 8, imageOut: 30 };

type Usage = { input_tokens_details?: { text_tokens?: number; image_tokens?: number }; output_tokens?: number } | null | undefined;

/** What the call cost us, in millionths of a dollar, by the provider's own count; null when it gave none. */
export function costMicroUsd(usage: Usage): number | null {
  if (!usage) return null;
  const text = usage.input_tokens_details?.text_tokens ?? 0;
  const image = usage.input_tokens_details?.image_tokens ?? 0;
  // Dollars per million tokens are micro-dollars per token.
  return Math.round(text * PER_MILLION.textIn + image * PER_MILLION.imageIn + (usage.output_tokens ?? 0) * PER_MILLION.imageOut);
}

/** Dollars per million tokens: in, of that from the cache, out (price tables of 2026-11). */
const TEXT: Readonly<Record<string, { input: number; cached: number; output: number }>> = {
  'gpt-6-luna': { input: 0.1, cached: 0.01, output: 0.5 },
  'gpt-6.1-terra': { input: 1, cached: 0.05, output: 5 },
  'gpt-6.1-sol': { input: 2, cached: 0.1, output: 10 },
};

type TextUsage = { input_tokens: number; input_tokens_details?: { cached_tokens?: number }; output_tokens: number } | null;

/** The same of a text. */
export function textCostMicroUsd(model: string, usage: TextUsage): number | null {
  const rates = TEXT[model];
  if (!rates || !usage) return null;
  const cached = usage.input_tokens_details?.cached_tokens ?? 0;
  return Math.round((usage.input_tokens - cached) * rates.input + cached * rates.cached + usage.output_tokens * rates.output);
}

/** Millionths of a dollar for a thousand characters that are read aloud: a minute of speech, or the list of characters. */
const SPEECH: Readonly<Record<string, number>> = { 'gpt-4o-mini-tts': 15_000, 'tts-1': 15_000, 'tts-1-hd': 30_000 };
/** The same for a minute that is written down. */
const TRANSCRIPT: Readonly<Record<string, number>> = { 'gpt-transcribe': 4_500, 'whisper-1': 6_000 };

/** What reading aloud cost, by what was ordered: the answer is sound and says nothing else. */
export const speechCostMicroUsd = (model: string, weight: number): number => Math.round(((SPEECH[model] ?? 0) * weight) / 1000);

/** What writing down cost, by the provider's seconds where it gives them, else by the minutes that were ordered. */
export function transcriptCostMicroUsd(model: string, minutes: number, usage: unknown): number {
  const given =
    typeof usage === 'object' && usage !== null && 'seconds' in usage && typeof usage.seconds === 'number' ? usage.seconds / 60 : minutes;
  return Math.round((TRANSCRIPT[model] ?? 0) * given);
}
