import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, toFile } from 'openai';
import type { ImagesResponse } from 'openai/resources/images';
import { neverLeft, retryAfterMs } from '../network.ts';
import type { Provider, Submission, SubmitAnswer } from '../port.ts';
import { costMicroUsd } from './cost.ts';

export type OpenAiOptions = {
  apiKey: string;
  /** With the version, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  /** Longest exchange; pictures take 10 to 120 s, so at least five minutes. */
  timeoutMs: number;
};

/** OpenAI's image API. It gives no task id, so an answer that is lost is lost: nothing is ever sent twice (`maxRetries: 0`). */
export function createOpenAiProvider(options: OpenAiOptions): Provider {
  const client = new OpenAI({ apiKey: options.apiKey, baseURL: options.baseUrl, maxRetries: 0, timeout: options.timeoutMs });
  return {
    async submit(submission) {
      try {
        const { data, request_id } = await send(client, submission).withResponse();
        return read(data, request_id);
      } catch (error) {
        return judge(error);
      }
    },
  };
}

function send(client: OpenAI, { capability, providerModel, prompt, settings, sources, userTag, signal }: Submission) {
  // The settings are ours to pass on: they were proved against the catalogue's schema before anything was paid.
  const common = { ...settings, model: providerModel, prompt, safety_identifier: userTag, stream: false as const };
  if (capability === 'image') return client.images.generate(common, { signal });
  const files = (role: 'image' | 'mask') =>
    sources
      .filter((s) => s.role === role)
      .map((s, i) => toFile(s.bytes, `${role}-${i}.${s.mime.split('/')[1] ?? 'png'}`, { type: s.mime }));
  const upload = async () => {
    const [mask] = await Promise.all(files('mask'));
    return { ...common, image: await Promise.all(files('image')), ...(mask ? { mask } : {}) };
  };
  return { withResponse: async () => client.images.edit(await upload(), { signal }).withResponse() };
}

function read(answer: ImagesResponse, requestId: string | null): SubmitAnswer {
  const outputs = (answer.data ?? []).flatMap((image) => (image.b64_json ? [Buffer.from(image.b64_json, 'base64')] : []));
  if (outputs.length === 0) return { kind: 'unreadable', requestId, message: 'the answer holds no picture' };
  return { kind: 'delivered', requestId, outputs, usage: answer.usage ?? null, costMicroUsd: costMicroUsd(answer.usage) };
}

function judge(error: unknown): SubmitAnswer {
  if (error instanceof SyntaxError) return { kind: 'unreadable', requestId: null, message: error.message };
  if (error instanceof APIConnectionTimeoutError) return { kind: 'unknown', requestId: null, message: 'no answer in time' };
  if (error instanceof APIConnectionError || !(error instanceof APIError) || error.status === undefined) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: neverLeft(error) ? 'notSent' : 'unknown', requestId: null, message };
  }
  const { status, message, code } = error;
  const requestId = error.requestID ?? null;
  if (status === 429 && code !== 'insufficient_quota')
    return { kind: 'throttled', requestId, retryAfterMs: retryAfterMs(error.headers) ?? 5_000 };
  if (status >= 500) return { kind: 'unknown', requestId, message };
  if (status === 401 || status === 403 || status === 429) return { kind: 'misconfigured', requestId, status, message };
  if (code === 'moderation_blocked' || code === 'content_policy_violation')
    return { kind: 'refused', requestId, categories: categoriesOf(message) };
  return { kind: 'rejected', requestId, status, message };
}

/** Refusals end with the violated categories: `safety_violations=[violence, self-harm]`. */
function categoriesOf(message: string): string[] {
  const list = /safety_violations=\[([^\]]*)\]/.exec(message)?.[1] ?? '';
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .slice(0, 10);
}
