import { randomUUID } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import { inTransaction } from '../../db/transaction.ts';
import type { Charger, Processor, ReceiptFor, Subscriptions } from '../../processors/port.ts';
import { appendEvents } from '../events/service.ts';
import { applyRef } from './apply.ts';
import { applyLimits } from './context.ts';
import { requireOffer } from './offers.ts';
import { LIVE, type PaymentDeps, requireProcessor } from './types.ts';

type Change = Partial<{
  nextOfferId: string | null;
  cancelAt: Date | null;
  status: string;
  endedAt: Date;
  endReason: string;
  pendingMethod: string;
}>;

/** The processor's subscriptions, or ours where it has none: the same commands either way. */
export function subscriptionsOf(deps: PaymentDeps, processorId: string): Subscriptions {
  const processor = requireProcessor(deps, processorId);
  if (processor.subscriptions !== null) return processor.subscriptions;
  if (processor.charger !== null) return ownSubscriptions(deps, processor, processor.charger);
  throw new AppError('billing.processorUnavailable', `${processorId} sells no plans`);
}

/** Subscriptions that live in our rows: periods, ends and planned changes are columns, money comes by charging the saved method. */
function ownSubscriptions(deps: PaymentDeps, processor: Processor, charger: Charger): Subscriptions {
  const { db } = deps;
  const find = (externalId: string) =>
    db.subscription.findUniqueOrThrow({ where: { processor_externalId: { processor: processor.id, externalId } } });

  async function write(externalId: string, data: Change): Promise<void> {
    await inTransaction(db, async (tx) => {
      const where = { processor: processor.id, externalId, status: { not: 'ended' } };
      const rows = await tx.subscription.updateManyAndReturn({ where, data });
      for (const { userId } of rows) {
        await applyLimits(deps, tx, userId, deps.now());
        await appendEvents(tx, userId, [{ type: 'subscription.changed' }]);
      }
    });
  }

  return {
    async upgrade({ changeId, subscription, offer }) {
      const row = await find(subscription);
      if (row.method === null) throw new AppError('billing.notPossibleNow', 'there is no saved way of paying');
      const { email } = await receiptFor(deps, { userId: row.userId, offerId: offer.id });
      const externalId = await charger.charge({ id: changeId, kind: 'change', userId: row.userId, method: row.method, offer, email });
      await db.purchase.updateMany({ where: { id: changeId, externalId: null }, data: { externalId } });
      await applyRef(deps, processor.id, { type: 'checkout', id: externalId });
      return { actionUrl: null };
    },
    planChange: ({ subscription, offer }) => write(subscription, { nextOfferId: offer.id }),
    dropPlannedChange: (subscription) => write(subscription, { nextOfferId: null }),
    async setEnding(subscription, isEnding) {
      const { periodEnd } = await find(subscription);
      await write(subscription, { cancelAt: isEnding ? periodEnd : null, ...(isEnding ? { nextOfferId: null } : {}) });
    },
    endNow: (subscription) => write(subscription, { status: 'ended', endedAt: deps.now(), endReason: 'ended' }),
    async methodPage(userId, returnUrl) {
      const row = await db.subscription.findFirstOrThrow({ where: { userId, status: { in: [...LIVE] } } });
      const { id, url } = await charger.bind({ key: `bind-${randomUUID()}`, userId, returnUrl });
      await write(row.externalId, { pendingMethod: id });
      return url;
    },
  };
}

/** Address and words of the receipt for this payment. */
export async function receiptFor(deps: Pick<PaymentDeps, 'db'>, payment: { userId: string; offerId: string }): Promise<ReceiptFor> {
  const user = await deps.db.user.findUnique({ where: { id: payment.userId }, select: { email: true, locale: true } });
  const { label } = requireOffer(payment.offerId);
  return { email: user?.email ?? '', label: label[user?.locale === 'en' ? 'en' : 'ru'] };
}
