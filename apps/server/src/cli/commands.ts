import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';
import type { Db } from '../db/client.ts';
import { inTransaction } from '../db/transaction.ts';
import { adjust, checkLedger, explainLedger, LEDGER_RULE_COUNT, readWallet } from '../modules/credits/service.ts';
import { appendEvents } from '../modules/events/service.ts';
import { checkGenerations, GENERATION_RULE_COUNT, traceGeneration } from '../modules/generations/service.ts';
import { checkPayments, PAYMENT_RULE_COUNT } from '../modules/payments/service.ts';

/** What a command answers: what to print, and whether all is well (exit code 0) or not (1). */
export type Answer = { ok: boolean; data: unknown };

type User = { id: string; email: string; emailVerifiedAt: Date | null; createdAt: Date; suspendedAt: Date | null; deletedAt: Date | null };

/** @throws AppError `request.notFound` */
export async function findUser(db: Db, who: string): Promise<User> {
  const select = { id: true, email: true, emailVerifiedAt: true, createdAt: true, suspendedAt: true, deletedAt: true } as const;
  const where = z.uuid().safeParse(who).success ? { id: who } : { email: who.normalize('NFC').toLowerCase() };
  const user = await db.user.findUnique({ where, select });
  if (!user) throw new AppError('request.notFound', `no user ${who}`);
  return user;
}

/** The account, its wallet and its latest generations. */
export async function userShow(db: Db, who: string): Promise<Answer> {
  const user = await findUser(db, who);
  const generations = await db.generation.groupBy({ by: ['state'], where: { userId: user.id }, _count: true });
  const states = Object.fromEntries(generations.map((row) => [row.state, row._count]));
  return { ok: true, data: { user, wallet: await readWallet(db, user.id), generations: states } };
}

/** Gives (or with a minus takes) credits; the key makes it happen once. @throws AppError `request.idempotencyMismatch` when it was used for another user */
export async function creditsGrant(
  db: Db,
  who: string,
  amount: number,
  options: { reason: string; key: string; expiresInDays?: number; operator: string },
): Promise<Answer> {
  const user = await findUser(db, who);
  const outcome = await inTransaction(db, async (tx) => {
    const done = await adjust(tx, {
      userId: user.id,
      actionId: options.key,
      amount,
      actor: `operator:${options.operator}`,
      reason: options.reason,
      ...(options.expiresInDays === undefined ? {} : { expires: { inS: options.expiresInDays * 24 * 3600 } }),
    });
    const { userId } = await tx.ledgerTxn.findUniqueOrThrow({ where: { kind_ref: { kind: 'adjust', ref: options.key } } });
    if (userId !== user.id) throw new AppError('request.idempotencyMismatch', 'this key was used for somebody else');
    if (done.code === 'adjusted') await appendEvents(tx, user.id, [{ type: 'wallet.changed' }]);
    return done;
  });
  return { ok: true, data: { outcome: outcome.code, user: user.id, wallet: await readWallet(db, user.id) } };
}

/** Runs every invariant. */
export async function ledgerCheck(db: Db): Promise<Answer> {
  const violations = [...(await checkLedger(db)), ...(await checkGenerations(db)), ...(await checkPayments(db))];
  return { ok: violations.length === 0, data: { rules: LEDGER_RULE_COUNT + GENERATION_RULE_COUNT + PAYMENT_RULE_COUNT, violations } };
}

/** Every movement of a user with what it did, and whether they add up to the wallet. */
export async function ledgerExplain(db: Db, who: string): Promise<Answer> {
  const user = await findUser(db, who);
  const movements = await explainLedger(db, user.id);
  const { available, held, frozen, debt } = await readWallet(db, user.id);
  const last = movements.at(-1)?.after ?? { available: 0, held: 0, frozen: 0, debt: 0 };
  const ok = last.available === available && last.held === held && last.frozen === frozen && last.debt === debt;
  return { ok, data: { user: user.id, movements, wallet: { available, held, frozen, debt }, addsUp: ok } };
}

/** All that is known about one generation. */
export async function generationTrace(db: Db, id: string): Promise<Answer> {
  if (!z.uuid().safeParse(id).success) throw new AppError('request.invalid', `not a generation's id: ${id}`);
  const trace = await traceGeneration(db, id);
  if (!trace) throw new AppError('request.notFound', `no generation ${id}`);
  return { ok: true, data: trace };
}
