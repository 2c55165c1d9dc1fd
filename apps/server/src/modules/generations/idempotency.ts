import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from '../../db/client.ts';

export type KeyUse = { userId: string; key: string; route: string; hash: string };

/**
 * The resource that an earlier request with this key made, or null.
 * @throws AppError `request.idempotencyMismatch` when that request asked for something else
 */
export async function findEarlier(db: Db | Tx, use: KeyUse): Promise<string | null> {
  const [row] = await db.$queryRaw<{ route: string; body_hash: string; resource_id: string }[]>`
    SELECT route, body_hash, resource_id::text FROM idempotency WHERE user_id = ${use.userId}::uuid AND key = ${use.key}::uuid`;
  if (!row) return null;
  if (row.route !== use.route || row.body_hash !== use.hash) {
    throw new AppError('request.idempotencyMismatch', 'this key was used for another request');
  }
  return row.resource_id;
}

/**
 * Takes the key for this transaction. While another request with the same key is still in its transaction this waits for it.
 * @returns false when the key is taken (the earlier request is committed now)
 */
export async function takeKey(tx: Tx, use: KeyUse, resourceId: string): Promise<boolean> {
  const inserted = await tx.$executeRaw`
    INSERT INTO idempotency (user_id, key, route, body_hash, resource_id)
    VALUES (${use.userId}::uuid, ${use.key}::uuid, ${use.route}, ${use.hash}, ${resourceId}::uuid) ON CONFLICT DO NOTHING`;
  return inserted > 0;
}

/** Lets a key that was just taken answer with what an earlier life of it made. */
export async function pointKeyTo(tx: Tx, use: KeyUse, resourceId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE idempotency SET resource_id = ${resourceId}::uuid WHERE user_id = ${use.userId}::uuid AND key = ${use.key}::uuid`;
}

/** Keys live a week: a laptop may sleep a weekend. */
export async function deleteOldKeys(db: Db): Promise<number> {
  return db.$executeRaw`
    DELETE FROM idempotency WHERE (user_id, key) IN
      (SELECT user_id, key FROM idempotency WHERE created_at < now() - interval '7 days' LIMIT 5000)`;
}
