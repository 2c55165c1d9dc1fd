import { z } from 'zod';
import { type Bank, openDispute, settleLater } from './billing.ts';
import { advance } from './clock.ts';
import { Delivery } from './outbox.ts';
import { required } from './params.ts';
import { CARDS } from './types.ts';

/**
 * What goes wrong with calls: `before` (nothing was done, the connection is cut), `after` (done, the connection is cut), `error` (done,
 * answered 500), `limit` (429, nothing done), `broken` (done, half an answer). Counted; they end by themselves.
 */
export const Fault = z.strictObject({
  call: z.string(),
  kind: z.enum(['before', 'after', 'error', 'limit', 'broken']),
  times: z.int().min(1).default(1),
});
export type Fault = z.infer<typeof Fault>;

/** Sent to `POST /_sandbox`; each part is done in this order. */
export const Order = z.strictObject({
  delivery: Delivery.optional(),
  faults: z.array(Fault).optional(),
  /** Moves the virtual clock by so many seconds. */
  advance: z.int().min(1).optional(),
  /** Lets held messages go, in this order of their places. */
  release: z.union([z.literal('all'), z.array(z.int().min(0))]).optional(),
  card: z.strictObject({ customer: z.string(), card: z.enum(CARDS) }).optional(),
  dispute: z.strictObject({ charge: z.string(), amount: z.int().min(1).optional(), inquiry: z.boolean().optional() }).optional(),
  closeDispute: z.strictObject({ id: z.string(), won: z.boolean() }).optional(),
  /** A refund made by hand at the processor. */
  refund: z.strictObject({ charge: z.string(), amount: z.int().min(1) }).optional(),
  refundState: z.strictObject({ id: z.string(), state: z.enum(['pending', 'succeeded', 'failed']) }).optional(),
  /** The bank transfer of a page came, or did not. */
  transfer: z.strictObject({ session: z.string(), paid: z.boolean() }).optional(),
});
export type Order = z.input<typeof Order>;

/** Does what a test or a person at the control page orders. */
export async function obey(
  bank: Bank,
  order: z.output<typeof Order>,
  setFaults: (faults: Fault[]) => void,
): Promise<Record<string, unknown>> {
  const { store, outbox } = bank;
  const done: Record<string, unknown> = {};
  if (order.delivery) outbox.setDelivery(order.delivery);
  if (order.faults) setFaults(order.faults);
  if (order.card) required(store.customer.get(order.card.customer), order.card.customer, 'customer').card = order.card.card;
  if (order.advance !== undefined) advance(bank, store.now() + order.advance);
  if (order.dispute) {
    const intent = required(store.intent.get(order.dispute.charge), order.dispute.charge, 'payment_intent');
    done['dispute'] = openDispute(
      bank,
      intent,
      order.dispute.amount ?? intent.amount,
      order.dispute.inquiry ? 'warning_needs_response' : 'needs_response',
    );
  }
  if (order.closeDispute) {
    const { id, won } = order.closeDispute;
    const dispute = required(store.dispute.get(id), id, 'dispute');
    dispute.status = won ? 'won' : 'lost';
    outbox.emit('charge.dispute.updated', dispute);
    outbox.emit('charge.dispute.closed', dispute);
    if (won) outbox.emit('charge.dispute.funds_reinstated', dispute);
  }
  if (order.refund) {
    const intent = required(store.intent.get(order.refund.charge), order.refund.charge, 'payment_intent');
    const common = {
      amount: order.refund.amount,
      currency: intent.currency,
      payment_intent: intent.id,
      created: store.now(),
      reason: null,
      metadata: {},
    };
    const refund = { id: store.id('re'), object: 'refund', status: 'succeeded', ...common } as const;
    store.refund.set(refund.id, refund);
    outbox.emit('refund.created', refund);
    outbox.emit('refund.updated', refund);
    done['refund'] = refund.id;
  }
  if (order.refundState) {
    const { id, state } = order.refundState;
    const refund = required(store.refund.get(id), id, 'refund');
    refund.status = state;
    outbox.emit(state === 'failed' ? 'refund.failed' : 'refund.updated', refund);
  }
  if (order.transfer)
    settleLater(bank, required(store.session.get(order.transfer.session), order.transfer.session, 'checkout.session'), order.transfer.paid);
  if (order.release !== undefined) await outbox.release(order.release === 'all' ? undefined : order.release);
  store.save();
  return { ...done, now: store.now(), delivery: outbox.delivery(), held: outbox.held().map((e) => e.type) };
}
