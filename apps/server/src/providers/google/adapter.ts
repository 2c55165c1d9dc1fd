import { checkOf, type Exchange, exchange, fields, textOf } from '../exchange.ts';
import { delayAfter, type Pace } from '../pace.ts';
import type { Output, PollAnswer, Provider, Submission, TaskRef } from '../port.ts';
import { openEvents } from '../sse.ts';
import { costOf } from './cost.ts';
import { isRefusal, judgeSubmit, problemOf } from './errors.ts';
import { readText, textBodyOf } from './text.ts';
import { fileIdOf, type Interaction, type Media, orderOf, readInteraction } from './wire.ts';

export type GoogleOptions = {
  apiKey: string;
  /** With the version, for example `https://generativelanguage.googleapis.com/v1beta`. */
  baseUrl: string;
  timeoutMs: number;
  pace: Pace;
  trustedOrigins: readonly string[];
};

/** Sixteen tokens of it cost less than a thousandth of a cent. */
const CHEAPEST = 'gemini-3.5-flash-lite';

/** A long answer with long thoughts takes minutes. */
const TEXT_TIMEOUT_MS = 600_000;

type Call = (method: 'GET' | 'POST' | 'DELETE', path: string, signal: AbortSignal, body?: unknown) => Promise<Exchange>;

/**
 * Google's Gemini API by its interactions: each is a task in the background that is stored until we have its result, and deleted then.
 * A plain client: the vendor's own repeats paid requests and goes on with long answers by itself.
 */
export function createGoogleProvider(options: GoogleOptions): Provider {
  const origin = new URL(options.baseUrl).origin;
  const call: Call = (method, path, signal, body) =>
    exchange({
      ...{ method, url: `${options.baseUrl}${path}`, timeoutMs: options.timeoutMs, signal, body },
      headers: { 'x-goog-api-key': options.apiKey },
    });

  return {
    files: {
      trustedOrigins: options.trustedOrigins,
      headersFor: (url): Record<string, string> => (url.origin === origin ? { 'x-goog-api-key': options.apiKey } : {}),
    },
    async check(_models, signal) {
      const body = { contents: [{ role: 'user', parts: [{ text: 'Say ok.' }] }], generationConfig: { maxOutputTokens: 16 } };
      const answer = await call('POST', `/models/${CHEAPEST}:generateContent`, signal, body);
      return checkOf(answer, (json) => Array.isArray(fields(json)['candidates']), `${CHEAPEST} answers`);
    },
    async submit(submission) {
      if (submission.capability === 'text') return readText(await openText(options, submission), submission);
      const answer = await call('POST', '/interactions', submission.signal, orderOf(submission));
      if (answer.kind !== 'answer')
        return { kind: answer.kind === 'notSent' ? 'notSent' : 'unknown', requestId: null, message: answer.message };
      if (answer.status !== 200) return judgeSubmit(answer);
      const handle = textOf(fields(answer.json)['id']);
      if (handle === null) return { kind: 'unknown', requestId: answer.requestId, message: 'the answer names no interaction' };
      return { kind: 'accepted', requestId: answer.requestId, handle, firstPollMs: options.pace.firstMs };
    },
    tasks: {
      pollDelayMs: (polls) => delayAfter(options.pace, polls),
      async poll(task) {
        const answer = await call('GET', pathOf(task), task.signal);
        if (answer.kind !== 'answer') return { kind: 'noAnswer', requestId: null, message: answer.message, retryAfterMs: null };
        const { requestId } = answer;
        const { message, retryAfterMs } = problemOf(answer);
        if (answer.status === 404) return { kind: 'gone', requestId, message };
        const found = answer.status === 200 ? readInteraction(answer.json) : null;
        if (!found) return { kind: 'noAnswer', requestId, message, retryAfterMs };
        return judgeTask(found, task, requestId, call, options.baseUrl);
      },
      async cancel(task) {
        const answer = await call('POST', `${pathOf(task)}/cancel`, task.signal, {});
        const status = answer.kind === 'answer' && answer.status === 200 ? fields(answer.json)['status'] : null;
        return status === 'cancelled' ? 'canceled' : 'tooLate';
      },
      async discard(task) {
        const answer = await call('GET', pathOf(task), task.signal);
        const media = answer.kind === 'answer' ? (readInteraction(answer.json)?.media ?? []) : [];
        const files = media.flatMap((part) => ('uri' in part ? (fileIdOf(part.uri) ?? []) : []));
        for (const id of files) await call('DELETE', `/files/${id}`, task.signal);
        await call('DELETE', pathOf(task), task.signal);
      },
    },
  };
}

