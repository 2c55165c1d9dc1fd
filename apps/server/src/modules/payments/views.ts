import type {
  Currency,
  Payment,
  ProcessorId,
  Purchase,
  PurchaseState,
  Subscription,
  SubscriptionStatus,
} from '@pingplex/shared/contracts/http';
import { PlanId } from '@pingplex/shared/contracts/http';
import type { Db, Tx } from '../../db/client.ts';
import { planIdOf } from './context.ts';
import { monthsOf, requireOffer } from './offers.ts';
import { refundableOf } from './refunds.ts';

type Rows = Db | Tx;
type PurchaseRow = NonNullable<Awaited<ReturnType<Db['purchase']['findUnique']>>>;
type SubscriptionRow = NonNullable<Awaited<ReturnType<Db['subscription']['findUnique']>>>;

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

export function purchaseView(row: PurchaseRow): Purchase {
  const isOpen = row.state === 'open' || row.state === 'pending';
  return {
    id: row.id,
    kind: row.kind as Purchase['kind'],
    offerId: row.offerId,
    processor: row.processor as ProcessorId,
    price: { amount: row.amount, currency: row.currency as Currency },
    credits: row.credits,
    state: row.state as PurchaseState,
    url: isOpen ? row.url : null,
    expiresAt: iso(row.expiresAt),
    failure: row.failure,
    createdAt: row.createdAt.toISOString(),
  };
}

/** Null also for somebody else's. */
export async function readPurchase(db: Rows, userId: string, id: string): Promise<Purchase | null> {
  const row = await db.purchase.findFirst({ where: { id, userId } });
  return row === null ? null : purchaseView(row);
}

/** The latest fifty. */
export async function listPurchases(db: Rows, userId: string): Promise<Purchase[]> {
  return (await db.purchase.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, take: 50 })).map(purchaseView);
}

/** The one that runs; else the one that ended last. A double that was sent back is none. */
export async function readSubscription(db: Rows, userId: string): Promise<Subscription | null> {
  const rows = await db.subscription.findMany({
    where: { userId, OR: [{ endReason: null }, { endReason: { not: 'duplicate' } }] },
    orderBy: { createdAt: 'desc' },
    take: 20,
  });
  const row = rows.find((r) => r.status !== 'ended') ?? rows[0];
  return row === undefined ? null : subscriptionView(row);
}

function subscriptionView(row: SubscriptionRow): Subscription {
  return {
    id: row.id,
    planId: PlanId.catch('free').parse(planIdOf(row.offerId)),
    offerId: row.offerId,
    processor: row.processor as ProcessorId,
    status: row.status as SubscriptionStatus,
    price: { amount: row.amount, currency: row.currency as Currency },
    periodStart: row.periodStart.toISOString(),
    periodEnd: row.periodEnd.toISOString(),
    cancelAt: iso(row.cancelAt),
    nextOfferId: row.nextOfferId,
    problem: row.hasProblem ? { url: row.problemUrl, nextAttemptAt: iso(row.nextAttemptAt) } : null,
  };
}

/** Newest first. */
export async function listPayments(db: Rows, userId: string, now: Date): Promise<Payment[]> {
  const rows = await db.payment.findMany({
    where: { userId },
    orderBy: [{ paidAt: 'desc' }, { id: 'desc' }],
    take: 200,
    include: { disputes: true },
  });
  return Promise.all(
    rows.map(async (row): Promise<Payment> => {
      const currency = row.currency as Currency;
      return {
        id: row.id,
        kind: row.kind as Payment['kind'],
        offerId: row.offerId,
        processor: row.processor as ProcessorId,
        price: { amount: row.amount, currency },
        refunded: { amount: row.refunded, currency },
        credits: row.credits * row.months,
        disputed: row.disputes.some((d) => d.status === 'open'),
        refundable: await refundableOf(db, row, now).then((r) =>
          r === null ? null : { money: { amount: r.amount, currency }, credits: r.credits },
        ),
        documentUrl: row.documentUrl,
        paidAt: row.paidAt.toISOString(),
      };
    }),
  );
}

/** Name, price and content of an offer as the processor gets it. */
export function pricedOffer(offerId: string, row: { amount: number; currency: string; credits: number }, locale: 'en' | 'ru') {
  const offer = requireOffer(offerId);
  const { amount, credits } = row;
  return {
    id: offer.id,
    label: offer.label[locale],
    amount,
    currency: row.currency as Currency,
    interval: offer.interval,
    credits,
    months: monthsOf(offer),
  };
}
