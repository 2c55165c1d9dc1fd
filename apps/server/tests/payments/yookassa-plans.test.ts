import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { applyMessages } from '../../src/modules/payments/inbox.ts';
import { changePlan, methodPage, setEnding } from '../../src/modules/payments/subscriptions.ts';
import { sweepUnsettled } from '../../src/modules/payments/sweep.ts';
import { createPaymentWorld, DAY, type PaymentWorld } from '../helpers/payment-world.ts';
import { openShop, type Shop } from '../helpers/yookassa-shop.ts';

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
// The clock of the next test moves for its own plan alone.
afterEach(() => world.db.subscription.updateMany({ where: { status: { not: 'ended' } }, data: { status: 'ended', endedAt: new Date() } }));

describe('a plan that we renew by ourselves', () => {
  test('begins, renews twice by the clock, each period once however many schedulers run', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month');
    expect(await y.plan(user)).toMatchObject({ planId: 'creator', status: 'active', cancelAt: null });
    expect(await world.wallet(user)).toMatchObject({ available: 1_000 });
    for (const sum of [2_000, 3_000]) {
      await y.toPeriodEnd(user);
      await Promise.all([sweepUnsettled(y.deps), sweepUnsettled(y.deps), sweepUnsettled(y.deps)]);
      await y.work();
      expect(await world.wallet(user)).toMatchObject({ available: sum });
    }
    expect((await y.chargesOf(user)).map((c) => c.state)).toEqual(['succeeded', 'succeeded']);
    expect(y.shop.journal.filter((c) => c.key?.startsWith('charge-')).length).toBeGreaterThanOrEqual(2);
    await y.sound();
  });

  test('the answer to a charge is lost: the same key again, one charge; after a day it is looked for and never sent again', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month');
    await y.toPeriodEnd(user);
    // A round tries twice: when it begins a charge, and when it looks what has no answer.
    await y.shop.order({ faults: [{ call: 'POST /payments', kind: 'error', times: 2 }] });
    await y.work();
    expect((await y.chargesOf(user)).map((c) => c.state)).toEqual(['started']);
    await y.work();
    expect(await world.wallet(user)).toMatchObject({ available: 2_000 });
    await y.toPeriodEnd(user);
    await y.shop.order({ faults: [{ call: 'POST /payments', kind: 'after', times: 2 }] });
    await y.work();
    await y.shop.order({ advance: DAY });
    const posts = () => y.shop.journal.filter((c) => c.method === 'POST').length;
    const before = posts();
    await y.work();
    expect(posts()).toBe(before);
    expect(await world.wallet(user)).toMatchObject({ available: 3_000 });
    await y.sound();
  });

  test('a soft refusal is tried again after a day and recovers; the plan’s credits come with the money', async () => {
    const user = await world.newUser();
    await y.pay(user, 'pro-month', 'insufficient_funds');
    await y.toPeriodEnd(user);
    await y.work();
    const late = await y.plan(user);
    expect(late).toMatchObject({ status: 'grace', problem: { url: null } });
    expect(Date.parse(late?.problem?.nextAttemptAt ?? '') - Date.parse(late?.periodEnd ?? '')).toBe(DAY * 1000);
    await y.work();
    expect(await y.chargesOf(user)).toHaveLength(1);
    await y.shop.order({ card: { method: await y.cardOf(user), card: 'pays' }, advance: DAY });
    await y.work();
    expect(await y.plan(user)).toMatchObject({ status: 'active', problem: null });
    expect(await world.wallet(user)).toMatchObject({ available: 6_000 });
    expect((await y.chargesOf(user)).map((c) => [c.attemptNo, c.state, c.failure])).toEqual([
      [1, 'failed', 'insufficient_funds'],
      [2, 'succeeded', null],
    ]);
    await y.sound();
  });

  test('five tries, then it ends; packs stay', async () => {
    const user = await world.newUser();
    await y.pay(user, 'pack-small');
    await y.pay(user, 'creator-month', 'insufficient_funds');
    await y.toPeriodEnd(user);
    await y.work();
    for (const days of [1, 2, 2, 2]) {
      await y.shop.order({ advance: days * DAY });
      await y.work();
    }
    expect((await y.chargesOf(user)).map((c) => c.attemptNo)).toEqual([1, 2, 3, 4, 5]);
    expect(await y.plan(user)).toMatchObject({ status: 'ended' });
    expect(await world.wallet(user)).toMatchObject({ available: 1_500 });
    await y.sound();
  });

  test('a hard refusal is never repeated; another card renews at once', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month', 'card_expired');
    await y.toPeriodEnd(user);
    await y.work();
    expect(await y.plan(user)).toMatchObject({ status: 'grace', problem: { nextAttemptAt: null } });
    await y.shop.order({ advance: 2 * DAY });
    await y.work();
    expect(await y.chargesOf(user)).toHaveLength(1);
    const page = await methodPage(y.deps, user, 'ru');
    await y.press(page, { action: 'bind', card: 'pays' });
    await applyMessages(y.deps, 'yookassa', { type: 'method', id: page.split('/').at(-1) ?? '' });
    await y.work();
    expect(await y.plan(user)).toMatchObject({ status: 'active', problem: null });
    expect(await world.wallet(user)).toMatchObject({ available: 2_000 });
    await y.sound();
  });

  test('who does not let us keep the card has the plan for its period', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month', 'pays', 'no');
    const begun = await y.plan(user);
    expect(begun?.cancelAt).toBe(begun?.periodEnd);
    await y.toPeriodEnd(user);
    await y.work();
    expect(await y.plan(user)).toMatchObject({ status: 'ended' });
  });

  test('up at once, down and the end when the period is over, both can be taken back', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month');
    const change = (offerId: string) => changePlan(y.deps, user, { key: randomUUID(), bodyHash: offerId }, offerId, 'ru');
    expect((await change('pro-month')).purchase).toMatchObject({ state: 'paid', price: { amount: 359_000 } });
    expect(await y.plan(user)).toMatchObject({ planId: 'pro' });
    expect(await world.wallet(user)).toMatchObject({ available: 4_000 });
    expect((await change('creator-month')).subscription).toMatchObject({ planId: 'pro', nextOfferId: 'creator-month' });
    expect((await change('pro-month')).subscription).toMatchObject({ nextOfferId: null });
    await change('creator-month');
    await y.toPeriodEnd(user);
    await y.work();
    expect(await y.plan(user)).toMatchObject({ planId: 'creator', nextOfferId: null, price: { amount: 139_000 } });
    expect(await world.wallet(user)).toMatchObject({ available: 5_000 });
    const ending = await setEnding(y.deps, user, true);
    expect(ending?.cancelAt).toBe(ending?.periodEnd);
    expect(await setEnding(y.deps, user, false)).toMatchObject({ cancelAt: null });
    await setEnding(y.deps, user, true);
    await y.toPeriodEnd(user);
    await y.work();
    expect(await y.plan(user)).toMatchObject({ status: 'ended' });
    expect(await world.wallet(user)).toMatchObject({ available: 5_000 });
    await y.sound();
  });

  test('an upgrade whose answer was lost, and that nobody asks for again, is found and given', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month');
    await y.shop.order({ faults: [{ call: 'POST /payments', kind: 'after' }] });
    const lost = changePlan(y.deps, user, { key: randomUUID(), bodyHash: 'x' }, 'pro-month', 'ru');
    await expect(lost).rejects.toMatchObject({ code: 'billing.processorDown' });
    await y.shop.order({ advance: 120 });
    await y.work();
    expect(await y.plan(user)).toMatchObject({ planId: 'pro', status: 'active' });
    expect(await world.wallet(user)).toMatchObject({ available: 4_000 });
    await y.sound();
  });

  test('an upgrade that the bank refuses changes nothing', async () => {
    const user = await world.newUser();
    await y.pay(user, 'creator-month', 'insufficient_funds');
    const { purchase, subscription } = await changePlan(y.deps, user, { key: randomUUID(), bodyHash: 'x' }, 'pro-month', 'ru');
    expect(purchase).toMatchObject({ state: 'failed', failure: 'insufficient_funds' });
    expect(subscription).toMatchObject({ planId: 'creator', status: 'active' });
  });
});
