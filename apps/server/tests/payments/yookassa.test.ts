import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { act } from '../../src/modules/payments/act.ts';
import { applyMessages, receive } from '../../src/modules/payments/inbox.ts';
import { createPurchase, refreshPurchase } from '../../src/modules/payments/purchases.ts';
import { refundByOwner } from '../../src/modules/payments/refunds.ts';
import { changePlan, methodPage, setEnding } from '../../src/modules/payments/subscriptions.ts';
import { sweepMoved, sweepUnsettled } from '../../src/modules/payments/sweep.ts';
import { listPayments, readPurchase, readSubscription } from '../../src/modules/payments/views.ts';
import type { ObjectRef } from '../../src/processors/port.ts';
import { createYooKassaProcessor } from '../../src/processors/yookassa/adapter.ts';
import { type RunningYooKassa, startYooKassaSandbox } from '../../src/sandbox/yookassa/server.ts';
import type { Card } from '../../src/sandbox/yookassa/types.ts';
import { createPaymentWorld, DAY, incoming, type PaymentWorld } from '../helpers/payment-world.ts';

const SECRET = 'a-secret-part-of-the-address';
let world: PaymentWorld;
let shop: RunningYooKassa;
let deps: PaymentWorld['deps'];
beforeAll(async () => {
  world = await createPaymentWorld({ works: false });
  shop = await startYooKassaSandbox({
    port: 0,
    folder: `${world.folder}/yookassa`,
    shopId: '100500',
    secretKey: 'test_key_of_the_shop',
    receipts: true,
  });
  deps = {
    ...world.deps,
    processors: { yookassa: createYooKassaProcessor(connection()) },
    now: () => new Date(shop.now()),
  };
});
afterAll(async () => {
  await shop.stop();
  await world.stop();
});
// The clock of the next test moves for its own plan alone.
afterEach(() => world.db.subscription.updateMany({ where: { status: { not: 'ended' } }, data: { status: 'ended', endedAt: new Date() } }));

const connection = (more: object = {}) => ({
  ...{ shopId: '100500', secretKey: 'test_key_of_the_shop', webhookSecret: SECRET, baseUrl: shop.url, isSandbox: true },
  receipts: { vatCode: 4, taxSystem: 2, subject: 'service', mode: 'full_payment' },
  ...more,
});
const buy = (userId: string, offerId: string, key: string = randomUUID()) =>
  createPurchase(deps, userId, { key, bodyHash: offerId }, { offerId, processor: 'yookassa', currency: 'RUB' }, 'ru');
