import type { Waiting } from '@pingplex/shared/contracts/http';
import type { Db, Tx } from '../../db/client.ts';

type Row = {
  notBefore: Date | null;
  blockedUntil: Date | null;
  isLaneFull: boolean;
  isProviderFull: boolean;
  isModelFull: boolean;
  ahead: bigint;
  others: bigint;
};

/**
 * Why a queued generation waits, and about how many go before it: its own older sisters, and of everybody else as many as take their
 * turns meanwhile. Null when it doesn't wait any more.
 */
export async function readWaiting(db: Db | Tx, userId: string, id: string): Promise<Waiting | null> {
  const [row] = await db.$queryRaw<Row[]>`
    WITH mine AS (
      SELECT g.*, (SELECT count(*) FROM generation o WHERE o.user_id = g.user_id AND o.provider = g.provider AND o.state = 'queued'
                   AND (o.created_at, o.id) < (g.created_at, g.id)) AS ahead
      FROM generation g WHERE g.id = ${id}::uuid AND g.user_id = ${userId}::uuid AND g.state = 'queued')
    SELECT m.not_before AS "notBefore", p.blocked_until AS "blockedUntil", m.ahead,
           coalesce(l.running >= l.max_running, false) AS "isLaneFull",
           (SELECT coalesce(bool_and(s.generation_id IS NOT NULL), false) FROM slot s WHERE s.provider = m.provider) AS "isProviderFull",
           (SELECT coalesce(bool_and(s.generation_id IS NOT NULL), false) FROM slot s
            WHERE s.provider = m.provider || ' ' || m.provider_model) AS "isModelFull",
           (SELECT coalesce(sum(least(o.queued, m.ahead + 1)), 0) FROM lane o WHERE o.queued > 0 AND o.user_id <> m.user_id)::bigint AS others
    FROM mine m LEFT JOIN lane l ON l.user_id = m.user_id LEFT JOIN provider_state p ON p.provider = m.provider`;
  if (!row) return null;
  const now = Date.now();
  const place = 1 + Number(row.ahead) + Number(row.others);
  const { notBefore, blockedUntil } = row;
  if (blockedUntil && blockedUntil.getTime() > now) return { place, reason: 'providerPaused', until: blockedUntil.toISOString() };
  if (notBefore && notBefore.getTime() > now) return { place, reason: 'retry', until: notBefore.toISOString() };
  if (row.isLaneFull) return { place, reason: 'yourLimit', until: null };
  if (row.isModelFull) return { place, reason: 'modelLimit', until: null };
  return { place, reason: row.isProviderFull ? 'providerLimit' : 'turn', until: null };
}
