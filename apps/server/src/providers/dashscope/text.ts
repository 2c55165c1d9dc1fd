import OpenAI, { APIError } from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { judge } from '../openai/errors.ts';
import type { Submission, SubmitAnswer } from '../port.ts';
import { ACCOUNT, REFUSED, textCostOf } from './wire.ts';

/** The vendor's own keys beside those of the dialect that it speaks here. */
type Body = ChatCompletionCreateParamsStreaming & { enable_thinking: boolean };

/**
 * A text by Model Studio's OpenAI-compatible door, told while it is written. Without thinking: what it thinks is billed and is not
 * within the length that was asked for, so that no price could be said before.
 */
export function createTextWriter(options: { apiKey: string; baseUrl: string; timeoutMs: number }) {
  const baseURL = `${options.baseUrl}/compatible-mode/v1`;
  const client = new OpenAI({ apiKey: options.apiKey, baseURL, maxRetries: 0, timeout: options.timeoutMs });

  return async function write(submission: Submission): Promise<SubmitAnswer> {
    let text = '';
    let finish: string | null = null;
    let usage: OpenAI.CompletionUsage | null = null;
    let requestId: string | null = null;
    try {
      const { data: stream, request_id } = await client.chat.completions
        .create(bodyOf(submission), { signal: submission.signal })
        .withResponse();
      requestId = request_id;
      for await (const chunk of stream) {
        const [choice] = chunk.choices;
        finish = choice?.finish_reason ?? finish;
        usage = chunk.usage ?? usage;
        if (!choice?.delta.content) continue;
        text += choice.delta.content;
        submission.onText?.(text);
      }
    } catch (error) {
      if (text === '') return judgeCode(error);
    }
    if (text === '') {
      if (finish === 'content_filter') return { kind: 'refused', requestId, categories: [] };
      return { kind: finish === null ? 'unknown' : 'unreadable', requestId, message: 'the answer holds no text' };
    }
    const isWhole = finish === 'stop' || finish === 'length';
    const tokens = isWhole && usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : null;
    const costMicroUsd = tokens && textCostOf(submission.providerModel, tokens);
    const outputs = [Buffer.from(text, 'utf8')];
    return { kind: 'delivered', requestId, outputs, usage, tokens, costMicroUsd, ...(isWhole ? {} : { isPartial: true }) };
  };
}

function bodyOf({ providerModel, prompt, settings }: Submission): Body {
  const { instructions, max_output_tokens } = settings;
  return {
    model: providerModel,
    messages: [
      ...(instructions === undefined || instructions === '' ? [] : [{ role: 'system' as const, content: String(instructions) }]),
      { role: 'user', content: prompt },
    ],
    max_tokens: Number(max_output_tokens),
    enable_thinking: false,
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** The dialect's shape with the vendor's own codes. */
function judgeCode(error: unknown): SubmitAnswer {
  const answer = judge(error);
  const code = error instanceof APIError && typeof error.code === 'string' ? error.code : '';
  if (answer.kind !== 'rejected') return answer;
  if (REFUSED.has(code)) return { kind: 'refused', requestId: answer.requestId, categories: [] };
  return ACCOUNT.test(code) ? { ...answer, kind: 'misconfigured' } : answer;
}
