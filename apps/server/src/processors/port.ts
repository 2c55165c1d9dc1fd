import type { BillingInterval, Currency, ProcessorId } from '@pingplex/shared/contracts/http';

/** What is bought, with the price that was shown. `amount` in minor units; `credits` of the pack or of one month. */
export type PricedOffer = {
  id: string;
  label: string;
  amount: number;
  currency: Currency;
  interval: BillingInterval | null;
  credits: number;
};

export type Buyer = { userId: string; externalId: string | null; email: string; locale: 'en' | 'ru' };

export type CheckoutOrder = {
  purchaseId: string;
  offer: PricedOffer;
  /** With the processor's own id of the buyer. */
  buyer: Buyer & { externalId: string };
  /** Both are fixed when the purchase is made, so that a repeated call is the same call. */
  expiresAt: Date;
  /** Pages of ours; the processor sends the browser there. */
  returnUrl: string;
  cancelUrl: string;
};

/** Something at the processor that can be read back. */
export type ObjectRef = { type: 'checkout' | 'subscription' | 'charge' | 'refund' | 'dispute' | 'method'; id: string };

/** How a page of payment stands. */
export type CheckoutFact = {
  type: 'checkout';
  externalId: string;
  purchaseId: string | null;
  state: 'open' | 'pending' | 'paid' | 'failed' | 'expired';
  failure: string | null;
};

/** Money that arrived for a pack or for a period. */
export type PaymentFact = {
  type: 'payment';
  externalId: string;
  /** Names the business fact once for ever: the key of its grant. */
  sourceKey: string;
  /** What refunds and disputes refer to; null for money that came another way. */
  chargeRef: string | null;
  kind: 'pack' | 'period';
  purchaseId: string | null;
  subscription: string | null;
  customer: string | null;
  userId: string | null;
  /** What the money was for; null when it is none of our offers. */
  offer: { id: string; amount: number; credits: number } | null;
  /** What arrived in whole minor units, before taxes; for periods after discounts. */
  amount: number;
  currency: string;
  period: { start: Date; end: Date } | null;
  paidAt: Date;
  documentUrl: string | null;
  /** Of a charge that we made by ourselves: its row. */
  chargeId?: string | null;
  /** What the payer let us keep for later charges. */
  method?: { id: string; label: string } | null;
};

/** A charge of ours that was not paid. `isFinal`: this method will never pay again. */
export type ChargeFact = {
  type: 'charge';
  externalId: string;
  chargeId: string;
  state: 'pending' | 'failed';
  failure: string | null;
  isFinal: boolean;
};

/** A card that was to be saved. */
export type MethodFact = { type: 'method'; externalId: string; state: 'pending' | 'active' | 'inactive'; label: string };

export type SubscriptionFact = {
  type: 'subscription';
  externalId: string;
  customer: string | null;
  userId: string | null;
  purchaseId: string | null;
  /** `none`: its first payment is not made. */
  status: 'none' | 'active' | 'grace' | 'paused' | 'ended';
  offerId: string | null;
  amount: number;
  currency: string;
  periodStart: Date;
  periodEnd: Date;
  cancelAt: Date | null;
  nextOfferId: string | null;
  problem: { url: string | null; nextAttemptAt: Date | null } | null;
  endReason: string | null;
};

export type RefundFact = {
  type: 'refund';
  externalId: string;
  chargeRef: string;
  /** Our refund, when we asked for it. */
  refundId: string | null;
  amount: number;
  state: 'pending' | 'succeeded' | 'failed';
  reason: string;
};

export type DisputeFact = {
  type: 'dispute';
  externalId: string;
  chargeRef: string;
  /** `inquiry`: no money has moved. */
  status: 'inquiry' | 'open' | 'won' | 'lost';
  amount: number;
  reason: string;
  dueBy: Date | null;
};

/** Something that an operator has to know. */
export type AlertFact = { type: 'alert'; kind: string; ref: string; details: Record<string, string | number> };

