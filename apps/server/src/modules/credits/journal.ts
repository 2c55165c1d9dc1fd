import { AppError } from '@pingplex/shared/errors';
import type { Tx } from '../../db/client.ts';
import { tidy } from './plan.ts';
import type { Account, Actor, Entry, GrantKind, GrantRow, MovementKind, NewGrant, WalletRow } from './types.ts';
import { uuidV7 } from './uuid.ts';

export type Movement = {
  kind: MovementKind;
  /** What it was caused by; UNIQUE(kind, ref) makes every movement happen once. */
  ref: string;
  actor: Actor;
  /** Code that the owner reads as text. */
  reason: string;
  reverses?: string;
  entries: readonly Entry[];
  newGrants?: readonly NewGrant[];
};

type RawWallet = { available: bigint; held: bigint; frozen: bigint; debt: bigint; next_expiry: Date | null; version: bigint };

/** Locks the user's wallet (first lock of every movement) and makes an empty one when there is none. */
export async function lockWallet(tx: Tx, userId: string): Promise<WalletRow> {
  const select = () =>
    tx.$queryRaw<
      RawWallet[]
    >`SELECT available, held, frozen, debt, next_expiry, version FROM wallet WHERE user_id = ${userId}::uuid FOR UPDATE`;
  let [row] = await select();
  if (!row) {
    await tx.$executeRaw`INSERT INTO wallet (user_id) VALUES (${userId}::uuid) ON CONFLICT DO NOTHING`;
    [row] = await select();
  }
  if (!row) throw new AppError('credits.invariantBroken', 'a wallet vanished while it was being locked');
  return walletFrom(userId, row);
}

export function walletFrom(userId: string, row: RawWallet): WalletRow {
  return {
    userId,
    available: Number(row.available),
    held: Number(row.held),
    frozen: Number(row.frozen),
    debt: Number(row.debt),
    nextExpiry: row.next_expiry,
    version: Number(row.version),
  };
}

export type RawGrant = {
  id: string;
  kind: string;
  payment: string | null;
  dispute: string | null;
  priority: number;
  expires_at: Date | null;
  created_at: Date;
  amount: bigint;
  available: bigint;
  held: bigint;
  frozen: bigint;
  expired: boolean;
};

export function grantFrom(row: RawGrant): GrantRow {
  return {
    id: row.id,
    kind: row.kind as GrantKind,
    payment: row.payment,
    dispute: row.dispute,
    priority: row.priority,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    amount: Number(row.amount),
    available: Number(row.available),
    held: Number(row.held),
    frozen: Number(row.frozen),
    expired: row.expired,
  };
}

/** Grants with anything left on them. The wallet's lock already keeps other movements of this user away. */
export async function liveGrants(tx: Tx, userId: string): Promise<GrantRow[]> {
  const rows = await tx.$queryRaw<RawGrant[]>`
    SELECT id, kind, payment, dispute, priority, expires_at, created_at, amount, available, held, frozen,
           coalesce(expires_at <= now(), false) AS expired
    FROM credit_grant WHERE user_id = ${userId}::uuid AND (available > 0 OR held > 0 OR frozen > 0) ORDER BY id`;
  return rows.map(grantFrom);
}

/**
 * These grants, live or not; for credits that come back. `expired` is told by the clock of this moment: the transaction's own stands
 * where it began, perhaps before a sweeper that we waited for has expired the grant, and a grant expires only once.
 */
export async function grantsById(tx: Tx, ids: readonly string[]): Promise<GrantRow[]> {
  const rows = await tx.$queryRaw<RawGrant[]>`
    SELECT id, kind, payment, dispute, priority, expires_at, created_at, amount, available, held, frozen,
           coalesce(expires_at <= clock_timestamp(), false) AS expired
    FROM credit_grant WHERE id = ANY(${ids}::uuid[]) ORDER BY id`;
  return rows.map(grantFrom);
}

