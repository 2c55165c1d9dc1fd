import { AppError } from '@pingplex/shared/errors';
import type { AlertFact, ChargeFact, CheckoutFact, Fact, ObjectRef, PaymentFact, PricedOffer, Processor, ReceiptFor } from '../port.ts';
import { createYooKassaClient, type ReceiptSettings, type YooKassaConnection } from './client.ts';
import { verifyNotification } from './webhooks.ts';
import { FINAL_REASONS, minorOf, WireMethod, WirePayment, WireRefund, wireAmount } from './wire.ts';

/** The service has no subscriptions: the first payment of a plan asks to keep the card, and our scheduler charges it. */
export function createYooKassaProcessor(connection: YooKassaConnection): Processor {
  const client = createYooKassaClient(connection);
  const isTest = connection.secretKey.startsWith('test_');

  const asked = (offer: PricedOffer, email: string, metadata: Record<string, string>) => ({
    amount: wireAmount(offer.amount, offer.currency),
    // Without this the money would only be set aside.
    capture: true,
    description: `pingplex ${offer.label}`.slice(0, 128),
    metadata,
    ...receipt(connection.receipts, { email, label: offer.label }, offer.amount, offer.currency),
  });

  async function payment(id: string): Promise<Fact[]> {
    const found = await client.get(`/payments/${encodeURIComponent(id)}`, WirePayment);
    // Another shop's, or of the other mode: none of ours, whatever it says.
    if (!found || found.test !== isTest || found.recipient.account_id !== connection.shopId) return [];
    return factsOf(found);
  }

  async function refund(id: string): Promise<Fact[]> {
    const found = await client.get(`/refunds/${encodeURIComponent(id)}`, WireRefund);
    if (!found) return [];
    const state = found.status === 'canceled' ? 'failed' : found.status;
    const reason = found.cancellation_details?.reason ?? found.description ?? '';
    const refundId = found.metadata['refund_id'] ?? null;
    return [{ type: 'refund', externalId: id, chargeRef: found.payment_id, refundId, amount: minorOf(found.amount.value), state, reason }];
  }

  async function method(id: string): Promise<Fact[]> {
    const found = await client.get(`/payment_methods/${encodeURIComponent(id)}`, WireMethod);
    if (!found) return [];
    const state = found.status === 'active' && found.saved ? 'active' : found.status === 'inactive' ? 'inactive' : 'pending';
    return [{ type: 'method', externalId: id, state, label: found.title ?? '' }];
  }

  const readers = { checkout: payment, charge: payment, refund, method, subscription: async () => [], dispute: async () => [] };

  return {
    id: 'yookassa',
    currencies: ['RUB'],
    isSandbox: connection.isSandbox,
    subscriptions: null,

    charger: {
      async charge({ id, kind, userId, method: saved, offer, email }) {
        const metadata = { kind, user_id: userId, ...(kind === 'renewal' ? { charge_id: id } : { purchase_id: id }) };
        const body = { ...asked(offer, email, metadata), payment_method_id: saved, merchant_customer_id: userId };
        return (await client.post('/payments', `charge-${id}`, body, WirePayment)).id;
      },
      async find(chargeId, since) {
        const made = await client.list('/payments', { 'created_at.gte': since.toISOString() }, WirePayment);
        return made.find((p) => p.metadata['charge_id'] === chargeId || p.metadata['purchase_id'] === chargeId)?.id ?? null;
      },
      async bind({ key, userId, returnUrl }) {
        const body = { type: 'bank_card', confirmation: { type: 'redirect', return_url: returnUrl }, merchant_customer_id: userId };
        const made = await client.post('/payment_methods', key, body, WireMethod);
        const url = made.confirmation?.confirmation_url;
        if (url === undefined) throw new AppError('billing.processorRefused', 'yookassa: a card page without an address');
        return { id: made.id, url };
      },
    },

    // The service knows buyers only by the name that we give them.
    createCustomer: async ({ userId }) => userId,

    async openCheckout({ purchaseId, offer, buyer, returnUrl }) {
      const isPlan = offer.interval !== null;
      const metadata = { kind: isPlan ? 'plan' : 'pack', purchase_id: purchaseId, user_id: buyer.userId };
      const locale = buyer.locale === 'ru' ? 'ru_RU' : 'en_US';
      const body = {
        ...asked(offer, buyer.email, metadata),
        confirmation: { type: 'redirect', return_url: returnUrl, locale },
        merchant_customer_id: buyer.externalId,
        ...(isPlan ? { save_payment_method: true } : {}),
      };
      const made = await client.post('/payments', `checkout-${purchaseId}`, body, WirePayment);
      const url = made.confirmation?.confirmation_url;
      if (url === undefined) throw new AppError('billing.processorRefused', 'yookassa: a payment without a page');
      return { externalId: made.id, url };
    },

    // A page that waits can't be closed; it ends by itself within the hour.
    closeCheckout: async () => undefined,

    read: (ref) => readers[ref.type](ref.id),
    verify: (incoming) => verifyNotification(connection, incoming),

    async refund({ refundId, chargeRef, amount, currency, receipt: to }) {
      const made = await client.list('/refunds', { payment_id: chargeRef }, WireRefund);
      const earlier = made.find((r) => r.metadata['refund_id'] === refundId);
      if (earlier) return earlier.id;
      const body = {
        payment_id: chargeRef,
        amount: wireAmount(amount, currency),
        metadata: { refund_id: refundId },
        ...receipt(connection.receipts, to, amount, currency),
      };
      return (await client.post('/refunds', `refund-${refundId}`, body, WireRefund)).id;
    },

    missed: async () => [],

    async moved(since) {
      const payments = await client.list('/payments', { status: 'succeeded', 'captured_at.gte': since.toISOString() }, WirePayment);
      const refunds = await client.list('/refunds', { status: 'succeeded', 'created_at.gte': since.toISOString() }, WireRefund);
      const refs = (type: ObjectRef['type'], found: readonly { id: string }[]): ObjectRef[] => found.map(({ id }) => ({ type, id }));
      return [...refs('charge', payments), ...refs('refund', refunds)];
    },
  };
}

