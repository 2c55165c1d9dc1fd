import { randomUUID } from 'node:crypto';
import { checkReceipt, kopecks, MethodBody, PaymentBody, RefundBody, readBody, rubles } from './bodies.ts';
import { type Card, type Method, type Payment, type Refund, YooKassaRefusal } from './types.ts';

/** How long a page of payment waits. */
const PAGE_MS = 3600 * 1000;

export type BankState = {
  payments: Map<string, Payment>;
  refunds: Map<string, Refund>;
  methods: Map<string, Method>;
  cards: Map<string, Card>;
};

export type Notify = (event: string, object: { id: string; status: string }) => void;
export type Bank = ReturnType<typeof createBank>;

/** What the service does with money: pages, saved cards charged without their owner, refunds. */
export function createBank(
  state: BankState,
  options: { shopId: string; receipts: boolean; now: () => number; notify: Notify; origin: () => string },
) {
  const { payments, refunds, methods, cards } = state;
  const { notify } = options;
  const iso = (): string => new Date(options.now()).toISOString();

  const find = <T>(table: Map<string, T>, id: string): T => {
    const found = table.get(id);
    if (!found) throw new YooKassaRefusal(404, 'not_found', 'no such object');
    return found;
  };

  function succeed(payment: Payment): void {
    Object.assign(payment, { status: 'succeeded', paid: true, refundable: true, captured_at: iso(), refunded_amount: rubles(0) });
    if (options.receipts) payment.receipt_registration = 'succeeded';
    notify('payment.succeeded', payment);
  }

  function cancel(payment: Payment, reason: string): void {
    const party = reason.startsWith('expired_on') ? 'yoo_money' : 'payment_network';
    Object.assign(payment, { status: 'canceled', paid: false, cancellation_details: { party, reason } });
    notify('payment.canceled', payment);
  }

  return {
    createPayment(given: unknown): Payment {
      const body = readBody(PaymentBody, given);
      checkReceipt(body.receipt, body.amount, options.receipts);
      const id = randomUUID();
      const recipient = { account_id: options.shopId, gateway_id: '1' };
      const common = { id, paid: false, test: true, refundable: false, amount: body.amount, created_at: iso(), recipient } as const;
      const payment: Payment = { ...common, status: 'pending', metadata: body.metadata };
      if (body.description !== undefined) payment.description = body.description;
      if (body.merchant_customer_id !== undefined) payment.merchant_customer_id = body.merchant_customer_id;
      if (!body.capture) throw new YooKassaRefusal(400, 'invalid_request', 'this stand-in captures at once', 'capture');
      if (body.payment_method_id !== undefined) {
        const method = methods.get(body.payment_method_id);
        if (method?.saved !== true || method.status !== 'active')
          throw new YooKassaRefusal(400, 'invalid_request', 'unknown method', 'payment_method_id');
        payment.payment_method = { type: 'bank_card', id: method.id, saved: true, status: 'active', title: method.title };
        payments.set(id, payment);
        const card = cards.get(method.id) ?? 'pays';
        if (card === 'pays') succeed(payment);
        else cancel(payment, card);
        return payment;
      }
      if (body.confirmation === undefined)
        throw new YooKassaRefusal(400, 'invalid_request', 'how shall the payer confirm?', 'confirmation');
      payment.confirmation = {
        type: 'redirect',
        confirmation_url: `${options.origin()}/pay/${id}`,
        return_url: body.confirmation.return_url,
      };
      if (body.save_payment_method === true) payment.payment_method = { type: 'bank_card', id, saved: false, status: 'pending', title: '' };
      payments.set(id, payment);
      return payment;
    },

    createMethod(given: unknown): Method {
      const body = readBody(MethodBody, given);
      const id = randomUUID();
      const confirmation = {
        type: 'redirect',
        confirmation_url: `${options.origin()}/bind/${id}`,
        return_url: body.confirmation.return_url,
      } as const;
      const method: Method = { id, type: 'bank_card', saved: false, status: 'pending', title: '', confirmation };
      methods.set(id, method);
      return method;
    },

    createRefund(given: unknown): Refund {
      const body = readBody(RefundBody, given);
      const payment = find(payments, body.payment_id);
      checkReceipt(body.receipt, body.amount, options.receipts);
      const gone = kopecks(payment.refunded_amount ?? rubles(0));
      const amount = kopecks(body.amount);
      if (!payment.refundable || amount <= 0 || gone + amount > kopecks(payment.amount)) {
        throw new YooKassaRefusal(400, 'invalid_request', 'more than is left', 'amount');
      }
      payment.refunded_amount = rubles(gone + amount);
      payment.refundable = gone + amount < kopecks(payment.amount);
      const common = { id: randomUUID(), payment_id: payment.id, amount: body.amount, created_at: iso(), metadata: body.metadata };
      const refund: Refund = { ...common, status: 'succeeded' };
      refunds.set(refund.id, refund);
      notify('refund.succeeded', refund);
      return refund;
    },

    payment: (id: string): Payment => find(payments, id),
    refund: (id: string): Refund => find(refunds, id),
    method: (id: string): Method => find(methods, id),

    /** The payer pressed a button of the page. `keeps`: the card may be charged later. */
    pay(payment: Payment, card: Card, keeps: boolean): void {
      if (payment.status !== 'pending') return;
      const isAsked = payment.payment_method !== undefined;
      const saved = isAsked && keeps;
      payment.payment_method = {
        type: 'bank_card',
        id: payment.id,
        saved,
        status: saved ? 'active' : 'inactive',
        title: 'Bank card *4477',
      };
      if (saved) {
        methods.set(payment.id, { id: payment.id, type: 'bank_card', saved: true, status: 'active', title: 'Bank card *4477' });
        cards.set(payment.id, card);
      }
      succeed(payment);
    },
    decline: cancel,
    bind(method: Method, card: Card): void {
      Object.assign(method, { saved: true, status: 'active', title: 'Bank card *1111' });
      cards.set(method.id, card);
      notify('payment_method.active', method);
    },
    /** Only successes have messages: who asked for the refund has to look. */
    failRefund(refund: Refund): void {
      const payment = find(payments, refund.payment_id);
      Object.assign(refund, { status: 'canceled', cancellation_details: { party: 'refund_network', reason: 'rejected_by_payee' } });
      payment.refunded_amount = rubles(kopecks(payment.refunded_amount ?? rubles(0)) - kopecks(refund.amount));
      payment.refundable = true;
    },
    /** Pages that nobody came to end. */
    expire(): void {
      for (const payment of payments.values()) {
        if (payment.status === 'pending' && Date.parse(payment.created_at) + PAGE_MS <= options.now())
          cancel(payment, 'expired_on_confirmation');
      }
    },
  };
}
