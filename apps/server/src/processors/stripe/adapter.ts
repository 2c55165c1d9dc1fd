import { AppError } from '@pingplex/shared/errors';
import type Stripe from 'stripe';
import type { CheckoutOrder, ObjectRef, PricedOffer, Processor } from '../port.ts';
import { asking, createStripeClient, finding, STRIPE_VERSION, type StripeConnection } from './client.ts';
import { createPrices } from './prices.ts';
import { createReader } from './read.ts';
import { noticeOf, STRIPE_EVENTS, verifyWebhook } from './webhooks.ts';

const MOST_LISTED = 10_000;
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

export function createStripeProcessor(connection: StripeConnection): Processor {
  const stripe = createStripeClient(connection);
  const prices = createPrices(stripe);

  async function requireSubscription(id: string): Promise<{ found: Stripe.Subscription; item: Stripe.SubscriptionItem }> {
    const found = await asking(() => stripe.subscriptions.retrieve(id));
    const [item] = found.items.data;
    if (!item) throw new AppError('billing.processorRefused', 'stripe: a subscription without items');
    return { found, item };
  }

  /** While a schedule is attached the processor refuses direct changes. */
  async function releaseSchedule(found: Stripe.Subscription): Promise<void> {
    const { schedule } = found;
    if (schedule !== null) await asking(() => stripe.subscriptionSchedules.release(typeof schedule === 'string' ? schedule : schedule.id));
  }

  return {
    id: 'stripe',
    currencies: ['USD', 'EUR'],
    isSandbox: connection.isSandbox,
    charger: null,
    subscriptions: {
      async upgrade({ changeId, subscription, offer }) {
        const { found, item } = await requireSubscription(subscription);
        await releaseSchedule(found);
        const params: Stripe.SubscriptionUpdateParams = {
          items: [{ id: item.id, price: await prices.idOf(offer), quantity: 1 }],
          proration_behavior: 'none',
          billing_cycle_anchor: { type: 'now' },
          payment_behavior: 'pending_if_incomplete',
          expand: ['latest_invoice'],
        };
        const changed = await asking(() => stripe.subscriptions.update(subscription, params, { idempotencyKey: `sub-change:${changeId}` }));
        const invoice = typeof changed.latest_invoice === 'object' ? changed.latest_invoice : null;
        return { actionUrl: changed.pending_update === null ? null : (invoice?.hosted_invoice_url ?? null) };
      },

      async planChange({ changeId, subscription, offer }) {
        const { found, item } = await requireSubscription(subscription);
        const key = `sub-change:${changeId}`;
        const attached = found.schedule;
        const schedule =
          attached === null
            ? await asking(() =>
                stripe.subscriptionSchedules.create({ from_subscription: subscription }, { idempotencyKey: `${key}:from` }),
              )
            : await asking(() => stripe.subscriptionSchedules.retrieve(typeof attached === 'string' ? attached : attached.id));
        await asking(async () =>
          stripe.subscriptionSchedules.update(schedule.id, await phasesOf(schedule, item.price.id, offer), { idempotencyKey: key }),
        );
      },

      async dropPlannedChange(subscription) {
        await releaseSchedule((await requireSubscription(subscription)).found);
      },

      async setEnding(subscription, isEnding) {
        const { found } = await requireSubscription(subscription);
        await releaseSchedule(found);
        // A date set in the portal is taken back by clearing it; a flag by unsetting it.
        const params: Stripe.SubscriptionUpdateParams =
          !isEnding && found.cancel_at !== null && !found.cancel_at_period_end ? { cancel_at: '' } : { cancel_at_period_end: isEnding };
        await asking(() => stripe.subscriptions.update(subscription, params));
      },

      async endNow(subscription) {
        const found = await finding(() => stripe.subscriptions.retrieve(subscription));
        if (found && found.status !== 'canceled' && found.status !== 'incomplete_expired') {
          await asking(() => stripe.subscriptions.cancel(subscription, { prorate: false, invoice_now: false }));
        }
      },

      async methodPage(customer, returnUrl, locale) {
        const flow = {
          type: 'payment_method_update',
          after_completion: { type: 'redirect', redirect: { return_url: returnUrl } },
        } as const;
        const params = { customer, return_url: returnUrl, locale, flow_data: flow };
        return (await asking(() => stripe.billingPortal.sessions.create(params))).url;
      },
    },

    async createCustomer({ userId, email, locale }) {
      const params = { email, metadata: { user_id: userId }, preferred_locales: [locale] };
      const made = await asking(() => stripe.customers.create(params, { idempotencyKey: `customer:${userId}` }));
      return made.id;
    },

    async openCheckout(order) {
      const params = checkoutParams(order, await prices.idOf(order.offer));
      const session = await asking(() => stripe.checkout.sessions.create(params, { idempotencyKey: `checkout:${order.purchaseId}` }));
      if (session.url === null) throw new AppError('billing.processorRefused', 'stripe: a page without an address');
      return { externalId: session.id, url: session.url };
    },

    async closeCheckout(externalId) {
      const session = await finding(() => stripe.checkout.sessions.retrieve(externalId));
      if (session?.status === 'open') await asking(() => stripe.checkout.sessions.expire(externalId));
    },

    read: createReader(stripe, prices),

    verify({ raw, headers }) {
      const header = headers['stripe-signature'];
      return verifyWebhook(stripe, connection, raw, Array.isArray(header) ? header[0] : header);
    },

    async refund({ refundId, chargeRef, amount }) {
      // Its key is remembered for a day; after that the refund itself tells that it was made.
      const made = await asking(() => stripe.refunds.list({ payment_intent: chargeRef, limit: 100 }));
      const earlier = made.data.find((refund) => refund.metadata?.['refund_id'] === refundId);
      if (earlier) return earlier.id;
      const params = { payment_intent: chargeRef, amount, reason: 'requested_by_customer', metadata: { refund_id: refundId } } as const;
      return (await asking(() => stripe.refunds.create(params, { idempotencyKey: `refund:${refundId}` }))).id;
    },

    async missed(since) {
      const list = stripe.events.list({
        delivery_success: false,
        created: { gte: seconds(since) },
        types: [...STRIPE_EVENTS].slice(0, 20),
        limit: 100,
      });
      const rest = stripe.events.list({
        delivery_success: false,
        created: { gte: seconds(since) },
        types: [...STRIPE_EVENTS].slice(20),
        limit: 100,
      });
      const events = await asking(async () => [
        ...(await list.autoPagingToArray({ limit: MOST_LISTED })),
        ...(await rest.autoPagingToArray({ limit: MOST_LISTED })),
      ]);
      return events.map(noticeOf);
    },

    async moved(since) {
      const params = { created: { gte: seconds(since) }, limit: 100 };
      const all = { limit: MOST_LISTED };
      const [charges, refunds, disputes] = await asking(() =>
        Promise.all([
          stripe.paymentIntents.list(params).autoPagingToArray(all),
          stripe.refunds.list(params).autoPagingToArray(all),
          stripe.disputes.list(params).autoPagingToArray(all),
        ]),
      );
      const refs = (type: ObjectRef['type'], found: readonly { id: string }[]): ObjectRef[] => found.map(({ id }) => ({ type, id }));
      return [
        ...refs(
          'charge',
          charges.filter((c) => c.status === 'succeeded'),
        ),
        ...refs('refund', refunds),
        ...refs('dispute', disputes),
      ];
    },
  };

  async function phasesOf(
    schedule: Stripe.SubscriptionSchedule,
    priceId: string,
    offer: PricedOffer,
  ): Promise<Stripe.SubscriptionScheduleUpdateParams> {
    const phase = schedule.current_phase ?? schedule.phases[0];
    if (!phase) throw new AppError('billing.processorRefused', 'stripe: a schedule without a phase');
    const next = { price: await prices.idOf(offer), quantity: 1 };
    return {
      end_behavior: 'release',
      proration_behavior: 'none',
      phases: [
        { items: [{ price: priceId, quantity: 1 }], start_date: phase.start_date, end_date: phase.end_date },
        { items: [next], duration: { interval: offer.interval ?? 'month', interval_count: 1 } },
      ],
    };
  }
}

