import { afterEach, expect, test, vi } from 'vitest';
import { createOpenAiProvider } from '../../src/providers/openai/adapter.ts';

afterEach(() => vi.unstubAllGlobals());

/** What the network stack throws when a system call fails. */
const failure = (code: string, syscall?: string): Error => Object.assign(new Error(code), { code, ...(syscall ? { syscall } : {}) });

test.each([
  ['refused', failure('ECONNREFUSED', 'connect'), 'notSent'],
  [
    'refused at every address',
    Object.assign(new AggregateError([failure('ECONNREFUSED', 'connect')]), { code: 'ECONNREFUSED' }),
    'notSent',
  ],
  ['no such name', failure('ENOTFOUND', 'getaddrinfo'), 'notSent'],
  ['no route from the start', failure('EHOSTUNREACH', 'connect'), 'notSent'],
  ['the route is lost while waiting for the answer', failure('EHOSTUNREACH', 'read'), 'unknown'],
  ['the network is lost while sending', failure('ENETUNREACH', 'write'), 'unknown'],
  ['reset', failure('ECONNRESET', 'read'), 'unknown'],
])('only what certainly never left may be sent again: %s', async (_name, cause, kind) => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed', { cause })));
  const provider = createOpenAiProvider({ apiKey: 'sk-test', baseUrl: 'http://127.0.0.1:9/v1', timeoutMs: 5_000 });
  const answer = await provider.submit({
    providerModel: 'gpt-image-2',
    capability: 'image',
    prompt: 'a boat',
    settings: {},
    sources: [],
    units: 1,
    submitKey: 'key',
    userTag: 'tag',
    signal: new AbortController().signal,
  });
  expect(answer.kind).toBe(kind);
});
