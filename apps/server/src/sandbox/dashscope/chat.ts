import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type KitState, travelFault } from '../kit/faults.ts';
import type { Reply } from '../kit/server.ts';
import { words } from '../kit/words.ts';
import { DashScopeRefusal } from './bodies.ts';

const MODELS = ['qwen3.8-flash', 'qwen3.8-max', 'qwen3.7-flash'];
const Body = z.strictObject({
  model: z.string(),
  messages: z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string().min(1) })).min(1),
  max_tokens: z.int().min(1).max(65_536),
  enable_thinking: z.boolean(),
  stream: z.literal(true),
  stream_options: z.strictObject({ include_usage: z.boolean() }),
});

/**
 * The OpenAI-compatible door, in chunks. [[cut]] breaks the line in the middle, [[word:MS]] makes it slow.
 * @throws DashScopeRefusal 400, 404, 429, 500
 */
export function chat(body: unknown, state: KitState, requestId: string): Reply {
  const read = Body.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new DashScopeRefusal(400, 'invalid_parameter_error', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  const { model, messages, max_tokens, stream_options } = read.data;
  if (!MODELS.includes(model)) throw new DashScopeRefusal(404, 'model_not_found', `The model ${model} does not exist.`);
  const prompt = messages.map((message) => message.content).join('\n');
  if (state.has('rateLimit', prompt)) throw new DashScopeRefusal(429, 'limit_requests', 'You exceeded your current requests limit.');
  if (state.has('serverError', prompt)) throw new DashScopeRefusal(500, 'internal_error', 'An internal error has occurred.');
  if (state.has('refuse', prompt))
    throw new DashScopeRefusal(400, 'data_inspection_failed', 'Input data may contain inappropriate content.');
  const tokens = words(prompt, max_tokens);
  const head = { id: `chatcmpl-${requestId}`, object: 'chat.completion.chunk', created: Math.floor(Date.now() / 1000), model };
  const last = { delta: { content: '' }, finish_reason: tokens.length >= max_tokens ? 'length' : 'stop', index: 0 };
  const count = Math.ceil(prompt.length / 4);
  const usage = { prompt_tokens: count, completion_tokens: tokens.length, total_tokens: count + tokens.length };
  const chunks = [
    ...tokens.map((content, n) => ({
      ...head,
      choices: [{ delta: n === 0 ? { role: 'assistant', content } : { content }, finish_reason: null, index: 0 }],
    })),
    { ...head, choices: [last] },
    ...(stream_options.include_usage ? [{ ...head, choices: [], usage }] : []),
  ];
  const slow = Number(/\[\[word:(\d+)\]\]/.exec(prompt)?.[1] ?? 2);
  const fault = prompt.includes('[[cut]]') ? ({ fault: 'broken' } as const) : travelFault(state, prompt);
  return { status: 200, body: told(chunks, slow), accepted: true, ...fault };
}

async function* told(chunks: readonly object[], slowMs: number): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield `data: ${JSON.stringify(chunk)}\n\n`;
    await wait(slowMs);
  }
  yield 'data: [DONE]\n\n';
}
