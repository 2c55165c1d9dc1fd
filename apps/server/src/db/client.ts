import { PrismaPg } from '@prisma/adapter-pg';
import { type Prisma, PrismaClient } from './generated/client.ts';

export type Db = PrismaClient;
/** The client inside a transaction: what services take when their writes must stand or fall with somebody else's. */
export type Tx = Prisma.TransactionClient;

export type DbOptions = {
  /** Most connections of this process (default 8). Every process has its own pool: sum them up against max_connections. */
  max?: number;
  /** Seen by the operator in pg_stat_activity. */
  applicationName?: string;
  /** Called when an idle connection breaks; the pool replaces it by itself. */
  onConnectionLost?: (error: Error) => void;
};

/**
 * Opens a Prisma client on a pool with limits: waiting for a connection ends after 3 s, a statement after 10 s, an idle
 * transaction after 15 s, waiting for a lock after 3 s. Without them one stuck query would hold every request of the process.
 */
export function createDb(databaseUrl: string, options: DbOptions = {}): Db {
  const onLost = options.onConnectionLost ?? (() => undefined);
  const adapter = new PrismaPg(
    {
      connectionString: databaseUrl,
      max: options.max ?? 8,
      connectionTimeoutMillis: 3_000,
      idleTimeoutMillis: 10_000,
      statement_timeout: 10_000,
      lock_timeout: 3_000,
      idle_in_transaction_session_timeout: 15_000,
      application_name: options.applicationName ?? 'pingplex',
    },
    { onPoolError: onLost, onConnectionError: onLost },
  );
  return new PrismaClient({ adapter, transactionOptions: { maxWait: 3_000, timeout: 10_000 } });
}
