import type { Outbox } from './outbox.ts';
import { required } from './params.ts';
import type { Store } from './store.ts';
import type { Card, Customer, Intent, Invoice, Metadata, Price, Session, Subscription } from './types.ts';

export type Bank = { store: Store; outbox: Outbox; origin: () => string };
type Reason = Invoice['billing_reason'];

export const HOUR = 3600;
const DAY = 24 * HOUR;
/** How long the payer has for the first payment and for a change that waits for its money. */
export const INCOMPLETE_S = 23 * HOUR;
/** Tries after a renewal failed; after the last the subscription ends. */
const RETRY_DAYS = [3, 5, 7];

export function addPeriod(start: number, price: Price): number {
  const date = new Date(start * 1000);
  const months = price.recurring?.interval === 'year' ? 12 : 1;
  const target = new Date(date);
  target.setUTCDate(1);
  target.setUTCMonth(target.getUTCMonth() + months);
  const days = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  target.setUTCDate(Math.min(date.getUTCDate(), days));
  return Math.floor(target.getTime() / 1000);
}

/** Asks the card. `isPresent`: the payer sits before the screen and can confirm. */
function answerOf(card: Card | null, isPresent: boolean): string | null {
  if (card === 'success' || card === 'disputed') return null;
  if (card === 'fails_on_renewal') return isPresent ? null : 'insufficient_funds';
  if (card === 'authentication') return isPresent ? null : 'authentication_required';
  return card ?? 'card_declined';
}

export function charge(bank: Bank, customer: Customer, amount: number, currency: string, metadata: Metadata, isPresent: boolean): Intent {
  const { store, outbox } = bank;
  const declined = answerOf(customer.card, isPresent);
  const intent: Intent = {
    id: store.id('pi'),
    object: 'payment_intent',
    status: declined === null ? 'succeeded' : 'requires_payment_method',
    amount,
    amount_received: declined === null ? amount : 0,
    currency,
    customer: customer.id,
    metadata,
    created: store.now(),
    last_payment_error: declined === null ? null : { code: 'card_declined', decline_code: declined },
  };
  store.intent.set(intent.id, intent);
  outbox.emit('payment_intent.created', intent);
  if (declined === null) outbox.emit('payment_intent.succeeded', intent);
  else outbox.emit('payment_intent.payment_failed', intent);
  return intent;
}

export function openDispute(
  bank: Bank,
  intent: Intent,
  amount: number,
  status: 'needs_response' | 'warning_needs_response' = 'needs_response',
): string {
  const { store, outbox } = bank;
  const id = store.id('du');
  const dispute = {
    ...({ id, object: 'dispute', status, amount, currency: intent.currency, reason: 'fraudulent', payment_intent: intent.id } as const),
    evidence_details: { due_by: store.now() + 9 * DAY, past_due: false, has_evidence: false, submission_count: 0 } as const,
    created: store.now(),
  };
  store.dispute.set(id, dispute);
  outbox.emit('charge.dispute.created', dispute);
  if (status === 'needs_response') outbox.emit('charge.dispute.funds_withdrawn', dispute);
  return id;
}

/** The page was paid: a pack's charge, or a subscription with its first invoice. */
export function completeSession(bank: Bank, session: Session, card: Card): { declined: string | null } {
  const { store, outbox } = bank;
  const customer = required(store.customer.get(session.customer), session.customer, 'customer');
  const declined = answerOf(card, true);
  if (declined !== null) return { declined };
  customer.card = card;
  if (session.mode === 'payment') {
    const intent = charge(bank, customer, session.amount_total, session.currency, session.later_metadata, true);
    Object.assign(session, { status: 'complete', payment_status: 'paid', url: null, payment_intent: intent.id });
    outbox.emit('checkout.session.completed', session);
    if (card === 'disputed') openDispute(bank, intent, intent.amount);
    return { declined: null };
  }
  const price = required(store.price.get(session.price), session.price, 'price');
  const subscription = begin(bank, customer, price, session.later_metadata);
  const invoice = makeInvoice(bank, subscription, 'subscription_create', store.now());
  finalize(bank, invoice);
  pay(bank, invoice, subscription, true);
  Object.assign(session, { status: 'complete', payment_status: 'paid', url: null, subscription: subscription.id, invoice: invoice.id });
  outbox.emit('checkout.session.completed', session);
  if (card === 'disputed') disputeInvoice(bank, invoice.id);
  return { declined: null };
}

