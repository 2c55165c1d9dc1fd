import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act } from '../../src/modules/payments/act.ts';
import { applyRef } from '../../src/modules/payments/apply.ts';
import { applyMessages, receive } from '../../src/modules/payments/inbox.ts';
import { refreshPurchase } from '../../src/modules/payments/purchases.ts';
import { refundByOwner } from '../../src/modules/payments/refunds.ts';
import { sweepMissed, sweepMoved, sweepUnsettled } from '../../src/modules/payments/sweep.ts';
import type { ObjectRef } from '../../src/processors/port.ts';
import { createStripeProcessor } from '../../src/processors/stripe/adapter.ts';
import type { Invoice, StripeEvent } from '../../src/sandbox/stripe/types.ts';
import { until } from '../helpers/generation-world.ts';
import { createMessages, type Messages, signed } from '../helpers/payment-messages.ts';
import { createPaymentWorld, DAY, incoming, type PaymentWorld, SECRET } from '../helpers/payment-world.ts';

/** Nothing works by itself here: each message is applied exactly when the test says so. */
let world: PaymentWorld;
let m: Messages;
beforeAll(async () => {
  world = await createPaymentWorld({ works: false });
  m = createMessages(world);
});
afterAll(() => world.stop());

describe('lost messages', () => {
  test('stored but not worked on: the sweeper rings again, and a worker that starts later grants once', async () => {
    await world.stripe.order({ delivery: {} });
    const user = await world.newUser();
    await m.buyAndPay(user, 'pack-small');
    await world.stripe.outbox.settled();
    await until(
      () => world.db.webhookInbox.count({ where: { state: 'new' } }),
      (n) => n > 0,
    );
    expect((await world.wallet(user)).available).toBe(0);
    // The process that took it in is gone with its queue's memory; another one reads the inbox.
    for (const row of await world.db.webhookInbox.findMany({ where: { state: 'new' } })) {
      await applyMessages(world.deps, 'stripe', { type: row.objectType as ObjectRef['type'], id: row.objectId ?? '' });
    }
    expect((await world.wallet(user)).available).toBe(500);
    await sweepUnsettled(world.deps);
    expect(await world.db.webhookInbox.count({ where: { state: 'new' } })).toBe(0);
  });

  test('three days without a message: polling finds packs, the list of missed messages finds the rest; all as without the outage', async () => {
    const outcomes: unknown[] = [];
    for (const isOut of [false, true]) {
      await m.silent();
      const user = await world.newUser();
      const before = m.eventsSoFar();
      await m.buyAndPay(user, 'pack-small');
      await world.stripe.order({ refund: { charge: await m.charge(user), amount: 400 } });
      await m.buyAndPay(user, 'creator-month');
      await world.stripe.order({ advance: 2 * DAY });
      if (isOut) {
        await sweepMissed(world.deps);
        for (const row of await world.db.webhookInbox.findMany({ where: { state: 'new' } })) {
          await applyMessages(world.deps, 'stripe', { type: row.objectType as ObjectRef['type'], id: row.objectId ?? '' });
        }
      } else for (const event of await m.recorded(before)) await m.deliver(event);
      outcomes.push(await m.outcome(user));
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ wallet: { available: 1_250 } });
  });

  test('not even in the list of messages: what waits is polled, and the daily look at all money finds a refund', async () => {
    await m.silent();
    const user = await world.newUser();
    await m.buyAndPay(user, 'pack-small');
    await world.stripe.order({ advance: 120 });
    await sweepUnsettled(world.deps);
    expect((await world.wallet(user)).available).toBe(500);
    const { refund } = await world.stripe.order({ refund: { charge: await m.charge(user), amount: 800 } });
    await sweepMoved(world.deps);
    await applyMessages(world.deps, 'stripe', { type: 'refund', id: String(refund) });
    expect((await world.wallet(user)).available).toBe(0);
  });

  test('money that nobody can account for is put before the operator, not guessed', async () => {
    const { store } = world.stripe;
    const id = store.id('pi');
    const common = {
      amount: 500,
      amount_received: 500,
      currency: 'usd',
      customer: 'cus_unknown',
      metadata: {},
      created: store.now(),
      last_payment_error: null,
    };
    store.intent.set(id, { id, object: 'payment_intent', status: 'succeeded', ...common });
    await applyRef(world.deps, 'stripe', { type: 'charge', id });
    expect(await world.db.billingAlert.findMany({ where: { kind: 'orphan', ref: `stripe:${id}` } })).toHaveLength(1);
  });
});

