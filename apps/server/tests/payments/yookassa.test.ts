import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyMessages, receive } from '../../src/modules/payments/inbox.ts';
import { refreshPurchase } from '../../src/modules/payments/purchases.ts';
import { refundByOwner } from '../../src/modules/payments/refunds.ts';
import { sweepMoved } from '../../src/modules/payments/sweep.ts';
import { listPayments, readPurchase } from '../../src/modules/payments/views.ts';
import type { ObjectRef } from '../../src/processors/port.ts';
import { createYooKassaProcessor } from '../../src/processors/yookassa/adapter.ts';
import { createPaymentWorld, incoming, type PaymentWorld } from '../helpers/payment-world.ts';
import { openShop, SHOP_SECRET, type Shop } from '../helpers/yookassa-shop.ts';

let world: PaymentWorld;
let y: Shop;
beforeAll(async () => {
  world = await createPaymentWorld({ works: false });
  y = await openShop(world);
});
afterAll(async () => {
  await y.shop.stop();
  await world.stop();
});

describe('a pack in rubles', () => {
  test('paid on the page, with a receipt, granted by reading back; again and again changes nothing', async () => {
    const user = await world.newUser();
    const purchase = await y.buy(user, 'pack-small');
    expect(purchase).toMatchObject({ state: 'open', price: { amount: 74_000, currency: 'RUB' } });
    expect(await (await fetch(purchase.url ?? '')).text()).toContain('Песочница');
    expect(await y.press(purchase.url, { action: 'pay', card: 'pays' })).toBe(303);
    await Promise.all(Array.from({ length: 10 }, () => refreshPurchase(y.deps, user, purchase.id)));
    expect(await world.wallet(user)).toMatchObject({ available: 500 });
    const [call] = y.shop.journal.filter((c) => c.path === '/payments' && c.key === `checkout-${purchase.id}`);
    expect(call?.body).toMatchObject({
      capture: true,
      receipt: {
        customer: { email: expect.stringContaining('@') },
        items: [{ amount: { value: '740.00' }, vat_code: 4, payment_subject: 'service' }],
        tax_system_code: 2,
      },
    });
    await y.sound();
  });

  test('declined, closed, left lying for an hour', async () => {
    const user = await world.newUser();
    const declined = await y.buy(user, 'pack-small');
    await y.press(declined.url, { action: 'decline', reason: 'insufficient_funds' });
    expect(await refreshPurchase(y.deps, user, declined.id)).toMatchObject({ state: 'failed', failure: 'insufficient_funds' });
    const left = await y.buy(user, 'pack-small');
    expect(left.id).not.toBe(declined.id);
    await y.shop.order({ advance: 3_700 });
    expect(await refreshPurchase(y.deps, user, left.id)).toMatchObject({ state: 'expired' });
    expect(await world.wallet(user)).toMatchObject({ available: 0 });
  });

  test('a call that was done and answered with an error is repeated with the same key: one payment', async () => {
    const user = await world.newUser();
    for (const kind of ['error', 'after', 'before'] as const) {
      const key = randomUUID();
      await y.shop.order({ faults: [{ call: 'POST /payments', kind }] });
      await expect(y.buy(user, 'pack-large', key)).rejects.toMatchObject({ code: 'billing.processorDown' });
      const purchase = await y.buy(user, 'pack-large', key);
      expect([...y.shop.state.payments.values()].filter((p) => p.metadata['purchase_id'] === purchase.id)).toHaveLength(1);
      await y.press(purchase.url, { action: 'decline' });
      await refreshPurchase(y.deps, user, purchase.id);
    }
  });
});