/** A method that takes days (a bank transfer): the page is done, the money is not there. */
export function completeLater(bank: Bank, session: Session): void {
  const { store, outbox } = bank;
  const now = store.now();
  const common = { currency: session.currency, customer: session.customer, metadata: session.later_metadata, created: now };
  const amounts = { amount: session.amount_total, amount_received: 0, last_payment_error: null };
  const intent: Intent = { id: store.id('pi'), object: 'payment_intent', status: 'processing', ...common, ...amounts };
  store.intent.set(intent.id, intent);
  Object.assign(session, { status: 'complete', payment_status: 'unpaid', url: null, payment_intent: intent.id });
  outbox.emit('checkout.session.completed', session);
}

/** The transfer came, or did not. */
export function settleLater(bank: Bank, session: Session, isPaid: boolean): void {
  const { store, outbox } = bank;
  const intent = store.intent.get(session.payment_intent ?? '');
  if (session.payment_status !== 'unpaid' || intent?.status !== 'processing') return;
  if (isPaid) {
    Object.assign(intent, { status: 'succeeded', amount_received: intent.amount });
    session.payment_status = 'paid';
  } else intent.status = 'requires_payment_method';
  outbox.emit(isPaid ? 'checkout.session.async_payment_succeeded' : 'checkout.session.async_payment_failed', session);
}

function disputeInvoice(bank: Bank, invoiceId: string): void {
  const link = [...bank.store.invoicePayment.values()].find((p) => p.invoice === invoiceId && p.status === 'paid');
  const intent = bank.store.intent.get(link?.payment.payment_intent ?? '');
  if (intent) openDispute(bank, intent, intent.amount);
}

function begin(bank: Bank, customer: Customer, price: Price, metadata: Metadata): Subscription {
  const { store, outbox } = bank;
  const start = store.now();
  const item = { id: store.id('si'), object: 'subscription_item', price, quantity: 1, current_period_start: start } as const;
  const subscription: Subscription = {
    id: store.id('sub'),
    object: 'subscription',
    status: 'incomplete',
    items: {
      object: 'list',
      data: [{ ...item, current_period_end: addPeriod(start, price) }],
      has_more: false,
      url: '/v1/subscription_items',
    },
    customer: customer.id,
    currency: price.currency,
    metadata,
    ...{ cancel_at: null, cancel_at_period_end: false, canceled_at: null, ended_at: null },
    cancellation_details: { reason: null, feedback: null, comment: null },
    ...{ pause_collection: null, pending_update: null, latest_invoice: null, schedule: null },
    billing_mode: { type: 'flexible' },
    created: start,
    livemode: false,
  };
  store.subscription.set(subscription.id, subscription);
  outbox.emit('customer.subscription.created', subscription);
  return subscription;
}

/** A draft over one full period of the subscription's price, or of another one that it would change to. */
export function makeInvoice(bank: Bank, subscription: Subscription, reason: Reason, start: number, other?: Price): Invoice {
  const { store, outbox, origin } = bank;
  const [item] = subscription.items.data;
  if (!item) throw new Error('a subscription without items');
  const price = other ?? item.price;
  const id = store.id('in');
  const { currency, unit_amount: total } = price;
  const line = {
    id: store.id('il'),
    object: 'line_item',
    amount: total,
    currency,
    quantity: 1,
    period: { start, end: addPeriod(start, price) },
  } as const;
  const details = { subscription: subscription.id, subscription_item: item.id, proration: false };
  const invoice: Invoice = {
    ...{ id, object: 'invoice', status: 'draft', billing_reason: reason, customer: subscription.customer, currency },
    ...{ total, total_excluding_tax: total, amount_due: total, amount_paid: 0, attempt_count: 0, next_payment_attempt: null },
    ...{
      hosted_invoice_url: `${origin()}/invoice/${id}`,
      invoice_pdf: `${origin()}/invoice/${id}/pdf`,
      number: `SANDBOX-${store.invoice.size + 1}`,
    },
    parent: { type: 'subscription_details', subscription_details: { subscription: subscription.id, metadata: subscription.metadata } },
    lines: {
      object: 'list',
      data: [
        {
          ...line,
          pricing: { type: 'price_details', price_details: { price: price.id, product: price.product } },
          parent: { type: 'subscription_item_details', subscription_item_details: details },
        },
      ],
      has_more: false,
      url: `/v1/invoices/${id}/lines`,
    },
    status_transitions: { finalized_at: null, paid_at: null, voided_at: null, marked_uncollectible_at: null },
    ...{ created: store.now(), livemode: false, finalizes_at: reason === 'subscription_cycle' ? store.now() + HOUR : null },
  };
  store.invoice.set(id, invoice);
  subscription.latest_invoice = id;
  outbox.emit('invoice.created', invoice);
  return invoice;
}