/** True when this movement has been made before. Call it after the wallet is locked. */
export async function isPosted(tx: Tx, kind: MovementKind, ref: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM ledger_txn WHERE kind = ${kind} AND ref = ${ref}`;
  return rows.length > 0;
}

/**
 * Writes one movement: the transaction, its entries, and what they mean for the grants and the wallet. Balances are only ever
 * changed here and only by the sums of entries, so that wallet = Σ grants = Σ entries cannot come apart.
 * @param wallet the locked wallet; its version is the movement's place in the user's ledger
 */
export async function post(tx: Tx, wallet: WalletRow, movement: Movement): Promise<string> {
  const entries = tidy(movement.entries);
  const seq = wallet.version + 1;
  const txnId = await writeEntries(tx, wallet.userId, seq, movement, entries);
  const sum = (account: Account) => entries.reduce((total, e) => (e.account === account ? total + e.amount : total), 0);
  await tx.$executeRaw`
    UPDATE wallet SET available = available + ${sum('available')}, held = held + ${sum('held')}, frozen = frozen + ${sum('frozen')},
      debt = debt - ${sum('debt')}, version = ${seq},
      next_expiry = (SELECT min(expires_at) FROM credit_grant WHERE user_id = ${wallet.userId}::uuid AND available > 0)
    WHERE user_id = ${wallet.userId}::uuid`;
  wallet.version = seq;
  wallet.available += sum('available');
  wallet.held += sum('held');
  wallet.frozen += sum('frozen');
  wallet.debt -= sum('debt');
  return txnId;
}

/** The part of `post` that leaves the wallet alone: `hold` has changed it already by its conditional update. */
export async function writeEntries(tx: Tx, userId: string, seq: number, movement: Movement, entries: readonly Entry[]): Promise<string> {
  const txnId = uuidV7();
  for (const grant of movement.newGrants ?? []) await insertGrant(tx, userId, grant);
  const rows = JSON.stringify(entries.map((e, n) => ({ n, account: e.account, grant_id: e.grantId, amount: e.amount })));
  // One statement: foreign keys are checked at its end, when the transaction row is there.
  await tx.$executeRaw`
    WITH e AS (SELECT * FROM jsonb_to_recordset(${rows}::jsonb) AS r(n int, account text, grant_id uuid, amount bigint)),
    txn AS (
      INSERT INTO ledger_txn (id, kind, ref, user_id, seq, actor, reason, reverses)
      VALUES (${txnId}::uuid, ${movement.kind}, ${movement.ref}, ${userId}::uuid, ${seq}, ${movement.actor}, ${movement.reason},
              ${movement.reverses ?? null}::uuid)),
    lines AS (
      INSERT INTO ledger_entry (txn_id, n, account, user_id, grant_id, amount)
      SELECT ${txnId}::uuid, n, account, ${userId}::uuid, grant_id, amount FROM e)
    UPDATE credit_grant g SET available = g.available + d.available, held = g.held + d.held, frozen = g.frozen + d.frozen
    FROM (SELECT grant_id,
                 coalesce(sum(amount) FILTER (WHERE account = 'available'), 0) AS available,
                 coalesce(sum(amount) FILTER (WHERE account = 'held'), 0) AS held,
                 coalesce(sum(amount) FILTER (WHERE account = 'frozen'), 0) AS frozen
          FROM e WHERE grant_id IS NOT NULL GROUP BY grant_id) d
    WHERE g.id = d.grant_id`;
  return txnId;
}

async function insertGrant(tx: Tx, userId: string, grant: NewGrant): Promise<void> {
  const at = grant.expires !== null && 'at' in grant.expires ? grant.expires.at : null;
  const inS = grant.expires !== null && 'inS' in grant.expires ? grant.expires.inS : null;
  await tx.$executeRaw`
    INSERT INTO credit_grant (id, user_id, kind, source_key, payment, dispute, priority, expires_at, amount)
    VALUES (${grant.id}::uuid, ${userId}::uuid, ${grant.kind}, ${grant.sourceKey}, ${grant.payment}, ${grant.dispute}, ${grant.priority},
            coalesce(${at}::timestamptz, now() + ${inS}::float8 * interval '1 second'), ${grant.amount})`;
}
