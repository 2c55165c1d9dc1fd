import { AppError } from '@pingplex/shared/errors';
import type { Tx } from '../../db/client.ts';
import { checkAmount, expireDue } from './grants.ts';
import { grantFrom, liveGrants, lockWallet, post, type RawGrant, writeEntries } from './journal.ts';
import { planHold, planResolve } from './plan.ts';
import type { Actor } from './types.ts';

export type HoldArgs = {
  /** The generation's id. */
  id: string;
  userId: string;
  amount: number;
  expiresInS: number;
  actor: Actor;
  reason: string;
};

export type HoldOutcome =
  | { code: 'held' }
  | { code: 'already'; state: HoldState; captured: number }
  | { code: 'insufficient'; need: number; have: number }
  | { code: 'debt'; debt: number };

export type HoldState = 'open' | 'captured' | 'released';

/** Sets credits aside for a generation. Two holds that race for the last credit: the wallet's conditional update lets one through. */
export async function hold(tx: Tx, args: HoldArgs): Promise<HoldOutcome> {
  checkAmount(args.amount);
  // The first statement both locks the wallet and decides: available, no debt, and no expired grant still counted in.
  const reserve = () => tx.$queryRaw<{ version: bigint; next_expiry: Date | null }[]>`
    UPDATE wallet SET available = available - ${args.amount}, held = held + ${args.amount}, version = version + 1
    WHERE user_id = ${args.userId}::uuid AND available >= ${args.amount} AND debt = 0 AND (next_expiry IS NULL OR next_expiry > now())
      AND NOT EXISTS (SELECT 1 FROM hold WHERE id = ${args.id}::uuid)
    RETURNING version, next_expiry`;
  let [reserved] = await reserve();
  if (!reserved) {
    const wallet = await lockWallet(tx, args.userId);
    const earlier = await readHold(tx, args.id);
    if (earlier) return { code: 'already', state: earlier.state, captured: earlier.captured };
    await expireDue(tx, args.userId, wallet);
    if (wallet.debt > 0) return { code: 'debt', debt: wallet.debt };
    [reserved] = await reserve();
    if (!reserved) return { code: 'insufficient', need: args.amount, have: wallet.available };
  }
  const fresh = await tx.$executeRaw`
    INSERT INTO hold (id, user_id, amount, expires_at)
    VALUES (${args.id}::uuid, ${args.userId}::uuid, ${args.amount}, now() + ${args.expiresInS}::float8 * interval '1 second')
    ON CONFLICT DO NOTHING`;
  if (fresh === 0) return yieldToEarlier(tx, args);
  const plan = planHold(await liveGrants(tx, args.userId), args.amount);
  const lines = JSON.stringify(plan.lines.map((l) => ({ grant_id: l.grantId, amount: l.amount })));
  await tx.$executeRaw`
    INSERT INTO hold_line (hold_id, grant_id, amount)
    SELECT ${args.id}::uuid, grant_id, amount FROM jsonb_to_recordset(${lines}::jsonb) AS l(grant_id uuid, amount bigint)`;
  const movement = { kind: 'hold', ref: args.id, actor: args.actor, reason: args.reason, entries: plan.entries } as const;
  await writeEntries(tx, args.userId, Number(reserved.version), movement, plan.entries);
  if (reserved.next_expiry !== null) {
    await tx.$executeRaw`
      UPDATE wallet SET next_expiry = (SELECT min(expires_at) FROM credit_grant WHERE user_id = ${args.userId}::uuid AND available > 0)
      WHERE user_id = ${args.userId}::uuid`;
  }
  return { code: 'held' };
}

/**
 * Two calls for the same hold met: the one that waited for the wallet decided on a snapshot that did not have the other's hold yet.
 * It takes its reservation back and answers how the earlier one stands.
 */
async function yieldToEarlier(tx: Tx, args: HoldArgs): Promise<HoldOutcome> {
  await tx.$executeRaw`
    UPDATE wallet SET available = available + ${args.amount}, held = held - ${args.amount}, version = version - 1
    WHERE user_id = ${args.userId}::uuid`;
  const earlier = await readHold(tx, args.id);
  if (!earlier) throw new AppError('credits.invariantBroken', `hold ${args.id} is there and is not`);
  return { code: 'already', state: earlier.state, captured: earlier.captured };
}

