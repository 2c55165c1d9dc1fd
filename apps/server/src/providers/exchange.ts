import { neverLeft, retryAfterMs } from './network.ts';
import type { Check } from './port.ts';

export type Call = {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  timeoutMs: number;
  signal: AbortSignal;
};

/** What one HTTP exchange came to. `json` is undefined when the body isn't JSON or broke off. */
export type Exchange =
  | { kind: 'answer'; status: number; json: unknown; requestId: string | null; retryAfterMs: number | null }
  /** The request certainly never left. */
  | { kind: 'notSent'; message: string }
  /** It may have arrived; the answer did not. */
  | { kind: 'lost'; message: string };

/** Results inside an answer (base64) are the largest that is expected. */
const MAX_ANSWER = 160 * 1024 * 1024;

/** One request, one answer, nothing repeated, no redirect followed. Never throws. */
export async function exchange(call: Call): Promise<Exchange> {
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.timeoutMs)]);
  try {
    const response = await fetch(call.url, {
      method: call.method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...call.headers },
      redirect: 'manual',
      signal,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    return {
      kind: 'answer',
      status: response.status,
      json: await readJson(response),
      requestId: response.headers.get('x-request-id'),
      retryAfterMs: retryAfterMs(response.headers),
    };
  } catch (error) {
    const message = signal.aborted ? 'no answer in time' : error instanceof Error ? error.message : String(error);
    return { kind: neverLeft(error) ? 'notSent' : 'lost', message };
  }
}

/** The headers are there, so it was answered: a body that breaks off or is no JSON is no reason to take the request for lost. */
async function readJson(response: Response): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of response.body ?? []) {
      const bytes: Uint8Array = part;
      size += bytes.length;
      if (size > MAX_ANSWER) return undefined;
      parts.push(bytes);
    }
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** A check's verdict on an answer that should have been good. */
export function checkOf(answer: Exchange, isGood: (json: unknown) => boolean, message: string): Check {
  if (answer.kind !== 'answer') return { ok: false, message: `no answer: ${answer.message}` };
  if (answer.status === 200 && isGood(answer.json)) return { ok: true, message };
  const { error, message: plain } = fields(answer.json);
  return { ok: false, message: `status ${answer.status}: ${textOf(fields(error)['message']) ?? textOf(plain) ?? 'no reason given'}` };
}

/** `value` as an object, or an empty one: answers of others are read, never trusted. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
