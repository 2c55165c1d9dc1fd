import type { Tx } from '../../db/client.ts';
import { checkAmount, expireDue } from './grants.ts';
import { grantFrom, grantsById, isPosted, lockWallet, post, type RawGrant } from './journal.ts';
import { GiveBack, planClawback, planRestore, type Reversible } from './plan.ts';
import type { Actor, Entry, GrantRow } from './types.ts';

export type DisputeArgs = { userId: string; disputeId: string; payment: string; actor: Actor };

/** A payment is disputed: what is left of its grants is frozen and what comes back to them will be. Running holds go on. */
export async function freeze(tx: Tx, args: DisputeArgs): Promise<{ code: 'frozen' | 'already' | 'notFound'; amount: number }> {
  const wallet = await lockWallet(tx, args.userId);
  if (await isPosted(tx, 'freeze', args.disputeId)) return { code: 'already', amount: 0 };
  await expireDue(tx, args.userId, wallet);
  const grants = await paymentGrants(tx, args.userId, args.payment);
  if (grants.length === 0) return { code: 'notFound', amount: 0 };
  if (grants.some((g) => g.dispute === args.disputeId)) return { code: 'already', amount: 0 };
  const open = grants.filter((g) => g.dispute === null);
  await setDispute(tx, open, args.disputeId);
  const entries = open.flatMap((g): Entry[] => [
    { account: 'available', grantId: g.id, amount: -g.available },
    { account: 'frozen', grantId: g.id, amount: g.available },
  ]);
  const amount = open.reduce((sum, g) => sum + g.available, 0);
  if (amount > 0) await post(tx, wallet, { kind: 'freeze', ref: args.disputeId, actor: args.actor, reason: 'dispute.opened', entries });
  return { code: 'frozen', amount };
}

/** The dispute was won: the frozen credits come back (debt first; to a fresh grant where the old one has expired meanwhile). */
export async function unfreeze(tx: Tx, args: Omit<DisputeArgs, 'payment'>): Promise<{ code: 'unfrozen' | 'already'; amount: number }> {
  const wallet = await lockWallet(tx, args.userId);
  const grants = await disputedGrants(tx, args.userId, args.disputeId);
  if (grants.length === 0 || (await isPosted(tx, 'unfreeze', args.disputeId))) return { code: 'already', amount: 0 };
  await setDispute(tx, grants, null);
  const amount = grants.reduce((sum, g) => sum + g.frozen, 0);
  const thawed = thaw(grants, wallet.debt, args.disputeId);
  if (amount > 0) await post(tx, wallet, { kind: 'unfreeze', ref: args.disputeId, actor: args.actor, reason: 'dispute.won', ...thawed });
  return { code: 'unfrozen', amount };
}

export type ClawbackArgs = {
  userId: string;
  /** The refund's or the lost dispute's id at the processor: taken back once. */
  reverseKey: string;
  payment: string;
  amount: number;
  /** The dispute that this ends: what it froze beyond `amount` comes back. */
  disputeId?: string;
  actor: Actor;
  reason: string;
};

/** Takes the credits of a payment back. What was spent or is still held becomes debt; never more than the payment's grants gave. */
export async function clawback(
  tx: Tx,
  args: ClawbackArgs,
): Promise<{ code: 'clawedBack' | 'already' | 'nothing'; taken: number; debt: number }> {
  checkAmount(args.amount);
  const wallet = await lockWallet(tx, args.userId);
  if (await isPosted(tx, 'clawback', args.reverseKey)) return { code: 'already', taken: 0, debt: 0 };
  await expireDue(tx, args.userId, wallet);
  const grants = await paymentGrants(tx, args.userId, args.payment);
  const gone = await tx.$queryRaw<{ grant_id: string; amount: bigint }[]>`
    SELECT grant_id, sum(amount)::bigint AS amount FROM ledger_entry
    WHERE grant_id = ANY(${grants.map((g) => g.id)}::uuid[]) AND account IN ('expired', 'adjusted', 'clawed_back') GROUP BY grant_id`;
  const goneBy = new Map(gone.map((row) => [row.grant_id, Number(row.amount)]));
  const reversible = grants.map((grant): Reversible => ({ grant, reversible: grant.amount - (goneBy.get(grant.id) ?? 0) }));
  const plan = planClawback(reversible, args.amount);
  if (plan.taken > 0) {
    await post(tx, wallet, { kind: 'clawback', ref: args.reverseKey, actor: args.actor, reason: args.reason, entries: plan.entries });
  }
  if (args.disputeId !== undefined) await unfreeze(tx, { userId: args.userId, disputeId: args.disputeId, actor: args.actor });
  return plan.taken > 0 ? { code: 'clawedBack', taken: plan.taken, debt: plan.debt } : { code: 'nothing', taken: 0, debt: 0 };
}

