import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type KitState, travelFault } from '../kit/faults.ts';
import type { Asked, Reply } from '../kit/server.ts';
import { words } from '../kit/words.ts';
import { exhausted, GeminiRefusal } from './errors.ts';

const Part = z.union([
  z.strictObject({ text: z.string().min(1) }),
  z.strictObject({
    inlineData: z.strictObject({
      mimeType: z.enum(['image/png', 'image/jpeg', 'image/webp']),
      data: z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/),
    }),
  }),
]);
const Body = z.strictObject({
  contents: z.array(z.strictObject({ role: z.enum(['user', 'model']), parts: z.array(Part).min(1) })).min(1),
  systemInstruction: z.strictObject({ parts: z.array(z.strictObject({ text: z.string().min(1) })).length(1) }).optional(),
  generationConfig: z
    .strictObject({
      maxOutputTokens: z.int().min(1).max(65_536).optional(),
      thinkingConfig: z.strictObject({ thinkingLevel: z.enum(['minimal', 'low', 'medium', 'high']) }).optional(),
    })
    .optional(),
});
const MODELS = ['gemini-3.8-flash', 'gemini-3.5-flash', 'gemini-3.5-flash-lite'];

/**
 * A text in one answer, or in fragments as it is written. A refusal is an answer without candidates. [[cut]] breaks the line in the
 * middle, [[filtered]] ends there as unsafe, [[word:MS]] makes it slow.
 * @throws GeminiRefusal 400, 404, 429, 503
 */
export function generate(name: string, asked: Asked, state: KitState): Reply {
  const [model = '', verb] = name.split(':');
  const isStream = verb === 'streamGenerateContent';
  if ((!isStream && verb !== 'generateContent') || !MODELS.includes(model)) {
    throw new GeminiRefusal(404, 'NOT_FOUND', `models/${model} is not found for this API version, or is not supported for ${verb}.`);
  }
  if (isStream && asked.url.searchParams.get('alt') !== 'sse')
    throw new GeminiRefusal(400, 'INVALID_ARGUMENT', 'alt: only sse is spoken here');
  const read = Body.safeParse(asked.body);
  if (!read.success) throw new GeminiRefusal(400, 'INVALID_ARGUMENT', read.error.issues[0]?.message ?? 'invalid');
  const parts = read.data.contents.flatMap((content) => content.parts);
  const prompt = parts.flatMap((part) => ('text' in part ? part.text : [])).join('\n');
  if (state.has('rateLimit', prompt)) throw exhausted(state.controls().retryAfterS);
  if (state.has('serverError', prompt)) throw new GeminiRefusal(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
  const input = Math.ceil(prompt.length / 4) + parts.filter((part) => 'inlineData' in part).length * 258;
  const whole = state.has('refuse', prompt)
    ? [
        {
          promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
          usageMetadata: { promptTokenCount: input, totalTokenCount: input },
          modelVersion: model,
        },
      ]
    : fragments(prompt, read.data.generationConfig?.maxOutputTokens ?? 8_192, input, model);
  if (!isStream) return { status: 200, body: joined(whole), accepted: true };
  const slow = Number(/\[\[word:(\d+)\]\]/.exec(prompt)?.[1] ?? 2);
  const fault = prompt.includes('[[cut]]') ? ({ fault: 'broken' } as const) : travelFault(state, prompt);
  return { status: 200, body: told(whole, slow), accepted: true, ...fault };
}

type Fragment = Record<string, unknown>;

function fragments(prompt: string, most: number, promptTokenCount: number, modelVersion: string): Fragment[] {
  const tokens = words(prompt, most);
  const isFiltered = prompt.includes('[[filtered]]');
  const shown = isFiltered ? tokens.slice(0, 8) : tokens;
  return shown.map((text, n) => {
    const isLast = n === shown.length - 1;
    const finishReason = isFiltered ? 'SAFETY' : tokens.length >= most ? 'MAX_TOKENS' : 'STOP';
    const candidate = { content: { role: 'model', parts: [{ text }] }, ...(isLast ? { finishReason } : {}), index: 0 };
    const usageMetadata = { promptTokenCount, candidatesTokenCount: n + 1, totalTokenCount: promptTokenCount + n + 1 };
    return { candidates: [candidate], usageMetadata, modelVersion, responseId: 'sandbox' };
  });
}

function joined(whole: readonly Fragment[]): Fragment {
  const last = whole.at(-1) ?? {};
  const candidates = whole.flatMap((fragment) => (fragment['candidates'] ?? []) as { content: { parts: { text: string }[] } }[]);
  const text = candidates.flatMap((candidate) => candidate.content.parts.map((part) => part.text)).join('');
  const end = candidates.at(-1);
  return end ? { ...last, candidates: [{ ...end, content: { role: 'model', parts: [{ text }] } }] } : last;
}

async function* told(whole: readonly Fragment[], slowMs: number): AsyncGenerator<string> {
  for (const fragment of whole) {
    yield `data: ${JSON.stringify(fragment)}\r\n\r\n`;
    await wait(slowMs);
  }
}
