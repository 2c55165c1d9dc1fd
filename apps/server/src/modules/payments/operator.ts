import type { ProcessorId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { ObjectRef } from '../../processors/port.ts';
import { act } from './act.ts';
import { applyFacts, applyRef, databaseTime } from './apply.ts';
import { Applying, asUuid } from './context.ts';
import { applyMessages } from './inbox.ts';
import { grantMonths } from './payment-facts.ts';
import { wishRefund } from './refund-facts.ts';
import type { PaymentDeps } from './types.ts';

/** What an operator says about an action: who and why. */
export type Order = { operator: string; reason: string; key: string };

/** Everything that is known about a purchase, payment, subscription, refund or dispute, by our id or the processor's. */
export async function showPayment(db: Db, id: string): Promise<unknown> {
  const uuid = asUuid(id);
  const either = uuid === null ? [{ externalId: id }] : [{ id: uuid }, { externalId: id }];
  const refund = await db.refund.findFirst({ where: { OR: either } });
  const dispute = await db.dispute.findFirst({ where: { OR: either } });
  const subscription = await db.subscription.findFirst({ where: { OR: either } });
  const purchase = await db.purchase.findFirst({ where: { OR: either } });
  const ids = [refund?.paymentId, dispute?.paymentId].flatMap((found) => found ?? []);
  const payments = await db.payment.findMany({
    where: {
      OR: [
        ...either,
        { chargeRef: id },
        { id: { in: ids } },
        ...(subscription ? [{ subscriptionId: subscription.id }] : []),
        ...(purchase ? [{ purchaseId: purchase.id }] : []),
      ],
    },
    include: { refunds: true, disputes: true },
    orderBy: { paidAt: 'asc' },
  });
  if (!purchase && !subscription && payments.length === 0) throw new AppError('request.notFound', `nothing about money has the id ${id}`);
  const grants = await db.creditGrant.findMany({ where: { payment: { in: payments.map((p) => p.id) } }, orderBy: { createdAt: 'asc' } });
  const objects = [...payments.flatMap((p) => [p.externalId, p.chargeRef]), purchase?.externalId, subscription?.externalId, id];
  const messages = await db.webhookInbox.findMany({
    where: { objectId: { in: objects.flatMap((o) => o ?? []) } },
    omit: { body: true },
    orderBy: { receivedAt: 'asc' },
    take: 100,
  });
  return { purchase, subscription, payments, grants, messages };
}

/** Payments, purchases and subscriptions of a user, newest first. */
export async function listBilling(db: Db, userId: string): Promise<unknown> {
  const [purchases, subscriptions, payments] = await Promise.all([
    db.purchase.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, take: 50 }),
    db.subscription.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, take: 20 }),
    db.payment.findMany({ where: { userId }, orderBy: { paidAt: 'desc' }, take: 100, include: { refunds: true, disputes: true } }),
  ]);
  return { subscriptions, purchases, payments };
}

/** Reads an object back from its processor and writes what it says: the same as a message does. */
export async function applyByHand(deps: PaymentDeps, processor: ProcessorId, ref: ObjectRef): Promise<{ found: boolean }> {
  return { found: await applyRef(deps, processor, ref) };
}

/** Sends money back; its credits go at once. Without `credits` their share, rounded down, goes; what was spent becomes debt. */
export async function refundByHand(
  deps: PaymentDeps,
  paymentId: string,
  amount: number,
  order: Order & { credits?: number },
): Promise<unknown> {
  const refundId = await inTransaction(deps.db, async (tx) => {
    await tx.$executeRaw`SELECT 1 FROM payment WHERE id = ${paymentId}::uuid FOR UPDATE`;
    const payment = await tx.payment.findUnique({ where: { id: paymentId } });
    if (!payment) throw new AppError('request.notFound', `no payment ${paymentId}`);
    const wishKey = `operator:${order.key}`;
    const earlier = await tx.refund.findUnique({ where: { wishKey } });
    if (earlier && (earlier.paymentId !== paymentId || earlier.amount !== amount)) {
      throw new AppError('request.idempotencyMismatch', 'this key was used for another refund');
    }
    if (!earlier && amount > payment.amount - payment.refunded) {
      throw new AppError('request.invalid', `only ${payment.amount - payment.refunded} ${payment.currency} of it are left`);
    }
    const applying = new Applying(tx, payment.processor, deps.now(), deps.now());
    const { reason, operator, credits } = order;
    const wish = { paymentId, amount, wishKey, initiator: `operator:${operator}`, reason, ...(credits === undefined ? {} : { credits }) };
    const { id } = await wishRefund(applying, wish);
    await applying.finish(deps);
    return id;
  });
  await act(deps, 'refund', refundId);
  for (const { id } of await deps.db.subscription.findMany({ where: { endWanted: true } })) await act(deps, 'end', id);
  return deps.db.refund.findUniqueOrThrow({ where: { id: refundId } });
}

