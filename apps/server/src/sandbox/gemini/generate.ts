import { z } from 'zod';
import { words } from '../kit/words.ts';
import { GeminiRefusal } from './errors.ts';

const Body = z.strictObject({
  contents: z
    .array(z.strictObject({ role: z.enum(['user', 'model']), parts: z.array(z.strictObject({ text: z.string().min(1) })).min(1) }))
    .min(1),
  generationConfig: z.strictObject({ maxOutputTokens: z.int().min(1).max(65_536).optional() }).optional(),
});
const MODELS = ['gemini-3.8-flash', 'gemini-3.5-flash', 'gemini-3.5-flash-lite'];

/** A text in one answer. @throws GeminiRefusal 400, 404 */
export function generate(name: string, body: unknown): Record<string, unknown> {
  const [model = '', verb] = name.split(':');
  if (verb !== 'generateContent' || !MODELS.includes(model)) {
    throw new GeminiRefusal(404, 'NOT_FOUND', `models/${model} is not found for this API version, or is not supported for ${verb}.`);
  }
  const read = Body.safeParse(body);
  if (!read.success) throw new GeminiRefusal(400, 'INVALID_ARGUMENT', read.error.issues[0]?.message ?? 'invalid');
  const prompt = read.data.contents.flatMap((content) => content.parts.map((part) => part.text)).join('\n');
  const most = read.data.generationConfig?.maxOutputTokens ?? 8_192;
  const tokens = words(prompt, most);
  const promptTokenCount = Math.ceil(prompt.length / 4);
  const candidate = {
    content: { role: 'model', parts: [{ text: tokens.join('') }] },
    finishReason: tokens.length >= most ? 'MAX_TOKENS' : 'STOP',
    index: 0,
  };
  const usageMetadata = { promptTokenCount, candidatesTokenCount: tokens.length, totalTokenCount: promptTokenCount + tokens.length };
  return { candidates: [candidate], usageMetadata, modelVersion: model, responseId: 'sandbox' };
}
