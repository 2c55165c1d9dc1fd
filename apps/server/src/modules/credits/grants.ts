import { AppError } from '@pingplex/shared/errors';
import type { Tx } from '../../db/client.ts';
import { grantsById, isPosted, liveGrants, lockWallet, post } from './journal.ts';
import { GiveBack, takeInOrder } from './plan.ts';
import { type Actor, type Entry, type GrantKind, type NewGrant, PRIORITY, type WalletRow } from './types.ts';
import { uuidV7 } from './uuid.ts';

export type GrantArgs = {
  userId: string;
  kind: Exclude<GrantKind, 'returned' | 'adjust'>;
  /** Names the source once for ever, for example `trial:<user>` or `<subscription>:<period>`: a second grant with it changes nothing. */
  sourceKey: string;
  amount: number;
  expires: NewGrant['expires'];
  payment?: string;
  actor: Actor;
  reason: string;
};

/** Gives credits. Debt is paid first; the rest becomes available. */
export async function grant(tx: Tx, args: GrantArgs): Promise<{ code: 'granted' | 'already'; paidDebt: number }> {
  checkAmount(args.amount);
  const wallet = await lockWallet(tx, args.userId);
  if (await isPosted(tx, 'grant', args.sourceKey)) return { code: 'already', paidDebt: 0 };
  const fresh: NewGrant = {
    id: uuidV7(),
    kind: args.kind,
    sourceKey: args.sourceKey,
    payment: args.payment ?? null,
    dispute: null,
    priority: PRIORITY[args.kind],
    expires: args.expires,
    amount: args.amount,
  };
  const paidDebt = Math.min(wallet.debt, args.amount);
  await post(tx, wallet, {
    kind: 'grant',
    ref: args.sourceKey,
    actor: args.actor,
    reason: args.reason,
    entries: issue(fresh, paidDebt),
    newGrants: [fresh],
  });
  return { code: 'granted', paidDebt };
}

/** 100 credits for 30 days, once per user, when the e-mail address is confirmed. */
export async function grantTrial(tx: Tx, userId: string): Promise<{ code: 'granted' | 'already'; paidDebt: number }> {
  return grant(tx, {
    userId,
    kind: 'trial',
    sourceKey: `trial:${userId}`,
    amount: 100,
    expires: { inS: 30 * 24 * 3600 },
    actor: 'system',
    reason: 'grant.trial',
  });
}

/** Expires what is available on grants that are past their date. Held credits live until their hold ends. */
export async function expireDue(tx: Tx, userId: string, locked?: WalletRow): Promise<{ code: 'expired' | 'nothing'; amount: number }> {
  const wallet = locked ?? (await lockWallet(tx, userId));
  let amount = 0;
  for (const due of (await liveGrants(tx, userId)).filter((g) => g.expired && g.available > 0)) {
    amount += due.available;
    await post(tx, wallet, {
      kind: 'expire',
      ref: due.id,
      actor: 'system',
      reason: 'grant.expired',
      entries: [
        { account: 'available', grantId: due.id, amount: -due.available },
        { account: 'expired', grantId: due.id, amount: due.available },
      ],
    });
  }
  return { code: amount > 0 ? 'expired' : 'nothing', amount };
}

export type AdjustArgs = {
  userId: string;
  /** The operator's key: the same action is never done twice. */
  actionId: string;
  /** Positive gives, negative takes; what can't be taken becomes debt. */
  amount: number;
  expires?: NewGrant['expires'];
  actor: Actor;
  reason: string;
};