/** A payment that waited for somebody to look is accepted: its credits are given. */
export async function acceptByHand(deps: PaymentDeps, paymentId: string, order: Order): Promise<unknown> {
  await inTransaction(deps.db, async (tx) => {
    const { count } = await tx.payment.updateMany({
      where: { id: paymentId, state: 'review', credits: { gt: 0 } },
      data: { state: 'paid' },
    });
    const payment = await tx.payment.findUnique({ where: { id: paymentId } });
    if (!payment) throw new AppError('request.notFound', `no payment ${paymentId}`);
    if (count === 0) return;
    const applying = new Applying(tx, payment.processor, deps.now(), deps.now());
    await grantMonths(applying, paymentId);
    if (payment.purchaseId !== null) {
      await tx.purchase.update({ where: { id: payment.purchaseId }, data: { state: 'paid' } });
      applying.tell(payment.userId, { type: 'purchase.changed', subject: payment.purchaseId });
    }
    await tx.billingAlert.updateMany({
      where: { kind: 'mismatch', ref: `${payment.processor}:${payment.externalId}`, resolvedAt: null },
      data: { resolvedAt: deps.now(), resolvedBy: order.operator, note: order.reason },
    });
    await applying.finish(deps);
  });
  return deps.db.payment.findUniqueOrThrow({ where: { id: paymentId } });
}

/** For processors that tell of disputes outside of their interface. */
export async function disputeByHand(deps: PaymentDeps, paymentId: string, status: 'open' | 'won' | 'lost', order: Order): Promise<unknown> {
  const payment = await deps.db.payment.findUnique({ where: { id: paymentId } });
  if (payment?.chargeRef == null) throw new AppError('request.notFound', `no payment ${paymentId} with a charge`);
  const externalId = `hand:${order.key}`;
  const fact = {
    type: 'dispute',
    externalId,
    chargeRef: payment.chargeRef,
    status,
    amount: payment.amount,
    reason: order.reason,
    dueBy: null,
  } as const;
  await applyFacts(deps, payment.processor as ProcessorId, [fact], await databaseTime(deps.db));
  for (const { id } of await deps.db.subscription.findMany({ where: { endWanted: true } })) await act(deps, 'end', id);
  return deps.db.dispute.findUniqueOrThrow({ where: { processor_externalId: { processor: payment.processor, externalId } } });
}

/** What waits for an operator. */
export const openAlerts = (db: Db) => db.billingAlert.findMany({ where: { resolvedAt: null }, orderBy: { createdAt: 'asc' }, take: 200 });

/** Somebody looked and did what had to be done. */
export async function resolveAlert(db: Db, id: string, order: Omit<Order, 'key'>): Promise<unknown> {
  await db.billingAlert.updateMany({
    where: { id, resolvedAt: null },
    data: { resolvedAt: new Date(), resolvedBy: order.operator, note: order.reason },
  });
  const alert = await db.billingAlert.findUnique({ where: { id } });
  if (!alert) throw new AppError('request.notFound', `no alert ${id}`);
  return alert;
}

/** Messages in this state, newest first. */
export const listMessages = (db: Db, state: string) =>
  db.webhookInbox.findMany({ where: { state }, omit: { body: true }, orderBy: { receivedAt: 'desc' }, take: 100 });

/** Applies a stored message again, whatever became of it before. */
export async function replayMessage(deps: PaymentDeps, id: string): Promise<unknown> {
  const row = await deps.db.webhookInbox.findUnique({ where: { id }, omit: { body: true } });
  if (!row) throw new AppError('request.notFound', `no message ${id}`);
  if (row.objectId !== null) {
    await deps.db.webhookInbox.updateMany({ where: { id, state: 'failed' }, data: { state: 'new' } });
    await applyMessages(deps, row.processor as ProcessorId, { type: row.objectType as ObjectRef['type'], id: row.objectId });
  }
  return deps.db.webhookInbox.findUnique({ where: { id }, omit: { body: true } });
}
