import type Stripe from 'stripe';
import type { DisputeFact, Fact, ObjectRef, PaymentFact, RefundFact, SubscriptionFact } from '../port.ts';
import { asking, finding } from './client.ts';
import type { Prices } from './prices.ts';

type Idable = string | { id: string } | null | undefined;
const idOf = (value: Idable): string | null => (typeof value === 'string' ? value : (value?.id ?? null));
const at = (seconds: number): Date => new Date(seconds * 1000);

/** Reads objects back and tells what is true now; what a message said is never used. */
export function createReader(stripe: Stripe, prices: Prices): (ref: ObjectRef) => Promise<Fact[]> {
  async function checkout(id: string): Promise<Fact[]> {
    const session = await finding(() => stripe.checkout.sessions.retrieve(id));
    if (!session) return [];
    const purchaseId = session.metadata?.['purchase_id'] ?? session.client_reference_id;
    const isPaid = session.payment_status === 'paid';
    const facts: Fact[] = [{ type: 'checkout', externalId: id, purchaseId, state: stateOf(session), failure: null }];
    const subscriptionId = idOf(session.subscription);
    if (subscriptionId !== null) facts.push(...(await subscription(subscriptionId)));
    const charge = idOf(session.payment_intent);
    if (session.mode !== 'payment' || session.status !== 'complete' || !isPaid || charge === null) return facts;
    facts.push({
      type: 'payment',
      externalId: charge,
      sourceKey: `stripe:pi:${charge}`,
      chargeRef: charge,
      kind: 'pack',
      purchaseId,
      subscription: null,
      customer: idOf(session.customer),
      userId: session.metadata?.['user_id'] ?? null,
      offer: null,
      amount: session.amount_subtotal ?? 0,
      currency: (session.currency ?? '').toUpperCase(),
      period: null,
      paidAt: at(session.created),
      documentUrl: null,
    });
    return facts;
  }

  /** A subscription with all money that came for it: a lost message about a period is made good by the next one about anything. */
  async function subscription(id: string): Promise<Fact[]> {
    const found = await finding(() => stripe.subscriptions.retrieve(id, { expand: ['latest_invoice', 'schedule'] }));
    if (!found) return [];
    const [item] = found.items.data;
    if (!item) return [];
    const offer = await prices.offerOf(item.price.id);
    const latest = typeof found.latest_invoice === 'object' ? found.latest_invoice : null;
    const isUnpaid = latest !== null && latest.status === 'open' && ['past_due', 'unpaid'].includes(found.status);
    const fact: SubscriptionFact = {
      type: 'subscription',
      externalId: id,
      customer: idOf(found.customer),
      userId: found.metadata['user_id'] ?? null,
      purchaseId: found.metadata['purchase_id'] ?? null,
      status: statusOf(found),
      offerId: offer?.id ?? null,
      amount: item.price.unit_amount ?? 0,
      currency: found.currency.toUpperCase(),
      periodStart: at(item.current_period_start),
      periodEnd: at(item.current_period_end),
      // A cancellation in the portal may set either of the two.
      cancelAt: found.cancel_at !== null ? at(found.cancel_at) : found.cancel_at_period_end ? at(item.current_period_end) : null,
      nextOfferId: await nextOffer(found, item.price.id),
      problem: isUnpaid
        ? {
            url: latest.hosted_invoice_url ?? null,
            nextAttemptAt: latest.next_payment_attempt === null ? null : at(latest.next_payment_attempt),
          }
        : null,
      endReason: found.cancellation_details?.reason ?? null,
    };
    const facts: Fact[] = [fact];
    const invoices = stripe.invoices.list({ subscription: id, status: 'paid', limit: 100, expand: ['data.payments'] });
    for (const invoice of await asking(() => invoices.autoPagingToArray({ limit: 1_000 }))) {
      const paid = await paidPeriod(invoice, fact);
      if (paid) facts.push(paid);
    }
    return facts;
  }

  async function nextOffer(found: Stripe.Subscription, priceId: string): Promise<string | null> {
    if (found.schedule === null || typeof found.schedule === 'string' || found.schedule.status !== 'active') return null;
    const start = found.schedule.current_phase?.end_date ?? 0;
    const next = idOf(found.schedule.phases.find((phase) => phase.start_date >= start)?.items[0]?.price);
    return next === null || next === priceId ? null : ((await prices.offerOf(next))?.id ?? null);
  }

  /** The money of one invoice. Only `paid` ones come here: drafts, open and void ones grant nothing. */
  async function paidPeriod(invoice: Stripe.Invoice, subscriptionFact: SubscriptionFact): Promise<PaymentFact | null> {
    const reasons: (string | null)[] = ['subscription_create', 'subscription_cycle', 'subscription_update'];
    if (!reasons.includes(invoice.billing_reason) || invoice.id === undefined) return null;
    for (const line of invoice.lines.data) {
      const priceId = idOf(line.pricing?.price_details?.price);
      const isPeriod = line.parent?.type === 'subscription_item_details' && line.parent.subscription_item_details?.proration !== true;
      // An invoice over nothing (a trial's first) is paid as well.
      if (!isPeriod || priceId === null || line.amount === 0) continue;
      const charge = invoice.payments?.data.find((p) => p.status === 'paid')?.payment;
      return {
        type: 'payment',
        externalId: invoice.id,
        sourceKey: `stripe:invoice:${invoice.id}:${priceId}`,
        chargeRef: idOf(charge?.payment_intent),
        kind: 'period',
        purchaseId: invoice.billing_reason === 'subscription_create' ? subscriptionFact.purchaseId : null,
        subscription: subscriptionFact.externalId,
        customer: idOf(invoice.customer),
        userId: subscriptionFact.userId,
        offer: await prices.offerOf(priceId),
        amount: invoice.total_excluding_tax ?? invoice.total,
        currency: invoice.currency.toUpperCase(),
        period: { start: at(line.period.start), end: at(line.period.end) },
        paidAt: at(invoice.status_transitions.paid_at ?? invoice.created),
        documentUrl: invoice.invoice_pdf ?? null,
      };
    }
    return null;
  }

  /** From a charge to what it paid for. */
  async function charge(id: string): Promise<Fact[]> {
    const payment = { type: 'payment_intent', payment_intent: id } as const;
    const [link] = (await asking(() => stripe.invoicePayments.list({ payment, limit: 1, expand: ['data.invoice'] }))).data;
    if (link && typeof link.invoice === 'object' && !('deleted' in link.invoice)) {
      const owner = idOf(link.invoice.parent?.subscription_details?.subscription);
      if (owner !== null) return subscription(owner);
    }
    const [session] = (await asking(() => stripe.checkout.sessions.list({ payment_intent: id, limit: 1 }))).data;
    if (session) return checkout(session.id);
    return [{ type: 'alert', kind: 'orphan', ref: `stripe:${id}`, details: { charge: id } }];
  }

  async function refund(id: string): Promise<Fact[]> {
    const found = await finding(() => stripe.refunds.retrieve(id));
    const chargeRef = idOf(found?.payment_intent);
    if (!found || chargeRef === null) return [];
    const state =
      found.status === 'succeeded' ? 'succeeded' : found.status === 'failed' || found.status === 'canceled' ? 'failed' : 'pending';
    const refundId = found.metadata?.['refund_id'] ?? null;
    const fact: RefundFact = {
      type: 'refund',
      externalId: id,
      chargeRef,
      refundId,
      amount: found.amount,
      state,
      reason: found.reason ?? '',
    };
    return [fact];
  }

  async function dispute(id: string): Promise<Fact[]> {
    const found = await finding(() => stripe.disputes.retrieve(id));
    const chargeRef = idOf(found?.payment_intent);
    if (!found || chargeRef === null) return [];
    const { due_by } = found.evidence_details;
    const fact: DisputeFact = {
      type: 'dispute',
      externalId: id,
      chargeRef,
      status: disputeStatus(found.status),
      amount: found.amount,
      reason: found.reason,
      dueBy: due_by === null ? null : at(due_by),
    };
    return [fact];
  }

  const readers = { checkout, subscription, charge, refund, dispute, method: () => Promise.resolve([]) };
  return (ref) => readers[ref.type](ref.id);
}

function stateOf(session: Stripe.Checkout.Session): 'open' | 'pending' | 'paid' | 'failed' | 'expired' {
  if (session.status === 'expired') return 'expired';
  if (session.status !== 'complete') return 'open';
  return session.payment_status === 'unpaid' ? 'pending' : 'paid';
}

function statusOf(found: Stripe.Subscription): SubscriptionFact['status'] {
  switch (found.status) {
    case 'active':
    case 'trialing':
      return found.pause_collection === null ? 'active' : 'paused';
    case 'past_due':
      return 'grace';
    case 'paused':
      return 'paused';
    case 'canceled':
    case 'unpaid':
    case 'incomplete_expired':
      return 'ended';
    default:
      // `incomplete`, and what may be added to the interface one day: nothing is given for it.
      return 'none';
  }
}

function disputeStatus(status: string): DisputeFact['status'] {
  if (status === 'won' || status === 'prevented') return 'won';
  if (status === 'lost') return 'lost';
  return status.startsWith('warning_') ? 'inquiry' : 'open';
}