describe('who is believed', () => {
  const refusal = { code: 'billing.webhookRejected' };
  test('a wrong signature, another secret, an old one, another body: refused, and nothing is stored', async () => {
    const count = await world.db.webhookInbox.count();
    const payload = JSON.stringify({
      id: 'evt_forged',
      object: 'event',
      type: 'checkout.session.completed',
      livemode: false,
      data: { object: { id: 'cs_x' } },
    });
    const old = Math.floor(Date.now() / 1000) - 600;
    for (const headers of [
      {},
      { 'stripe-signature': 't=1,v1=00' },
      signed(payload, 'whsec_other'),
      signed(payload, SECRET, old),
      signed(`${payload} `),
    ]) {
      await expect(receive(world.deps, 'stripe', incoming(payload, headers))).rejects.toMatchObject(refusal);
    }
    expect(await world.db.webhookInbox.count()).toBe(count);
  });

  test('while a secret is replaced both are good; the old one is refused after that', async () => {
    const payload = JSON.stringify({
      id: `evt_${randomUUID()}`,
      object: 'event',
      type: 'customer.updated',
      livemode: false,
      api_version: '2026-10-28.endive',
      data: { object: { id: 'cus_x' } },
    });
    const processorWith = (webhookSecrets: string[]) => createStripeProcessor({ ...world.connection, webhookSecrets });
    const both = processorWith(['whsec_new_one', SECRET]);
    for (const secret of [SECRET, 'whsec_new_one'])
      expect(both.verify(incoming(payload, signed(payload, secret)))).toMatchObject({ ref: null });
    expect(() => processorWith(['whsec_new_one']).verify(incoming(payload, signed(payload, SECRET)))).toThrow(/no signature/);
  });

  test('a message of the live mode in a test shop is refused; another version of the interface alarms the operator', async () => {
    const make = (more: object) =>
      JSON.stringify({
        id: `evt_${randomUUID()}`,
        object: 'event',
        type: 'customer.updated',
        livemode: false,
        data: { object: { id: 'cus_x' } },
        ...more,
      });
    const live = make({ livemode: true });
    await expect(receive(world.deps, 'stripe', incoming(live, signed(live)))).rejects.toMatchObject(refusal);
    const older = make({ api_version: '2024-06-20' });
    await receive(world.deps, 'stripe', incoming(older, signed(older)));
    expect(await world.db.billingAlert.count({ where: { kind: 'webhookVersion' } })).toBe(1);
  });

  test('another amount than was asked for: no credits, the operator looks', async () => {
    await m.silent();
    const user = await world.newUser();
    const purchase = await world.buy(user, 'pack-small');
    const session = world.stripe.store.session.get((await m.sessionOf(purchase.id)).id);
    if (session) Object.assign(session, { amount_subtotal: 1, amount_total: 1 });
    await world.press(purchase.url, 'pay');
    await refreshPurchase(world.deps, user, purchase.id);
    expect(await world.db.purchase.findUniqueOrThrow({ where: { id: purchase.id } })).toMatchObject({ state: 'review' });
    expect((await world.wallet(user)).available).toBe(0);
    expect(await world.db.billingAlert.count({ where: { kind: 'mismatch', userId: user } })).toBe(1);
    expect(await world.violations()).toEqual([]);
  });
});

