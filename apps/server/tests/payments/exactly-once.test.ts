import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyRef } from '../../src/modules/payments/apply.ts';
import { refreshPurchase } from '../../src/modules/payments/purchases.ts';
import type { StripeEvent } from '../../src/sandbox/stripe/types.ts';
import { createMessages, type Messages, shuffled } from '../helpers/payment-messages.ts';
import { createPaymentWorld, DAY, type PaymentWorld } from '../helpers/payment-world.ts';

/** Nothing works by itself here: each message is applied exactly when the test says so. */
let world: PaymentWorld;
let m: Messages;
beforeAll(async () => {
  world = await createPaymentWorld({ works: false });
  m = createMessages(world);
});
afterAll(() => world.stop());

type Scenario = { name: string; orders: number; play: (userId: string) => Promise<void> };

const SCENARIOS: Scenario[] = [
  {
    name: 'a pack, refunded twice, one refund failing later',
    orders: 10,
    async play(user) {
      await m.buyAndPay(user, 'pack-medium');
      const { refund } = await world.stripe.order({ refund: { charge: await m.charge(user), amount: 1_000 } });
      await world.stripe.order({ refund: { charge: await m.charge(user), amount: 333 } });
      await world.stripe.order({ refundState: { id: String(refund), state: 'failed' } });
    },
  },
  {
    name: 'a pack, disputed and lost',
    orders: 10,
    async play(user) {
      await m.buyAndPay(user, 'pack-small');
      const { dispute } = await world.stripe.order({ dispute: { charge: await m.charge(user) } });
      await world.stripe.order({ closeDispute: { id: String(dispute), won: false } });
    },
  },
  {
    name: 'a plan that begins, renews, fails to renew, recovers and is refunded in part',
    orders: 10,
    async play(user) {
      await m.buyAndPay(user, 'creator-month');
      await m.renewalOf(user);
      await m.orderFor(user, 'fails_on_renewal');
      await m.renewalOf(user);
      await m.orderFor(user, 'success');
      await world.stripe.order({ advance: 3 * DAY });
      await world.stripe.order({ refund: { charge: await m.charge(user), amount: 500 } });
    },
  },
  {
    name: 'a plan whose renewal is never paid, and a dispute won',
    orders: 6,
    async play(user) {
      await m.buyAndPay(user, 'pro-month', 'fails_on_renewal');
      const { dispute } = await world.stripe.order({ dispute: { charge: await m.charge(user) } });
      await world.stripe.order({ closeDispute: { id: String(dispute), won: true } });
      await m.renewalOf(user);
      await world.stripe.order({ advance: 20 * DAY });
    },
  },
];

describe('whatever order messages come in, and however often, the ledger is the same', () => {
  test.each(SCENARIOS)('$name', async ({ orders, play }) => {
    await m.silent();
    const results: unknown[] = [];
    for (let n = 0; n <= orders; n += 1) {
      const user = await world.newUser();
      const before = m.eventsSoFar();
      await play(user);
      const events = await m.recorded(before);
      expect(events.length).toBeGreaterThan(2);
      // The first time in order and once; then at random, some of them twice.
      const sequence = n === 0 ? events : shuffled([...events, ...shuffled(events, n).slice(0, 3)], n);
      for (const event of sequence) await m.deliver(event);
      results.push(await m.outcome(user));
      await m.forget(user);
    }
    for (const result of results) expect(result).toEqual(results[0]);
    expect(await world.violations()).toEqual([]);
  });

  test('every order of a pack’s three messages', async () => {
    await m.silent();
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
      const before = m.eventsSoFar();
      await m.buyAndPay(user, 'pack-small');
      await world.stripe.order({ refund: { charge: await m.charge(user), amount: 400 } });
      const events = await m.recorded(before);
      expect(events.map((e) => e.type)).toEqual(['checkout.session.completed', 'refund.created', 'refund.updated']);
      for (const at of order) await m.deliver(events[at] as StripeEvent);
      results.push(await m.outcome(user));
    }
    for (const result of results) expect(result).toEqual(results[0]);
    expect(results[0]).toMatchObject({ wallet: { available: 250, debt: 0 } });
  });
});

describe('once', () => {
  test('fifty copies of a message at once: one grant, one row', async () => {
    await m.silent();
    const user = await world.newUser();
    const before = m.eventsSoFar();
    await m.buyAndPay(user, 'pack-small');
    const [event] = await m.recorded(before);
    await Promise.all(Array.from({ length: 50 }, () => m.deliver(event as StripeEvent)));
    expect((await world.wallet(user)).available).toBe(500);
    expect(await world.db.ledgerTxn.count({ where: { userId: user } })).toBe(1);
    expect(await world.db.webhookInbox.count({ where: { dedupeKey: event?.id ?? '' } })).toBe(1);
    expect(await world.violations()).toEqual([]);
  });

  test('message, browser’s return, polling and the operator at once: one grant', async () => {
    await m.silent();
    const user = await world.newUser();
    const before = m.eventsSoFar();
    const purchase = await world.buy(user, 'creator-month');
    await world.press(purchase.url, 'pay');
    const events = await m.recorded(before);
    const session = await m.sessionOf(purchase.id);
    await Promise.all([
      ...events.map((event) => m.deliver(event)),
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