/** A receipt over one service at its full price; the sum of its lines is the payment. */
function receipt(settings: ReceiptSettings | null, to: ReceiptFor, amount: number, currency: string) {
  if (settings === null) return {};
  const item = {
    description: `pingplex ${to.label}`.slice(0, 128),
    quantity: 1,
    amount: wireAmount(amount, currency),
    vat_code: settings.vatCode,
    measure: 'piece',
    payment_subject: settings.subject,
    payment_mode: settings.mode,
  };
  const system = settings.taxSystem === null ? {} : { tax_system_code: settings.taxSystem };
  return { receipt: { customer: { email: to.email }, items: [item], ...system } };
}

function factsOf(found: WirePayment): Fact[] {
  const { metadata, status, cancellation_details: canceled } = found;
  const reason = canceled?.reason ?? null;
  const purchaseId = metadata['purchase_id'] ?? null;
  const chargeId = metadata['charge_id'] ?? null;
  const facts: Fact[] = [];
  if (purchaseId !== null) facts.push(checkoutFact(found, purchaseId, reason));
  else if (chargeId !== null && status !== 'succeeded') {
    const state = status === 'canceled' ? 'failed' : 'pending';
    const isFinal = reason !== null && FINAL_REASONS.has(reason);
    facts.push({ type: 'charge', externalId: found.id, chargeId, state, failure: reason, isFinal } satisfies ChargeFact);
  }
  if (status !== 'succeeded' || !found.paid) return facts;
  if (purchaseId === null && chargeId === null) {
    return [{ type: 'alert', kind: 'orphan', ref: `yookassa:${found.id}`, details: { payment: found.id } }];
  }
  facts.push(paymentFact(found, purchaseId, chargeId));
  if (found.receipt_registration === 'canceled') {
    // The money is there and its credits are given; the receipt is the operator's to mend.
    facts.push({ type: 'alert', kind: 'receiptFailed', ref: `yookassa:${found.id}`, details: { payment: found.id } } satisfies AlertFact);
  }
  return facts;
}

function checkoutFact(found: WirePayment, purchaseId: string, reason: string | null): CheckoutFact {
  const isExpired = reason?.startsWith('expired_on_') === true;
  const state = {
    pending: 'open' as const,
    waiting_for_capture: 'pending' as const,
    succeeded: 'paid' as const,
    canceled: isExpired ? ('expired' as const) : ('failed' as const),
  }[found.status];
  return { type: 'checkout', externalId: found.id, purchaseId, state, failure: reason };
}

function paymentFact(found: WirePayment, purchaseId: string | null, chargeId: string | null): PaymentFact {
  const { metadata, payment_method: method } = found;
  return {
    type: 'payment',
    externalId: found.id,
    sourceKey: `yookassa:payment:${found.id}`,
    chargeRef: found.id,
    kind: metadata['kind'] === 'pack' ? 'pack' : 'period',
    purchaseId,
    ...{ subscription: null, customer: null, userId: metadata['user_id'] ?? null, offer: null },
    amount: minorOf(found.amount.value),
    currency: found.amount.currency,
    period: null,
    paidAt: new Date(found.captured_at ?? found.created_at),
    documentUrl: null,
    chargeId,
    // The payer may have refused to let us keep it.
    method: method?.saved === true ? { id: method.id, label: method.title ?? '' } : null,
  };
}
