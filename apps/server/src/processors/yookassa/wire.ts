import { z } from 'zod';

/** Objects as the service shows them; only what is used. New values of open sets are let through. */
const Amount = z.object({ value: z.string().regex(/^\d+\.\d{2}$/), currency: z.string() });

const Method = z.object({
  id: z.string(),
  saved: z.boolean().default(false),
  title: z.string().optional(),
  status: z.string().optional(),
});

export const WirePayment = z.object({
  id: z.string(),
  status: z.enum(['pending', 'waiting_for_capture', 'succeeded', 'canceled']),
  paid: z.boolean(),
  test: z.boolean(),
  amount: Amount,
  created_at: z.iso.datetime(),
  captured_at: z.iso.datetime().optional(),
  recipient: z.object({ account_id: z.string() }),
  confirmation: z.object({ confirmation_url: z.string().optional() }).optional(),
  payment_method: Method.optional(),
  cancellation_details: z.object({ party: z.string(), reason: z.string() }).optional(),
  receipt_registration: z.string().optional(),
  metadata: z.record(z.string(), z.string()).default({}),
});
export type WirePayment = z.infer<typeof WirePayment>;

export const WireRefund = z.object({
  id: z.string(),
  payment_id: z.string(),
  status: z.enum(['pending', 'succeeded', 'canceled']),
  amount: Amount,
  description: z.string().optional(),
  cancellation_details: z.object({ party: z.string(), reason: z.string() }).optional(),
  metadata: z.record(z.string(), z.string()).default({}),
});
export type WireRefund = z.infer<typeof WireRefund>;

export const WireMethod = Method.extend({ confirmation: z.object({ confirmation_url: z.string().optional() }).optional() });

export const Notification = z.object({
  type: z.literal('notification'),
  event: z.string().max(60),
  object: z.object({ id: z.string().max(60), status: z.string().max(40).default('') }),
});

/** "10.00" ⇄ 1000. */
export const minorOf = (value: string): number => Number(value.replace('.', ''));
export const wireAmount = (amount: number, currency: string): { value: string; currency: string } => ({
  value: `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`,
  currency,
});

/** Reasons after which the same method never pays again by itself. */
export const FINAL_REASONS: ReadonlySet<string> = new Set([
  'card_expired',
  'invalid_card_number',
  'invalid_csc',
  'payment_method_restricted',
  'permission_revoked',
  'country_forbidden',
  'fraud_suspected',
  'identification_required',
  'unsupported_mobile_operator',
]);
