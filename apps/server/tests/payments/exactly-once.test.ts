import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
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
import { createPaymentWorld, DAY, incoming, type PaymentWorld, SECRET } from '../helpers/payment-world.ts';

/** Nothing works by itself here: each message is applied exactly when the test says so. */
let world: PaymentWorld;
beforeAll(async () => {
  world = await createPaymentWorld({ works: false });
});
afterAll(() => world.stop());

const signer = new Stripe('sk_test_signer');
const signed = (payload: string, secret = SECRET, timestamp?: number): Record<string, string> => ({
  'stripe-signature': signer.webhooks.generateTestHeaderString({ payload, secret, ...(timestamp === undefined ? {} : { timestamp }) }),
});
/** Delivers a message as it was recorded, byte for byte, and applies what it is about. */
async function deliver(event: StripeEvent): Promise<void> {
  const payload = JSON.stringify(event);
  await receive(world.deps, 'stripe', incoming(payload, signed(payload)));
  const row = await world.db.webhookInbox.findUnique({ where: { processor_dedupeKey: { processor: 'stripe', dedupeKey: event.id } } });
  if (row?.objectId) await applyMessages(world.deps, 'stripe', { type: row.objectType as ObjectRef['type'], id: row.objectId });
}
/** Messages since then that our endpoint is subscribed to, from the processor's own list. */
async function recorded(before: Set<string>): Promise<StripeEvent[]> {
  await world.stripe.outbox.settled();
  const wanted = new Set([...world.stripe.store.endpoint.values()][0]?.enabled_events);
  return [...world.stripe.store.event.values()].filter((e) => !before.has(e.id) && wanted.has(e.type));
}
const eventsSoFar = (): Set<string> => new Set(world.stripe.store.event.keys());
const silent = () => world.stripe.order({ delivery: { copies: 0 } });
const sessionOf = async (purchase: string): Promise<ObjectRef> => {
  const { externalId } = await world.db.purchase.findUniqueOrThrow({ where: { id: purchase } });
  return { type: 'checkout', id: externalId ?? '' };
};

/** All that a history may leave behind, without ids and times. */
async function outcome(userId: string): Promise<unknown> {
  const wallet = await world.wallet(userId);
  const grants = await world.db.creditGrant.findMany({ where: { userId } });
  const payments = await world.db.payment.findMany({ where: { userId }, include: { refunds: true, disputes: true } });
  const subscriptions = await world.db.subscription.findMany({ where: { userId } });
  const purchases = await world.db.purchase.findMany({ where: { userId } });
  return {
    wallet: { available: wallet.available, held: wallet.held, frozen: wallet.frozen, debt: wallet.debt },
    grants: grants.map((g) => [g.kind, Number(g.amount), Number(g.available), Number(g.frozen)].join(' ')).sort(),
    payments: payments
      .map((p) =>
        [
          p.kind,
          p.offerId,
          p.amount,
          p.refunded,
          p.granted,
          p.withheld,
          p.state,
          p.refunds.map((r) => `${r.state} ${r.amount} ${r.credits}`).sort(),
        ].join(' '),
      )
      .sort(),
    disputes: payments.flatMap((p) => p.disputes.map((d) => d.status)).sort(),
    subscriptions: subscriptions.map((s) => [s.offerId, s.status, s.cancelAt !== null, s.nextOfferId, s.endWanted].join(' ')).sort(),
    purchases: purchases.map((p) => [p.kind, p.offerId, p.state].join(' ')).sort(),
  };
}

