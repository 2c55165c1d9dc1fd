import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import { Applying } from './context.ts';
import { wishRefund } from './refund-facts.ts';
import { DAY_MS, type PaymentDeps, QUEUES } from './types.ts';

/** How long one may change one's mind by oneself. */
const REFUND_DAYS = 14;

type PaymentRow = {
  id: string;
  state: string;
  amount: number;
  refunded: number;
  credits: number;
  months: number;
  granted: number;
  withheld: number;
  paidAt: Date;
  disputes: { status: string }[];
};

/**
 * What its owner may have back: the share of the money that the unspent credits are of all that it bought, months to come included.
 * Null when it is too late, disputed, refunded before or all spent.
 */
export async function refundableOf(db: Db | Tx, payment: PaymentRow, now: Date): Promise<{ amount: number; credits: number } | null> {
  const isLate = payment.paidAt.getTime() + REFUND_DAYS * DAY_MS < now.getTime();
  if (isLate || payment.state !== 'paid' || payment.refunded > 0 || payment.disputes.length > 0) return null;
  const [row] = await db.$queryRaw<{ unspent: bigint }[]>`
    SELECT coalesce(sum(available), 0)::bigint AS unspent FROM credit_grant WHERE payment = ${payment.id} AND (expires_at IS NULL OR expires_at > now())`;
  const total = payment.credits * payment.months;
  const credits = Math.min(total, Number(row?.unspent ?? 0) + total - payment.withheld - payment.granted);
  const amount = Math.floor((payment.amount * credits) / total);
  return amount > 0 ? { amount, credits } : null;
}

/**
 * The owner's own refund: the credits go at once, the money when the processor has been told.
 * @throws AppError `request.notFound`, `billing.notRefundable`
 */
export async function refundByOwner(deps: PaymentDeps, userId: string, paymentId: string, key: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const payment = await tx.payment.findFirst({ where: { id: paymentId, userId } });
    if (!payment) throw new AppError('request.notFound', 'no such payment');
    await tx.$executeRaw`SELECT 1 FROM payment WHERE id = ${paymentId}::uuid FOR UPDATE`;
    // Nobody may spend between the look and the clawback: the wallet is locked first.
    await tx.$executeRaw`SELECT 1 FROM wallet WHERE user_id = ${userId}::uuid FOR UPDATE`;
    const wishKey = `owner:${userId}:${key}`;
    if (await tx.refund.findUnique({ where: { wishKey } })) return;
    const fresh = await tx.payment.findUniqueOrThrow({ where: { id: paymentId }, include: { disputes: true } });
    const offered = await refundableOf(tx, fresh, deps.now());
    if (offered === null) throw new AppError('billing.notRefundable', 'nothing can be refunded by the owner');
    const applying = new Applying(tx, payment.processor, deps.now(), deps.now());
    await wishRefund(applying, { paymentId, ...offered, wishKey, initiator: `user:${userId}`, reason: 'owner' });
    if (payment.subscriptionId !== null) await endRefunded(applying, payment.subscriptionId, payment.periodStart);
    for (const { what, id } of applying.acts) await deps.queue.enqueue(QUEUES.act, { what, id }, { tx, key: `${what}:${id}` });
    await applying.finish(deps);
  });
}

/** Who takes the money of the present period back does not keep the plan; an earlier period's may go back without that. */
async function endRefunded(applying: Applying, subscriptionId: string, periodStart: Date | null): Promise<void> {
  const changed = await applying.tx.subscription.updateMany({
    where: {
      id: subscriptionId,
      status: { not: 'ended' },
      endWanted: false,
      ...(periodStart === null ? {} : { periodStart: { lte: periodStart } }),
    },
    data: { endWanted: true },
  });
  if (changed.count > 0) applying.acts.push({ what: 'end', id: subscriptionId });
}
