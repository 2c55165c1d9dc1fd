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
