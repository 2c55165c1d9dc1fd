import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { HTTP_ROUTES, type HttpRouteId, type Route } from '@pingplex/shared/contracts/http';
import { AppError, ERROR_CODES } from '@pingplex/shared/errors';
import axios from 'axios';
import type { z } from 'zod';
import type { Logger } from '../logging/logger-port.ts';
import { errorFromAnswer, errorFromFailure } from './errors.ts';

type Routes = typeof HTTP_ROUTES;
type Part<R extends HttpRouteId, P extends 'params' | 'query' | 'body'> = z.input<Routes[R][P]>;
type Given<K extends string, T> = [keyof T] extends [never]
  ? { [key in K]?: undefined }
  : Record<never, unknown> extends T
    ? { [key in K]?: T }
    : { [key in K]: T };
type CallInput<R extends HttpRouteId> = Given<'params', Part<R, 'params'>> &
  Given<'query', Part<R, 'query'>> &
  Given<'body', Part<R, 'body'>>;
type CallAnswer<R extends HttpRouteId> = z.output<Routes[R]['response']>;
type CallOptions = {
  readonly signal?: AbortSignal;
  /** UUID made and journaled before the first try; required by routes that spend. */
  readonly idempotencyKey?: string;
  /** Tries beside the first, for failures that may pass. Default 2; 0 for something that the user waits for. */
  readonly retries?: number;
  readonly timeoutMs?: number;
};

/** Who knows the access token. */
type TokenSource = {
  /** @throws AppError `auth.required` when nobody is signed in; `network.*` when it could not be renewed */
  accessToken(): Promise<string>;
  /** The server refused this token although it should have been good; the next call gets another one. */
  refused(token: string): void;
};

type ByteStream = {
  readonly status: 200 | 206;
  readonly etag: string | null;
  readonly totalBytes: number | null;
  readonly body: Readable;
};

