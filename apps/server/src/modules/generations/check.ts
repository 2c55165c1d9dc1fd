import type { Db } from '../../db/client.ts';
import type { Violation } from '../credits/service.ts';

type Rule = Omit<Violation, 'ids'> & { find: (db: Db) => Promise<{ id: string }[]> };

const TRACE = 'admin generation trace <id>';

/** Rules that tie generations to the ledger and to the line (numbers as in docs/money.md). */
const RULES: readonly Rule[] = [
  {
    invariant: 5,
    rule: 'a generation that is over has an ended hold, one that is not over has an open one',
    suggestion: TRACE,
    find: (db) => db.$queryRaw`
      SELECT g.id::text FROM generation g LEFT JOIN hold h ON h.id = g.id
      WHERE h.id IS NULL OR (g.finished_at IS NULL) <> (h.state = 'open') OR h.amount <> g.credits OR h.user_id <> g.user_id LIMIT 20`,
  },
  {
    invariant: 5,
    rule: 'only what succeeded is paid, and what succeeded has results',
    suggestion: TRACE,
    find: (db) => db.$queryRaw`
      SELECT g.id::text FROM generation g JOIN hold h ON h.id = g.id
      WHERE (h.state = 'captured' AND g.state <> 'succeeded')
         OR (g.state = 'succeeded' AND h.state <> 'captured' AND h.amount * (SELECT count(*) FROM generation_result r WHERE r.generation_id = g.id) >= g.units)
         OR (g.state IN ('failed', 'canceled') AND h.state <> 'released') LIMIT 20`,
  },
  {
    invariant: 8,
    rule: 'nothing waits beyond its deadline for more than ten minutes',
    suggestion: 'is a worker running? its sweepers end such generations',
    find: (db) => db.$queryRaw`
      SELECT id::text FROM generation WHERE finished_at IS NULL AND deadline_at < now() - interval '10 minutes' LIMIT 20`,
  },
  {
    invariant: 10,
    rule: "a lane counts its user's waiting and running generations",
    suggestion: 'the sweeper of lanes mends it within five minutes; look at the log for why it went astray',
    find: (db) => db.$queryRaw`
      SELECT coalesce(l.user_id, c.user_id)::text AS id FROM lane l
      FULL JOIN (SELECT user_id, count(*) FILTER (WHERE state = 'queued') AS queued, count(*) FILTER (WHERE state <> 'queued') AS running
                 FROM generation WHERE finished_at IS NULL GROUP BY user_id) c ON c.user_id = l.user_id
      WHERE coalesce(l.queued, 0) <> coalesce(c.queued, 0) OR coalesce(l.running, 0) <> coalesce(c.running, 0) LIMIT 20`,
  },
  {
    invariant: 10,
    rule: 'a slot is taken by a generation that runs, and by each at most once per limit',
    suggestion: 'the sweeper of lanes mends it within five minutes; look at the log for why it went astray',
    find: (db) => db.$queryRaw`
      SELECT s.generation_id::text AS id FROM slot s LEFT JOIN generation g ON g.id = s.generation_id
      WHERE s.generation_id IS NOT NULL GROUP BY s.generation_id, s.provider, g.state, g.finished_at
      HAVING count(*) > 1 OR g.state IS NULL OR g.state = 'queued' OR g.finished_at IS NOT NULL LIMIT 20`,
  },
];

/** Runs the rules of this module; the ledger's own are in credits. Reads only. */
export async function checkGenerations(db: Db): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { find, ...rule } of RULES) {
    const ids = (await find(db)).map((row) => row.id);
    if (ids.length > 0) violations.push({ ...rule, ids });
  }
  return violations;
}

/** How many rules `checkGenerations` runs. */
export const GENERATION_RULE_COUNT = RULES.length;
