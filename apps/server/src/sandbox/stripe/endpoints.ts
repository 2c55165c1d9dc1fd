import { createRefund, createSession, updateSubscription } from './actions.ts';
import { type Bank, endSubscription } from './billing.ts';
import { STRIPE_VERSION } from './outbox.ts';
import { listed, metadata, need, nested, oneOf, only, type Params, required, StripeRefusal, text, whole } from './params.ts';
import { createSchedule, releaseSchedule, updateSchedule } from './schedules.ts';
import type { Customer, Endpoint, Price } from './types.ts';

type Call = { bank: Bank; params: Params; id: string };
type Handler = (call: Call) => unknown;

/** Every endpoint that our code uses, by method and path. Parameters that the real service does not know are refused. */
export const ENDPOINTS: Readonly<Record<string, Handler>> = {
  'POST /v1/customers': ({ bank: { store }, params }) => {
    only(params, ['email', 'metadata', 'preferred_locales', 'name']);
    const locales = listed(params, 'preferred_locales').map(String);
    const common = { email: need(params, 'email'), metadata: metadata(params), preferred_locales: locales, created: store.now() };
    const customer: Customer = { id: store.id('cus'), object: 'customer', ...common, card: null };
    store.customer.set(customer.id, customer);
    return customer;
  },
  'GET /v1/customers/:id': ({ bank, id }) => required(bank.store.customer.get(id), id, 'customer'),

  'POST /v1/prices': ({ bank: { store }, params }) => {
    only(params, ['currency', 'unit_amount', 'lookup_key', 'metadata', 'product_data', 'product', 'recurring']);
    const recurring = params['recurring'] === undefined ? null : nested(params, 'recurring');
    const interval = recurring === null ? null : oneOf(recurring, 'interval', ['month', 'year'] as const);
    const lookup = text(params, 'lookup_key');
    if (lookup !== null && [...store.price.values()].some((p) => p.lookup_key === lookup)) {
      throw new StripeRefusal(400, 'resource_already_exists', 'A price already uses that lookup key.', 'lookup_key');
    }
    need(nested(params, 'product_data'), 'name');
    const price: Price = {
      ...{
        id: store.id('price'),
        object: 'price',
        active: true,
        currency: need(params, 'currency'),
        unit_amount: Number(need(params, 'unit_amount')),
      },
      ...{ lookup_key: lookup, metadata: metadata(params), product: store.id('prod'), created: store.now() },
      recurring: interval === null ? null : { interval, interval_count: 1 },
    };
    store.price.set(price.id, price);
    return price;
  },
  'GET /v1/prices': ({ bank, params }) => {
    only(params, ['lookup_keys', 'active', 'limit', 'starting_after']);
    const keys = listed(params, 'lookup_keys').map(String);
    return list(
      params,
      '/v1/prices',
      [...bank.store.price.values()].filter((p) => keys.length === 0 || keys.includes(p.lookup_key ?? '')),
    );
  },
  'GET /v1/prices/:id': ({ bank, id }) => required(bank.store.price.get(id), id, 'price'),

  'POST /v1/checkout/sessions': ({ bank, params }) => createSession(bank, params),
  'GET /v1/checkout/sessions': ({ bank, params }) => {
    only(params, ['payment_intent', 'limit', 'starting_after']);
    const intent = text(params, 'payment_intent');
    return list(
      params,
      '/v1/checkout/sessions',
      [...bank.store.session.values()].filter((s) => intent === null || s.payment_intent === intent),
    );
  },
  'GET /v1/checkout/sessions/:id': ({ bank, id }) => required(bank.store.session.get(id), id, 'checkout.session'),
  'POST /v1/checkout/sessions/:id/expire': ({ bank, id, params }) => {
    only(params, []);
    const session = required(bank.store.session.get(id), id, 'checkout.session');
    if (session.status !== 'open') throw new StripeRefusal(400, null, 'Only open Checkout Sessions can be expired.');
    Object.assign(session, { status: 'expired', url: null });
    bank.outbox.emit('checkout.session.expired', session);
    return session;
  },

  'GET /v1/subscriptions/:id': ({ bank, id }) => required(bank.store.subscription.get(id), id, 'subscription'),
  'POST /v1/subscriptions/:id': ({ bank, id, params }) =>
    updateSubscription(bank, required(bank.store.subscription.get(id), id, 'subscription'), params),
  'DELETE /v1/subscriptions/:id': ({ bank, id, params }) => {
    only(params, ['invoice_now', 'prorate', 'cancellation_details']);
    const subscription = required(bank.store.subscription.get(id), id, 'subscription');
    if (subscription.status === 'canceled') throw new StripeRefusal(404, 'resource_missing', `No such subscription: '${id}'`);
    endSubscription(bank, subscription, 'cancellation_requested');
    return subscription;
  },

  'POST /v1/subscription_schedules': ({ bank, params }) => createSchedule(bank, params),
  'GET /v1/subscription_schedules/:id': ({ bank, id }) => required(bank.store.schedule.get(id), id, 'subscription_schedule'),
  'POST /v1/subscription_schedules/:id': ({ bank, id, params }) =>
    updateSchedule(bank, required(bank.store.schedule.get(id), id, 'subscription_schedule'), params),
  'POST /v1/subscription_schedules/:id/release': ({ bank, id, params }) => {
    only(params, []);
    return releaseSchedule(bank, required(bank.store.schedule.get(id), id, 'subscription_schedule'));
  },

  'GET /v1/invoices': ({ bank, params }) => {
    only(params, ['subscription', 'status', 'limit', 'starting_after', 'created']);
    const [owner, status] = [text(params, 'subscription'), text(params, 'status')];
    const found = [...bank.store.invoice.values()].filter(
      (i) => (owner === null || i.parent.subscription_details.subscription === owner) && (status === null || i.status === status),
    );
    return list(params, '/v1/invoices', found);
  },
  'GET /v1/invoices/:id': ({ bank, id }) => required(bank.store.invoice.get(id), id, 'invoice'),
  'GET /v1/invoice_payments': ({ bank, params }) => {
    only(params, ['payment', 'invoice', 'limit', 'starting_after']);
    const intent = text(nested(params, 'payment'), 'payment_intent');
    return list(
      params,
      '/v1/invoice_payments',
      [...bank.store.invoicePayment.values()].filter((p) => intent === null || p.payment.payment_intent === intent),
    );
  },
  'GET /v1/payment_intents': ({ bank, params }) => {
    only(params, ['created', 'limit', 'starting_after', 'customer']);
    return list(params, '/v1/payment_intents', since(params, [...bank.store.intent.values()]));
  },

  'POST /v1/refunds': ({ bank, params }) => createRefund(bank, params),
  'GET /v1/refunds': ({ bank, params }) => {
    only(params, ['payment_intent', 'created', 'limit', 'starting_after']);
    const intent = text(params, 'payment_intent');
    return list(
      params,
      '/v1/refunds',
      since(params, [...bank.store.refund.values()]).filter((r) => intent === null || r.payment_intent === intent),
    );
  },
  'GET /v1/refunds/:id': ({ bank, id }) => required(bank.store.refund.get(id), id, 'refund'),
  'GET /v1/disputes': ({ bank, params }) => {
    only(params, ['created', 'limit', 'starting_after']);
    return list(params, '/v1/disputes', since(params, [...bank.store.dispute.values()]));
  },
  'GET /v1/disputes/:id': ({ bank, id }) => required(bank.store.dispute.get(id), id, 'dispute'),

  'GET /v1/events': ({ bank: { store }, params }) => {
    only(params, ['delivery_success', 'created', 'types', 'limit', 'starting_after']);
    const types = listed(params, 'types').map(String);
    if (types.length > 20) throw new StripeRefusal(400, null, 'at most 20 types', 'types');
    const success = text(params, 'delivery_success');
    const found = since(params, [...store.event.values()]).filter(
      (e) => (types.length === 0 || types.includes(e.type)) && (success === null || (success === 'true') !== store.undelivered.has(e.id)),
    );
    return list(params, '/v1/events', found);
  },

  'POST /v1/billing_portal/sessions': ({ bank, params }) => {
    only(params, ['customer', 'return_url', 'locale', 'flow_data', 'configuration']);
    const customer = need(params, 'customer');
    required(bank.store.customer.get(customer), customer, 'customer');
    const url = `${bank.origin()}/portal/${customer}?return=${encodeURIComponent(need(params, 'return_url'))}`;
    return { id: bank.store.id('bps'), object: 'billing_portal.session', customer, url, created: bank.store.now(), livemode: false };
  },

  'POST /v1/webhook_endpoints': ({ bank: { store }, params }) => {
    only(params, ['url', 'enabled_events', 'api_version', 'description', 'metadata']);
    const version = text(params, 'api_version') ?? STRIPE_VERSION;
    const common = { url: need(params, 'url'), enabled_events: listed(params, 'enabled_events').map(String), api_version: version };
    // The same address again is the same receiver: it hears everything once.
    for (const [id, known] of store.endpoint) if (known.url === common.url) store.endpoint.delete(id);
    const endpoint: Endpoint = { id: store.id('we'), object: 'webhook_endpoint', ...common, created: store.now() };
    store.endpoint.set(endpoint.id, endpoint);
    return endpoint;
  },
};

/** Newest first, in pages, as the real lists. */
function list<T extends { id: string }>(params: Params, url: string, found: readonly T[]): unknown {
  const limit = whole(params, 'limit') ?? 10;
  if (limit < 1 || limit > 100) throw new StripeRefusal(400, 'parameter_invalid_integer', 'limit must be 1 to 100', 'limit');
  const newest = [...found].reverse();
  const after = text(params, 'starting_after');
  const from = after === null ? 0 : newest.findIndex((o) => o.id === after) + 1;
  return { object: 'list', url, data: newest.slice(from, from + limit), has_more: newest.length > from + limit };
}

function since<T extends { created: number }>(params: Params, all: readonly T[]): T[] {
  const created = nested(params, 'created');
  only(created, ['gte', 'gt', 'lte', 'lt']);
  const from = whole(created, 'gte') ?? 0;
  return all.filter((o) => o.created >= from);
}
