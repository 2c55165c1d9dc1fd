import { type Exchange, fields, listOf, textOf } from '../exchange.ts';
import type { SubmitAnswer } from '../port.ts';

type Answer = Extract<Exchange, { kind: 'answer' }>;
/** `code` is a word in one of the vendor's two families of answers, a number with a `status` beside it in the other. */
type Problem = { word: string; message: string; retryAfterMs: number | null; isPerDay: boolean };

/** The vendor's error in either of its shapes. */
export function problemOf(answer: Answer): Problem {
  const error = fields(fields(answer.json)['error']);
  const details = listOf(error['details']).map(fields);
  const delay = details.map((detail) => textOf(detail['retryDelay'])).find((text) => text !== null);
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(delay ?? '')?.[1];
  const quotas = details.flatMap((detail) => listOf(detail['violations']).map((one) => textOf(fields(one)['quotaId']) ?? ''));
  return {
    word: (textOf(error['status']) ?? textOf(error['code']) ?? '').toUpperCase(),
    message: textOf(error['message']) ?? `status ${answer.status}`,
    retryAfterMs: seconds === undefined ? answer.retryAfterMs : Math.min(600_000, Math.ceil(Number(seconds) * 1000)),
    isPerDay: quotas.some((id) => id.includes('PerDay')),
  };
}

const REFUSAL = /safety|prohibited|blocklist|policy|recitation|sensitive|spii/i;

/** True when these words say that what was asked for is not allowed. */
export const isRefusal = (...words: string[]): boolean => words.some((word) => REFUSAL.test(word));

/** What a submit that was turned down came to. 5xx leave open whether it was taken. */
export function judgeSubmit(answer: Answer): SubmitAnswer {
  const { status, requestId } = answer;
  const { word, message, retryAfterMs, isPerDay } = problemOf(answer);
  // The day's allowance comes back tomorrow: ten minutes between the tries are often enough.
  if (status === 429) return { kind: 'throttled', requestId, retryAfterMs: isPerDay ? 600_000 : (retryAfterMs ?? 5_000) };
  const isKey = /API key not valid/i.test(message);
  if (isKey || [401, 402, 403].includes(status) || word === 'FAILED_PRECONDITION' || word === 'PAYMENT_REQUIRED') {
    return { kind: 'misconfigured', requestId, status, message };
  }
  if (status >= 400 && status < 500) {
    if (isRefusal(word, message)) return { kind: 'refused', requestId, categories: [] };
    return { kind: 'rejected', requestId, status, message };
  }
  return { kind: 'unknown', requestId, message };
}
