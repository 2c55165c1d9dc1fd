import { z } from 'zod';
import { Credits } from '../../domain/ids.ts';
import { Currency, Money, OfferId, PlanId, ProcessorId } from './plans.ts';
import { route } from './route.ts';

export const PurchaseState = z.enum(['created', 'open', 'pending', 'paid', 'failed', 'expired', 'canceled', 'review']);
export type PurchaseState = z.infer<typeof PurchaseState>;

/** Somebody's wish to buy, from the click to its end. Credits come only from what the processor says, never from a browser. */
export const Purchase = z.object({
  id: z.uuid(),
  kind: z.enum(['pack', 'plan', 'change']),
  offerId: OfferId,
  processor: ProcessorId,
  price: Money,
  credits: Credits,
  state: PurchaseState,
  /** Page of the processor where it is paid; null when there is nothing to open. */
  url: z.string().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  /** Why it failed, as the processor says it. */
  failure: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export type Purchase = z.infer<typeof Purchase>;

export const SubscriptionStatus = z.enum(['active', 'grace', 'paused', 'ended']);
export type SubscriptionStatus = z.infer<typeof SubscriptionStatus>;

export const Subscription = z.object({
  id: z.uuid(),
  planId: PlanId,
  offerId: OfferId,
  processor: ProcessorId,
  /** `grace`: the renewal could not be paid; the plan's limits stay for three days, credits come when it is paid. */
  status: SubscriptionStatus,
  price: Money,
  /** The period that has been paid. */
  periodStart: z.iso.datetime(),
  periodEnd: z.iso.datetime(),
  /** When it will end; null while it renews. */
  cancelAt: z.iso.datetime().nullable(),
  /** Takes over when the period ends. */
  nextOfferId: OfferId.nullable(),
  /** What keeps it from renewing, with the page where it can be mended and when it is tried again. */
  problem: z.object({ url: z.string().nullable(), nextAttemptAt: z.iso.datetime().nullable() }).nullable(),
});
export type Subscription = z.infer<typeof Subscription>;

/** What a change of plan would do, told before it is confirmed. */
export const ChangePreview = z.object({
  offerId: OfferId,
  /** `now`: a full new period is paid at once, credits that are left keep their end date. `periodEnd`: nothing changes until then. */
  when: z.enum(['now', 'periodEnd']),
  effectiveAt: z.iso.datetime(),
  /** Paid now; null when nothing is. */
  charge: Money.nullable(),
  /** Added now. */
  credits: Credits,
});
export type ChangePreview = z.infer<typeof ChangePreview>;

export const Payment = z.object({
  id: z.uuid(),
  kind: z.enum(['pack', 'period']),
  offerId: OfferId,
  processor: ProcessorId,
  price: Money,
  refunded: Money,
  credits: Credits,
  disputed: z.boolean(),
  /** What its owner would get back now for the credits that are unspent; null when the rule (14 days, no dispute) gives nothing. */
  refundable: z.object({ money: Money, credits: Credits }).nullable(),
  /** Invoice of the processor; null when it makes none. */
  documentUrl: z.string().nullable(),
  paidAt: z.iso.datetime(),
});
export type Payment = z.infer<typeof Payment>;

const id = z.strictObject({ id: z.uuid() });
const subscription = z.object({ subscription: Subscription.nullable() });
const session = { access: 'session' } as const;

export const billingRoutes = {
  'billing.createPurchase': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/purchases',
    summary: 'Begin to buy a pack or a plan; the answer has the page to open',
    idempotent: true,
    status: 201,
    body: z.strictObject({ offerId: OfferId, processor: ProcessorId, currency: Currency }),
    response: Purchase,
  }),
  'billing.listPurchases': route({
    ...session,
    method: 'GET',
    path: '/v1/billing/purchases',
    summary: 'Purchases, newest first: what waits for its payment can be opened again',
    response: z.object({ purchases: z.array(Purchase) }),
  }),
  'billing.getPurchase': route({
    ...session,
    method: 'GET',
    path: '/v1/billing/purchases/:id',
    summary: 'One purchase',
    params: id,
    response: Purchase,
  }),
  'billing.refreshPurchase': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/purchases/:id/refresh',
    summary: 'Ask the processor now how it stands',
    params: id,
    response: Purchase,
  }),
  'billing.cancelPurchase': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/purchases/:id/cancel',
    summary: 'Close the page where it would be paid; what was paid meanwhile counts',
    params: id,
    response: Purchase,
  }),
  'billing.subscription': route({
    ...session,
    method: 'GET',
    path: '/v1/billing/subscription',
    summary: 'The subscription, the last one when none runs',
    response: subscription,
  }),
  'billing.previewChange': route({
    ...session,
    method: 'GET',
    path: '/v1/billing/subscription/change',
    summary: 'What a change of plan would do and when',
    query: z.strictObject({ offerId: OfferId }),
    response: ChangePreview,
  }),
  'billing.changePlan': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/subscription/change',
    summary: 'Change the plan: up at once, down when the period ends; the present plan undoes a planned change',
    idempotent: true,
    body: z.strictObject({ offerId: OfferId }),
    response: z.object({ subscription: Subscription.nullable(), purchase: Purchase.nullable() }),
  }),
  'billing.cancelSubscription': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/subscription/cancel',
    summary: 'End it when the paid period ends',
    response: subscription,
  }),
  'billing.resumeSubscription': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/subscription/resume',
    summary: 'Take a planned end back',
    response: subscription,
  }),
  'billing.paymentMethod': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/payment-method',
    summary: 'A page where the card of the subscription can be changed',
    response: z.object({ url: z.string() }),
  }),
  'billing.payments': route({
    ...session,
    method: 'GET',
    path: '/v1/billing/payments',
    summary: 'Payments, newest first, with what could be refunded',
    response: z.object({ payments: z.array(Payment) }),
  }),
  'billing.refund': route({
    ...session,
    method: 'POST',
    path: '/v1/billing/payments/:id/refund',
    summary: 'Give unspent credits of a payment back for their money',
    idempotent: true,
    params: id,
    response: Payment,
  }),
} as const;