/** Lets the stand-in forget a user's plans, so that the clock moves for the next user alone. */
async function forget(userId: string): Promise<void> {
  const { externalId } = await world.db.billingCustomer.findFirstOrThrow({ where: { userId } });
  const { subscription, invoice } = world.stripe.store;
  for (const table of [subscription, invoice]) for (const [id, row] of table) if (row.customer === externalId) table.delete(id);
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const out = [...items];
  let state = seed * 2_654_435_761 + 1;
  for (let i = out.length - 1; i > 0; i -= 1) {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    const j = state % (i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

type Scenario = { name: string; orders: number; play: (userId: string) => Promise<void> };
const charge = async (userId: string): Promise<string> => {
  const intents = [...world.stripe.store.intent.values()].filter((i) => i.status === 'succeeded');
  const customer = (await world.db.billingCustomer.findFirstOrThrow({ where: { userId } })).externalId;
  return intents.filter((i) => i.customer === customer).at(-1)?.id ?? '';
};
const buyAndPay = async (userId: string, offerId: string, card: 'success' | 'fails_on_renewal' = 'success'): Promise<void> => {
  await world.press((await world.buy(userId, offerId)).url, 'pay', card);
};
const orderFor = async (userId: string, card: 'success' | 'fails_on_renewal'): Promise<void> => {
  const { externalId } = await world.db.billingCustomer.findFirstOrThrow({ where: { userId } });
  await world.stripe.order({ card: { customer: externalId, card } });
};

/** To an hour and a bit after the paid period: the renewal was asked for. */
const renewalOf = async (userId: string): Promise<void> => {
  const mine = [...world.stripe.store.subscription.values()].find((row) => row.metadata['user_id'] === userId);
  await world.stripe.order({ advance: (mine?.items.data[0]?.current_period_end ?? 0) - world.stripe.store.now() + 7_200 });
};

const SCENARIOS: Scenario[] = [
  {
    name: 'a pack, refunded twice, one refund failing later',
    orders: 10,
    async play(user) {
      await buyAndPay(user, 'pack-medium');
      const { refund } = await world.stripe.order({ refund: { charge: await charge(user), amount: 1_000 } });
      await world.stripe.order({ refund: { charge: await charge(user), amount: 333 } });
      await world.stripe.order({ refundState: { id: String(refund), state: 'failed' } });
    },
  },
  {
    name: 'a pack, disputed and lost',
    orders: 10,
    async play(user) {
      await buyAndPay(user, 'pack-small');
      const { dispute } = await world.stripe.order({ dispute: { charge: await charge(user) } });
      await world.stripe.order({ closeDispute: { id: String(dispute), won: false } });
    },
  },
  {
    name: 'a plan that begins, renews, fails to renew, recovers and is refunded in part',
    orders: 10,
    async play(user) {
      await buyAndPay(user, 'creator-month');
      await renewalOf(user);
      await orderFor(user, 'fails_on_renewal');
      await renewalOf(user);
      await orderFor(user, 'success');
      await world.stripe.order({ advance: 3 * DAY });
      await world.stripe.order({ refund: { charge: await charge(user), amount: 500 } });
    },
  },
  {
    name: 'a plan whose renewal is never paid, and a dispute won',
    orders: 6,
    async play(user) {
      await buyAndPay(user, 'pro-month', 'fails_on_renewal');
      const { dispute } = await world.stripe.order({ dispute: { charge: await charge(user) } });
      await world.stripe.order({ closeDispute: { id: String(dispute), won: true } });
      await renewalOf(user);
      await world.stripe.order({ advance: 20 * DAY });
    },
  },
];

describe('whatever order messages come in, and however often, the ledger is the same', () => {
  test.each(SCENARIOS)('$name', async ({ orders, play }) => {
    await silent();
    const results: unknown[] = [];
    for (let n = 0; n <= orders; n += 1) {
      const user = await world.newUser();
      const before = eventsSoFar();
      await play(user);
      const events = await recorded(before);
      expect(events.length).toBeGreaterThan(2);
      // The first time in order and once; then at random, some of them twice.
      const sequence = n === 0 ? events : shuffled([...events, ...shuffled(events, n).slice(0, 3)], n);
      for (const event of sequence) await deliver(event);
      results.push(await outcome(user));
      await forget(user);
    }
    for (const result of results) expect(result).toEqual(results[0]);
    expect(await world.violations()).toEqual([]);
  });

  test('every order of a pack’s three messages', async () => {
    await silent();
    const results: unknown[] = [];
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const user = await world.newUser();
      const before = eventsSoFar();
      await buyAndPay(user, 'pack-small');
      await world.stripe.order({ refund: { charge: await charge(user), amount: 400 } });
      const events = await recorded(before);
      expect(events.map((e) => e.type)).toEqual(['checkout.session.completed', 'refund.created', 'refund.updated']);
      for (const at of order) await deliver(events[at] as StripeEvent);
      results.push(await outcome(user));
    }
    for (const result of results) expect(result).toEqual(results[0]);
    expect(results[0]).toMatchObject({ wallet: { available: 250, debt: 0 } });
  });
});

describe('once', () => {
  test('fifty copies of a message at once: one grant, one row', async () => {
    await silent();
    const user = await world.newUser();
    const before = eventsSoFar();
    await buyAndPay(user, 'pack-small');
    const [event] = await recorded(before);
    await Promise.all(Array.from({ length: 50 }, () => deliver(event as StripeEvent)));
    expect((await world.wallet(user)).available).toBe(500);
    expect(await world.db.ledgerTxn.count({ where: { userId: user } })).toBe(1);
    expect(await world.db.webhookInbox.count({ where: { dedupeKey: event?.id ?? '' } })).toBe(1);
    expect(await world.violations()).toEqual([]);
  });

  test('message, browser’s return, polling and the operator at once: one grant', async () => {
    await silent();
    const user = await world.newUser();
    const before = eventsSoFar();
    const purchase = await world.buy(user, 'creator-month');
    await world.press(purchase.url, 'pay');
    const events = await recorded(before);
    const session = await sessionOf(purchase.id);
    await Promise.all([
      ...events.map((event) => deliver(event)),
      ...Array.from({ length: 5 }, () => applyRef(world.deps, 'stripe', session)),
      ...Array.from({ length: 5 }, () => refreshPurchase(world.deps, user, purchase.id)),
    ]);
    expect((await world.wallet(user)).available).toBe(1_000);
    expect(await world.db.payment.count({ where: { userId: user } })).toBe(1);
    expect(await world.violations()).toEqual([]);
  });

  test('the call that opens the page is cut after it was done: trying again is one page', async () => {
    const user = await world.newUser();
    await world.buy(user, 'pack-large');
    const key = randomUUID();
    const sessions = () => [...world.stripe.store.session.values()].filter((s) => s.metadata['user_id'] === user).length;
    await world.stripe.order({ faults: [{ call: 'POST /v1/checkout/sessions', kind: 'after', times: 3 }] });
    await expect(world.buy(user, 'pack-small', { key })).rejects.toMatchObject({ code: 'billing.processorDown' });
    expect(sessions()).toBe(2);
    const purchase = await world.buy(user, 'pack-small', { key });
    expect(purchase.state).toBe('open');
    expect(sessions()).toBe(2);
    expect(await world.db.purchase.count({ where: { userId: user } })).toBe(2);
  });

  test.each(['error', 'limit', 'broken', 'before'] as const)('a call that fails by “%s” is repeated, and bought once', async (kind) => {
    const user = await world.newUser();
    await world.stripe.order({ faults: [{ call: 'POST /v1/', kind, times: 1 }] });
    const key = randomUUID();
    const purchase = await world.buy(user, 'pack-small', { key }).catch(() => world.buy(user, 'pack-small', { key }));
    expect(purchase.state).toBe('open');
    expect([...world.stripe.store.customer.values()].filter((c) => c.metadata['user_id'] === user)).toHaveLength(1);
    expect([...world.stripe.store.session.values()].filter((s) => s.metadata['user_id'] === user)).toHaveLength(1);
  });
});

describe('lost messages', () => {
  test('stored but not worked on: the sweeper rings again, and a worker that starts later grants once', async () => {
    await world.stripe.order({ delivery: {} });
    const user = await world.newUser();
    await buyAndPay(user, 'pack-small');
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
      await silent();
      const user = await world.newUser();
      const before = eventsSoFar();
      await buyAndPay(user, 'pack-small');
      await world.stripe.order({ refund: { charge: await charge(user), amount: 400 } });
      await buyAndPay(user, 'creator-month');
      await world.stripe.order({ advance: 2 * DAY });
      if (isOut) {
        await sweepMissed(world.deps);
        for (const row of await world.db.webhookInbox.findMany({ where: { state: 'new' } })) {
          await applyMessages(world.deps, 'stripe', { type: row.objectType as ObjectRef['type'], id: row.objectId ?? '' });
        }
      } else for (const event of await recorded(before)) await deliver(event);
      outcomes.push(await outcome(user));
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ wallet: { available: 1_250 } });
  });

  test('not even in the list of messages: what waits is polled, and the daily look at all money finds a refund', async () => {
    await silent();
    const user = await world.newUser();
    await buyAndPay(user, 'pack-small');
    await world.stripe.order({ advance: 120 });
    await sweepUnsettled(world.deps);
    expect((await world.wallet(user)).available).toBe(500);
    const { refund } = await world.stripe.order({ refund: { charge: await charge(user), amount: 800 } });
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
    await silent();
    const user = await world.newUser();
    const purchase = await world.buy(user, 'pack-small');
    const session = world.stripe.store.session.get((await sessionOf(purchase.id)).id);
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
    await silent();
    const user = await world.newUser();
    await buyAndPay(user, 'creator-month');
    const before = eventsSoFar();
    await renewalOf(user);
    const mine = [...world.stripe.store.invoice.values()].filter((i) => i.parent.subscription_details.metadata['user_id'] === user);
    const last = mine.at(-1);
    if (last) change(last);
    return { user, events: await recorded(before) };
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
    for (const event of events) await deliver(event);
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
    for (const event of events) await deliver(event);
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
