import { setTimeout as delay } from 'node:timers/promises';
import type { Generation, Waiting } from '@pingplex/shared/contracts/http';
import { type GenerationId, isGenerationOver } from '@pingplex/shared/domain';
import { AppError, ERROR_CODES, toAppError } from '@pingplex/shared/errors';
import type { ApiClient, EventStream } from '../api/index.ts';

const POLL_MS = 2000;
/** While events arrive, asking is only the back-stop. */
const POLL_LIVE_MS = 15_000;
/** While somebody watches a text being written. */
const POLL_TEXT_MS = 700;
/** Longest time without any contact; then the item fails and its retry goes on with the same generation. */
const LOST_MS = 5 * 60_000;

type FollowPorts = {
  readonly api: ApiClient;
  readonly events: EventStream;
  /** Told what has been written so far; asked for more often then. */
  readonly onText?: (text: string) => void;
  /** Told why it waits and where in line, and null when it waits no more. */
  readonly onWaiting?: (waiting: Waiting | null) => void;
};

/**
 * Waits until a generation is over, by events and by asking. Failing to ask never fails the generation.
 * @throws AppError `network.*` after five minutes without contact; the signal's reason
 */
export async function followGeneration(options: FollowPorts, first: Generation, signal: AbortSignal): Promise<Generation> {
  if (isGenerationOver(first.state)) return first;
  const id: GenerationId = first.id;
  const heard = Promise.withResolvers<Generation>();
  const nudge = { wake: (): void => undefined };
  const stopListening = options.events.on((event) => {
    if (event.type === 'generation.changed' && event.data.id === id && isGenerationOver(event.data.state)) heard.resolve(event.data);
    if (event.type === 'resync') nudge.wake();
  });
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  try {
    return await Promise.race([heard.promise, poll(options, first, both, nudge)]);
  } finally {
    ended.abort();
    stopListening();
  }
}

async function poll(
  { api, events, onText, onWaiting }: FollowPorts,
  first: Generation,
  signal: AbortSignal,
  nudge: { wake: () => void },
): Promise<Generation> {
  const { id } = first;
  let lastContact = performance.now();
  let isQueued = first.state === 'queued';
  onWaiting?.(first.waiting ?? null);
  for (;;) {
    const woken = new AbortController();
    nudge.wake = () => woken.abort();
    const pauseMs = onText ? POLL_TEXT_MS : events.isLive() && !isQueued ? POLL_LIVE_MS : POLL_MS;
    await delay(pauseMs, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => undefined);
    signal.throwIfAborted();
    try {
      const generation = await api.call('generations.get', { params: { id } }, { signal, retries: 0 });
      lastContact = performance.now();
      isQueued = generation.state === 'queued';
      onWaiting?.(generation.waiting ?? null);
      if (generation.text) onText?.(generation.text);
      if (isGenerationOver(generation.state)) return generation;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toAppError(thrown);
      if (!ERROR_CODES[error.code].retryable && !error.code.startsWith('internal.')) throw error;
      if (performance.now() - lastContact > LOST_MS) throw error;
    }
  }
}

/** Why a generation didn't deliver, as the error of its item. */
export function failureOf(generation: Generation): AppError {
  const code = generation.failure?.code ?? (generation.state === 'canceled' ? 'generation.canceled' : 'generation.providerRejected');
  const known = code in ERROR_CODES ? (code as keyof typeof ERROR_CODES) : 'generation.providerRejected';
  const categories = generation.failure?.categories ?? [];
  return new AppError(known, `the generation ended as ${generation.state}`, {
    params: { modelId: generation.modelId, ...(categories.length > 0 ? { categories: categories.join(', ') } : {}) },
  });
}
