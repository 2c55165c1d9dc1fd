import type { Db, Tx } from '../../db/client.ts';

/** A broken rule of docs/money.md, with the ids it was seen on (at most 20) and what the operator can do. */
export type Violation = { invariant: number; rule: string; ids: string[]; suggestion: string };

type Rule = { invariant: number; rule: string; suggestion: string; find: (tx: Db | Tx) => Promise<{ id: string }[]> };

const EXPLAIN = 'admin ledger explain <user>, then a correcting admin credits grant with a reason';

const RULES: readonly Rule[] = [
  {
    invariant: 1,
    rule: 'every ledger transaction adds up to zero',
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`SELECT t.id::text FROM ledger_txn t LEFT JOIN ledger_entry e ON e.txn_id = t.id
      GROUP BY t.id HAVING coalesce(sum(e.amount), 0) <> 0 OR count(e.n) < 2 LIMIT 20`,
  },
  {
    invariant: 1,
    rule: 'everything issued is in some other account: all entries add up to zero',
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`SELECT 'all entries' AS id FROM ledger_entry HAVING coalesce(sum(amount), 0) <> 0`,
  },
  {
    invariant: 2,
    rule: "a wallet equals the sum of its user's entries",
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`
      SELECT w.user_id::text AS id FROM wallet w
      LEFT JOIN (SELECT user_id,
          sum(amount) FILTER (WHERE account = 'available') AS available, sum(amount) FILTER (WHERE account = 'held') AS held,
          sum(amount) FILTER (WHERE account = 'frozen') AS frozen, -sum(amount) FILTER (WHERE account = 'debt') AS debt
        FROM ledger_entry GROUP BY user_id) e USING (user_id)
      WHERE (w.available, w.held, w.frozen, w.debt) IS DISTINCT FROM
        (coalesce(e.available, 0), coalesce(e.held, 0), coalesce(e.frozen, 0), coalesce(e.debt, 0)) LIMIT 20`,
  },
  {
    invariant: 2,
    rule: "a wallet equals the sum of its user's grants",
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`
      SELECT w.user_id::text AS id FROM wallet w
      LEFT JOIN (SELECT user_id, sum(available) AS available, sum(held) AS held, sum(frozen) AS frozen FROM credit_grant GROUP BY user_id) g
        USING (user_id)
      WHERE (w.available, w.held, w.frozen) IS DISTINCT FROM (coalesce(g.available, 0), coalesce(g.held, 0), coalesce(g.frozen, 0)) LIMIT 20`,
  },
  {
    invariant: 2,
    rule: 'a wallet knows the earliest expiry among its available grants',
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`
      SELECT w.user_id::text AS id FROM wallet w
      LEFT JOIN (SELECT user_id, min(expires_at) AS first FROM credit_grant WHERE available > 0 GROUP BY user_id) g USING (user_id)
      WHERE w.next_expiry IS DISTINCT FROM g.first LIMIT 20`,
  },
  {
    invariant: 3,
    rule: 'a grant is where its entries say: its columns equal their sums, all of its entries add up to zero, its amount is what was issued',
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`
      SELECT g.id::text FROM credit_grant g
      LEFT JOIN (SELECT grant_id, sum(amount) AS total,
          sum(amount) FILTER (WHERE account = 'available') AS available, sum(amount) FILTER (WHERE account = 'held') AS held,
          sum(amount) FILTER (WHERE account = 'frozen') AS frozen, -sum(amount) FILTER (WHERE account LIKE 'issued:%') AS issued
        FROM ledger_entry WHERE grant_id IS NOT NULL GROUP BY grant_id) e ON e.grant_id = g.id
      WHERE coalesce(e.total, 0) <> 0 OR g.amount <> coalesce(e.issued, 0)
        OR (g.available, g.held, g.frozen) IS DISTINCT FROM (coalesce(e.available, 0), coalesce(e.held, 0), coalesce(e.frozen, 0)) LIMIT 20`,
  },
  {
    invariant: 4,
    rule: 'the lines of an open hold add up to it',
    suggestion: 'admin generation trace <hold>',
    find: (tx) => tx.$queryRaw`
      SELECT h.id::text FROM hold h LEFT JOIN hold_line l ON l.hold_id = h.id
      GROUP BY h.id HAVING h.amount <> coalesce(sum(l.amount), 0) LIMIT 20`,
  },
  {
    invariant: 4,
    rule: 'what a wallet holds is what its open holds hold',
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`
      SELECT w.user_id::text AS id FROM wallet w
      LEFT JOIN (SELECT user_id, sum(amount) AS amount FROM hold WHERE state = 'open' GROUP BY user_id) h USING (user_id)
      WHERE w.held <> coalesce(h.amount, 0) LIMIT 20`,
  },
  {
    invariant: 4,
    rule: 'an ended hold has exactly one movement that ended it, and spent what it says',
    suggestion: 'admin generation trace <hold>',
    find: (tx) => tx.$queryRaw`
      SELECT h.id::text FROM hold h
      LEFT JOIN ledger_txn t ON t.ref = h.id::text AND t.kind IN ('capture', 'release')
      LEFT JOIN ledger_entry e ON e.txn_id = t.id AND e.account = 'spent'
      GROUP BY h.id HAVING (h.state <> 'open')::int <> count(DISTINCT t.id) OR h.captured <> coalesce(sum(e.amount), 0) LIMIT 20`,
  },
  {
    invariant: 7,
    rule: 'nothing is available on a grant five minutes past its expiry',
    suggestion: 'is a worker running? its sweeper expires grants every minute',
    find: (tx) => tx.$queryRaw`
      SELECT id::text FROM credit_grant WHERE available > 0 AND expires_at < now() - interval '5 minutes' LIMIT 20`,
  },
  {
    invariant: 7,
    rule: 'a grant under no dispute has nothing frozen',
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`SELECT id::text FROM credit_grant WHERE frozen > 0 AND dispute IS NULL LIMIT 20`,
  },
  {
    invariant: 7,
    rule: "a user's movements are numbered without a gap up to the wallet's version",
    suggestion: EXPLAIN,
    find: (tx) => tx.$queryRaw`
      SELECT w.user_id::text AS id FROM wallet w LEFT JOIN ledger_txn t USING (user_id)
      GROUP BY w.user_id, w.version HAVING w.version <> count(t.id) OR w.version <> coalesce(max(t.seq), 0) LIMIT 20`,
  },
];

/** Runs every rule of the ledger. An empty list means that all hold. Reads only. */
export async function checkLedger(db: Db | Tx): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { invariant, rule, suggestion, find } of RULES) {
    const ids = (await find(db)).map((row) => row.id);
    if (ids.length > 0) violations.push({ invariant, rule, suggestion, ids });
  }
  return violations;
}

/** How many rules `checkLedger` runs. */
export const LEDGER_RULE_COUNT = RULES.length;
