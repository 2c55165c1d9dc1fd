/** Objects as the service shows them, and what the stand-in knows besides. */
export type Amount = { value: string; currency: string };
export type Details = { party: string; reason: string };

/** How a card of the pay page behaves later, when it is charged without its owner. */
export const CARDS = ['pays', 'insufficient_funds', 'card_expired', 'permission_revoked'] as const;
export type Card = (typeof CARDS)[number];

export type Payment = {
  id: string;
  status: 'pending' | 'waiting_for_capture' | 'succeeded' | 'canceled';
  paid: boolean;
  test: true;
  refundable: boolean;
  amount: Amount;
  created_at: string;
  captured_at?: string;
  description?: string;
  recipient: { account_id: string; gateway_id: string };
  confirmation?: { type: 'redirect'; confirmation_url: string; return_url: string };
  payment_method?: { type: 'bank_card'; id: string; saved: boolean; status: 'active' | 'pending' | 'inactive'; title: string };
  cancellation_details?: Details;
  refunded_amount?: Amount;
  receipt_registration?: 'pending' | 'succeeded' | 'canceled';
  metadata: Record<string, string>;
  merchant_customer_id?: string;
};
export type Refund = {
  id: string;
  status: 'pending' | 'succeeded' | 'canceled';
  payment_id: string;
  amount: Amount;
  created_at: string;
  cancellation_details?: Details;
  metadata: Record<string, string>;
};
export type Method = {
  id: string;
  type: 'bank_card';
  saved: boolean;
  status: 'pending' | 'active' | 'inactive';
  title: string;
  confirmation?: { type: 'redirect'; confirmation_url: string; return_url: string };
};

/** A refusal in the service's shape. */
export class YooKassaRefusal extends Error {
  override readonly name = 'YooKassaRefusal';
  readonly status: number;
  readonly code: string;
  readonly parameter: string | null;
  constructor(status: number, code: string, description: string, parameter: string | null = null) {
    super(description);
    this.status = status;
    this.code = code;
    this.parameter = parameter;
  }
}
