import pg from 'pg';
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
  let client: pg.Client | null = null;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: databaseUrl, application_name: 'pingplex-events', keepAlive: true });
    next.on('error', onError);
    next.on('end', () => {
      if (client === next) client = null;
      if (!stopped) retry = setTimeout(start, 1_000);
    });
    next.on('notification', (message) => {
      for (const resolve of waiting.get(message.payload ?? '') ?? []) resolve();
    });
    client = next;
    await next.connect();
    await next.query(`LISTEN ${EVENT_CHANNEL}`);
  };
  const start = (): void => {
    connect().catch(onError);
  };
  start();

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
    async stop() {
      stopped = true;
      clearTimeout(retry);
      await client?.end().catch(onError);
    },
  };
}
