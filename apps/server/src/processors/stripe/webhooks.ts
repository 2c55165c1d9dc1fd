import { AppError } from '@pingplex/shared/errors';
import type Stripe from 'stripe';
import type { AlertFact, Notice, ObjectRef } from '../port.ts';
import { STRIPE_VERSION, type StripeConnection } from './client.ts';

/** What the operator's endpoint is subscribed to; `charge.succeeded` and the like are left out, they tempt to grant twice. */
export const STRIPE_EVENTS = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.finalization_failed',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.pending_update_applied',
  'customer.subscription.pending_update_expired',
  'subscription_schedule.updated',
  'subscription_schedule.released',
  'subscription_schedule.canceled',
  'subscription_schedule.aborted',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'radar.early_fraud_warning.created',
  'review.opened',
] as const satisfies Stripe.WebhookEndpointCreateParams.EnabledEvent[];

/** Verifies a message over its raw bytes (HMAC, five minutes of tolerance) and reduces it to what it is about. */
export function verifyWebhook(stripe: Stripe, connection: StripeConnection, raw: Buffer, header: string | undefined): Notice {
  const event = openEvent(stripe, connection.webhookSecrets, raw, header);
  const isLiveKey = /^(sk|rk)_live_/.test(connection.apiKey);
  if (event.livemode !== isLiveKey)
    throw new AppError('billing.webhookRejected', 'a message of the test mode in production, or the reverse');
  return noticeOf(event);
}

function openEvent(stripe: Stripe, secrets: readonly string[], raw: Buffer, header: string | undefined): Stripe.Event {
  for (const secret of secrets) {
    try {
      return stripe.webhooks.constructEvent(raw, header ?? '', secret);
    } catch {
      // Signed with another secret perhaps; only when none fits is it refused.
    }
  }
  throw new AppError('billing.webhookRejected', 'no signature fits');
}

/** What an event is about. Of its content only ids are taken. */
export function noticeOf(event: Stripe.Event): Notice {
  const alert: AlertFact | null =
    event.api_version !== null && event.api_version !== STRIPE_VERSION
      ? { type: 'alert', kind: 'webhookVersion', ref: `stripe:${event.api_version}`, details: { version: event.api_version } }
      : warningOf(event);
  return { dedupeKey: event.id, type: event.type, ref: refOf(event), alert };
}

function refOf(event: Stripe.Event): ObjectRef | null {
  const object = event.data.object as { id?: string };
  const ref = (type: ObjectRef['type'], id: unknown): ObjectRef | null => (typeof id === 'string' ? { type, id } : null);
  if (event.type.startsWith('checkout.session.')) return ref('checkout', object.id);
  if (event.type.startsWith('customer.subscription.')) return ref('subscription', object.id);
  if (event.type.startsWith('invoice.')) {
    const owner = (object as Stripe.Invoice).parent?.subscription_details?.subscription;
    return ref('subscription', typeof owner === 'object' ? owner.id : owner);
  }
  if (event.type.startsWith('subscription_schedule.')) {
    const schedule = object as Stripe.SubscriptionSchedule;
    const owner = schedule.subscription ?? schedule.released_subscription;
    return ref('subscription', owner !== null && typeof owner === 'object' ? owner.id : owner);
  }
  if (event.type.startsWith('refund.')) return ref('refund', object.id);
  if (event.type.startsWith('charge.dispute.')) return ref('dispute', object.id);
  return null;
}

function warningOf(event: Stripe.Event): AlertFact | null {
  const kinds: Record<string, string> = {
    'radar.early_fraud_warning.created': 'fraudWarning',
    'review.opened': 'fraudReview',
    'invoice.finalization_failed': 'renewalStuck',
  };
  const kind = kinds[event.type];
  const object = event.data.object as { id?: string };
  return kind === undefined ? null : { type: 'alert', kind, ref: `stripe:${object.id ?? event.id}`, details: { event: event.id } };
}
