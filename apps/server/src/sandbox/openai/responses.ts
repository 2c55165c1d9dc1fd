import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { words } from '../kit/words.ts';
import { ApiError } from './order.ts';

export const TEXT_MODELS = ['gpt-6-astra', 'gpt-6.1-sol', 'gpt-6.1-terra', 'gpt-6-sol', 'gpt-6-luna'];

const Content = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('input_text'), text: z.string() }),
  z.strictObject({
    type: z.literal('input_image'),
    image_url: z.string().regex(/^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}$/),
    detail: z.enum(['low', 'high', 'auto']),
  }),
]);
const Body = z.strictObject({
  model: z.string(),
  input: z.array(z.strictObject({ role: z.literal('user'), content: z.array(Content).min(1) })).length(1),
  instructions: z.string().min(1).optional(),
  reasoning: z.strictObject({ effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']) }).optional(),
  max_output_tokens: z.int().min(16).max(128_000),
  safety_identifier: z.string().max(128).optional(),
  store: z.boolean().default(true),
  stream: z.literal(true),
});
export type TextOrder = { model: string; prompt: string; images: number; most: number; instructions: string | null };

/** @throws ApiError 400, 404 */
export function readTextOrder(body: unknown): TextOrder {
  const read = Body.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    const param = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : '');
    throw new ApiError(400, `Invalid value for '${param}': ${issue?.message ?? ''}`, { param, code: 'invalid_value' });
  }
  const { model, input, instructions, max_output_tokens } = read.data;
  if (!TEXT_MODELS.includes(model))
    throw new ApiError(404, `The model '${model}' does not exist.`, { param: 'model', code: 'model_not_found' });
  const content = input.flatMap((item) => item.content);
  const prompt = content.flatMap((part) => (part.type === 'input_text' ? part.text : [])).join('\n');
  const images = content.filter((part) => part.type === 'input_image').length;
  return { model, prompt, images, most: max_output_tokens, instructions: instructions ?? null };
}

export type Manner = { wordMs: number; breaksAfter: number | null; fails: boolean; refuses: boolean };

/** Tells the text word by word, in the order of events of the reference. */
export async function streamText(response: ServerResponse, order: TextOrder, id: string, manner: Manner): Promise<void> {
  let sequence_number = 0;
  const send = (type: string, fields: Record<string, unknown>): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...fields })}\n\n`);
    sequence_number += 1;
  };
  const head = { id, object: 'response', created_at: Math.floor(Date.now() / 1000), model: order.model, background: false, metadata: {} };
  const shown = (status: string, more: Record<string, unknown> = {}) => ({
    response: { ...head, status, output: [], usage: null, error: null, incomplete_details: null, ...more },
  });
  const item = { id: `msg_${id.slice(5)}`, type: 'message', role: 'assistant' };
  const at = { item_id: item.id, output_index: 0, content_index: 0 };
  send('response.created', shown('in_progress'));
  send('response.in_progress', shown('in_progress'));
  send('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } });
  if (manner.refuses) {
    const refusal = 'I can’t help with that.';
    send('response.content_part.added', { ...at, part: { type: 'refusal', refusal: '' } });
    send('response.refusal.delta', { ...at, delta: refusal });
    send('response.refusal.done', { ...at, refusal });
    const done = { ...item, status: 'completed', content: [{ type: 'refusal', refusal }] };
    send('response.output_item.done', { output_index: 0, item: done });
    send('response.completed', shown('completed', { output: [done], usage: usageOf(order, 8) }));
    response.end();
    return;
  }
  send('response.content_part.added', { ...at, part: { type: 'output_text', text: '', annotations: [] } });
  const tokens = words(order.prompt, order.most);
  for (const [n, delta] of tokens.entries()) {
    if (response.destroyed) return;
    if (n === manner.breaksAfter) {
      if (!manner.fails) response.destroy();
      else send('response.failed', shown('failed', { error: { code: 'server_error', message: 'The server had an error.' } }));
      response.end();
      return;
    }
    send('response.output_text.delta', { ...at, delta, logprobs: [], obfuscation: 'x'.repeat(n % 7) });
    if (manner.wordMs > 0) await wait(manner.wordMs);
  }
  const text = tokens.join('');
  const part = { type: 'output_text', text, annotations: [] };
  send('response.output_text.done', { ...at, text });
  send('response.content_part.done', { ...at, part });
  const done = { ...item, status: 'completed', content: [part] };
  send('response.output_item.done', { output_index: 0, item: done });
  const isCut = tokens.length >= order.most;
  const more = { output: [done], usage: usageOf(order, tokens.length) };
  if (isCut) send('response.incomplete', shown('incomplete', { ...more, incomplete_details: { reason: 'max_output_tokens' } }));
  else send('response.completed', shown('completed', more));
  response.end();
}

function usageOf({ prompt, images, instructions }: TextOrder, output: number): Record<string, unknown> {
  const input = Math.ceil((prompt.length + (instructions?.length ?? 0)) / 4) + images * 800 + 7;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}