/**
 * The refund behind a clawback failed: what it took comes back, once (debt first; frozen while the payment is disputed; to a fresh
 * grant where the old one has ended or is full, because its held credits were counted as debt and that debt has been paid since).
 */
export async function restore(
  tx: Tx,
  args: { userId: string; reverseKey: string; actor: Actor; reason: string },
): Promise<{ code: 'restored' | 'already' | 'nothing'; amount: number }> {
  const wallet = await lockWallet(tx, args.userId);
  if (await isPosted(tx, 'restore', args.reverseKey)) return { code: 'already', amount: 0 };
  const taken = await tx.$queryRaw<{ txn_id: string; grant_id: string; amount: bigint }[]>`
    SELECT t.id::text AS txn_id, e.grant_id, e.amount FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id
    WHERE t.kind = 'clawback' AND t.ref = ${args.reverseKey} AND t.user_id = ${args.userId}::uuid AND e.account = 'clawed_back' ORDER BY e.n`;
  const ids = taken.map((row) => row.grant_id);
  const grants = new Map((await grantsById(tx, ids)).map((grant) => [grant.id, grant]));
  const plan = planRestore(
    taken.flatMap((row) => {
      const grant = grants.get(row.grant_id);
      return grant ? [{ grant, amount: Number(row.amount) }] : [];
    }),
    wallet.debt,
    args.reverseKey,
  );
  const [first] = taken;
  if (!first) return { code: 'nothing', amount: 0 };
  const { amount, ...moved } = plan;
  const common = { kind: 'restore', ref: args.reverseKey, actor: args.actor, reason: args.reason } as const;
  await post(tx, wallet, { ...common, reverses: first.txn_id, ...moved });
  return { code: 'restored', amount };
}

function thaw(grants: readonly GrantRow[], debt: number, ref: string) {
  const back = new GiveBack(debt, ref);
  const entries: Entry[] = [];
  for (const grant of grants.filter((g) => g.frozen > 0)) {
    entries.push({ account: 'frozen', grantId: grant.id, amount: -grant.frozen });
    back.to({ ...grant, dispute: null }, grant.frozen);
  }
  return { entries: [...entries, ...back.entries], newGrants: back.newGrants };
}

async function paymentGrants(tx: Tx, userId: string, payment: string): Promise<GrantRow[]> {
  const rows = await tx.$queryRaw<RawGrant[]>`
    SELECT id, kind, payment, dispute, priority, expires_at, created_at, amount, available, held, frozen,
           coalesce(expires_at <= now(), false) AS expired
    FROM credit_grant WHERE user_id = ${userId}::uuid AND payment = ${payment} ORDER BY id`;
  return rows.map(grantFrom);
}

async function disputedGrants(tx: Tx, userId: string, disputeId: string): Promise<GrantRow[]> {
  const rows = await tx.$queryRaw<RawGrant[]>`
    SELECT id, kind, payment, dispute, priority, expires_at, created_at, amount, available, held, frozen,
           coalesce(expires_at <= clock_timestamp(), false) AS expired
    FROM credit_grant WHERE user_id = ${userId}::uuid AND dispute = ${disputeId} ORDER BY id`;
  return rows.map(grantFrom);
}

async function setDispute(tx: Tx, grants: readonly GrantRow[], disputeId: string | null): Promise<void> {
  await tx.$executeRaw`UPDATE credit_grant SET dispute = ${disputeId} WHERE id = ANY(${grants.map((g) => g.id)}::uuid[])`;
}
