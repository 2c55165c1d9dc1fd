import type { Call, Exchange } from './exchange.ts';
import { neverLeft, retryAfterMs } from './network.ts';

/** A line of events that has begun, or why it hasn't. */
export type Opened = { kind: 'events'; events: AsyncIterable<string>; requestId: string | null } | Exchange;

const MAX_ERROR = 1024 * 1024;

/** One request whose answer comes as server-sent events: the data of each, whole, in order. Nothing is repeated. Never throws; reading `events` may. */
export async function openEvents(call: Call): Promise<Opened> {
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.timeoutMs)]);
  try {
    const response = await fetch(call.url, {
      method: call.method,
      headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...call.headers },
      body: JSON.stringify(call.body),
      redirect: 'manual',
      signal,
    });
    const requestId = response.headers.get('x-request-id');
    if (response.status === 200 && response.body) return { kind: 'events', events: eventsOf(response.body), requestId };
    const json = await response.text().then(parse, () => undefined);
    return { kind: 'answer', status: response.status, json, requestId, retryAfterMs: retryAfterMs(response.headers) };
  } catch (error) {
    const message = signal.aborted ? 'no answer in time' : error instanceof Error ? error.message : String(error);
    return { kind: neverLeft(error) ? 'notSent' : 'lost', message };
  }
}

function parse(text: string): unknown {
  try {
    return text.length > MAX_ERROR ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Frames end with an empty line; their `data:` lines belong together; everything else is no news (WHATWG HTML, 9.2). */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of body) {
    rest += decoder.decode(part, { stream: true });
    const frames = rest.split(/\r?\n\r?\n/);
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const lines = frame.split(/\r?\n/).filter((line) => line.startsWith('data:'));
      if (lines.length > 0) yield lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
    }
  }
}
