import type { ChangePreview, Currency, ProcessorId, Purchase, Subscription } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { inTransaction } from '../../db/transaction.ts';
import { uuidV7 } from '../credits/service.ts';
import { applyRef } from './apply.ts';
import { type liveSubscription, lockUserBilling } from './context.ts';
import { isUpgrade, type Offer, priceIn, requireOffer } from './offers.ts';
import { subscriptionsOf } from './own-subscriptions.ts';
import { nextCheck } from './purchases.ts';
import { DAY_MS, LIVE, type PaymentDeps } from './types.ts';
import { pricedOffer, purchaseView, readSubscription } from './views.ts';

type Row = NonNullable<Awaited<ReturnType<typeof liveSubscription>>>;

/** @throws AppError `billing.noSubscription` */
async function requireLive(deps: PaymentDeps, userId: string): Promise<Row> {
  const row = await deps.db.subscription.findFirst({ where: { userId, status: { in: [...LIVE] } } });
  if (!row) throw new AppError('billing.noSubscription', 'no running subscription');
  return row;
}

/** @throws AppError `billing.offerUnknown` when it is no plan */
function requirePlan(offerId: string): Offer {
  const offer = requireOffer(offerId);
  if (offer.plan === null) throw new AppError('billing.offerUnknown', `${offerId} is no plan`);
  return offer;
}

/** What a change would do. Up: paid in full now, a fresh period, old credits keep their date. Down: when the paid period ends. */
export async function previewChange(deps: PaymentDeps, userId: string, offerId: string): Promise<ChangePreview> {
  const row = await requireLive(deps, userId);
  const offer = requirePlan(offerId);
  if (offer.id !== row.offerId && isUpgrade(requireOffer(row.offerId), offer)) {
    return {
      offerId,
      when: 'now',
      effectiveAt: deps.now().toISOString(),
      charge: priceIn(offer, row.currency as Currency),
      credits: offer.credits,
    };
  }
  return { offerId, when: 'periodEnd', effectiveAt: row.periodEnd.toISOString(), charge: null, credits: 0 };
}

/**
 * Changes the plan. The present plan takes a planned change back.
 * @throws AppError `billing.noSubscription`, `billing.notPossibleNow` while a renewal is unpaid, `billing.processorDown`
 */
export async function changePlan(
  deps: PaymentDeps,
  userId: string,
  once: { key: string; bodyHash: string },
  offerId: string,
  locale: 'en' | 'ru',
): Promise<{ subscription: Subscription | null; purchase: Purchase | null }> {
  const offer = requirePlan(offerId);
  const earlier = await deps.db.purchase.findUnique({ where: { userId_clientKey: { userId, clientKey: once.key } } });
  if (earlier && earlier.bodyHash !== once.bodyHash)
    throw new AppError('request.idempotencyMismatch', 'this key was used for another request');
  if (earlier && !['created', 'open'].includes(earlier.state))
    return { subscription: await readSubscription(deps.db, userId), purchase: purchaseView(earlier) };
  const row = await requireLive(deps, userId);
  if (row.status !== 'active') throw new AppError('billing.notPossibleNow', 'the subscription is not in good standing');
  const isUp = earlier !== null || (offer.id !== row.offerId && isUpgrade(requireOffer(row.offerId), offer));
  const purchase = isUp ? await upgrade(deps, row, offer, once, locale) : null;
  if (!isUp) await planned(deps, row, offer, once.key, locale);
  await mirror(deps, row);
  const fresh = purchase === null ? null : await deps.db.purchase.findUniqueOrThrow({ where: { id: purchase } });
  return { subscription: await readSubscription(deps.db, userId), purchase: fresh === null ? null : purchaseView(fresh) };
}

