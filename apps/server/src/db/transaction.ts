import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from './client.ts';
import { Prisma } from './generated/client.ts';

const RETRIES = 4;
/** Serialization failure and deadlock: PostgreSQL asks for the whole transaction again. */
const RETRYABLE_SQLSTATES = new Set(['40001', '40P01']);

export type TransactionOptions = {
  /** Default read committed; `Serializable` where a decision rests on rows that the transaction does not lock. */
  isolation?: Prisma.TransactionIsolationLevel;
  /** Longest run in milliseconds (default 10,000). */
  timeoutMs?: number;
};

/**
 * Runs `work` in one transaction and repeats it from the start when PostgreSQL reports a deadlock or a serialization failure.
 * `work` must therefore do nothing that a rollback does not undo (no mail, no provider call, no file).
 * @throws AppError `request.busy` when it still fails after four tries, or when no connection is to be had.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.$transaction(work, {
        ...(options.isolation ? { isolationLevel: options.isolation } : {}),
        timeout: options.timeoutMs ?? 10_000,
      });
    } catch (error) {
      if (!isRetryable(error)) throw isOverload(error) ? busy(error) : error;
      if (attempt >= RETRIES) throw busy(error);
      // Jitter, so that two transactions that met once do not meet again at the same place.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt));
    }
  }
}

function busy(cause: unknown): AppError {
  return new AppError('request.busy', 'the database could not take the transaction', { retryAfterMs: 1_000, cause });
}

/** True when the same transaction may pass next time. Looks through Prisma's wrappers for the SQLSTATE underneath. */
function isRetryable(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2034') return true;
  return [...sqlStates(error)].some((state) => RETRYABLE_SQLSTATES.has(state));
}

/** No free connection, or the transaction could not begin in time. */
function isOverload(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientKnownRequestError && (error.code === 'P2028' || error.code === 'P2024')) return true;
  return error instanceof Error && /timeout exceeded when trying to connect|not queryable/i.test(error.message);
}

/** Every SQLSTATE in the chain of causes; Prisma keeps the driver's error at different depths for raw and model queries. */
export function* sqlStates(error: unknown, depth = 0): Generator<string> {
  if (typeof error !== 'object' || error === null || depth > 6) return;
  const record = error as Record<string, unknown>;
  for (const key of ['code', 'originalCode', 'sqlState']) {
    const value = record[key];
    if (typeof value === 'string' && /^[0-9A-Z]{5}$/.test(value)) yield value;
  }
  if (record['kind'] === 'TransactionWriteConflict') yield '40001';
  for (const key of ['cause', 'meta', 'driverAdapterError']) yield* sqlStates(record[key], depth + 1);
}