export type ApiClient = {
  baseUrl(): string;
  setTokens(tokens: TokenSource): void;
  /** Calls a declared endpoint; input and answer are typed and checked by its schemas. Rejects with `AppError` only. */
  call<R extends HttpRouteId>(id: R, input: CallInput<R>, options?: CallOptions): Promise<CallAnswer<R>>;
  /** Bytes from `start` on; `ifRange` is the strong ETag of what was already received. */
  openBytes(path: string, range: { readonly start: number; readonly ifRange: string | null }, signal: AbortSignal): Promise<ByteStream>;
  /** An endless text stream (server-sent events). */
  openText(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Readable>;
  /** For protocols that bring their own client (tus). */
  authorization(): Promise<string>;
  tokenRefused(header: string): void;
  onReachable(listener: (isReachable: boolean) => void): () => void;
};

type ApiOptions = {
  /** Address of the server without a trailing slash; read at every call, because the setting may change. */
  readonly baseUrl: () => string;
  readonly appVersion: string;
  readonly logger: Logger;
  readonly now?: () => number;
  readonly timeoutMs?: number;
};

const MAX_JSON_BYTES = 16 * 1024 * 1024;
const MAX_WAIT_MS = 20_000;

function fillPath(path: string, params: Readonly<Record<string, unknown>>): string {
  return path.replaceAll(/:([A-Za-z][A-Za-z0-9]*)/g, (_, name: string) => encodeURIComponent(String(params[name])));
}

/** The one door to the server: made from the HTTP contract, with timeouts, retries and named errors. It logs no bodies and no headers. */
export function createApiClient(options: ApiOptions): ApiClient {
  const now = options.now ?? Date.now;
  const http = axios.create({
    adapter: 'http',
    timeout: options.timeoutMs ?? 20_000,
    maxRedirects: 0,
    maxContentLength: MAX_JSON_BYTES,
    headers: { 'user-agent': `pingplex-desktop/${options.appVersion}`, accept: 'application/json' },
    // Every status is an answer; what it means is decided here, not by axios.
    validateStatus: () => true,
  });
  let tokens: TokenSource | undefined;
  let reachable: boolean | undefined;
  const listeners = new Set<(isReachable: boolean) => void>();

  function noteReachable(isReachable: boolean): void {
    if (reachable === isReachable) return;
    reachable = isReachable;
    for (const listener of listeners) listener(isReachable);
  }

  async function bearer(): Promise<string> {
    if (tokens === undefined) throw new AppError('auth.required', 'nobody is signed in');
    return await tokens.accessToken();
  }

  async function once<R extends HttpRouteId>(id: R, input: CallInput<R>, call: CallOptions, token: string | undefined): Promise<unknown> {
    const route: Route = HTTP_ROUTES[id];
    const started = performance.now();
    const parts = input as { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown };
    try {
      const answer = await http.request<unknown>({
        method: route.method,
        url: options.baseUrl() + fillPath(route.path, parts.params ?? {}),
        ...(parts.query ? { params: parts.query } : {}),
        ...(route.method === 'GET' ? {} : { data: parts.body ?? {} }),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
        },
        ...(call.signal ? { signal: call.signal } : {}),
        ...(call.timeoutMs === undefined ? {} : { timeout: call.timeoutMs }),
      });
      options.logger.debug({ route: id, status: answer.status, ms: Math.round(performance.now() - started) }, 'server answered');
      noteReachable(true);
      if (answer.status < 200 || answer.status >= 300) {
        throw errorFromAnswer(answer.status, answer.data, answer.headers['retry-after'], now());
      }
      const parsed = route.response.safeParse(answer.data);
      if (!parsed.success) throw new AppError('network.badAnswer', `the answer of ${id} is not what was agreed`);
      return parsed.data;
    } catch (thrown) {
      call.signal?.throwIfAborted();
      const error = errorFromFailure(thrown);
      if (error.code === 'network.offline' || error.code === 'network.timeout') noteReachable(false);
      throw error;
    }
  }

  /** Reading is always safe to repeat; spending is when the key makes both tries one; a refresh has its grace on the server. */
  function mayRepeat(id: HttpRouteId, call: CallOptions): boolean {
    return HTTP_ROUTES[id].method === 'GET' || call.idempotencyKey !== undefined || id === 'auth.refresh' || id === 'auth.signOut';
  }

  async function withToken<T>(isPublic: boolean, act: (token: string | undefined) => Promise<T>): Promise<T> {
    if (isPublic) return await act(undefined);
    const token = await bearer();
    try {
      return await act(token);
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'auth.required') throw thrown;
      // The clock of one side jumped or the server restarted with other keys: one new token, one more try.
      tokens?.refused(token);
      return await act(await bearer());
    }
  }

  async function openStream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    return await withToken(false, async (token) => {
      try {
        const answer = await http.request<Readable>({
          method: 'GET',
          url: options.baseUrl() + path,
          responseType: 'stream',
          // The time limit would cut a long stream; readers watch for silence themselves.
          timeout: 0,
          maxContentLength: Number.POSITIVE_INFINITY,
          decompress: false,
          signal,
          headers: { ...headers, 'accept-encoding': 'identity', authorization: `Bearer ${token}` },
        });
        noteReachable(true);
        if (answer.status === 200 || answer.status === 206) return answer;
        throw errorFromAnswer(answer.status, await readJson(answer.data), answer.headers['retry-after'], now());
      } catch (thrown) {
        signal.throwIfAborted();
        throw errorFromFailure(thrown);
      }
    });
  }

  return {
    baseUrl: options.baseUrl,
    setTokens: (source) => {
      tokens = source;
    },
    call: async <R extends HttpRouteId>(id: R, input: CallInput<R>, call: CallOptions = {}): Promise<CallAnswer<R>> => {
      const route: Route = HTTP_ROUTES[id];
      if (route.idempotent && call.idempotencyKey === undefined) throw new AppError('request.idempotencyKeyMissing', `${id} needs a key`);
      const retries = mayRepeat(id, call) ? (call.retries ?? 2) : 0;
      for (let tried = 0; ; tried += 1) {
        try {
          const answer = await withToken(route.access === 'public', (token) => once(id, input, call, token));
          return answer as CallAnswer<R>;
        } catch (thrown) {
          call.signal?.throwIfAborted();
          const error = errorFromFailure(thrown);
          if (tried >= retries || !ERROR_CODES[error.code].retryable) throw error;
          const wait = Math.max(error.retryAfterMs ?? 0, 300 * 2 ** tried * (0.75 + Math.random() / 2));
          await delay(Math.min(wait, MAX_WAIT_MS), undefined, call.signal ? { signal: call.signal } : {});
        }
      }
    },
    openBytes: async (path, range, signal) => {
      const answer = await openStream(
        path,
        range.start > 0 && range.ifRange !== null ? { range: `bytes=${range.start}-`, 'if-range': range.ifRange } : {},
        signal,
      );
      const etag = answer.headers['etag'];
      const contentRange = /\/(\d+)$/.exec(String(answer.headers['content-range'] ?? ''))?.[1];
      const total = Number(answer.status === 206 ? contentRange : answer.headers['content-length']);
      return {
        status: answer.status === 206 ? 206 : 200,
        etag: typeof etag === 'string' ? etag : null,
        totalBytes: Number.isFinite(total) ? total : null,
        body: answer.data,
      };
    },
    openText: async (path, headers, signal) => (await openStream(path, headers, signal)).data,
    authorization: async () => `Bearer ${await bearer()}`,
    tokenRefused: (header) => tokens?.refused(header.replace(/^Bearer /, '')),
    onReachable: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A refusal on a stream endpoint is a small JSON document. */
async function readJson(body: Readable): Promise<unknown> {
  let text = '';
  for await (const piece of body) {
    text += String(piece);
    if (text.length > 64_000) break;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