const press = (url: string | null, form: Record<string, string>) =>
  fetch(url ?? 'x:', { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' }).then((answer) => answer.status);
const pay = async (userId: string, offerId: string, card: Card = 'pays', keep = 'yes') => {
  const purchase = await buy(userId, offerId);
  await press(purchase.url, { action: 'pay', card, keep });
  await refreshPurchase(deps, userId, purchase.id);
  return purchase;
};
/** A minute of the worker: sweepers, then the jobs that they rang. */
const work = async () => {
  await sweepUnsettled(deps);
  for (const { id } of await world.db.refund.findMany({ where: { state: 'wanted' } })) await act(deps, 'refund', id);
  for (const { id } of await world.db.subscription.findMany({ where: { endWanted: true } })) await act(deps, 'end', id);
};
const wallet = (userId: string) => world.wallet(userId);
const plan = (userId: string) => readSubscription(world.db, userId);
const cardOf = async (userId: string) =>
  (await world.db.subscription.findFirstOrThrow({ where: { userId, status: { not: 'ended' } } })).method ?? '';
/** To a minute after the paid period. */
const toPeriodEnd = async (userId: string) => {
  const end = Date.parse((await plan(userId))?.periodEnd ?? '');
  await shop.order({ advance: Math.ceil((end - shop.now()) / 1000) + 60 });
};
const chargesOf = (userId: string) => world.db.charge.findMany({ where: { userId }, orderBy: { attemptNo: 'asc' } });
const sound = async () => expect(await world.violations()).toEqual([]);

describe('a pack in rubles', () => {
  test('paid on the page, with a receipt, granted by reading back; again and again changes nothing', async () => {
    const user = await world.newUser();
    const purchase = await buy(user, 'pack-small');
    expect(purchase).toMatchObject({ state: 'open', price: { amount: 74_000, currency: 'RUB' } });
    expect(await (await fetch(purchase.url ?? '')).text()).toContain('Песочница');
    expect(await press(purchase.url, { action: 'pay', card: 'pays' })).toBe(303);
    await Promise.all(Array.from({ length: 10 }, () => refreshPurchase(deps, user, purchase.id)));
    expect(await wallet(user)).toMatchObject({ available: 500 });
    const [call] = shop.journal.filter((c) => c.path === '/payments' && c.key === `checkout-${purchase.id}`);
    expect(call?.body).toMatchObject({
      capture: true,
      receipt: {
        customer: { email: expect.stringContaining('@') },
        items: [{ amount: { value: '740.00' }, vat_code: 4, payment_subject: 'service' }],
        tax_system_code: 2,
      },
    });
    await sound();
  });

  test('declined, closed, left lying for an hour', async () => {
    const user = await world.newUser();
    const declined = await buy(user, 'pack-small');
    await press(declined.url, { action: 'decline', reason: 'insufficient_funds' });
    expect(await refreshPurchase(deps, user, declined.id)).toMatchObject({ state: 'failed', failure: 'insufficient_funds' });
    const left = await buy(user, 'pack-small');
    expect(left.id).not.toBe(declined.id);
    await shop.order({ advance: 3_700 });
    expect(await refreshPurchase(deps, user, left.id)).toMatchObject({ state: 'expired' });
    expect(await wallet(user)).toMatchObject({ available: 0 });
  });

  test('a call that was done and answered with an error is repeated with the same key: one payment', async () => {
    const user = await world.newUser();
    for (const kind of ['error', 'after', 'before'] as const) {
      const key = randomUUID();
      await shop.order({ faults: [{ call: 'POST /payments', kind }] });
      await expect(buy(user, 'pack-large', key)).rejects.toMatchObject({ code: 'billing.processorDown' });
      const purchase = await buy(user, 'pack-large', key);
      expect([...shop.state.payments.values()].filter((p) => p.metadata['purchase_id'] === purchase.id)).toHaveLength(1);
      await press(purchase.url, { action: 'decline' });
      await refreshPurchase(deps, user, purchase.id);
    }
  });
});

describe('messages', () => {
  const message = (event: string, object: object) => JSON.stringify({ type: 'notification', event, object });
  test('they only wake a reading: a forged one about an unpaid payment gives nothing and asks once', async () => {
    const user = await world.newUser();
    const purchase = await buy(user, 'pack-small');
    const { externalId } = await world.db.purchase.findUniqueOrThrow({ where: { id: purchase.id } });
    const forged = message('payment.succeeded', {
      id: externalId,
      status: 'succeeded',
      paid: true,
      amount: { value: '1.00', currency: 'RUB' },
    });
    await receive(deps, 'yookassa', incoming(forged, {}, SECRET));
    const before = shop.journal.length;
    await applyMessages(deps, 'yookassa', { type: 'checkout', id: externalId ?? '' });
    expect(shop.journal.slice(before).map((c) => [c.method, c.path])).toEqual([['GET', `/payments/${externalId}`]]);
    expect(await wallet(user)).toMatchObject({ available: 0 });
    expect(await readPurchase(world.db, user, purchase.id)).toMatchObject({ state: 'open' });
  });

  test('at another address, from another network, or no message at all: refused and not stored', async () => {
    const count = await world.db.webhookInbox.count();
    const good = message('payment.succeeded', { id: randomUUID(), status: 'succeeded' });
    const refusal = { code: 'billing.webhookRejected' };
    await expect(receive(deps, 'yookassa', incoming(good, {}, 'guess'))).rejects.toMatchObject(refusal);
    for (const text of ['', '{"a":1}', 'x'.repeat(100)])
      await expect(receive(deps, 'yookassa', incoming(text, {}, SECRET))).rejects.toMatchObject(refusal);
    const real = createYooKassaProcessor(connection({ isSandbox: false }));
    for (const ip of ['127.0.0.1', '185.71.78.1', '::1'])
      expect(() => real.verify({ ...incoming(good, {}, SECRET), ip })).toThrow(/not from/);
    for (const ip of ['185.71.76.3', '::ffff:77.75.156.11', '2a02:5180::7'])
      expect(real.verify({ ...incoming(good, {}, SECRET), ip }).ref).toMatchObject({ type: 'checkout' });
    expect(await world.db.webhookInbox.count()).toBe(count);
  });

  test('every order of payment and refund ends the same; a lost refund is found by the daily look', async () => {
    const results: unknown[] = [];
    for (const order of [['checkout', 'refund'], ['refund', 'checkout'], ['refund', 'refund', 'checkout'], []] as ObjectRef['type'][][]) {
      const user = await world.newUser();
      const purchase = await buy(user, 'pack-medium');
      await press(purchase.url, { action: 'pay', card: 'pays' });
      const { externalId } = await world.db.purchase.findUniqueOrThrow({ where: { id: purchase.id } });
      const { refund } = await shop.order({ refund: { payment: externalId ?? '', value: '1000.00' } });
      const ids: Partial<Record<ObjectRef['type'], string>> = { checkout: externalId ?? '', refund: String(refund) };
      if (order.length === 0) {
        await sweepMoved(deps);
        order.push('refund');
      }
      for (const type of order) await applyMessages(deps, 'yookassa', { type, id: ids[type] ?? '' });
      const { available, debt } = await wallet(user);
      results.push([available, debt, await world.db.refund.count({ where: { payment: { userId: user } } })]);
    }
    for (const result of results) expect(result).toEqual([2_000 - Math.floor((2_000 * 100_000) / 269_000), 0, 1]);
    await sound();
  });
});

describe('a plan that we renew by ourselves', () => {
  test('begins, renews twice by the clock, each period once however many schedulers run', async () => {
    const user = await world.newUser();
    await pay(user, 'creator-month');
    expect(await plan(user)).toMatchObject({ planId: 'creator', status: 'active', cancelAt: null });
    expect(await wallet(user)).toMatchObject({ available: 1_000 });
    for (const sum of [2_000, 3_000]) {
      await toPeriodEnd(user);
      await Promise.all([sweepUnsettled(deps), sweepUnsettled(deps), sweepUnsettled(deps)]);
      await work();
      expect(await wallet(user)).toMatchObject({ available: sum });
    }
    expect((await chargesOf(user)).map((c) => c.state)).toEqual(['succeeded', 'succeeded']);
    expect(shop.journal.filter((c) => c.key?.startsWith('charge-')).length).toBeGreaterThanOrEqual(2);
    await sound();
  });

  test('the answer to a charge is lost: the same key again, one charge; after a day it is looked for and never sent again', async () => {
    const user = await world.newUser();
    await pay(user, 'creator-month');
    await toPeriodEnd(user);
    // A round tries twice: when it begins a charge, and when it looks what has no answer.
    await shop.order({ faults: [{ call: 'POST /payments', kind: 'error', times: 2 }] });
    await work();
    expect((await chargesOf(user)).map((c) => c.state)).toEqual(['started']);
    await work();
    expect(await wallet(user)).toMatchObject({ available: 2_000 });
    await toPeriodEnd(user);
    await shop.order({ faults: [{ call: 'POST /payments', kind: 'after', times: 2 }] });
    await work();
    await shop.order({ advance: DAY });
    const posts = () => shop.journal.filter((c) => c.method === 'POST').length;
    const before = posts();
    await work();
    expect(posts()).toBe(before);
    expect(await wallet(user)).toMatchObject({ available: 3_000 });
    await sound();
  });

  test('a soft refusal is tried again after a day and recovers; the plan’s credits come with the money', async () => {
    const user = await world.newUser();
    await pay(user, 'pro-month', 'insufficient_funds');
    await toPeriodEnd(user);
    await work();
    const late = await plan(user);
    expect(late).toMatchObject({ status: 'grace', problem: { url: null } });
    expect(Date.parse(late?.problem?.nextAttemptAt ?? '') - Date.parse(late?.periodEnd ?? '')).toBe(DAY * 1000);
    await work();
    expect(await chargesOf(user)).toHaveLength(1);
    await shop.order({ card: { method: await cardOf(user), card: 'pays' }, advance: DAY });
    await work();
    expect(await plan(user)).toMatchObject({ status: 'active', problem: null });
    expect(await wallet(user)).toMatchObject({ available: 6_000 });
    expect((await chargesOf(user)).map((c) => [c.attemptNo, c.state, c.failure])).toEqual([
      [1, 'failed', 'insufficient_funds'],
      [2, 'succeeded', null],
    ]);
    await sound();
  });

  test('five tries, then it ends; packs stay', async () => {
    const user = await world.newUser();
    await pay(user, 'pack-small');
    await pay(user, 'creator-month', 'insufficient_funds');
    await toPeriodEnd(user);
    await work();
    for (const days of [1, 2, 2, 2]) {
      await shop.order({ advance: days * DAY });
      await work();
    }
    expect((await chargesOf(user)).map((c) => c.attemptNo)).toEqual([1, 2, 3, 4, 5]);
    expect(await plan(user)).toMatchObject({ status: 'ended' });
    expect(await wallet(user)).toMatchObject({ available: 1_500 });
    await sound();
  });

  test('a hard refusal is never repeated; another card renews at once', async () => {
    const user = await world.newUser();
    await pay(user, 'creator-month', 'card_expired');
    await toPeriodEnd(user);
    await work();
    expect(await plan(user)).toMatchObject({ status: 'grace', problem: { nextAttemptAt: null } });
    await shop.order({ advance: 2 * DAY });
    await work();
    expect(await chargesOf(user)).toHaveLength(1);
    const page = await methodPage(deps, user, 'ru');
    await press(page, { action: 'bind', card: 'pays' });
    await applyMessages(deps, 'yookassa', { type: 'method', id: page.split('/').at(-1) ?? '' });
    await work();
    expect(await plan(user)).toMatchObject({ status: 'active', problem: null });
    expect(await wallet(user)).toMatchObject({ available: 2_000 });
    await sound();
  });

  test('who does not let us keep the card has the plan for its period', async () => {
    const user = await world.newUser();
    await pay(user, 'creator-month', 'pays', 'no');
    const begun = await plan(user);
    expect(begun?.cancelAt).toBe(begun?.periodEnd);
    await toPeriodEnd(user);
    await work();
    expect(await plan(user)).toMatchObject({ status: 'ended' });
  });

  test('up at once, down and the end when the period is over, both can be taken back', async () => {
    const user = await world.newUser();
    await pay(user, 'creator-month');
    const change = (offerId: string) => changePlan(deps, user, { key: randomUUID(), bodyHash: offerId }, offerId, 'ru');
    expect((await change('pro-month')).purchase).toMatchObject({ state: 'paid', price: { amount: 359_000 } });
    expect(await plan(user)).toMatchObject({ planId: 'pro' });
    expect(await wallet(user)).toMatchObject({ available: 4_000 });
    expect((await change('creator-month')).subscription).toMatchObject({ planId: 'pro', nextOfferId: 'creator-month' });
    expect((await change('pro-month')).subscription).toMatchObject({ nextOfferId: null });
    await change('creator-month');
    await toPeriodEnd(user);
    await work();
    expect(await plan(user)).toMatchObject({ planId: 'creator', nextOfferId: null, price: { amount: 139_000 } });
    expect(await wallet(user)).toMatchObject({ available: 5_000 });
    const ending = await setEnding(deps, user, true);
    expect(ending?.cancelAt).toBe(ending?.periodEnd);
    expect(await setEnding(deps, user, false)).toMatchObject({ cancelAt: null });
    await setEnding(deps, user, true);
    await toPeriodEnd(user);
    await work();
    expect(await plan(user)).toMatchObject({ status: 'ended' });
    expect(await wallet(user)).toMatchObject({ available: 5_000 });
    await sound();
  });

  test('an upgrade that the bank refuses changes nothing', async () => {
    const user = await world.newUser();
    await pay(user, 'creator-month', 'insufficient_funds');
    const { purchase, subscription } = await changePlan(deps, user, { key: randomUUID(), bodyHash: 'x' }, 'pro-month', 'ru');
    expect(purchase).toMatchObject({ state: 'failed', failure: 'insufficient_funds' });
    expect(subscription).toMatchObject({ planId: 'creator', status: 'active' });
  });
});

describe('money back', () => {
  test('by the owner, with a receipt; one that the bank sends back is restored', async () => {
    const user = await world.newUser();
    await pay(user, 'creator-month');
    await world.spend(user, 250);
    const [payment] = await listPayments(world.db, user, deps.now());
    expect(payment?.refundable).toMatchObject({ money: { amount: 104_250, currency: 'RUB' }, credits: 750 });
    await refundByOwner(deps, user, payment?.id ?? '', randomUUID());
    await work();
    expect(await plan(user)).toMatchObject({ status: 'ended' });
    const refund = await world.db.refund.findFirstOrThrow({ where: { paymentId: payment?.id ?? '' } });
    expect(refund).toMatchObject({ state: 'succeeded', credits: 750 });
    const [call] = shop.journal.filter((c) => c.key === `refund-${refund.id}`);
    expect(call?.body).toMatchObject({ receipt: { items: [{ amount: { value: '1042.50' } }] } });
    await shop.order({ failRefund: refund.externalId ?? '' });
    await applyMessages(deps, 'yookassa', { type: 'refund', id: refund.externalId ?? '' });
    expect(await wallet(user)).toMatchObject({ available: 750, debt: 0 });
    await sound();
  });

  test('two plans paid at once: one begins, the other money goes back', async () => {
    const user = await world.newUser();
    const first = await buy(user, 'creator-month');
    const second = await buy(user, 'pro-month');
    for (const { url } of [first, second]) await press(url, { action: 'pay', card: 'pays' });
    await Promise.all([refreshPurchase(deps, user, first.id), refreshPurchase(deps, user, second.id)]);
    await work();
    const plans = await world.db.subscription.findMany({ where: { userId: user } });
    expect(plans.map((p) => p.status).sort()).toEqual(['active', 'ended']);
    const refunds = await world.db.refund.findMany({ where: { payment: { userId: user } } });
    expect(refunds).toMatchObject([{ state: 'succeeded', reason: 'duplicate', credits: 0 }]);
    expect((await wallet(user)).grants).toHaveLength(1);
    await sound();
  });
});

test('the stand-in refuses what the real service refuses', async () => {
  const authorization = `Basic ${Buffer.from('100500:test_key_of_the_shop').toString('base64')}`;
  const post = async (body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${shop.url}/payments`, {
      method: 'POST',
      headers: { authorization, ...headers },
      body: JSON.stringify(body),
    });
    return [answer.status, ((await answer.json()) as { parameter?: string }).parameter];
  };
  const amount = { value: '10.00', currency: 'RUB' };
  const key = () => ({ 'idempotence-key': randomUUID() });
  expect(await post({ amount })).toEqual([400, 'Idempotence-Key']);
  expect(await post({ amount: { value: '10', currency: 'RUB' } }, key())).toEqual([400, 'amount.value']);
  expect(await post({ amount: { value: '10.00', currency: 'USD' } }, key())).toEqual([400, 'amount.currency']);
  expect(await post({ amount, capture: true }, key())).toEqual([400, 'receipt']);
  expect(await post({ amount }, { ...key(), authorization: 'Basic eDp5' })).toEqual([401, undefined]);
});