describe('messages', () => {
  const message = (event: string, object: object) => JSON.stringify({ type: 'notification', event, object });
  test('they only wake a reading: a forged one about an unpaid payment gives nothing and asks once', async () => {
    const user = await world.newUser();
    const purchase = await y.buy(user, 'pack-small');
    const { externalId } = await world.db.purchase.findUniqueOrThrow({ where: { id: purchase.id } });
    const forged = message('payment.succeeded', {
      id: externalId,
      status: 'succeeded',
      paid: true,
      amount: { value: '1.00', currency: 'RUB' },
    });
    await receive(y.deps, 'yookassa', incoming(forged, {}, SHOP_SECRET));
    const before = y.shop.journal.length;
    await applyMessages(y.deps, 'yookassa', { type: 'checkout', id: externalId ?? '' });
    expect(y.shop.journal.slice(before).map((c) => [c.method, c.path])).toEqual([['GET', `/payments/${externalId}`]]);
    expect(await world.wallet(user)).toMatchObject({ available: 0 });
    expect(await readPurchase(world.db, user, purchase.id)).toMatchObject({ state: 'open' });
  });

  test('at another address, from another network, or no message at all: refused and not stored', async () => {
    const count = await world.db.webhookInbox.count();
    const good = message('payment.succeeded', { id: randomUUID(), status: 'succeeded' });
    const refusal = { code: 'billing.webhookRejected' };
    await expect(receive(y.deps, 'yookassa', incoming(good, {}, 'guess'))).rejects.toMatchObject(refusal);
    for (const text of ['', '{"a":1}', 'x'.repeat(100)])
      await expect(receive(y.deps, 'yookassa', incoming(text, {}, SHOP_SECRET))).rejects.toMatchObject(refusal);
    const real = createYooKassaProcessor(y.connection({ isSandbox: false }));
    for (const ip of ['127.0.0.1', '185.71.78.1', '::1'])
      expect(() => real.verify({ ...incoming(good, {}, SHOP_SECRET), ip })).toThrow(/not from/);
    for (const ip of ['185.71.76.3', '::ffff:77.75.156.11', '2a02:5180::7'])
      expect(real.verify({ ...incoming(good, {}, SHOP_SECRET), ip }).ref).toMatchObject({ type: 'checkout' });
    expect(await world.db.webhookInbox.count()).toBe(count);
  });

  test('every order of payment and refund ends the same; a lost refund is found by the daily look', async () => {
    const results: unknown[] = [];
    for (const order of [['checkout', 'refund'], ['refund', 'checkout'], ['refund', 'refund', 'checkout'], []] as ObjectRef['type'][][]) {
      const user = await world.newUser();
      const purchase = await y.buy(user, 'pack-medium');
      await y.press(purchase.url, { action: 'pay', card: 'pays' });
      const { externalId } = await world.db.purchase.findUniqueOrThrow({ where: { id: purchase.id } });
      const { refund } = await y.shop.order({ refund: { payment: externalId ?? '', value: '1000.00' } });
      const ids: Partial<Record<ObjectRef['type'], string>> = { checkout: externalId ?? '', refund: String(refund) };
      if (order.length === 0) {
        await sweepMoved(y.deps);
        order.push('refund');
      }
      for (const type of order) await applyMessages(y.deps, 'yookassa', { type, id: ids[type] ?? '' });
      const { available, debt } = await world.wallet(user);
      results.push([available, debt, await world.db.refund.count({ where: { payment: { userId: user } } })]);
    }
    for (const result of results) expect(result).toEqual([2_000 - Math.floor((2_000 * 100_000) / 269_000), 0, 1]);
    await y.sound();
  });
});

describe('money back', () => {
  test('by the owner, with a receipt; one that the bank sends back is restored', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month');
    await world.spend(user, 250);
    const [payment] = await listPayments(world.db, user, y.deps.now());
    expect(payment?.refundable).toMatchObject({ money: { amount: 104_250, currency: 'RUB' }, credits: 750 });
    await refundByOwner(y.deps, user, payment?.id ?? '', randomUUID());
    await y.work();
    expect(await y.plan(user)).toMatchObject({ status: 'ended' });
    const refund = await world.db.refund.findFirstOrThrow({ where: { paymentId: payment?.id ?? '' } });
    expect(refund).toMatchObject({ state: 'succeeded', credits: 750 });
    const [call] = y.shop.journal.filter((c) => c.key === `refund-${refund.id}`);
    expect(call?.body).toMatchObject({ receipt: { items: [{ amount: { value: '1042.50' } }] } });
    await y.shop.order({ failRefund: refund.externalId ?? '' });
    await applyMessages(y.deps, 'yookassa', { type: 'refund', id: refund.externalId ?? '' });
    expect(await world.wallet(user)).toMatchObject({ available: 750, debt: 0 });
    await y.sound();
  });

  test('two plans paid at once: one begins, the other money goes back', async () => {
    const user = await world.newUser();
    const first = await y.buy(user, 'creator-month');
    const second = await y.buy(user, 'pro-month');
    for (const { url } of [first, second]) await y.press(url, { action: 'pay', card: 'pays' });
    await Promise.all([refreshPurchase(y.deps, user, first.id), refreshPurchase(y.deps, user, second.id)]);
    await y.work();
    const plans = await world.db.subscription.findMany({ where: { userId: user } });
    expect(plans.map((p) => p.status).sort()).toEqual(['active', 'ended']);
    const refunds = await world.db.refund.findMany({ where: { payment: { userId: user } } });
    expect(refunds).toMatchObject([{ state: 'succeeded', reason: 'duplicate', credits: 0 }]);
    expect((await world.wallet(user)).grants).toHaveLength(1);
    await y.sound();
  });
});

test('the stand-in refuses what the real service refuses', async () => {
  const authorization = `Basic ${Buffer.from('100500:test_key_of_the_shop').toString('base64')}`;
  const post = async (body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${y.shop.url}/payments`, {
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
