import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, toFile } from 'openai';
import type { ImagesResponse } from 'openai/resources/images';
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

/** Codes of failures before the connection stood, when a connection was being made: not a byte of the request was sent. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

function judge(error: unknown): SubmitAnswer {
  if (error instanceof SyntaxError) return { kind: 'unreadable', requestId: null, message: error.message };
  if (error instanceof APIConnectionTimeoutError) return { kind: 'unknown', requestId: null, message: 'no answer in time' };
  if (error instanceof APIConnectionError || !(error instanceof APIError) || error.status === undefined) {
    const message = error instanceof Error ? error.message : String(error);
    const codes = [...causes(error)];
    return { kind: codes.some((code) => NEVER_CONNECTED.has(code)) ? 'notSent' : 'unknown', requestId: null, message };
  }
  const { status, message, code } = error;
  const requestId = error.requestID ?? null;
  if (status === 429 && code !== 'insufficient_quota') return { kind: 'throttled', requestId, retryAfterMs: retryAfter(error.headers) };
  if (status >= 500) return { kind: 'unknown', requestId, message };
  if (status === 401 || status === 403 || status === 429) return { kind: 'misconfigured', requestId, status, message };
  if (code === 'moderation_blocked' || code === 'content_policy_violation')
    return { kind: 'refused', requestId, categories: categoriesOf(message) };
  return { kind: 'rejected', requestId, status, message };
}

function* causes(error: unknown, depth = 0): Generator<string> {
  if (!(error instanceof Error) || depth > 5) return;
  // The same codes come from `read` and `write` when a route is lost under a request that has been sent.
  const isLater = 'syscall' in error && error.syscall !== 'connect' && error.syscall !== 'getaddrinfo';
  if ('code' in error && typeof error.code === 'string' && !isLater) yield error.code;
  // Several addresses were tried (happy eyeballs): each failure says the same.
  if (error instanceof AggregateError) for (const inner of error.errors) yield* causes(inner, depth + 1);
  yield* causes(error.cause, depth + 1);
}

/** The provider's wish in ms: `retry-after-ms`, else `retry-after` in seconds; 1 to 60 s, 5 s when it says nothing. */
function retryAfter(headers: Headers | undefined): number {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN);
  const wish = Number.isFinite(ms) ? ms : Number.isFinite(seconds) ? seconds * 1000 : 5_000;
  return Math.min(60_000, Math.max(0, wish));
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
