import type { Currency, ProcessorId, Purchase } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Tx } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Processor } from '../../processors/port.ts';
import { uuidV7 } from '../credits/service.ts';
import { appendEvents } from '../events/service.ts';
import { applyRef } from './apply.ts';
import { liveSubscription, lockUserBilling } from './context.ts';
import { priceIn, requireOffer } from './offers.ts';
import { type PaymentDeps, requireProcessor } from './types.ts';
import { pricedOffer, purchaseView } from './views.ts';

/** How long a page of payment stays open. Processors want at least half an hour. */
const OPEN_MS = 60 * 60 * 1000;
/** A repeated call has to be the same call: later than this another purchase is begun. */
const REPEAT_MS = 20 * 60 * 1000;

type Wish = { offerId: string; processor: ProcessorId; currency: Currency };
type Once = { key: string; bodyHash: string };
type Row = NonNullable<Awaited<ReturnType<PaymentDeps['db']['purchase']['findUnique']>>>;

/**
 * Begins to buy. The purchase is on record before the processor hears of it, so that the page, the message and the reconciliation all
 * meet at it. The same key, and a second click for the same offer, answer with the same purchase.
 * @throws AppError `billing.offerUnknown`, `billing.processorUnavailable`, `billing.subscriptionActive`, `billing.processorDown`
 */
export async function createPurchase(deps: PaymentDeps, userId: string, once: Once, wish: Wish, locale: 'en' | 'ru'): Promise<Purchase> {
  const processor = requireProcessor(deps, wish.processor);
  const offer = requireOffer(wish.offerId);
  if (!processor.currencies.includes(wish.currency))
    throw new AppError('billing.processorUnavailable', `${processor.id} takes no ${wish.currency}`);
  const { amount } = priceIn(offer, wish.currency);
  const now = deps.now();
  const { row, replaced } = await inTransaction(deps.db, async (tx) => {
    await lockUserBilling(tx, userId);
    const earlier = await tx.purchase.findUnique({ where: { userId_clientKey: { userId, clientKey: once.key } } });
    if (earlier) return { row: sameRequest(earlier, once), replaced: [] };
    if (offer.plan !== null && (await liveSubscription(tx, userId)) !== null) {
      throw new AppError('billing.subscriptionActive', 'there is a running subscription');
    }
    const open = await tx.purchase.findMany({
      where: { userId, kind: { in: ['pack', 'plan'] }, state: { in: ['created', 'open'] }, expiresAt: { gt: now } },
    });
    const same = open.find(
      (p) =>
        p.offerId === offer.id &&
        p.processor === wish.processor &&
        p.currency === wish.currency &&
        p.amount === amount &&
        isRepeatable(p, now),
    );
    if (same) return { row: same, replaced: [] };
    const kind = offer.plan === null ? 'pack' : 'plan';
    const data = {
      id: uuidV7(),
      userId,
      clientKey: once.key,
      bodyHash: once.bodyHash,
      kind,
      offerId: offer.id,
      amount,
      currency: wish.currency,
    };
    const expiresAt = new Date(now.getTime() + OPEN_MS);
    const made = await tx.purchase.create({
      data: { ...data, credits: offer.credits, processor: wish.processor, createdAt: now, expiresAt, nextCheckAt: nextCheck(now, now) },
    });
    // Two open pages of plans could both be paid.
    return { row: made, replaced: kind === 'plan' ? open.filter((p) => p.kind === 'plan' && p.externalId !== null) : [] };
  });
  for (const old of replaced)
    await closePage(deps, old).catch((error: unknown) => deps.log.warn({ err: error }, 'an older page could not be closed'));
  return row.state === 'created' ? openPage(deps, processor, row, locale) : purchaseView(row);
}

/** Only a page that opened, or one whose opening may still be repeated as the same call, is handed out again. */
const isRepeatable = (row: Row, now: Date): boolean => row.state === 'open' || row.createdAt.getTime() + REPEAT_MS > now.getTime();

function sameRequest(row: Row, once: Once): Row {
  if (row.bodyHash !== once.bodyHash) throw new AppError('request.idempotencyMismatch', 'this key was used for another request');
  return row;
}

async function openPage(deps: PaymentDeps, processor: Processor, row: Row, locale: 'en' | 'ru'): Promise<Purchase> {
  const buyer = { ...(await buyerOf(deps, row.userId)), locale };
  const customer = await customerOf(deps, processor, buyer);
  const page = (name: string): string => `${deps.publicUrl()}/pay/${name}?purchase=${row.id}&lang=${locale}`;
  const opened = await processor.openCheckout({
    purchaseId: row.id,
    offer: pricedOffer(row.offerId, row, locale),
    buyer: { ...buyer, externalId: customer },
    expiresAt: row.expiresAt ?? row.createdAt,
    returnUrl: page('done'),
    cancelUrl: page('canceled'),
  });
  await deps.db.$executeRaw`
    UPDATE purchase SET external_id = ${opened.externalId}, url = ${opened.url}, state = CASE WHEN state = 'created' THEN 'open' ELSE state END
    WHERE id = ${row.id}::uuid`;
  return purchaseView(await deps.db.purchase.findUniqueOrThrow({ where: { id: row.id } }));
}