describe('invoices that are no money', () => {
  /** A plan whose next invoice is changed before its messages are delivered. */
  async function renewedWith(change: (invoice: Invoice) => unknown): Promise<{ user: string; events: StripeEvent[] }> {
    await m.silent();
    const user = await world.newUser();
    await m.buyAndPay(user, 'creator-month');
    const before = m.eventsSoFar();
    await m.renewalOf(user);
    const mine = [...world.stripe.store.invoice.values()].filter((i) => i.parent.subscription_details.metadata['user_id'] === user);
    const last = mine.at(-1);
    if (last) change(last);
    return { user, events: await m.recorded(before) };
  }

  const cases: [string, (invoice: Invoice) => object, object, number, number][] = [
    ['voided', (invoice) => invoice, { status: 'void' }, 1_000, 0],
    ['still a draft', (invoice) => invoice, { status: 'draft' }, 1_000, 0],
    ['given away by a coupon over everything', (invoice) => invoice, { total: 0, total_excluding_tax: 0, amount_paid: 0 }, 1_000, 1],
    ['over nothing, as a trial’s first', (invoice) => invoice.lines.data[0] ?? {}, { amount: 0 }, 1_000, 0],
    ['of another reason', (invoice) => invoice, { billing_reason: 'manual' }, 1_000, 0],
    ['taxed: the tax is not ours', (invoice) => invoice, { total: 1_800, amount_paid: 1_800 }, 2_000, 0],
  ];
  test.each(cases)('%s', async (_name, of, change, credits, alerts) => {
    const { user, events } = await renewedWith((invoice) => Object.assign(of(invoice), change));
    for (const event of events) await m.deliver(event);
    await applyRef(world.deps, 'stripe', { type: 'checkout', id: [...world.stripe.store.session.values()].at(-1)?.id ?? '' });
    expect((await world.wallet(user)).available).toBe(credits);
    expect(await world.db.billingAlert.count({ where: { kind: 'mismatch', userId: user } })).toBe(alerts);
    expect(await world.violations()).toEqual([]);
  });

  test('paid outside of the processor: credits, and a refund that nobody can send is told to the operator', async () => {
    const { user, events } = await renewedWith((invoice) => {
      for (const [id, link] of world.stripe.store.invoicePayment)
        if (link.invoice === invoice.id) world.stripe.store.invoicePayment.delete(id);
    });
    for (const event of events) await m.deliver(event);
    expect((await world.wallet(user)).available).toBe(2_000);
    const payment = await world.db.payment.findFirstOrThrow({ where: { userId: user, chargeRef: null } });
    await refundByOwner(world.deps, user, payment.id, randomUUID());
    const { id } = await world.db.refund.findFirstOrThrow({ where: { paymentId: payment.id } });
    await act(world.deps, 'refund', id);
    expect(await world.db.refund.findUniqueOrThrow({ where: { id } })).toMatchObject({ state: 'failed' });
    expect((await world.wallet(user)).available).toBe(2_000);
    expect(await world.db.billingAlert.count({ where: { kind: 'refundFailed', userId: user } })).toBe(1);
  });
});

describe('the stand-in refuses what the real service refuses', () => {
  const post = async (path: string, params: Record<string, string>, more: Record<string, string> = {}) => {
    const headers = { authorization: 'Bearer sk_test_world', 'stripe-version': '2026-10-28.endive', ...more };
    const answer = await fetch(`${world.stripe.url}${path}`, { method: 'POST', headers, body: new URLSearchParams(params) });
    return {
      status: answer.status,
      headers: answer.headers,
      body: (await answer.json()) as { error?: { code?: string; type?: string }; id?: string },
    };
  };
  test('removed and unknown parameters, another version, a wrong key', async () => {
    const removed = await post('/v1/checkout/sessions', { mode: 'payment', 'payment_method_types[0]': 'card' });
    expect(removed).toMatchObject({ status: 400, body: { error: { code: 'payment_method_types_no_longer_supported' } } });
    expect(await post('/v1/customers', { email: 'a@b.org', nickname: 'x' })).toMatchObject({
      status: 400,
      body: { error: { code: 'parameter_unknown' } },
    });
    expect((await post('/v1/customers', { email: 'a@b.org' }, { 'stripe-version': '2024-06-20' })).status).toBe(400);
    expect((await post('/v1/customers', { email: 'a@b.org' }, { authorization: 'Bearer sk_test_other' })).status).toBe(401);
    expect((await post('/v1/nowhere', {})).status).toBe(404);
  });

  test('the same key replays the answer; with other parameters it is refused', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const [first, again] = [await post('/v1/customers', { email: 'a@b.org' }, key), await post('/v1/customers', { email: 'a@b.org' }, key)];
    expect(again.body.id).toBe(first.body.id);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await post('/v1/customers', { email: 'c@d.org' }, key)).toMatchObject({
      status: 400,
      body: { error: { type: 'idempotency_error' } },
    });
  });

  test('every call that moves money carried a key of ours', () => {
    const moving = world.stripe.store.journal.filter((c) => c.method === 'POST' && /sessions$|refunds$/.test(c.path) && c.status === 200);
    expect(moving.length).toBeGreaterThan(5);
    const ours = moving.filter((c) => !c.path.includes('portal')).map((c) => c.key ?? '');
    for (const key of ours) expect(key).toMatch(/^(checkout|refund):[0-9a-f-]{36}$/);
  });
});
