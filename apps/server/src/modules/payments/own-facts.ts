import type { ChargeFact, MethodFact, PaymentFact } from '../../processors/port.ts';
import { type Applying, asUuid, liveSubscription, lockUserBilling } from './context.ts';
import { monthsOf, requireOffer } from './offers.ts';
import { addMonths, DAY_MS } from './types.ts';

/** After a try that failed: days from the end of the paid period until the next one; after the last it ends. */
const RETRY_DAYS = [1, 3, 5, 7];

/** A charge that was not paid: the next try is planned, or there is none. Nothing is taken away. */
export async function applyCharge(applying: Applying, fact: ChargeFact): Promise<void> {
  const { tx, now } = applying;
  await tx.$executeRaw`SELECT 1 FROM charge WHERE id = ${asUuid(fact.chargeId)}::uuid FOR UPDATE`;
  const row = await tx.charge.findFirst({ where: { id: asUuid(fact.chargeId) ?? '', state: { in: ['started', 'pending'] } } });
  if (!row) return;
  const { externalId, failure } = fact;
  const isFailed = fact.state === 'failed';
  await tx.charge.update({
    where: { id: row.id },
    data: { externalId, state: fact.state, failure, ...(isFailed ? { settledAt: now } : {}) },
  });
  if (!isFailed) return;
  const days = fact.isFinal ? undefined : RETRY_DAYS[row.attemptNo - 1];
  const isOver = !fact.isFinal && days === undefined;
  await tx.subscription.updateMany({
    where: { id: row.subscriptionId, status: { not: 'ended' } },
    data: {
      ...{ hasProblem: true, nextAttemptAt: days === undefined ? null : new Date(row.periodStart.getTime() + days * DAY_MS) },
      ...(isOver ? { status: 'ended', endedAt: now, endReason: 'payment_failed' } : { status: 'grace' }),
    },
  });
  applying.tell(row.userId, { type: 'subscription.changed' });
}

/** Another card was saved: it is used from now on, and at once when a renewal waits for it. */
export async function applyMethod(applying: Applying, fact: MethodFact): Promise<void> {
  const { tx, processor, now } = applying;
  if (fact.state === 'pending') return;
  const rows = await tx.subscription.findMany({ where: { processor, pendingMethod: fact.externalId, status: { not: 'ended' } } });
  for (const row of rows) {
    const isActive = fact.state === 'active';
    await tx.subscription.update({
      where: { id: row.id },
      data: {
        pendingMethod: null,
        ...(isActive ? { method: fact.externalId, methodLabel: fact.label, ...(row.hasProblem ? { nextAttemptAt: now } : {}) } : {}),
      },
    });
    applying.tell(row.userId, { type: 'subscription.changed' });
  }
}

type Sold = { id: string; offerId: string; amount: number; currency: string; credits: number; userId: string };

/**
 * Money for a plan of ours: begins the subscription, renews it or changes it, and says which period was paid. Null when nothing of ours
 * asked for it. Called once for a payment: its row comes in the same transaction.
 */
export async function ownPeriod(applying: Applying, fact: PaymentFact): Promise<PaymentFact | null> {
  const { tx, processor } = applying;
  const chargeId = asUuid(fact.chargeId ?? null);
  const charge = chargeId === null ? null : await tx.charge.findFirst({ where: { id: chargeId, processor } });
  const purchaseId = asUuid(fact.purchaseId);
  const purchase = purchaseId === null ? null : await tx.purchase.findFirst({ where: { id: purchaseId, processor } });
  const sold = charge ?? purchase;
  if (!sold) return null;
  const start = charge?.periodStart ?? fact.paidAt;
  const id = charge?.subscriptionId ?? purchase?.subscriptionId ?? null;
  const subscription = id === null ? await begin(applying, sold, fact, start) : await goOn(applying, sold, fact, id);
  if (charge) {
    const data = { state: 'succeeded', externalId: fact.externalId, failure: null, settledAt: applying.now };
    await tx.charge.update({ where: { id: charge.id }, data });
  }
  applying.tell(sold.userId, { type: 'subscription.changed' });
  const period = { start, end: addMonths(start, monthsOf(requireOffer(sold.offerId))) };
  const offer = { id: sold.offerId, amount: sold.amount, credits: sold.credits };
  return { ...fact, subscription, userId: sold.userId, offer, period };
}

/** The first payment of a plan. A second plan beside a running one never begins; its money goes back. */
async function begin(applying: Applying, sold: Sold, fact: PaymentFact, start: Date): Promise<string> {
  const { tx, processor, now } = applying;
  const { userId, offerId, amount, currency, credits } = sold;
  const externalId = `own:${sold.id}`;
  await lockUserBilling(tx, userId);
  if ((await tx.subscription.count({ where: { processor, externalId } })) > 0) return externalId;
  const isDuplicate = (await liveSubscription(tx, userId)) !== null;
  await tx.subscription.create({
    data: {
      ...{ id: sold.id, userId, processor, externalId, offerId, amount, currency, credits, periodStart: start, periodEnd: start },
      ...{ method: fact.method?.id ?? null, methodLabel: fact.method?.label ?? null },
      // Nothing may be charged later: it ends by itself.
      cancelAt: fact.method ? null : addMonths(start, monthsOf(requireOffer(offerId))),
      ...(isDuplicate ? { status: 'ended', endedAt: now, endReason: 'duplicate' } : { status: 'active' }),
    },
  });
  if (isDuplicate) await applying.alert('duplicateSubscription', `${processor}:${externalId}`, userId, { subscription: externalId });
  return externalId;
}

/** A renewal or a change: the plan is what was paid for, and what was wrong is over. One that has ended stays so. */
async function goOn(applying: Applying, sold: Sold, fact: PaymentFact, id: string): Promise<string> {
  const { tx } = applying;
  await tx.$executeRaw`SELECT 1 FROM subscription WHERE id = ${id}::uuid FOR UPDATE`;
  const row = await tx.subscription.findUniqueOrThrow({ where: { id } });
  const { offerId, amount, credits } = sold;
  if (row.status !== 'ended') {
    const method = fact.method ? { method: fact.method.id, methodLabel: fact.method.label } : {};
    const well = { status: 'active', hasProblem: false, problemUrl: null, nextAttemptAt: null };
    await tx.subscription.update({ where: { id }, data: { offerId, amount, credits, nextOfferId: null, ...well, ...method } });
  }
  return row.externalId;
}
