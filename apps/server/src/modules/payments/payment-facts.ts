import type { PaymentFact } from '../../processors/port.ts';
import { grant, uuidV7 } from '../credits/service.ts';
import { type Applying, asUuid } from './context.ts';
import { findOffer, monthsOf, type Offer } from './offers.ts';
import { ownPeriod } from './own-facts.ts';
import { wishRefund } from './refund-facts.ts';
import { ownerOf } from './subscription-facts.ts';
import { addMonths, DAY_MS, GRACE_DAYS } from './types.ts';

/** Money that is found late still buys something that can be used. */
const LEAST_LIFE_DAYS = 7;

type Purchase = { id: string; userId: string; kind: string; offerId: string; amount: number; currency: string; credits: number };
type Sold = { offerId: string; credits: number; months: number; isRight: boolean };

/** Money that arrived: one row, and in the same transaction its grant. A row that is there already means that all of it was done. */
export async function applyPayment(applying: Applying, given: PaymentFact): Promise<void> {
  const { tx, processor } = applying;
  const { externalId, sourceKey } = given;
  if ((await tx.payment.count({ where: { processor, externalId } })) > 0) return;
  const fact = given.kind === 'period' && given.subscription === null ? await ownPeriod(applying, given) : given;
  if (fact === null) {
    await applying.alert('orphan', `${processor}:${externalId}`, null, {
      payment: externalId,
      amount: given.amount,
      currency: given.currency,
    });
    return;
  }
  const purchase = await lockPurchase(applying, asUuid(fact.purchaseId));
  const subscription =
    fact.subscription === null
      ? null
      : await tx.subscription.findUnique({ where: { processor_externalId: { processor, externalId: fact.subscription } } });
  const owner = (await ownerOf(applying, fact)) ?? purchase?.userId ?? subscription?.userId ?? null;
  if (owner === null || (fact.kind === 'pack' && !purchase) || (fact.kind === 'period' && !subscription)) {
    return applying.alert('orphan', `${processor}:${externalId}`, owner, {
      payment: externalId,
      amount: fact.amount,
      currency: fact.currency,
    });
  }
  const sold = soldFor(fact, purchase, owner);
  const isDuplicate = subscription?.endReason === 'duplicate';
  const state = isDuplicate ? 'duplicate' : sold.isRight ? 'paid' : 'review';
  const id = uuidV7();
  const inserted = await tx.$executeRaw`
    INSERT INTO payment (id, user_id, processor, external_id, source_key, charge_ref, kind, offer_id, purchase_id, subscription_id, amount,
                         currency, credits, months, state, period_start, period_end, document_url, paid_at)
    VALUES (${id}::uuid, ${owner}::uuid, ${processor}, ${externalId}, ${sourceKey}, ${fact.chargeRef}, ${fact.kind}, ${sold.offerId},
            ${purchase?.id ?? null}::uuid, ${subscription?.id ?? null}::uuid, ${fact.amount}, ${fact.currency}, ${sold.credits},
            ${sold.months}, ${state}, ${fact.period?.start ?? null}, ${fact.period?.end ?? null}, ${fact.documentUrl}, ${fact.paidAt})
    ON CONFLICT DO NOTHING`;
  if (inserted === 0) return;
  if (state === 'review')
    await applying.alert('mismatch', `${processor}:${externalId}`, owner, { payment: id, amount: fact.amount, currency: fact.currency });
  if (state === 'duplicate')
    await wishRefund(applying, {
      paymentId: id,
      amount: fact.amount,
      wishKey: `duplicate:${id}`,
      initiator: 'system',
      reason: 'duplicate',
    });
  if (state === 'paid') await grantMonths(applying, id);
  if (purchase) await settle(applying, purchase, state === 'review' ? 'review' : 'paid');
  if (subscription && fact.period !== null) await advance(applying, { id: subscription.id, userId: owner }, fact.period, sold.offerId);
}

async function lockPurchase(applying: Applying, id: string | null): Promise<Purchase | null> {
  if (id === null) return null;
  await applying.tx.$executeRaw`SELECT 1 FROM purchase WHERE id = ${id}::uuid FOR UPDATE`;
  return applying.tx.purchase.findFirst({ where: { id, processor: applying.processor } });
}