/** A text is one exchange that comes in parts. */
function openText(options: GoogleOptions, submission: Submission) {
  const url = `${options.baseUrl}/models/${submission.providerModel}:streamGenerateContent?alt=sse`;
  const headers = { 'x-goog-api-key': options.apiKey };
  const { signal } = submission;
  return openEvents({ method: 'POST', url, headers, body: textBodyOf(submission), timeoutMs: TEXT_TIMEOUT_MS, signal });
}

const pathOf = ({ handle }: Pick<TaskRef, 'handle'>): string => `/interactions/${encodeURIComponent(handle)}`;

async function judgeTask(found: Interaction, task: TaskRef, requestId: string | null, call: Call, baseUrl: string): Promise<PollAnswer> {
  const words = found.errors.map(({ code, message }) => `${code} ${message}`.trim());
  const message = words.join('; ').slice(0, 500);
  switch (found.status) {
    case 'queued':
      return { kind: 'working', requestId, stage: 'waiting' };
    case 'in_progress':
      return { kind: 'working', requestId, stage: 'running' };
    case 'completed':
    case 'incomplete': {
      const wanted = found.media.filter(({ type }) => type === typeOf(task));
      // Done without what was asked for is how it declines without saying so.
      if (wanted.length === 0) return failure(words, requestId, message || 'it is done, and there is no result');
      const outputs = await Promise.all(wanted.map((part) => outputOf(part, task, call, baseUrl)));
      const missing = outputs.find((output) => output === 'pending' || output === 'failed');
      if (missing === 'pending') return { kind: 'working', requestId, stage: 'running' };
      if (missing === 'failed') return { kind: 'failed', requestId, message: 'the file of the result could not be made' };
      const ready = outputs.filter((output): output is Output => typeof output !== 'string');
      const { usage } = found;
      return { kind: 'delivered', requestId, outputs: ready, usage, costMicroUsd: costOf(task.providerModel, usage) };
    }
    case 'failed':
    case 'cancelled':
    case 'budget_exceeded':
    case 'requires_action':
    case 'requires_continuation':
      return failure(words, requestId, message || found.status);
    default:
      return { kind: 'noAnswer', requestId, message: `a state that we don't know: ${found.status.slice(0, 40)}`, retryAfterMs: null };
  }
}

function failure(words: readonly string[], requestId: string | null, message: string): PollAnswer {
  if (isRefusal(...words)) return { kind: 'refused', requestId, categories: [] };
  return { kind: 'failed', requestId, message };
}

const TYPES: Partial<Record<TaskRef['capability'], string>> = { image: 'image', imageEdit: 'image', speech: 'audio', music: 'audio' };
const typeOf = ({ capability }: TaskRef): string => TYPES[capability] ?? 'video';

/** Bytes, or an address once the file behind it is ready. */
async function outputOf(part: Media, task: TaskRef, call: Call, baseUrl: string): Promise<Output | 'pending' | 'failed'> {
  if ('data' in part) return Buffer.from(part.data, 'base64');
  const id = fileIdOf(part.uri);
  if (id === null) return { url: part.uri };
  const answer = await call('GET', `/files/${id}`, task.signal);
  const state = answer.kind === 'answer' && answer.status === 200 ? fields(answer.json)['state'] : null;
  if (state === 'ACTIVE') return { url: `${baseUrl}/files/${id}:download?alt=media` };
  return state === 'FAILED' ? 'failed' : 'pending';
}
