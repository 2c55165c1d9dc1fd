import type { ServerEvent } from '@pingplex/shared/contracts/http';
import type { Db } from '../../db/client.ts';
import type { NewEvent } from './append.ts';

type EventType = NewEvent['type'];

/** Gives an event its present data; null when the thing is gone. Joined from the modules in the composition root. */
export type Renderers = {
  'generation.changed': (userId: string, subject: string) => Promise<Extract<ServerEvent, { type: 'generation.changed' }>['data'] | null>;
  'wallet.changed': (userId: string) => Promise<Extract<ServerEvent, { type: 'wallet.changed' }>['data']>;
  'purchase.changed': (userId: string, subject: string) => Promise<Extract<ServerEvent, { type: 'purchase.changed' }>['data'] | null>;
  'subscription.changed': (userId: string) => Promise<Extract<ServerEvent, { type: 'subscription.changed' }>['data']>;
};

export type NumberedEvent = { seq: number; event: ServerEvent };

const PAGE = 200;

/** Events after `seq`, oldest first. Of several about the same thing only the last is given: all would show the same present state. `upTo` is the reader's new place. */
export async function readEvents(
  db: Db,
  renderers: Renderers,
  userId: string,
  seq: number,
): Promise<{ events: NumberedEvent[]; upTo: number }> {
  const rows = await db.$queryRaw<{ seq: bigint; type: EventType; subject: string | null }[]>`
    SELECT seq, type, subject::text FROM event WHERE user_id = ${userId}::uuid AND seq > ${seq} ORDER BY seq LIMIT ${PAGE}`;
  const last = new Map(rows.map((row, i) => [`${row.type} ${row.subject ?? ''}`, i]));
  const found: NumberedEvent[] = [];
  for (const [i, row] of rows.entries()) {
    if (last.get(`${row.type} ${row.subject ?? ''}`) !== i) continue;
    const event = await render(renderers, userId, row.type, row.subject);
    if (event) found.push({ seq: Number(row.seq), event });
  }
  return { events: found, upTo: Number(rows.at(-1)?.seq ?? seq) };
}

async function render(renderers: Renderers, userId: string, type: EventType, subject: string | null): Promise<ServerEvent | null> {
  if (type === 'wallet.changed') return { type, data: await renderers['wallet.changed'](userId) };
  if (type === 'subscription.changed') return { type, data: await renderers['subscription.changed'](userId) };
  if (subject === null) return null;
  if (type === 'purchase.changed') {
    const data = await renderers['purchase.changed'](userId, subject);
    return data ? { type, data } : null;
  }
  if (type === 'session.ended') return { type, data: { sessionId: subject } };
  const data = await renderers['generation.changed'](userId, subject);
  return data ? { type, data } : null;
}

/** Where the user's log ends and begins; a reader whose place lies outside must start anew. */
export async function streamBounds(db: Db, userId: string): Promise<{ first: number; last: number }> {
  const [row] = await db.$queryRaw<{ first: bigint | null; last: bigint | null }[]>`
    SELECT (SELECT min(seq) FROM event WHERE user_id = ${userId}::uuid) AS first,
           (SELECT last_seq FROM event_stream WHERE user_id = ${userId}::uuid) AS last`;
  const last = Number(row?.last ?? 0);
  return { first: row?.first === null || row?.first === undefined ? last + 1 : Number(row.first), last };
}

/** Deletes events older than a week; a reader that slept longer is told to resync. */
export async function deleteOldEvents(db: Db): Promise<number> {
  return db.$executeRaw`
    DELETE FROM event WHERE (user_id, seq) IN (SELECT user_id, seq FROM event WHERE created_at < now() - interval '7 days' LIMIT 5000)`;
}