export function finalize(bank: Bank, invoice: Invoice): void {
  invoice.status = 'open';
  invoice.finalizes_at = null;
  invoice.status_transitions.finalized_at = bank.store.now();
  bank.outbox.emit('invoice.finalized', invoice);
}

/** Charges an open invoice; what it was for happens only when it is paid. */
export function pay(bank: Bank, invoice: Invoice, subscription: Subscription, isPresent: boolean): boolean {
  const { store, outbox } = bank;
  const customer = required(store.customer.get(invoice.customer), invoice.customer, 'customer');
  const intent = charge(bank, customer, invoice.total, invoice.currency, {}, isPresent);
  const isPaid = intent.status === 'succeeded';
  const link = { id: store.id('inpay'), object: 'invoice_payment', invoice: invoice.id, is_default: true } as const;
  const payment = { type: 'payment_intent', payment_intent: intent.id } as const;
  const record = { ...link, payment, status: isPaid ? ('paid' as const) : ('open' as const), amount_paid: intent.amount_received };
  store.invoicePayment.set(record.id, record);
  invoice.attempt_count += 1;
  if (!isPaid) {
    failed(bank, invoice, subscription, intent.last_payment_error?.decline_code === 'authentication_required');
    return false;
  }
  Object.assign(invoice, { status: 'paid', amount_paid: invoice.total, next_payment_attempt: null });
  invoice.status_transitions.paid_at = store.now();
  outbox.emit('invoice_payment.paid', record);
  outbox.emit('invoice.paid', invoice);
  outbox.emit('invoice.payment_succeeded', invoice);
  if (invoice.billing_reason === 'subscription_update') applyUpdate(bank, invoice, subscription);
  if (subscription.status !== 'canceled') {
    subscription.status = 'active';
    outbox.emit('customer.subscription.updated', subscription);
  }
  return true;
}

function failed(bank: Bank, invoice: Invoice, subscription: Subscription, needsPayer: boolean): void {
  const { store, outbox } = bank;
  if (invoice.billing_reason !== 'subscription_cycle') {
    outbox.emit('invoice.payment_failed', invoice);
    return;
  }
  const days = RETRY_DAYS[invoice.attempt_count - 1];
  invoice.next_payment_attempt = days === undefined ? null : store.now() + days * DAY;
  outbox.emit('invoice.payment_failed', invoice);
  if (needsPayer) outbox.emit('invoice.payment_action_required', invoice);
  if (days === undefined) {
    endSubscription(bank, subscription, 'payment_failed');
    return;
  }
  subscription.status = 'past_due';
  outbox.emit('customer.subscription.updated', subscription);
}

/** The money for a change came: price and period are the new ones from when it was asked for. */
function applyUpdate(bank: Bank, invoice: Invoice, subscription: Subscription): void {
  const [line] = invoice.lines.data;
  const [item] = subscription.items.data;
  const price = bank.store.price.get(line?.pricing.price_details.price ?? '');
  if (!line || !item || !price) return;
  Object.assign(item, { price, current_period_start: line.period.start, current_period_end: line.period.end });
  if (subscription.pending_update !== null) {
    subscription.pending_update = null;
    bank.outbox.emit('customer.subscription.pending_update_applied', subscription);
  }
}

export function endSubscription(bank: Bank, subscription: Subscription, reason: string): void {
  const { store, outbox } = bank;
  if (subscription.status === 'canceled') return;
  const now = store.now();
  Object.assign(subscription, { status: 'canceled', canceled_at: subscription.canceled_at ?? now, ended_at: now, pending_update: null });
  subscription.cancellation_details.reason = reason;
  for (const invoice of store.invoice.values()) {
    const isHers = invoice.parent.subscription_details.subscription === subscription.id;
    if (isHers && invoice.status === 'draft') Object.assign(invoice, { status: 'void', finalizes_at: null });
    if (isHers && invoice.status === 'open') invoice.next_payment_attempt = null;
  }
  outbox.emit('customer.subscription.deleted', subscription);
}
