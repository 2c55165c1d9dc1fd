import type OpenAI from 'openai';
import type { Response, ResponseInputContent, ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { Delivered, Submission, SubmitAnswer } from '../port.ts';
import { textCostMicroUsd } from './cost.ts';
import { isRefusalCode, judge } from './errors.ts';

/** How a stream ended; null while it goes on. */
type Verdict = SubmitAnswer | null;

/**
 * A text by the Responses API, told while it is being written. Nothing is stored at the provider. What breaks off is delivered as far
 * as it came: it was paid for, and a stream can't be asked for again.
 */
export async function write(client: OpenAI, submission: Submission): Promise<SubmitAnswer> {
  const { data: stream, request_id: requestId } = await client.responses
    .create(bodyOf(submission), { signal: submission.signal })
    .withResponse();
  let text = '';
  let hasRefused = false;
  try {
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') {
        text += event.delta;
        submission.onText?.(text);
      } else if (event.type === 'response.refusal.delta') hasRefused = true;
      const verdict = verdictOf(event, text, hasRefused, requestId, submission.providerModel);
      if (verdict) return verdict;
    }
  } catch (error) {
    if (text === '') return judge(error);
  }
  if (text === '') return { kind: 'unknown', requestId, message: 'the stream ended without an end' };
  return { ...delivered(text, null, submission.providerModel), requestId, isPartial: true };
}

function bodyOf({ providerModel, prompt, settings, sources, userTag }: Submission) {
  const images = sources
    .filter((source) => source.role === 'image')
    .map(({ mime, bytes }) => ({
      type: 'input_image' as const,
      detail: 'auto' as const,
      image_url: `data:${mime};base64,${bytes.toString('base64')}`,
    }));
  const content: ResponseInputContent[] = [...images, { type: 'input_text', text: prompt }];
  const { instructions, effort, max_output_tokens } = settings;
  return {
    model: providerModel,
    input: [{ role: 'user' as const, content }],
    ...(instructions === undefined || instructions === '' ? {} : { instructions: String(instructions) }),
    ...(effort === undefined ? {} : { reasoning: { effort: effort as 'none' | 'low' | 'medium' | 'high' } }),
    max_output_tokens: Number(max_output_tokens),
    safety_identifier: userTag,
    store: false,
    stream: true as const,
  };
}

function verdictOf(event: ResponseStreamEvent, text: string, hasRefused: boolean, requestId: string | null, model: string): Verdict {
  switch (event.type) {
    case 'response.completed':
    case 'response.incomplete': {
      const isFiltered = event.response.incomplete_details?.reason === 'content_filter';
      if (hasRefused || (isFiltered && text === '')) return { kind: 'refused', requestId, categories: [] };
      // Thinking can use up all that it was allowed.
      if (text === '') return { kind: 'unreadable', requestId, message: 'the answer holds no text' };
      return { ...delivered(text, event.response, model), requestId, ...(isFiltered ? { isPartial: true } : {}) };
    }
    case 'response.failed': {
      const { code = '', message = 'failed' } = event.response.error ?? {};
      if (isRefusalCode(code)) return { kind: 'refused', requestId, categories: [] };
      if (text !== '') return { ...delivered(text, event.response, model), requestId, isPartial: true };
      if (code === 'rate_limit_exceeded') return { kind: 'throttled', requestId, retryAfterMs: 5_000 };
      return { kind: 'rejected', requestId, status: 200, message };
    }
    default:
      return null;
  }
}

function delivered(text: string, response: Response | null, model: string): Delivered {
  const usage = response?.usage ?? null;
  const tokens = usage && { input: usage.input_tokens, output: usage.output_tokens };
  return { kind: 'delivered', outputs: [Buffer.from(text, 'utf8')], usage, tokens, costMicroUsd: textCostMicroUsd(model, usage) };
}