/** Written down first, like every purchase; two clicks in a minute are one change. @returns the purchase's id */
async function upgrade(
  deps: PaymentDeps,
  row: Row,
  offer: Offer,
  once: { key: string; bodyHash: string },
  locale: 'en' | 'ru',
): Promise<string> {
  const { userId } = row;
  const price = priceIn(offer, row.currency as Currency);
  const now = deps.now();
  const purchase = await inTransaction(deps.db, async (tx) => {
    await lockUserBilling(tx, userId);
    const mine = await tx.purchase.findUnique({ where: { userId_clientKey: { userId, clientKey: once.key } } });
    if (mine) return mine;
    const waiting = await tx.purchase.findFirst({ where: { subscriptionId: row.id, kind: 'change', state: { in: ['created', 'open'] } } });
    if (waiting?.offerId === offer.id) return waiting;
    if (waiting) throw new AppError('billing.notPossibleNow', 'another change is being paid');
    const { amount, currency } = price;
    const data = {
      id: uuidV7(),
      userId,
      clientKey: once.key,
      bodyHash: once.bodyHash,
      kind: 'change',
      offerId: offer.id,
      amount,
      currency,
    };
    const times = { createdAt: now, expiresAt: new Date(now.getTime() + DAY_MS), nextCheckAt: nextCheck(now, now) };
    return tx.purchase.create({ data: { ...data, ...times, credits: offer.credits, processor: row.processor, subscriptionId: row.id } });
  });
  const subscriptions = subscriptionsOf(deps, row.processor);
  if (row.cancelAt !== null) await subscriptions.setEnding(row.externalId, false);
  try {
    const { actionUrl } = await subscriptions.upgrade({
      changeId: purchase.id,
      subscription: row.externalId,
      offer: pricedOffer(offer.id, purchase, locale),
    });
    await deps.db.purchase.updateMany({ where: { id: purchase.id, state: 'created' }, data: { state: 'open', url: actionUrl } });
  } catch (error) {
    // Refused for good: another try is another change.
    if (error instanceof AppError && error.code === 'billing.processorRefused') {
      await deps.db.purchase.updateMany({
        where: { id: purchase.id, state: 'created' },
        data: { state: 'failed', failure: error.message.slice(0, 200) },
      });
    }
    throw error;
  }
  return purchase.id;
}

async function planned(deps: PaymentDeps, row: Row, offer: Offer, changeId: string, locale: 'en' | 'ru'): Promise<void> {
  const subscriptions = subscriptionsOf(deps, row.processor);
  if (offer.id === row.offerId) {
    if (row.nextOfferId !== null) await subscriptions.dropPlannedChange(row.externalId);
    return;
  }
  if (row.cancelAt !== null) await subscriptions.setEnding(row.externalId, false);
  const { amount } = priceIn(offer, row.currency as Currency);
  const priced = pricedOffer(offer.id, { amount, currency: row.currency, credits: offer.credits }, locale);
  await subscriptions.planChange({ changeId, subscription: row.externalId, offer: priced });
}

/** Ends it at the end of the paid period, or takes that back. */
export async function setEnding(deps: PaymentDeps, userId: string, isEnding: boolean): Promise<Subscription | null> {
  const row = await requireLive(deps, userId);
  await subscriptionsOf(deps, row.processor).setEnding(row.externalId, isEnding);
  await mirror(deps, row);
  return readSubscription(deps.db, userId);
}

/** Address of the page where the card can be changed. */
export async function methodPage(deps: PaymentDeps, userId: string, locale: 'en' | 'ru'): Promise<string> {
  const row = await requireLive(deps, userId);
  const where = { userId_processor: { userId, processor: row.processor } };
  const customer = await deps.db.billingCustomer.findUniqueOrThrow({ where });
  return subscriptionsOf(deps, row.processor).methodPage(customer.externalId, `${deps.publicUrl()}/pay/done?lang=${locale}`, locale);
}

async function mirror(deps: PaymentDeps, row: Row): Promise<void> {
  await applyRef(deps, row.processor as ProcessorId, { type: 'subscription', id: row.externalId });
}
