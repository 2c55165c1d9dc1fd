import { type Bank, finalize, INCOMPLETE_S, makeInvoice, pay } from './billing.ts';
import { listed, metadata, need, nested, oneOf, only, type Params, required, StripeRefusal, text, whole } from './params.ts';
import type { Refund, Session, Subscription } from './types.ts';

const SESSION_PARAMS = [
  'mode',
  'line_items',
  'customer',
  'client_reference_id',
  'metadata',
  'payment_intent_data',
  'subscription_data',
  'success_url',
];

/** Opens a page of payment. */
export function createSession(bank: Bank, params: Params): Session {
  const { store } = bank;
  only(params, [...SESSION_PARAMS, 'cancel_url', 'expires_at', 'locale', 'ui_mode', 'automatic_tax', 'allow_promotion_codes']);
  if (params['ui_mode'] !== undefined) oneOf(params, 'ui_mode', ['hosted_page', 'embedded_page', 'elements', 'form']);
  const mode = oneOf(params, 'mode', ['payment', 'subscription'] as const);
  const [line] = listed(params, 'line_items');
  if (typeof line !== 'object') throw new StripeRefusal(400, 'parameter_missing', 'Missing required param: line_items.', 'line_items');
  only(line, ['price', 'quantity']);
  const priceId = need(line, 'price');
  const price = store.price.get(priceId);
  if (!price) throw new StripeRefusal(400, 'resource_missing', `No such price: '${priceId}'`, 'line_items[0][price]');
  if ((mode === 'subscription') !== (price.recurring !== null))
    throw new StripeRefusal(400, null, 'The price does not fit the mode.', 'line_items');
  const customer = need(params, 'customer');
  required(store.customer.get(customer), customer, 'customer');
  const expires = whole(params, 'expires_at') ?? store.now() + 24 * 3600;
  // The caller may live by the virtual clock or by the real one.
  const fits = (age: number): boolean => age >= 30 * 60 - 60 && age <= 24 * 3600;
  const age = [expires - store.now(), expires - Math.floor(Date.now() / 1000)].find(fits);
  if (age === undefined) throw new StripeRefusal(400, null, 'expires_at must be 30 minutes to 24 hours from now', 'expires_at');
  const data = nested(params, mode === 'payment' ? 'payment_intent_data' : 'subscription_data');
  only(data, ['metadata', 'description']);
  for (const name of ['success_url', 'cancel_url']) {
    if (!/^https?:\/\//.test(need(params, name))) throw new StripeRefusal(400, 'url_invalid', 'Not a valid URL', name);
  }
  const id = store.id('cs_test');
  const session: Session = {
    ...{ id, object: 'checkout.session', mode, status: 'open', payment_status: 'unpaid', url: `${bank.origin()}/pay/${id}` },
    ...{ client_reference_id: text(params, 'client_reference_id'), metadata: metadata(params), customer, later_metadata: metadata(data) },
    ...{ amount_subtotal: price.unit_amount, amount_total: price.unit_amount, currency: price.currency, price: price.id },
    ...{
      payment_intent: null,
      subscription: null,
      invoice: null,
      success_url: need(params, 'success_url'),
      cancel_url: need(params, 'cancel_url'),
    },
    ...{ expires_at: store.now() + age, created: store.now(), livemode: false },
  };
  store.session.set(id, session);
  return session;
}

const UPDATE_PARAMS = [
  'items',
  'proration_behavior',
  'billing_cycle_anchor',
  'payment_behavior',
  'cancel_at',
  'cancel_at_period_end',
  'metadata',
];

/** Ends, keeps on or changes a subscription. */
export function updateSubscription(bank: Bank, subscription: Subscription, params: Params): Subscription {
  const { store, outbox } = bank;
  only(params, UPDATE_PARAMS);
  if (subscription.status === 'canceled') throw new StripeRefusal(404, 'resource_missing', `No such subscription: '${subscription.id}'`);
  if (subscription.schedule !== null) {
    throw new StripeRefusal(400, null, 'The subscription is managed by a subscription schedule, and updating it directly is not allowed.');
  }
  if (typeof params['billing_cycle_anchor'] === 'string') {
    throw new StripeRefusal(400, 'parameter_invalid_object', 'billing_cycle_anchor is an object since 2026-09-30.', 'billing_cycle_anchor');
  }
  if (params['cancel_at_period_end'] !== undefined) {
    subscription.cancel_at_period_end = oneOf(params, 'cancel_at_period_end', ['true', 'false']) === 'true';
    subscription.cancel_at = subscription.cancel_at_period_end ? (subscription.items.data[0]?.current_period_end ?? null) : null;
    subscription.canceled_at = subscription.cancel_at_period_end ? store.now() : null;
  }
  if (params['cancel_at'] === '') Object.assign(subscription, { cancel_at: null, canceled_at: null });
  const [change] = listed(params, 'items');
  if (typeof change !== 'object') {
    outbox.emit('customer.subscription.updated', subscription);
    return subscription;
  }
  return changePrice(bank, subscription, params, change);
}

/** A full new period of another price, paid now: nothing is reckoned against what was paid before. */
function changePrice(bank: Bank, subscription: Subscription, params: Params, change: Params): Subscription {
  const { store, outbox } = bank;
  only(change, ['id', 'price', 'quantity']);
  const [item] = subscription.items.data;
  if (!item || text(change, 'id') !== item.id) throw new StripeRefusal(400, null, 'a second item would be added', 'items');
  const price = required(store.price.get(need(change, 'price')), need(change, 'price'), 'price');
  oneOf(params, 'proration_behavior', ['none']);
  oneOf(nested(params, 'billing_cycle_anchor'), 'type', ['now']);
  oneOf(params, 'payment_behavior', ['pending_if_incomplete']);
  const start = store.now();
  const invoice = makeInvoice(bank, subscription, 'subscription_update', start, price);
  finalize(bank, invoice);
  if (pay(bank, invoice, subscription, false)) return subscription;
  const item_ = { id: item.id, price: price.id, quantity: 1 };
  subscription.pending_update = { expires_at: start + INCOMPLETE_S, billing_cycle_anchor: start, subscription_items: [item_] };
  outbox.emit('customer.subscription.updated', subscription);
  return subscription;
}

/** Sends money back; never more than came. */
export function createRefund(bank: Bank, params: Params): Refund {
  const { store, outbox } = bank;
  only(params, ['payment_intent', 'amount', 'reason', 'metadata']);
  if (params['reason'] !== undefined) oneOf(params, 'reason', ['duplicate', 'fraudulent', 'requested_by_customer']);
  const id = need(params, 'payment_intent');
  const intent = store.intent.get(id);
  if (intent?.status !== 'succeeded')
    throw new StripeRefusal(400, null, 'This PaymentIntent does not have a successful charge to refund.', 'payment_intent');
  const gone = [...store.refund.values()]
    .filter((r) => r.payment_intent === id && r.status !== 'failed')
    .reduce((sum, r) => sum + r.amount, 0);
  const amount = whole(params, 'amount') ?? intent.amount - gone;
  if (gone >= intent.amount) throw new StripeRefusal(400, 'charge_already_refunded', 'Charge has already been refunded.', 'payment_intent');
  if (amount <= 0 || amount > intent.amount - gone) {
    throw new StripeRefusal(400, null, `Refund amount is greater than unrefunded amount on charge.`, 'amount');
  }
  const common = {
    amount,
    currency: intent.currency,
    payment_intent: id,
    reason: text(params, 'reason'),
    metadata: metadata(params),
    created: store.now(),
  };
  const refund: Refund = { id: store.id('re'), object: 'refund', status: 'succeeded', ...common };
  store.refund.set(refund.id, refund);
  outbox.emit('refund.created', refund);
  outbox.emit('charge.refunded', { id: intent.id, object: 'charge', payment_intent: intent.id });
  return refund;
}
