import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { neverLeft, retryAfterMs } from '../network.ts';
import type { SubmitAnswer } from '../port.ts';

/** What a failed call came to. 5xx, resets and time-outs leave open whether it was taken. */
export function judge(error: unknown): SubmitAnswer {
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
  if (REFUSALS.has(code ?? '')) return { kind: 'refused', requestId, categories: categoriesOf(message) };
  return { kind: 'rejected', requestId, status, message };
}

const REFUSALS = new Set(['moderation_blocked', 'content_policy_violation', 'invalid_prompt', 'image_content_policy_violation']);

/** Codes of a response that failed while it was being written, which mean: not this. */
export const isRefusalCode = (code: string): boolean => REFUSALS.has(code) || code.endsWith('_policy') || code.includes('policy_violation');

/** Refusals end with the violated categories: `safety_violations=[violence, self-harm]`. */
function categoriesOf(message: string): string[] {
  const list = /safety_violations=\[([^\]]*)\]/.exec(message)?.[1] ?? '';
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .slice(0, 10);
}
