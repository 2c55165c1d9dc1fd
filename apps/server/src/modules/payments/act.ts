import type { ProcessorId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { inTransaction } from '../../db/transaction.ts';
import { applyRef } from './apply.ts';
import { Applying } from './context.ts';
import { receiptFor, subscriptionsOf } from './own-subscriptions.ts';
import { failRefund } from './refund-facts.ts';
import { type PaymentDeps, requireProcessor } from './types.ts';

/** Tells the processor what was decided here. Safe to repeat: the row says whether anything is left to do. */
export async function act(deps: PaymentDeps, what: string, id: string): Promise<void> {
  if (what === 'refund') await sendRefund(deps, id);
  else await endSubscription(deps, id);
}

async function sendRefund(deps: PaymentDeps, id: string): Promise<void> {
  const refund = await deps.db.refund.findUnique({ where: { id }, include: { payment: true } });
  if (refund?.state !== 'wanted') return;
  const processor = requireProcessor(deps, refund.processor);
  const { chargeRef, currency } = refund.payment;
  try {
    if (chargeRef === null) throw new AppError('billing.processorRefused', 'the money came without a charge that could be refunded');
    const receipt = await receiptFor(deps, refund.payment);
    const externalId = await processor.refund({ refundId: id, chargeRef, amount: refund.amount, currency, receipt });
    await applyRef(deps, processor.id, { type: 'refund', id: externalId });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'billing.processorRefused') throw error;
    deps.log.error({ event: 'refund', err: error }, 'a refund was refused');
    await inTransaction(deps.db, async (tx) => {
      const applying = new Applying(tx, processor.id, deps.now(), deps.now());
      await failRefund(applying, id, error.message.slice(0, 200));
      await applying.finish(deps);
    });
  }
}

async function endSubscription(deps: PaymentDeps, id: string): Promise<void> {
  const row = await deps.db.subscription.findUnique({ where: { id } });
  if (!row?.endWanted) return;
  await subscriptionsOf(deps, row.processor).endNow(row.externalId);
  await applyRef(deps, row.processor as ProcessorId, { type: 'subscription', id: row.externalId });
  await deps.db.subscription.updateMany({ where: { id, status: 'ended' }, data: { endWanted: false } });
}
