import type { Db, Tx } from '../../db/client.ts';
import type { Violation } from '../credits/service.ts';

type Rule = Omit<Violation, 'ids'> & { find: (tx: Db | Tx) => Promise<{ id: string }[]> };

const SHOW = 'admin payment show <id>, then admin payment apply <processor> <type> <id>';

const RULES: readonly Rule[] = [
  {
    invariant: 6,
    rule: 'every paid payment has its grant, and its grants are what it says',
    suggestion: SHOW,
    find: (tx) => tx.$queryRaw`
      SELECT p.id::text FROM payment p
      LEFT JOIN (SELECT payment, sum(amount) AS amount, count(*) AS number FROM credit_grant WHERE kind IN ('pack', 'subscription') GROUP BY payment) g
        ON g.payment = p.id::text
      WHERE (p.state = 'paid' AND (coalesce(g.amount, 0) <> p.granted OR (g.number IS NULL AND p.withheld < p.credits * p.months)))
         OR (p.state <> 'paid' AND g.number > 0) LIMIT 20`,
  },
  {
    invariant: 6,
    rule: 'every grant of a pack or a plan has a paid payment of the same person',
    suggestion: 'admin ledger explain <user>: credits without money',
    find: (tx) => tx.$queryRaw`
      SELECT g.id::text FROM credit_grant g LEFT JOIN payment p ON p.id::text = g.payment AND p.user_id = g.user_id AND p.state = 'paid'
      WHERE g.kind IN ('pack', 'subscription') AND p.id IS NULL LIMIT 20`,
  },
  {
    invariant: 6,
    rule: 'every purchase that is paid has its payment',
    suggestion: SHOW,
    find: (tx) => tx.$queryRaw`
      SELECT u.id::text FROM purchase u WHERE u.state = 'paid' AND u.kind <> 'change'
        AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.purchase_id = u.id) LIMIT 20`,
  },
  {
    invariant: 6,
    rule: 'what a payment was refunded is the sum of its refunds that did not fail',
    suggestion: SHOW,
    find: (tx) => tx.$queryRaw`
      SELECT p.id::text FROM payment p LEFT JOIN refund r ON r.payment_id = p.id AND r.state <> 'failed'
      GROUP BY p.id HAVING p.refunded <> coalesce(sum(r.amount), 0) LIMIT 20`,
  },
];

/** Runs every rule about payments. An empty list means that all hold. Reads only. */
export async function checkPayments(db: Db | Tx): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { find, ...rule } of RULES) {
    const ids = (await find(db)).map((row) => row.id);
    if (ids.length > 0) violations.push({ ...rule, ids });
  }
  return violations;
}

/** How many rules `checkPayments` runs. */
export const PAYMENT_RULE_COUNT = RULES.length;