/** An operator's correction. */
export async function adjust(tx: Tx, args: AdjustArgs): Promise<{ code: 'adjusted' | 'already'; debt: number }> {
  checkAmount(Math.abs(args.amount));
  const wallet = await lockWallet(tx, args.userId);
  if (await isPosted(tx, 'adjust', args.actionId)) return { code: 'already', debt: wallet.debt };
  await expireDue(tx, args.userId, wallet);
  const common = { kind: 'adjust', ref: args.actionId, actor: args.actor, reason: args.reason } as const;
  if (args.amount > 0) {
    const fresh: NewGrant = {
      id: uuidV7(),
      kind: 'adjust',
      sourceKey: `adjust:${args.actionId}`,
      payment: null,
      dispute: null,
      priority: PRIORITY.adjust,
      expires: args.expires ?? null,
      amount: args.amount,
    };
    await post(tx, wallet, { ...common, entries: issue(fresh, Math.min(wallet.debt, args.amount)), newGrants: [fresh] });
  } else {
    const { taken, missing } = takeInOrder(await liveGrants(tx, args.userId), -args.amount);
    const entries = taken.flatMap((t): Entry[] => [
      { account: 'available', grantId: t.grantId, amount: -t.amount },
      { account: 'adjusted', grantId: t.grantId, amount: t.amount },
    ]);
    if (missing > 0)
      entries.push({ account: 'debt', grantId: null, amount: -missing }, { account: 'adjusted', grantId: null, amount: missing });
    await post(tx, wallet, { ...common, entries });
  }
  return { code: 'adjusted', debt: wallet.debt };
}

export type CompensateArgs = { generationId: string; userId: string; amount?: number; actor: Actor; reason: string };

/**
 * Gives back what a generation was charged, after the fact (its result proved bad). Never more than was captured, over all reasons.
 * The credits return to the grants that paid, from the last one taken.
 */
export async function compensate(tx: Tx, args: CompensateArgs): Promise<{ code: 'compensated' | 'already' | 'nothing'; amount: number }> {
  const wallet = await lockWallet(tx, args.userId);
  const ref = `${args.generationId}:${args.reason}`;
  if (await isPosted(tx, 'compensate', ref)) return { code: 'already', amount: 0 };
  const spent = await tx.$queryRaw<{ grant_id: string; amount: bigint }[]>`
    SELECT e.grant_id, sum(e.amount)::bigint AS amount FROM ledger_entry e JOIN ledger_txn t ON t.id = e.txn_id
    WHERE e.account = 'spent' AND t.user_id = ${args.userId}::uuid
      AND ((t.kind = 'capture' AND t.ref = ${args.generationId}) OR (t.kind = 'compensate' AND t.ref LIKE ${`${args.generationId}:%`}))
    GROUP BY e.grant_id HAVING sum(e.amount) > 0 ORDER BY min(e.n) DESC, e.grant_id`;
  const grants = new Map(
    (
      await grantsById(
        tx,
        spent.map((s) => s.grant_id),
      )
    ).map((g) => [g.id, g]),
  );
  const back = new GiveBack(wallet.debt, ref);
  const entries: Entry[] = [];
  let left = args.amount ?? Number.POSITIVE_INFINITY;
  let total = 0;
  for (const row of spent) {
    const source = grants.get(row.grant_id);
    const part = Math.min(left, Number(row.amount));
    if (!source || part <= 0) continue;
    left -= part;
    total += part;
    entries.push({ account: 'spent', grantId: source.id, amount: -part });
    back.to(source, part);
  }
  if (total === 0) return { code: 'nothing', amount: 0 };
  await post(tx, wallet, {
    kind: 'compensate',
    ref,
    actor: args.actor,
    reason: args.reason,
    entries: [...entries, ...back.entries],
    newGrants: back.newGrants,
  });
  return { code: 'compensated', amount: total };
}

/** Entries of credits coming into being: debt first, the rest available. */
function issue(fresh: NewGrant, paidDebt: number): Entry[] {
  const issuedBy: Entry['account'] = `issued:${fresh.kind}`;
  return [
    { account: issuedBy, grantId: fresh.id, amount: -fresh.amount },
    { account: 'debt', grantId: fresh.id, amount: paidDebt },
    { account: 'available', grantId: fresh.id, amount: fresh.amount - paidDebt },
  ];
}

export function checkAmount(amount: number): void {
  if (!Number.isInteger(amount) || amount <= 0 || amount > 1_000_000_000) {
    throw new AppError('request.invalid', `not an amount of credits: ${amount}`);
  }
}
