import { setTimeout as delay } from 'node:timers/promises';
import { EVENTS_PATH, ServerEvent } from '@pingplex/shared/contracts/http';
import { toAppError } from '@pingplex/shared/errors';
import { createParser } from 'eventsource-parser';
import type { Logger } from '../logging/logger-port.ts';
import type { ApiClient } from './client.ts';

export type EventStream = {
  /** Connects, and stays connected until `stop`. Calling it again does nothing. */
  start(): void;
  /** Ends the connection; `forget` also loses the place (another account signs in). */
  stop(options?: { readonly forget?: boolean }): void;
  /** `resync` means: events were lost, read everything anew. */
  on(listener: (event: ServerEvent) => void): () => void;
  /** True while the server's events arrive. */
  isLive(): boolean;
};

/** The server sends a comment at least every 15 s; three missed ones are a dead connection. */
const SILENCE_MS = 45_000;
const WAITS_MS = [500, 1000, 2000, 5000, 10_000, 30_000];

/** Reads `/v1/events` for as long as somebody is signed in: reconnects, and goes on after the last event that was seen. */
export function createEventStream(options: { readonly api: ApiClient; readonly logger: Logger }): EventStream {
  const listeners = new Set<(event: ServerEvent) => void>();
  let lastId: string | undefined;
  let ending: AbortController | undefined;
  let isLive = false;

  function take(type: string | undefined, data: string, id: string | undefined): void {
    let json: unknown;
    try {
      json = JSON.parse(data);
    } catch {
      json = undefined;
    }
    const event = ServerEvent.safeParse({ type, data: json });
    if (!event.success) {
      options.logger.warn({ type }, 'an event of the server was not understood');
    } else for (const listener of listeners) listener(event.data);
    if (id !== undefined) lastId = id;
  }

  async function read(signal: AbortSignal): Promise<void> {
    const headers = { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
    const body = await options.api.openText(EVENTS_PATH, headers, signal);
    body.setEncoding('utf8');
    const parser = createParser({ onEvent: (message) => take(message.event, message.data, message.id) });
    const silence = setTimeout(() => body.destroy(new Error('silence')), SILENCE_MS);
    isLive = true;
    try {
      for await (const piece of body) {
        silence.refresh();
        parser.feed(String(piece));
      }
    } finally {
      clearTimeout(silence);
      isLive = false;
      body.destroy();
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const before = lastId;
      try {
        await read(signal);
        failures = 0;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toAppError(thrown);
        options.logger.debug({ code: error.code }, 'event stream ended');
        if (error.code === 'auth.required' || error.code === 'auth.sessionEnded') return;
        failures = lastId === before ? failures + 1 : 0;
      }
      const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)] ?? 30_000;
      await delay(wait * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    start: () => {
      if (ending !== undefined) return;
      const mine = new AbortController();
      ending = mine;
      follow(mine.signal)
        .catch((thrown: unknown) => options.logger.error({ err: toAppError(thrown).message }, 'event stream broke'))
        .finally(() => {
          if (ending === mine) ending = undefined;
        });
    },
    stop: (how = {}) => {
      ending?.abort();
      ending = undefined;
      if (how.forget === true) lastId = undefined;
    },
    on: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isLive: () => isLive,
  };
}
