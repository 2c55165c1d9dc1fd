/** Objects as the interface shows them; only fields that somebody reads. Times are Unix seconds, amounts minor units. */
export type Metadata = Record<string, string>;

/** How a card of the pay page behaves. Numbers of real cards are never asked for. */
export const CARDS = ['success', 'insufficient_funds', 'authentication', 'fails_on_renewal', 'disputed'] as const;
export type Card = (typeof CARDS)[number];

export type Customer = {
  id: string;
  object: 'customer';
  email: string;
  metadata: Metadata;
  preferred_locales: string[];
  created: number;
  card: Card | null;
};
export type Price = {
  id: string;
  object: 'price';
  active: boolean;
  currency: string;
  unit_amount: number;
  lookup_key: string | null;
  metadata: Metadata;
  product: string;
  recurring: { interval: 'month' | 'year'; interval_count: number } | null;
  created: number;
};
export type Session = {
  id: string;
  object: 'checkout.session';
  mode: 'payment' | 'subscription';
  status: 'open' | 'complete' | 'expired';
  payment_status: 'paid' | 'unpaid';
  url: string | null;
  client_reference_id: string | null;
  metadata: Metadata;
  customer: string;
  amount_subtotal: number;
  amount_total: number;
  currency: string;
  payment_intent: string | null;
  subscription: string | null;
  invoice: string | null;
  success_url: string;
  cancel_url: string;
  expires_at: number;
  created: number;
  livemode: false;
  /** What is put on the objects that outlive the page. */
  later_metadata: Metadata;
  price: string;
};
export type Item = {
  id: string;
  object: 'subscription_item';
  price: Price;
  quantity: number;
  current_period_start: number;
  current_period_end: number;
};
export type Subscription = {
  id: string;
  object: 'subscription';
  status: 'active' | 'past_due' | 'canceled' | 'incomplete' | 'incomplete_expired';
  items: { object: 'list'; data: Item[]; has_more: false; url: string };
  customer: string;
  currency: string;
  metadata: Metadata;
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  ended_at: number | null;
  cancellation_details: { reason: string | null; feedback: null; comment: null };
  pause_collection: null;
  pending_update: {
    expires_at: number;
    billing_cycle_anchor: number;
    subscription_items: { id: string; price: string; quantity: number }[];
  } | null;
  latest_invoice: string | null;
  schedule: string | null;
  billing_mode: { type: 'flexible' };
  created: number;
  livemode: false;
};
export type Phase = { start_date: number; end_date: number; items: { price: string; quantity: number }[] };
export type Schedule = {
  id: string;
  object: 'subscription_schedule';
  status: 'active' | 'released' | 'canceled';
  subscription: string | null;
  released_subscription: string | null;
  end_behavior: 'release';
  current_phase: { start_date: number; end_date: number } | null;
  phases: Phase[];
  created: number;
};
export type Invoice = {
  id: string;
  object: 'invoice';
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  billing_reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  customer: string;
  currency: string;
  total: number;
  total_excluding_tax: number;
  amount_due: number;
  amount_paid: number;
  attempt_count: number;
  next_payment_attempt: number | null;
  hosted_invoice_url: string | null;
  invoice_pdf: string | null;
  number: string;
  parent: { type: 'subscription_details'; subscription_details: { subscription: string; metadata: Metadata } };
  lines: { object: 'list'; data: Line[]; has_more: false; url: string };
  status_transitions: {
    finalized_at: number | null;
    paid_at: number | null;
    voided_at: number | null;
    marked_uncollectible_at: number | null;
  };
  created: number;
  livemode: false;
  /** When a draft is finalized and charged. */
  finalizes_at: number | null;
};
export type Line = {
  id: string;
  object: 'line_item';
  amount: number;
  currency: string;
  quantity: number;
  period: { start: number; end: number };
  pricing: { type: 'price_details'; price_details: { price: string; product: string } };
  parent: {
    type: 'subscription_item_details';
    subscription_item_details: { subscription: string; subscription_item: string; proration: boolean };
  };
};
export type InvoicePayment = {
  id: string;
  object: 'invoice_payment';
  invoice: string;
  status: 'paid' | 'open' | 'canceled';
  amount_paid: number;
  is_default: boolean;
  payment: { type: 'payment_intent'; payment_intent: string };
};
export type Intent = {
  id: string;
  object: 'payment_intent';
  status: 'requires_payment_method' | 'processing' | 'succeeded';
  amount: number;
  amount_received: number;
  currency: string;
  customer: string;
  metadata: Metadata;
  created: number;
  last_payment_error: { code: string; decline_code: string } | null;
};
export type Refund = {
  id: string;
  object: 'refund';
  status: 'pending' | 'succeeded' | 'failed';
  amount: number;
  currency: string;
  payment_intent: string;
  reason: string | null;
  metadata: Metadata;
  created: number;
};
export type Dispute = {
  id: string;
  object: 'dispute';
  status: 'warning_needs_response' | 'needs_response' | 'won' | 'lost';
  amount: number;
  currency: string;
  reason: string;
  payment_intent: string;
  evidence_details: { due_by: number; past_due: false; has_evidence: false; submission_count: 0 };
  created: number;
};
export type StripeEvent = {
  id: string;
  object: 'event';
  type: string;
  api_version: string;
  created: number;
  livemode: false;
  pending_webhooks: number;
  request: { id: null; idempotency_key: null };
  data: { object: unknown };
};
export type Endpoint = {
  id: string;
  object: 'webhook_endpoint';
  url: string;
  enabled_events: string[];
  api_version: string;
  created: number;
};