/** The metadata is repeated on what outlives the page: invoices, refunds and disputes never see the page's own. */
function checkoutParams(order: CheckoutOrder, price: string): Stripe.Checkout.SessionCreateParams {
  const metadata = { purchase_id: order.purchaseId, user_id: order.buyer.userId };
  return {
    customer: order.buyer.externalId,
    client_reference_id: order.purchaseId,
    metadata,
    line_items: [{ price, quantity: 1 }],
    expires_at: seconds(order.expiresAt),
    success_url: order.returnUrl,
    cancel_url: order.cancelUrl,
    locale: order.buyer.locale,
    ...(order.offer.interval === null
      ? { mode: 'payment', payment_intent_data: { metadata } }
      : { mode: 'subscription', subscription_data: { metadata } }),
  };
}

/**
 * For the operator: makes the endpoint that receives messages, with the pinned version and exactly the events that are needed.
 * @returns its secret, which is told only now
 */
export async function createStripeEndpoint(
  connection: Omit<StripeConnection, 'webhookSecrets'>,
  url: string,
): Promise<{ id: string; secret: string }> {
  const stripe = createStripeClient({ ...connection, webhookSecrets: [] });
  const params = { url, enabled_events: [...STRIPE_EVENTS], api_version: STRIPE_VERSION } as const;
  const made = await asking(() => stripe.webhookEndpoints.create({ ...params, enabled_events: [...STRIPE_EVENTS] }));
  return { id: made.id, secret: made.secret ?? '' };
}