async function buyerOf(deps: PaymentDeps, userId: string): Promise<{ userId: string; email: string; externalId: null }> {
  const { email } = await deps.db.user.findUniqueOrThrow({ where: { id: userId }, select: { email: true } });
  return { userId, email, externalId: null };
}

/** The processor's id of this user, made when it is first needed; always the same. */
async function customerOf(deps: PaymentDeps, processor: Processor, buyer: Parameters<Processor['createCustomer']>[0]): Promise<string> {
  const { userId } = buyer;
  const where = { userId_processor: { userId, processor: processor.id } };
  const known = await deps.db.billingCustomer.findUnique({ where });
  if (known) return known.externalId;
  const externalId = await processor.createCustomer(buyer);
  await deps.db.$executeRaw`
    INSERT INTO billing_customer (user_id, processor, external_id) VALUES (${userId}::uuid, ${processor.id}, ${externalId}) ON CONFLICT DO NOTHING`;
  return (await deps.db.billingCustomer.findUniqueOrThrow({ where })).externalId;
}

/** @throws AppError `request.notFound` */
async function requirePurchase(deps: PaymentDeps, userId: string, id: string): Promise<Row> {
  const row = await deps.db.purchase.findFirst({ where: { id, userId } });
  if (!row) throw new AppError('request.notFound', 'no such purchase');
  return row;
}

/** Asks the processor now. @throws AppError `request.notFound`, `billing.processorDown` */
export async function refreshPurchase(deps: PaymentDeps, userId: string, id: string): Promise<Purchase> {
  const row = await requirePurchase(deps, userId, id);
  await readBack(deps, row);
  return purchaseView(await requirePurchase(deps, userId, id));
}

/** Reads a purchase back, and plans the next time that it is looked at. */
export async function readBack(deps: PaymentDeps, row: Row): Promise<void> {
  const processor = requireProcessor(deps, row.processor);
  const externalId = row.externalId ?? (await lostCharge(deps, processor, row));
  if (externalId !== null) await applyRef(deps, processor.id, { type: 'checkout', id: externalId });
  else if (row.subscriptionId !== null) {
    const subscription = await deps.db.subscription.findUniqueOrThrow({ where: { id: row.subscriptionId } });
    await applyRef(deps, processor.id, { type: 'subscription', id: subscription.externalId });
  }
  const now = deps.now();
  await deps.db.purchase.updateMany({
    where: { id: row.id, state: { notIn: ['paid', 'review'] } },
    data: { nextCheckAt: nextCheck(row.createdAt, now) },
  });
  // Nobody was ever given a page for it, so nobody can pay it; a change that was not paid in a day is off.
  const isForgotten = row.expiresAt !== null && row.expiresAt < now && (row.externalId === null || row.kind === 'change');
  if (isForgotten) await close(deps, row, 'expired');
}

/** A change that we charged by ourselves and whose answer never came: was it made? */
async function lostCharge(deps: PaymentDeps, processor: Processor, row: Row): Promise<string | null> {
  if (row.kind !== 'change' || processor.charger === null) return null;
  const externalId = await processor.charger.find(row.id, row.createdAt);
  if (externalId !== null) await deps.db.purchase.updateMany({ where: { id: row.id, externalId: null }, data: { externalId } });
  return externalId;
}

/** Once a minute in the first ten, then less and less often, for three days. */
export function nextCheck(createdAt: Date, now: Date): Date | null {
  const age = (now.getTime() - createdAt.getTime()) / 60_000;
  const minutes = age < 10 ? 1 : age < 60 ? 5 : age < 24 * 60 ? 15 : 60;
  return age > 3 * 24 * 60 ? null : new Date(now.getTime() + minutes * 60_000);
}

/** Closes the page. What was paid meanwhile counts. */
export async function cancelPurchase(deps: PaymentDeps, userId: string, id: string): Promise<Purchase> {
  const row = await requirePurchase(deps, userId, id);
  if (row.kind === 'change') throw new AppError('billing.notPossibleNow', 'a change of plan is not called off here');
  await closePage(deps, row);
  return purchaseView(await requirePurchase(deps, userId, id));
}

async function closePage(deps: PaymentDeps, row: Row): Promise<void> {
  const processor = requireProcessor(deps, row.processor);
  if (row.externalId !== null) {
    await processor.closeCheckout(row.externalId);
    await applyRef(deps, processor.id, { type: 'checkout', id: row.externalId });
  }
  await close(deps, row, 'canceled');
}

async function close(deps: PaymentDeps, row: Row, state: 'canceled' | 'expired'): Promise<void> {
  await inTransaction(deps.db, async (tx: Tx) => {
    const { count } = await tx.purchase.updateMany({
      where: { id: row.id, state: { in: ['created', 'open', 'expired'] } },
      data: { state, settledAt: deps.now() },
    });
    if (count > 0) await appendEvents(tx, row.userId, [{ type: 'purchase.changed', subject: row.id }]);
  });
}