/** What the processor says is true now. */
export type Fact = CheckoutFact | ChargeFact | MethodFact | PaymentFact | SubscriptionFact | RefundFact | DisputeFact | AlertFact;

/** A verified message, reduced to what may be trusted: that something happened to an object. */
export type Notice = {
  /** The same message has the same key. */
  dedupeKey: string;
  type: string;
  /** Null when the message says nothing that we act on. */
  ref: ObjectRef | null;
  /** Something about the message itself that the operator must know. */
  alert: AlertFact | null;
};

/** What a change of plan came to at once. `actionUrl`: the payer has to confirm there. */
export type ChangeOutcome = { actionUrl: string | null };

/** A message as it came in; `secret` is the part of the address that only the processor was told. */
export type Incoming = {
  raw: Buffer;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  ip: string;
  secret: string;
};

/** Who gets the receipt that the law wants, and for what. */
export type ReceiptFor = { email: string; label: string };

/** Subscriptions that the processor runs. */
export type Subscriptions = {
  /** A full new period of another offer, paid now. */
  upgrade(args: { changeId: string; subscription: string; offer: PricedOffer }): Promise<ChangeOutcome>;
  /** Another offer from the end of the period on. */
  planChange(args: { changeId: string; subscription: string; offer: PricedOffer }): Promise<void>;
  /** Takes a planned change back. */
  dropPlannedChange(subscription: string): Promise<void>;
  /** Ends it when the paid period ends, or takes that back. */
  setEnding(subscription: string, isEnding: boolean): Promise<void>;
  /** Ends it at once, without money back. */
  endNow(subscription: string): Promise<void>;
  /** Where the payer can change the card. */
  methodPage(customer: string, returnUrl: string, locale: 'en' | 'ru'): Promise<string>;
};

/** A charge of a saved method, without the payer. */
export type ChargeOrder = {
  /** Of our row: the same id is charged once. */
  id: string;
  kind: 'renewal' | 'change';
  userId: string;
  method: string;
  offer: PricedOffer;
  email: string;
};

/** For processors that know no subscriptions: we charge a method that the payer saved. */
export type Charger = {
  /** @returns the processor's id of the payment, whatever became of it */
  charge(order: ChargeOrder): Promise<string>;
  /** A charge whose answer never came, by our id; null when it was never made. */
  find(chargeId: string, since: Date): Promise<string | null>;
  /** A page where another card can be saved without paying. */
  bind(args: { key: string; userId: string; returnUrl: string }): Promise<{ id: string; url: string }>;
};

/**
 * One processor. Every method may fail with AppError `billing.processorDown` (nothing is known: repeat with the same arguments) or
 * `billing.processorRefused` (nothing was done).
 */
export type Processor = {
  readonly id: ProcessorId;
  readonly currencies: readonly Currency[];
  /** Our stand-in answers: no real money. */
  readonly isSandbox: boolean;
  /** Null: we run them, with `charger`. */
  readonly subscriptions: Subscriptions | null;
  readonly charger: Charger | null;
  /** Makes the payer known; the same user gets the same one. */
  createCustomer(buyer: Buyer): Promise<string>;
  /** Opens a page of payment; repeated for the same purchase it answers with the same page. */
  openCheckout(order: CheckoutOrder): Promise<{ externalId: string; url: string }>;
  /** Closes a page that has not been paid, where the processor can do that; one that has stays as it is. */
  closeCheckout(externalId: string): Promise<void>;
  /** Reads an object and what hangs on it. An unknown one gives no facts. */
  read(ref: ObjectRef): Promise<Fact[]>;
  /** Verifies a message. @throws AppError `billing.webhookRejected` */
  verify(incoming: Incoming): Notice;
  /** Sends money back, once for a refund of ours. @returns the processor's id of it */
  refund(args: { refundId: string; chargeRef: string; amount: number; currency: string; receipt: ReceiptFor }): Promise<string>;
  /** Messages that did not reach us since then; nothing where the processor keeps no list. */
  missed(since: Date): Promise<Notice[]>;
  /** Everything that moved money since then. */
  moved(since: Date): Promise<ObjectRef[]>;
};
