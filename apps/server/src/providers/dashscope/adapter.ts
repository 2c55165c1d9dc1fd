import { checkOf, type Exchange, exchange, fields, textOf } from '../exchange.ts';
import { delayAfter, type Pace } from '../pace.ts';
import type { PollAnswer, Provider, SubmitAnswer } from '../port.ts';
import { isSynchronous, syncCostOf, syncOrderOf, syncUrlsOf } from './sync.ts';
import { createTextWriter } from './text.ts';
import { ACCOUNT, costOf, type DashScopeTask, orderOf, REFUSED, readTask } from './wire.ts';

export type DashScopeOptions = {
  apiKey: string;
  /** For example `https://dashscope-intl.aliyuncs.com`; key, model and host belong to one region. */
  baseUrl: string;
  timeoutMs: number;
  /** Of calls that answer with the result itself: the vendor holds them open for up to 300 s. */
  syncTimeoutMs?: number;
  pace: Pace;
  trustedOrigins: readonly string[];
};

/** A long answer takes minutes. */
const TEXT_TIMEOUT_MS = 600_000;

type Answer = Extract<Exchange, { kind: 'answer' }>;

/**
 * Alibaba's Model Studio: Wan's films and pictures in task mode; Qwen's texts, pictures and speech in one exchange. A task lives 24 hours and can be called off while it waits. There is
 * no id of ours in it: a submit whose answer is lost can't be found again.
 */
export function createDashScopeProvider(options: DashScopeOptions): Provider {
  const call = (method: 'GET' | 'POST', path: string, signal: AbortSignal, more: { body?: unknown; isTask?: boolean } = {}) =>
    exchange({
      ...{
        method,
        url: `${options.baseUrl}${path}`,
        timeoutMs: more.isTask === false ? Math.max(options.syncTimeoutMs ?? 0, options.timeoutMs) : options.timeoutMs,
        signal,
        body: more.body,
      },
      headers: { authorization: `Bearer ${options.apiKey}`, ...(more.isTask ? { 'x-dashscope-async': 'enable' } : {}) },
    });

  const write = createTextWriter({ ...options, timeoutMs: TEXT_TIMEOUT_MS });

  return {
    files: { trustedOrigins: options.trustedOrigins },
    async check(_models, signal) {
      // A look at a task that isn't there: free, and only a good key of this region is told so.
      const answer = await call('GET', '/api/v1/tasks/check', signal);
      return checkOf(answer, (json) => fields(fields(json)['output'])['task_status'] === 'UNKNOWN', 'key and region are good');
    },
    async submit(submission) {
      if (submission.capability === 'text') return write(submission);
      const isTask = !isSynchronous(submission);
      const { path, body } = isTask ? orderOf(submission) : syncOrderOf(submission);
      const answer = await call('POST', path, submission.signal, { body, isTask });
      if (answer.kind !== 'answer')
        return { kind: answer.kind === 'notSent' ? 'notSent' : 'unknown', requestId: null, message: answer.message };
      const requestId = requestIdOf(answer);
      const handle = textOf(fields(fields(answer.json)['output'])['task_id']);
      const code = textOf(fields(answer.json)['code']);
      if (answer.status === 200 && code === null && !isTask) return readAtOnce(answer, submission.providerModel, requestId);
      if (answer.status === 200 && code === null) {
        if (handle !== null) return { kind: 'accepted', requestId, handle, firstPollMs: options.pace.firstMs };
        return { kind: 'unknown', requestId, message: 'the answer names no task' };
      }
      return judgeSubmit(answer, code ?? '', requestId);
    },
    tasks: {
      pollDelayMs: (polls) => delayAfter(options.pace, polls),
      async poll(task) {
        const answer = await call('GET', `/api/v1/tasks/${encodeURIComponent(task.handle)}`, task.signal);
        if (answer.kind !== 'answer') return { kind: 'noAnswer', requestId: null, message: answer.message, retryAfterMs: null };
        const requestId = requestIdOf(answer);
        const found = answer.status === 200 ? readTask(answer.json) : null;
        if (!found) return { kind: 'noAnswer', requestId, message: messageOf(answer), retryAfterMs: answer.retryAfterMs };
        return judgeTask(found, task.providerModel, requestId);
      },
      async cancel(task) {
        const answer = await call('POST', `/api/v1/tasks/${encodeURIComponent(task.handle)}/cancel`, task.signal, { body: {} });
        return answer.kind === 'answer' && answer.status === 200 && textOf(fields(answer.json)['code']) === null ? 'canceled' : 'tooLate';
      },
    },
  };
}