export type HoldRow = { id: string; userId: string; amount: number; captured: number; state: HoldState };

/** A hold as it stands, without a lock. */
export async function readHold(tx: Tx, id: string): Promise<HoldRow | null> {
  const [row] = await tx.$queryRaw<{ user_id: string; amount: bigint; captured: bigint; state: HoldState }[]>`
    SELECT user_id, amount, captured, state FROM hold WHERE id = ${id}::uuid`;
  return row ? { id, userId: row.user_id, amount: Number(row.amount), captured: Number(row.captured), state: row.state } : null;
}

export type ResolveOutcome =
  | { code: 'captured' | 'released'; captured: number; released: number }
  /** Somebody resolved it before; nothing was changed. */
  | { code: 'already'; state: 'captured' | 'released'; captured: number }
  | { code: 'notFound' };

/**
 * Ends a hold by spending `credits` of it and giving the rest back. A hold ends once: a second call changes nothing and says how it ended.
 * @param credits 1 … the held amount
 */
export async function capture(tx: Tx, args: { id: string; credits: number; actor: Actor; reason: string }): Promise<ResolveOutcome> {
  checkAmount(args.credits);
  return resolve(tx, args.id, args.credits, args.actor, args.reason);
}

/** Ends a hold by giving all of it back. */
export async function release(tx: Tx, args: { id: string; actor: Actor; reason: string }): Promise<ResolveOutcome> {
  return resolve(tx, args.id, 0, args.actor, args.reason);
}

async function resolve(tx: Tx, id: string, take: number, actor: Actor, reason: string): Promise<ResolveOutcome> {
  const seen = await readHold(tx, id);
  if (!seen) return { code: 'notFound' };
  if (take > seen.amount) throw new AppError('credits.invariantBroken', `capture of ${take} exceeds the hold of ${seen.amount}`);
  const wallet = await lockWallet(tx, seen.userId);
  const state = take > 0 ? 'captured' : 'released';
  const won = await tx.$executeRaw`
    UPDATE hold SET state = ${state}, captured = ${take}, resolved_at = now() WHERE id = ${id}::uuid AND state = 'open'`;
  if (won === 0) {
    const now = await readHold(tx, id);
    if (!now || now.state === 'open') throw new AppError('credits.invariantBroken', `hold ${id} can't be resolved`);
    return { code: 'already', state: now.state, captured: now.captured };
  }
  // The clock of this moment, as in `grantsById`.
  const rows = await tx.$queryRaw<(RawGrant & { line: bigint })[]>`
    SELECT g.id, g.kind, g.payment, g.dispute, g.priority, g.expires_at, g.created_at, g.amount, g.available, g.held, g.frozen,
           coalesce(g.expires_at <= clock_timestamp(), false) AS expired, l.amount AS line
    FROM hold_line l JOIN credit_grant g ON g.id = l.grant_id WHERE l.hold_id = ${id}::uuid ORDER BY g.id`;
  const lines = rows.map((row) => ({ grant: grantFrom(row), amount: Number(row.line) }));
  const plan = planResolve(lines, take, wallet.debt, id);
  await post(tx, wallet, { kind: take > 0 ? 'capture' : 'release', ref: id, actor, reason, ...plan });
  return { code: state, captured: take, released: seen.amount - take };
}

/** Gives an open hold more time, at most 24 hours from when it was made. */
export async function extendHold(tx: Tx, id: string, seconds: number): Promise<{ code: 'extended' | 'notOpen' }> {
  const changed = await tx.$executeRaw`
    UPDATE hold SET expires_at = least(created_at + interval '24 hours', now() + ${seconds}::float8 * interval '1 second')
    WHERE id = ${id}::uuid AND state = 'open'`;
  return { code: changed > 0 ? 'extended' : 'notOpen' };
}
