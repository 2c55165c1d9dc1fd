import type { DisputeFact } from '../../processors/port.ts';
import { clawback, freeze, unfreeze, uuidV7 } from '../credits/service.ts';
import type { Applying } from './context.ts';
import { grantMonths } from './payment-facts.ts';
import { lockPayment } from './refund-facts.ts';

const OVER = ['won', 'lost'];

/** Mirrors a dispute: what is left of the payment's credits is frozen while it lasts, and comes back or goes when it ends. */
export async function applyDispute(applying: Applying, fact: DisputeFact): Promise<void> {
  const { tx, processor } = applying;
  const paymentId = await lockPayment(applying, fact.chargeRef);
  if (paymentId === null)
    return applying.alert('orphan', `${processor}:${fact.externalId}`, null, { dispute: fact.externalId, amount: fact.amount });
  const where = { processor_externalId: { processor, externalId: fact.externalId } };
  const row = await tx.dispute.findUnique({ where });
  if (row && (OVER.includes(row.status) || row.status === fact.status)) return;
  const { externalId, status, amount, reason, dueBy } = fact;
  const closedAt = OVER.includes(status) ? applying.now : null;
  const data = { status, amount, reason, dueBy, closedAt };
  await tx.dispute.upsert({ where, create: { id: uuidV7(), paymentId, processor, externalId, ...data }, update: data });
  const payment = await tx.payment.findUniqueOrThrow({ where: { id: paymentId } });
  const { userId } = payment;
  const args = { userId, disputeId: `${processor}:dispute:${externalId}`, actor: 'system' };
  await applying.alert(`dispute.${status}`, `${processor}:${externalId}`, userId, {
    payment: paymentId,
    amount,
    dueBy: dueBy?.toISOString() ?? '',
  });
  if (status === 'inquiry') return;
  if (status === 'open') await freeze(tx, { ...args, payment: paymentId });
  if (status === 'won') {
    await unfreeze(tx, args);
    await grantMonths(applying, paymentId);
  }
  if (status === 'lost') {
    const total = payment.credits * payment.months;
    const wanted = payment.state === 'paid' ? Math.floor((total * Math.min(amount, payment.amount)) / payment.amount) : 0;
    const withheld = Math.min(wanted, Math.max(0, total - payment.withheld - payment.granted));
    await tx.payment.update({ where: { id: paymentId }, data: { withheld: { increment: withheld } } });
    if (wanted > withheld) {
      await clawback(tx, {
        ...args,
        reverseKey: `${args.disputeId}:lost`,
        payment: paymentId,
        amount: wanted - withheld,
        reason: 'dispute.lost',
      });
    } else await unfreeze(tx, args);
    await endAfterLoss(applying, payment.subscriptionId);
  }
  applying.tell(userId, { type: 'wallet.changed' });
}

async function endAfterLoss(applying: Applying, subscriptionId: string | null): Promise<void> {
  if (subscriptionId === null) return;
  const ended = await applying.tx.subscription.updateMany({
    where: { id: subscriptionId, status: { not: 'ended' }, endWanted: false },
    data: { endWanted: true },
  });
  if (ended.count > 0) applying.acts.push({ what: 'end', id: subscriptionId });
}
