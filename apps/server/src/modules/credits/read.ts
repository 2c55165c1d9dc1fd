import type { Movement, Wallet } from '@pingplex/shared/contracts/http';
import type { Db, Tx } from '../../db/client.ts';
import { grantFrom, type RawGrant } from './journal.ts';
import { burnOrder } from './plan.ts';
import type { Account, MovementKind } from './types.ts';

/** The wallet as its owner sees it: live grants in the order they burn. A user without a wallet has an empty one. */
export async function readWallet(db: Db | Tx, userId: string): Promise<Wallet> {
  // One statement, one snapshot: the balance and the grants on screen always belong together.
  const rows = await db.$queryRaw<
    (RawGrant & { w_available: bigint; w_held: bigint; w_frozen: bigint; w_debt: bigint; w_version: bigint })[]
  >`
    SELECT w.available AS w_available, w.held AS w_held, w.frozen AS w_frozen, w.debt AS w_debt, w.version AS w_version,
           g.id, g.kind, g.payment, g.dispute, g.priority, g.expires_at, g.created_at, g.amount, g.available, g.held, g.frozen,
           coalesce(g.expires_at <= now(), false) AS expired
    FROM wallet w LEFT JOIN credit_grant g ON g.user_id = w.user_id AND (g.available > 0 OR g.held > 0 OR g.frozen > 0)
    WHERE w.user_id = ${userId}::uuid`;
  const [first] = rows;
  if (!first) return { available: 0, held: 0, frozen: 0, debt: 0, version: 0, grants: [] };
  const grants = rows
    .filter((row) => row.id !== null)
    .map(grantFrom)
    .sort(burnOrder);
  return {
    available: Number(first.w_available),
    held: Number(first.w_held),
    frozen: Number(first.w_frozen),
    debt: Number(first.w_debt),
    version: Number(first.w_version),
    grants: grants.map((g) => ({
      id: g.id,
      kind: g.kind,
      amount: g.amount,
      available: g.available,
      held: g.held,
      frozen: g.frozen,
      expiresAt: g.expiresAt?.toISOString() ?? null,
      createdAt: g.createdAt.toISOString(),
    })),
  };
}

type RawMovement = {
  id: string;
  kind: MovementKind;
  ref: string;
  reason: string;
  created_at: Date;
  available: bigint;
  held: bigint;
};

/** Movements newest first; `before` is the last one of the page before. An id of somebody else is like none: the list is empty. */
export async function listMovements(
  db: Db,
  userId: string,
  page: { before?: string | undefined; limit: number },
): Promise<{ movements: Movement[]; next: string | null }> {
  const before = page.before ?? null;
  // The page is cut out before entries are added up: a history of years costs no more than a short one.
  const rows = await db.$queryRaw<RawMovement[]>`
    SELECT t.id::text, t.kind, t.ref, t.reason, t.created_at,
           coalesce(sum(e.amount) FILTER (WHERE e.account = 'available'), 0)::bigint AS available,
           coalesce(sum(e.amount) FILTER (WHERE e.account = 'held'), 0)::bigint AS held
    FROM (
      SELECT id, kind, ref, reason, created_at, seq FROM ledger_txn
      WHERE user_id = ${userId}::uuid
        AND (${before}::uuid IS NULL OR seq < (SELECT seq FROM ledger_txn WHERE id = ${before}::uuid AND user_id = ${userId}::uuid))
      ORDER BY seq DESC LIMIT ${page.limit + 1}) t
    JOIN ledger_entry e ON e.txn_id = t.id
    GROUP BY t.id, t.kind, t.ref, t.reason, t.created_at, t.seq ORDER BY t.seq DESC`;
  const movements = rows.slice(0, page.limit).map(
    (row): Movement => ({
      id: row.id,
      kind: row.kind,
      availableChange: Number(row.available),
      heldChange: Number(row.held),
      reason: row.reason,
      generationId: generationOf(row.kind, row.ref),
      createdAt: row.created_at.toISOString(),
    }),
  );
  return { movements, next: rows.length > page.limit ? (movements.at(-1)?.id ?? null) : null };
}

/** The generation that a movement is about: holds carry its id, compensations carry it before the colon. */
function generationOf(kind: MovementKind, ref: string): string | null {
  if (kind === 'hold' || kind === 'capture' || kind === 'release') return ref;
  return kind === 'compensate' ? ref.slice(0, 36) : null;
}

/** One movement with everything that it did, for the operator. */
export type ExplainedMovement = {
  seq: number;
  at: string;
  kind: MovementKind;
  ref: string;
  actor: string;
  reason: string;
  entries: { account: Account; grant: string | null; grantKind: string | null; amount: number }[];
  /** Balances after it. */
  after: { available: number; held: number; frozen: number; debt: number };
};

/** The whole ledger of a user, oldest first, with running balances: the last line equals the wallet. */
export async function explainLedger(db: Db, userId: string): Promise<ExplainedMovement[]> {
  const rows = await db.$queryRaw<
    {
      seq: bigint;
      created_at: Date;
      kind: MovementKind;
      ref: string;
      actor: string;
      reason: string;
      account: Account;
      grant_id: string | null;
      grant_kind: string | null;
      amount: bigint;
    }[]
  >`
    SELECT t.seq, t.created_at, t.kind, t.ref, t.actor, t.reason, e.account, e.grant_id::text, g.kind AS grant_kind, e.amount
    FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id LEFT JOIN credit_grant g ON g.id = e.grant_id
    WHERE t.user_id = ${userId}::uuid ORDER BY t.seq, e.n`;
  const movements: ExplainedMovement[] = [];
  const balance = { available: 0, held: 0, frozen: 0, debt: 0 };
  for (const row of rows) {
    const amount = Number(row.amount);
    let current = movements.at(-1);
    if (!current || current.seq !== Number(row.seq)) {
      const { kind, ref, actor, reason } = row;
      current = { seq: Number(row.seq), at: row.created_at.toISOString(), kind, ref, actor, reason, entries: [], after: { ...balance } };
      movements.push(current);
    }
    current.entries.push({ account: row.account, grant: row.grant_id, grantKind: row.grant_kind, amount });
    if (row.account === 'available' || row.account === 'held' || row.account === 'frozen') balance[row.account] += amount;
    if (row.account === 'debt') balance.debt -= amount;
    current.after = { ...balance };
  }
  return movements;
}
