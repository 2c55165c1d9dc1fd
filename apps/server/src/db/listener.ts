import pg from 'pg';

export type Listener = {
  /** Closes the connection for good. */
  stop(): Promise<void>;
};

/**
 * Listens on a channel of PostgreSQL with a connection of its own, which Prisma does not offer. A lost connection is built up again
 * every second; messages sent meanwhile are lost, so whoever listens must also look by itself now and then.
 * @param channel a plain identifier
 */
export function openListener(
  databaseUrl: string,
  channel: string,
  on: { onMessage: (payload: string) => void; onError: (error: Error) => void },
): Listener {
  let client: pg.Client | null = null;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: databaseUrl, application_name: 'pingplex-events', keepAlive: true });
    next.on('error', on.onError);
    next.on('end', () => {
      if (client === next) client = null;
      if (!stopped) retry = setTimeout(start, 1_000);
    });
    next.on('notification', (message) => on.onMessage(message.payload ?? ''));
    client = next;
    await next.connect();
    await next.query(`LISTEN ${next.escapeIdentifier(channel)}`);
  };
  const start = (): void => {
    connect().catch(on.onError);
  };
  start();

  return {
    async stop() {
      stopped = true;
      clearTimeout(retry);
      await client?.end().catch(on.onError);
    },
  };
}