/** What the money bought, and whether it is exactly the money that was asked for, from the one who was asked. */
function soldFor(fact: PaymentFact, purchase: Purchase | null, owner: string): Sold {
  const offerId = fact.offer?.id ?? purchase?.offerId ?? 'unknown-offer';
  const offer: Offer | undefined = findOffer(offerId);
  const asked = fact.offer ?? purchase;
  const fits = asked !== null && asked.amount === fact.amount && (purchase === null || purchase.amount === fact.amount);
  const isRight =
    offer !== undefined &&
    fits &&
    (purchase === null || (purchase.currency === fact.currency && purchase.userId === owner && purchase.offerId === offerId));
  return { offerId, credits: asked?.credits ?? 0, months: offer === undefined ? 1 : monthsOf(offer), isRight };
}

async function settle(applying: Applying, purchase: Pick<Purchase, 'id' | 'userId'>, state: 'paid' | 'review'): Promise<void> {
  await applying.tx.purchase.update({
    where: { id: purchase.id },
    data: { state, failure: null, settledAt: applying.now, nextCheckAt: null },
  });
  applying.tell(purchase.userId, { type: 'purchase.changed', subject: purchase.id });
}

/** The paid period moves the subscription's end; a change of plan that waited for its money is done. */
async function advance(
  applying: Applying,
  subscription: { id: string; userId: string },
  period: { start: Date; end: Date },
  offerId: string,
): Promise<void> {
  const { tx } = applying;
  await tx.$executeRaw`
    UPDATE subscription SET period_start = ${period.start}, period_end = ${period.end}
    WHERE id = ${subscription.id}::uuid AND period_start <= ${period.start}`;
  const change = { subscriptionId: subscription.id, kind: 'change', offerId, state: { in: ['created', 'open', 'pending'] } };
  for (const { id, userId } of await tx.purchase.findMany({ where: change })) await settle(applying, { id, userId }, 'paid');
  applying.tell(subscription.userId, { type: 'subscription.changed' });
}

/**
 * Gives the credits of every month of a payment that has begun: one for a pack or a month, up to twelve for a year. Safe to repeat: each
 * has a key of its own. Stops while the payment is disputed or when refunds have taken the months to come.
 */
export async function grantMonths(applying: Applying, paymentId: string): Promise<void> {
  const { tx, now } = applying;
  await tx.$executeRaw`SELECT 1 FROM payment WHERE id = ${paymentId}::uuid FOR UPDATE`;
  const payment = await tx.payment.findUniqueOrThrow({ where: { id: paymentId }, include: { disputes: true } });
  if (payment.state !== 'paid' || payment.disputes.some((d) => d.status === 'open' || d.status === 'lost')) return;
  const start = payment.periodStart;
  let { monthsGranted, granted } = payment;
  while (monthsGranted < payment.months && (monthsGranted === 0 || (start !== null && addMonths(start, monthsGranted) <= now))) {
    const amount = Math.min(payment.credits, payment.credits * payment.months - payment.withheld - granted);
    if (amount > 0) {
      const least = now.getTime() + LEAST_LIFE_DAYS * DAY_MS;
      const expires =
        start === null ? null : { at: new Date(Math.max(addMonths(start, monthsGranted + 1).getTime() + GRACE_DAYS * DAY_MS, least)) };
      await grant(tx, {
        userId: payment.userId,
        kind: payment.kind === 'pack' ? 'pack' : 'subscription',
        sourceKey: monthsGranted === 0 ? payment.sourceKey : `${payment.sourceKey}:month:${monthsGranted}`,
        amount,
        expires,
        payment: payment.id,
        actor: 'system',
        reason: payment.kind === 'pack' ? 'grant.pack' : 'grant.period',
      });
    }
    monthsGranted += 1;
    granted += Math.max(0, amount);
  }
  if (monthsGranted === payment.monthsGranted) return;
  await tx.payment.update({ where: { id: payment.id }, data: { monthsGranted, granted } });
  applying.tell(payment.userId, { type: 'wallet.changed' });
}
