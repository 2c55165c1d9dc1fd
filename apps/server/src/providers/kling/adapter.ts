import { checkOf, type Exchange, exchange, fields, textOf } from '../exchange.ts';
import { delayAfter, type Pace } from '../pace.ts';
import type { PollAnswer, Provider, SubmitAnswer } from '../port.ts';
import { createTokens, type KlingCredentials } from './auth.ts';
import { type KlingTask, LEGACY_DIALECT, NEW_DIALECT } from './dialect.ts';

export type KlingOptions = {
  credentials: KlingCredentials;
  /** For example `https://api-singapore.klingai.com`; keys belong to one region. */
  baseUrl: string;
  timeoutMs: number;
  pace: Pace;
  trustedOrigins: readonly string[];
};

type Answer = Extract<Exchange, { kind: 'answer' }>;

/**
 * Kling's films. A task carries our own id (`external_task_id`), so that it is found even when the answer to its submit was lost.
 * There is no way to call a task off.
 */
export function createKlingProvider(options: KlingOptions): Provider {
  const tokens = createTokens(options.credentials);
  const dialect = 'apiKey' in options.credentials ? NEW_DIALECT : LEGACY_DIALECT;
  const call = (method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: unknown): Promise<Exchange> =>
    exchange({
      method,
      url: `${options.baseUrl}${path}`,
      headers: { authorization: tokens.header() },
      timeoutMs: options.timeoutMs,
      signal,
      body,
    });

  return {
    files: { trustedOrigins: options.trustedOrigins },
    async check(_models, signal) {
      // A look at a task that isn't there: free, and only a good key is told so.
      const about = { handle: 'check', capability: 'video' as const, providerModel: '', signal };
      const answer = await call('GET', dialect.byHandle(about), signal);
      const code = answer.kind === 'answer' ? codeOf(answer) : null;
      if (answer.kind === 'answer' && (code === 0 || code === 1203)) return { ok: true, message: 'the key is good' };
      return checkOf(answer, () => false, '');
    },
    async submit(submission) {
      const { path, body } = dialect.submit(submission);
      const answer = await call('POST', path, submission.signal, body);
      if (answer.kind !== 'answer')
        return { kind: answer.kind === 'notSent' ? 'notSent' : 'unknown', requestId: null, message: answer.message };
      const requestId = requestIdOf(answer);
      const code = codeOf(answer);
      if (answer.status === 200 && code === 0) {
        const [task] = dialect.read(fields(answer.json)['data']);
        if (task) return { kind: 'accepted', requestId, handle: task.id, firstPollMs: options.pace.firstMs };
        // It was taken: our own id finds it.
        return { kind: 'unknown', requestId, message: 'the answer names no task' };
      }
      if (code === 1004) tokens.drop();
      return judgeSubmit(answer, code, requestId);
    },
    tasks: {
      pollDelayMs: (polls) => delayAfter(options.pace, polls),
      async poll(task) {
        const answer = await call('GET', dialect.byHandle(task), task.signal);
        if (answer.kind !== 'answer') return { kind: 'noAnswer', requestId: null, message: answer.message, retryAfterMs: null };
        const requestId = requestIdOf(answer);
        const code = codeOf(answer);
        const message = messageOf(answer);
        if (code === 1203 || (answer.status === 404 && code !== 1202)) return { kind: 'gone', requestId, message };
        if (answer.status !== 200 || code !== 0) {
          if (code === 1004) tokens.drop();
          return { kind: 'noAnswer', requestId, message, retryAfterMs: answer.retryAfterMs };
        }
        const data = fields(answer.json)['data'];
        const found = dialect.read(data).find((one) => one.id === task.handle);
        if (found) return judgeTask(found, requestId);
        // A list that holds nothing is a verdict; a word that we don't know is none.
        if (Array.isArray(data) && data.length === 0) return { kind: 'gone', requestId, message: 'no such task' };
        return { kind: 'noAnswer', requestId, message: 'the answer holds no task that can be read', retryAfterMs: null };
      },
      async find(submitKey, about) {
        const answer = await call('GET', dialect.byOwnId(submitKey, about), about.signal);
        if (answer.kind !== 'answer' || answer.status !== 200 || codeOf(answer) !== 0) return null;
        return dialect.read(fields(answer.json)['data'])[0]?.id ?? null;
      },
    },
  };
}

const requestIdOf = (answer: Answer): string | null => textOf(fields(answer.json)['request_id']) ?? answer.requestId;
const messageOf = (answer: Answer): string => textOf(fields(answer.json)['message']) ?? `status ${answer.status}`;
function codeOf(answer: Answer): number | null {
  const code = fields(answer.json)['code'];
  return typeof code === 'number' ? code : null;
}

/** The vendor's table of codes. What it doesn't name and may have been taken is unknown. */
function judgeSubmit(answer: Answer, code: number | null, requestId: string | null): SubmitAnswer {
  const { status } = answer;
  const message = messageOf(answer);
  if (code === 1302 || code === 1303) {
    return { kind: 'throttled', requestId, retryAfterMs: answer.retryAfterMs ?? (code === 1302 ? 5_000 : 15_000) };
  }
  // The token has ended while it travelled: with a new one the same request is good.
  if (code === 1004) return { kind: 'throttled', requestId, retryAfterMs: 1_000 };
  if (code === 1300 || code === 1301) return { kind: 'refused', requestId, categories: [] };
  if (code !== null && ((code >= 1000 && code <= 1103) || code === 1304)) return { kind: 'misconfigured', requestId, status, message };
  if (code !== null && code >= 1200 && code <= 1203) return { kind: 'rejected', requestId, status, message };
  if (status === 429) return { kind: 'throttled', requestId, retryAfterMs: answer.retryAfterMs ?? 5_000 };
  if (status === 401 || status === 403) return { kind: 'misconfigured', requestId, status, message };
  if (status >= 400 && status < 500) return { kind: 'rejected', requestId, status, message };
  return { kind: 'unknown', requestId, message };
}

/** A refusal during the work has no code, only words. */
const REFUSAL = /risk control|sensitive|moderation|content (policy|safety)|policy violation|inappropriate/i;

function judgeTask(task: KlingTask, requestId: string | null): PollAnswer {
  switch (task.status) {
    case 'submitted':
      return { kind: 'working', requestId, stage: 'waiting' };
    case 'processing':
      return { kind: 'working', requestId, stage: 'running' };
    case 'failed':
      if (REFUSAL.test(task.message)) return { kind: 'refused', requestId, categories: [] };
      return { kind: 'failed', requestId, message: task.message };
    case 'succeeded':
      if (task.urls.length === 0) return { kind: 'failed', requestId, message: 'it is done, and there is no result' };
      return {
        kind: 'delivered',
        requestId,
        outputs: task.urls.map((url) => ({ url })),
        usage: task.usage,
        costMicroUsd: task.costMicroUsd,
      };
  }
}