/** The results themselves, by address. */
function readAtOnce(answer: Answer, providerModel: string, requestId: string | null): SubmitAnswer {
  const outputs = syncUrlsOf(answer.json).map((url) => ({ url }));
  if (outputs.length === 0) return { kind: 'unreadable', requestId, message: 'the answer names no result' };
  const usage = fields(answer.json)['usage'] ?? null;
  return { kind: 'delivered', requestId, outputs, usage, costMicroUsd: syncCostOf(providerModel, usage) };
}

const requestIdOf = (answer: Answer): string | null => textOf(fields(answer.json)['request_id']) ?? answer.requestId;
const messageOf = (answer: Answer): string => textOf(fields(answer.json)['message']) ?? `status ${answer.status}`;

/** The vendor's table of codes; HTTP may be 200 with a code in the body. */
function judgeSubmit(answer: Answer, code: string, requestId: string | null): SubmitAnswer {
  const { status } = answer;
  const message = messageOf(answer);
  if (REFUSED.has(code)) return { kind: 'refused', requestId, categories: [] };
  if (ACCOUNT.test(code) || status === 401) return { kind: 'misconfigured', requestId, status, message };
  // The quota of a minute clears within it; the allocation's takes longer.
  if (code === 'Throttling.AllocationQuota' || code === 'insufficient_quota') {
    return { kind: 'throttled', requestId, retryAfterMs: answer.retryAfterMs ?? 30_000 };
  }
  if (status === 429 || code.startsWith('Throttling') || code === 'LimitRequests') {
    return { kind: 'throttled', requestId, retryAfterMs: answer.retryAfterMs ?? 5_000 };
  }
  if (status === 408 || status >= 500 || code === 'RequestTimeOut') return { kind: 'unknown', requestId, message };
  if (status >= 400) return { kind: 'rejected', requestId, status, message };
  if (/^(Invalid|Missing|ModelNotFound|NotFound)/.test(code)) return { kind: 'rejected', requestId, status, message };
  return { kind: 'unknown', requestId, message };
}

function judgeTask(task: DashScopeTask, providerModel: string, requestId: string | null): PollAnswer {
  switch (task.status) {
    case 'PENDING':
      return { kind: 'working', requestId, stage: 'waiting' };
    case 'RUNNING':
      return { kind: 'working', requestId, stage: 'running' };
    case 'SUCCEEDED': {
      if (task.urls.length === 0) return { kind: 'failed', requestId, message: 'it is done, and there is no result' };
      const outputs = task.urls.map((url) => ({ url }));
      return { kind: 'delivered', requestId, outputs, usage: task.usage, costMicroUsd: costOf(providerModel, task.usage) };
    }
    case 'FAILED':
      if (task.code !== null && REFUSED.has(task.code)) return { kind: 'refused', requestId, categories: [] };
      return { kind: 'failed', requestId, message: `${task.code ?? ''} ${task.message}`.trim() };
    case 'CANCELED':
      return { kind: 'failed', requestId, message: 'called off' };
    case 'UNKNOWN':
      // Expired or never there: it doesn't become anything else.
      return { kind: 'gone', requestId, message: 'no such task' };
    default:
      return { kind: 'noAnswer', requestId, message: `a state that we don't know: ${task.status.slice(0, 40)}`, retryAfterMs: null };
  }
}
