import type { CheckoutFact } from '../../processors/port.ts';
import { type Applying, asUuid } from './context.ts';

/** Final for the page; a payment that arrives late still makes the purchase paid. */
const SETTLED = ['paid', 'review'];

/** Mirrors how the page of payment stands. It never gives credits: money does. */
export async function applyCheckout(applying: Applying, fact: CheckoutFact): Promise<void> {
  const { tx, processor } = applying;
  const id = asUuid(fact.purchaseId);
  const [row] = await tx.$queryRaw<{ id: string; user_id: string; state: string; external_id: string | null }[]>`
    SELECT id::text, user_id::text, state, external_id FROM purchase
    WHERE processor = ${processor} AND (external_id = ${fact.externalId} OR (id = ${id}::uuid AND external_id IS NULL)) FOR UPDATE`;
  if (!row || SETTLED.includes(row.state)) return;
  const { externalId, failure } = fact;
  // Closed by its owner: the processor calls that expired.
  const isCanceled = row.state === 'canceled' && fact.state === 'expired';
  // Paid at the processor, not yet here: the money comes as a fact of its own, mostly in the same reading.
  const state = fact.state === 'paid' ? 'pending' : isCanceled ? 'canceled' : fact.state;
  const isOver = ['failed', 'expired', 'canceled'].includes(state);
  await tx.purchase.update({
    where: { id: row.id },
    data: { externalId, state, failure, ...(isOver ? { settledAt: applying.now } : {}) },
  });
  if (state !== row.state) applying.tell(row.user_id, { type: 'purchase.changed', subject: row.id });
}
