import { openListener } from '../../db/listener.ts';
import { EVENT_CHANNEL } from './append.ts';

/** Tells sleeping readers of this process that something was appended, by whichever process. */
export type Wake = {
  /** Resolves when the user's log may have grown, or after `timeoutMs`, or when the signal aborts. */
  wait(userId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
};

/** One LISTEN connection per process. While it is down, readers live on their back-stop; it is built up again by itself. */
export function createWake(databaseUrl: string, onError: (error: Error) => void): Wake {
  const waiting = new Map<string, Set<() => void>>();
  const listener = openListener(databaseUrl, EVENT_CHANNEL, {
    onMessage: (userId) => {
      for (const resolve of waiting.get(userId) ?? []) resolve();
    },
    onError,
  });

  return {
    wait(userId, timeoutMs, signal) {
      return new Promise((resolve) => {
        const set = waiting.get(userId) ?? new Set();
        waiting.set(userId, set);
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          set.delete(done);
          if (set.size === 0 && waiting.get(userId) === set) waiting.delete(userId);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener('abort', done, { once: true });
        set.add(done);
        if (signal.aborted) done();
      });
    },
    stop: () => listener.stop(),
  };
}
