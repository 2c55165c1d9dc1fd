import type { Tx } from '../../db/client.ts';

/** What may be appended; `subject` is the generation's, session's or purchase's id. */
export type NewEvent =
  | { type: 'generation.changed' | 'session.ended' | 'purchase.changed'; subject: string }
  | { type: 'wallet.changed' | 'subscription.changed' };

/** Channel on which processes wake each other; the message is the user's id, the table is the truth. */
export const EVENT_CHANNEL = 'pingplex_events';

/**
 * Appends to a user's log inside the caller's transaction. The number comes from the user's own row, locked until commit: no gaps,
 * and no reader can see a later one before an earlier one. Call it last: it is the last lock of every transaction.
 */
export async function appendEvents(tx: Tx, userId: string, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = JSON.stringify(events.map((e, n) => ({ n: n + 1, type: e.type, subject: 'subject' in e ? e.subject : null })));
  await tx.$executeRaw`
    WITH place AS (
      INSERT INTO event_stream (user_id, last_seq) VALUES (${userId}::uuid, ${events.length})
      ON CONFLICT (user_id) DO UPDATE SET last_seq = event_stream.last_seq + ${events.length} RETURNING last_seq)
    INSERT INTO event (user_id, seq, type, subject)
    SELECT ${userId}::uuid, place.last_seq - ${events.length} + e.n, e.type, e.subject
    FROM place, jsonb_to_recordset(${rows}::jsonb) AS e(n int, type text, subject uuid)`;
  await tx.$executeRaw`SELECT pg_notify(${EVENT_CHANNEL}, ${userId})`;
}
