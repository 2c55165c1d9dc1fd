import type { RefundFact } from '../../processors/port.ts';
import { clawback, restore, uuidV7 } from '../credits/service.ts';
import { type Applying, asUuid } from './context.ts';

export type RefundWish = {
  paymentId: string;
  amount: number;
  /** Credits that go for it; default: the share of the payment that the money is, rounded down. */
  credits?: number;
  /** The same wish is one refund. */
  wishKey: string;
  initiator: string;
  reason: string;
};

/**
 * Writes down that money shall go back and takes its credits at once, before anybody can spend them. The processor is told by a job.
 * @returns the refund's id; the earlier one's when the wish is known
 */
export async function wishRefund(applying: Applying, wish: RefundWish): Promise<{ id: string; isNew: boolean }> {
  const { tx, processor } = applying;
  const earlier = await tx.refund.findUnique({ where: { wishKey: wish.wishKey } });
  if (earlier) return { id: earlier.id, isNew: false };
  const { paymentId, amount, wishKey, initiator, reason } = wish;
  const id = uuidV7();
  await tx.refund.create({ data: { id, paymentId, processor, amount, state: 'wanted', wishKey, initiator, reason } });
  await takeBack(applying, id, wish.credits);
  applying.acts.push({ what: 'refund', id });
  return { id, isNew: true };
}

/** Mirrors a refund, whoever made it. What failed is given back; nothing else ever goes backwards. */
export async function applyRefund(applying: Applying, fact: RefundFact): Promise<void> {
  const { tx, processor } = applying;
  const payment = await lockPayment(applying, fact.chargeRef);
  if (payment === null)
    return applying.alert('orphan', `${processor}:${fact.externalId}`, null, { refund: fact.externalId, amount: fact.amount });
  const ours = asUuid(fact.refundId);
  const row =
    (await tx.refund.findUnique({ where: { processor_externalId: { processor, externalId: fact.externalId } } })) ??
    (ours === null ? null : await tx.refund.findFirst({ where: { id: ours, paymentId: payment, externalId: null } }));
  const settledAt = fact.state === 'pending' ? null : applying.now;
  if (!row) {
    // Made at the processor by hand.
    const id = uuidV7();
    const { externalId, amount, state, reason } = fact;
    const made = { id, paymentId: payment, processor, externalId, amount, state, reason, settledAt, initiator: 'processor' };
    await tx.refund.create({ data: { ...made, wishKey: `${processor}:${externalId}` } });
    if (fact.state !== 'failed') await takeBack(applying, id);
    return;
  }
  const isUndone = fact.state === 'failed' && row.state !== 'failed';
  const isOver = row.state === 'failed' || (row.state === 'succeeded' && !isUndone);
  const change = isOver ? {} : { state: fact.state, settledAt };
  await tx.refund.update({ where: { id: row.id }, data: { externalId: fact.externalId, ...change } });
  if (isUndone) await giveBack(applying, row.id);
}

/** Takes the credits of a refund: first of months to come, then what was granted (docs/money.md). */
async function takeBack(applying: Applying, refundId: string, exactly?: number): Promise<void> {
  const { tx, processor } = applying;
  const refund = await tx.refund.findUniqueOrThrow({ where: { id: refundId } });
  await tx.$executeRaw`SELECT 1 FROM payment WHERE id = ${refund.paymentId}::uuid FOR UPDATE`;
  const payment = await tx.payment.findUniqueOrThrow({ where: { id: refund.paymentId } });
  const refunded = payment.refunded + refund.amount;
  const total = payment.credits * payment.months;
  const wanted = payment.state === 'paid' ? (exactly ?? Math.floor((total * refund.amount) / payment.amount)) : 0;
  const withheld = Math.min(wanted, Math.max(0, total - payment.withheld - payment.granted));
  let credits = 0;
  if (wanted > withheld) {
    const args = { userId: payment.userId, reverseKey: refundKey(refundId), payment: payment.id, amount: wanted - withheld };
    credits = (await clawback(tx, { ...args, actor: refund.initiator, reason: 'payment.refunded' })).taken;
  }
  await tx.payment.update({ where: { id: payment.id }, data: { refunded, withheld: { increment: withheld } } });
  await tx.refund.update({ where: { id: refundId }, data: { credits, withheld } });
  applying.tell(payment.userId, { type: 'wallet.changed' });
  if (payment.subscriptionId !== null && refunded >= payment.amount && payment.state === 'paid') {
    await endAfterRefund(applying, payment.subscriptionId, payment.periodStart);
  }
  if (refunded > payment.amount) {
    await applying.alert('overRefund', `${processor}:${payment.externalId}`, payment.userId, { refunded, paid: payment.amount });
  }
}

async function giveBack(applying: Applying, refundId: string): Promise<void> {
  const { tx, processor } = applying;
  const refund = await tx.refund.findUniqueOrThrow({ where: { id: refundId }, include: { payment: true } });
  const { payment } = refund;
  await restore(tx, { userId: payment.userId, reverseKey: refundKey(refundId), actor: 'system', reason: 'refund.failed' });
  await tx.payment.update({
    where: { id: payment.id },
    data: { refunded: { decrement: refund.amount }, withheld: { decrement: refund.withheld } },
  });
  await applying.alert('refundFailed', `${processor}:${refundId}`, payment.userId, { refund: refundId, amount: refund.amount });
  applying.tell(payment.userId, { type: 'wallet.changed' });
}

/** The processor refused for good: as if it had failed there. */
export async function failRefund(applying: Applying, refundId: string, failure: string): Promise<void> {
  const changed = await applying.tx.refund.updateMany({
    where: { id: refundId, state: 'wanted' },
    data: { state: 'failed', failure, settledAt: applying.now },
  });
  if (changed.count > 0) await giveBack(applying, refundId);
}

/** All money of the present period went back: the plan ends at once. */
async function endAfterRefund(applying: Applying, subscriptionId: string, periodStart: Date | null): Promise<void> {
  const { tx } = applying;
  const wanted = await tx.subscription.updateMany({
    where: {
      id: subscriptionId,
      status: { not: 'ended' },
      endWanted: false,
      ...(periodStart === null ? {} : { periodStart: { lte: periodStart } }),
    },
    data: { endWanted: true },
  });
  if (wanted.count > 0) applying.acts.push({ what: 'end', id: subscriptionId });
}

const refundKey = (refundId: string): string => `refund:${refundId}`;

/** Id of the payment behind a charge, locked; null when there is none. */
export async function lockPayment(applying: Applying, chargeRef: string): Promise<string | null> {
  const [row] = await applying.tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM payment WHERE processor = ${applying.processor} AND charge_ref = ${chargeRef} FOR UPDATE`;
  return row?.id ?? null;
}
