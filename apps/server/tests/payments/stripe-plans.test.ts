import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainLedger } from '../../src/modules/credits/service.ts';
import { refreshPurchase } from '../../src/modules/payments/purchases.ts';
import { refundByOwner } from '../../src/modules/payments/refunds.ts';
import { changePlan, methodPage, previewChange, setEnding } from '../../src/modules/payments/subscriptions.ts';
import { sweepMonths } from '../../src/modules/payments/sweep.ts';
import { listPayments, readPurchase, readSubscription } from '../../src/modules/payments/views.ts';
import { until } from '../helpers/generation-world.ts';
import { createPaymentWorld, DAY, type PaymentWorld } from '../helpers/payment-world.ts';

let world: PaymentWorld;
beforeAll(async () => {
  world = await createPaymentWorld();
});
afterAll(() => world.stop());
// The clock of the next test moves for its own plans alone.
afterEach(() => {
  world.stripe.store.subscription.clear();
  world.stripe.store.invoice.clear();
});

const subscription = (userId: string) => readSubscription(world.db, userId);
const subscriptionWith = (userId: string, isGood: (s: NonNullable<Awaited<ReturnType<typeof subscription>>>) => boolean) =>
  until(
    () => subscription(userId),
    (s) => s !== null && isGood(s),
  );
const change = (userId: string, offerId: string, key: string = randomUUID()) =>
  changePlan(world.deps, userId, { key, bodyHash: offerId }, offerId, 'en');
const moves = async (userId: string) => (await explainLedger(world.db, userId)).map((m) => m.kind);
const sound = async () => expect(await world.violations()).toEqual([]);

describe('a subscription', () => {
  test('begins, renews twice, and every period brings its credits once', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-month');
    expect(await subscription(user)).toMatchObject({
      planId: 'creator',
      status: 'active',
      cancelAt: null,
      price: { amount: 1500, currency: 'USD' },
    });
    expect((await world.db.lane.findUniqueOrThrow({ where: { userId: user } })).maxRunning).toBe(4);
    const start = await world.wallet(user);
    expect(start.grants).toMatchObject([{ kind: 'subscription', amount: 1_000 }]);
    const [payment] = await world.db.payment.findMany({ where: { userId: user } });
    const grace = Date.parse(start.grants[0]?.expiresAt ?? '') - (payment?.periodEnd?.getTime() ?? 0);
    expect(grace).toBe(3 * DAY * 1000);
    for (const sum of [2_000, 3_000]) {
      await world.stripe.order({ advance: 31 * DAY });
      await world.walletWith(user, (w) => w.available === sum);
    }
    await expect(world.buy(user, 'pro-month')).rejects.toMatchObject({ code: 'billing.subscriptionActive' });
    expect(await moves(user)).toEqual(['grant', 'grant', 'grant']);
    await sound();
  });

  test('the new period shows an hour before it is paid: no credits for it, none when it fails; they come with the money', async () => {
    const user = await world.newUser();
    await world.paid(user, 'pro-month', 'fails_on_renewal');
    const end = Date.parse((await subscription(user))?.periodEnd ?? '') / 1000;
    await world.stripe.order({ advance: end - world.stripe.store.now() + 600 });
    await world.stripe.outbox.settled();
    expect((await world.wallet(user)).available).toBe(3_000);
    await world.stripe.order({ advance: 3_600 });
    const late = await subscriptionWith(user, (s) => s.status === 'grace');
    expect(late?.problem?.url).toContain('/invoice/in_');
    expect(Date.parse(late?.problem?.nextAttemptAt ?? '')).toBeGreaterThan(end * 1000);
    expect((await world.wallet(user)).available).toBe(3_000);
    const portal = await methodPage(world.deps, user, 'en');
    await world.press(portal, 'card', 'success');
    await world.stripe.order({ advance: 3 * DAY });
    await subscriptionWith(user, (s) => s.status === 'active' && s.problem === null);
    await world.walletWith(user, (w) => w.available === 6_000);
    await sound();
  });

  test('a failed renewal is paid on the invoice page; one that never is ends the plan and leaves packs alone', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-month', 'fails_on_renewal');
    await world.stripe.order({ advance: 31 * DAY });
    const late = await subscriptionWith(user, (s) => s.status === 'grace');
    await world.press(late?.problem?.url ?? null, 'pay', 'fails_on_renewal');
    await world.walletWith(user, (w) => w.available === 2_000);
    await world.paid(user, 'pack-small', 'fails_on_renewal');
    await world.stripe.order({ advance: 31 * DAY });
    await world.stripe.order({ advance: 20 * DAY });
    await subscriptionWith(user, (s) => s.status === 'ended');
    expect((await world.wallet(user)).available).toBe(2_500);
    expect((await world.db.lane.findUniqueOrThrow({ where: { userId: user } })).maxRunning).toBe(2);
    await sound();
  });

  test('up at once with a full new period; twice in a minute is once; what was left keeps its date', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-month');
    const before = await subscription(user);
    await world.stripe.order({ advance: 10 * DAY });
    expect(await previewChange(world.deps, user, 'pro-month')).toMatchObject({ when: 'now', charge: { amount: 3_900 }, credits: 3_000 });
    const [one, two] = [await change(user, 'pro-month'), await change(user, 'pro-month')];
    expect(one.subscription).toMatchObject({ planId: 'pro', status: 'active' });
    expect(one.purchase).toMatchObject({ kind: 'change', state: 'paid' });
    expect(two.purchase).toBeNull();
    expect(Date.parse(one.subscription?.periodStart ?? '')).toBeGreaterThan(Date.parse(before?.periodStart ?? ''));
    const wallet = await world.wallet(user);
    expect(wallet.available).toBe(4_000);
    expect(wallet.grants.map((g) => g.amount)).toEqual([1_000, 3_000]);
    const [, old] = await listPayments(world.db, user, world.deps.now());
    expect(await world.db.payment.count({ where: { userId: user } })).toBe(2);
    // The money of the period before may go back; the present one goes on.
    await refundByOwner(world.deps, user, old?.id ?? '', randomUUID());
    await until(
      () => world.db.refund.findFirst({ where: { paymentId: old?.id ?? '' } }),
      (r) => r?.state === 'succeeded',
    );
    expect(await subscription(user)).toMatchObject({ planId: 'pro', status: 'active' });
    expect((await world.wallet(user)).available).toBe(3_000);
    await sound();
  });

  test('an upgrade that the bank wants confirmed waits for it; one that is never confirmed is off', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-month');
    const { externalId: customer } = await world.db.billingCustomer.findFirstOrThrow({ where: { userId: user } });
    await world.stripe.order({ card: { customer, card: 'authentication' } });
    const waiting = await change(user, 'pro-month');
    expect(waiting.subscription?.planId).toBe('creator');
    expect(waiting.purchase).toMatchObject({ state: 'open', url: expect.stringContaining('/invoice/') });
    await world.stripe.order({ advance: 25 * 3600 });
    await refreshPurchase(world.deps, user, waiting.purchase?.id ?? '');
    expect(await readPurchase(world.db, user, waiting.purchase?.id ?? '')).toMatchObject({ state: 'expired' });
    const again = await change(user, 'pro-month');
    await world.press(again.purchase?.url ?? null, 'pay', 'success');
    await subscriptionWith(user, (s) => s.planId === 'pro');
    await world.walletWith(user, (w) => w.available === 4_000);
    await sound();
  });

  test('down when the period ends, and taken back', async () => {
    const user = await world.newUser();
    await world.paid(user, 'pro-month');
    expect(await previewChange(world.deps, user, 'creator-month')).toMatchObject({ when: 'periodEnd', charge: null, credits: 0 });
    expect((await change(user, 'creator-month')).subscription).toMatchObject({ planId: 'pro', nextOfferId: 'creator-month' });
    expect((await change(user, 'pro-month')).subscription).toMatchObject({ planId: 'pro', nextOfferId: null });
    await change(user, 'creator-month');
    await world.stripe.order({ advance: 31 * DAY + 7_200 });
    await subscriptionWith(user, (s) => s.planId === 'creator');
    await world.walletWith(user, (w) => w.available === 4_000);
    await sound();
  });

  test('ended at the end of the period, taken back, ended in the portal, and nothing is taken away', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-month');
    const end = (await subscription(user))?.periodEnd;
    expect(await setEnding(world.deps, user, true)).toMatchObject({ status: 'active', cancelAt: end });
    expect(await setEnding(world.deps, user, false)).toMatchObject({ status: 'active', cancelAt: null });
    await world.press(await methodPage(world.deps, user, 'en'), 'cancel');
    await subscriptionWith(user, (s) => s.cancelAt === end);
    expect(await setEnding(world.deps, user, false)).toMatchObject({ cancelAt: null });
    await setEnding(world.deps, user, true);
    await world.stripe.order({ advance: 32 * DAY });
    await subscriptionWith(user, (s) => s.status === 'ended');
    expect((await world.wallet(user)).available).toBe(1_000);
    // A new one may begin.
    await world.paid(user, 'pro-month');
    expect(await subscription(user)).toMatchObject({ planId: 'pro', status: 'active' });
  });

  test('a year brings twelve months, each when it begins; a refund takes the months to come first', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-year');
    expect((await world.wallet(user)).available).toBe(1_000);
    for (const [days, sum] of [
      [32, 2_000],
      [31, 3_000],
    ] as const) {
      await world.stripe.order({ advance: days * DAY });
      await Promise.all([sweepMonths(world.deps), sweepMonths(world.deps)]);
      expect((await world.wallet(user)).available).toBe(sum);
    }
    // Half of the money: 6,000 of 12,000 credits, of which 9,000 are still to come.
    await world.stripe.order({ refund: { charge: await world.lastCharge(user), amount: 7_500 } });
    await until(
      () => world.db.payment.findFirstOrThrow({ where: { userId: user } }),
      (p) => p.refunded === 7_500,
    );
    expect((await world.wallet(user)).available).toBe(3_000);
    await world.stripe.order({ advance: 270 * DAY });
    await sweepMonths(world.deps);
    expect((await world.wallet(user)).available).toBe(6_000);
    await sound();
  });

  test('two pages of plans, both paid: one plan, and the other money goes back', async () => {
    const user = await world.newUser();
    const first = await world.buy(user, 'creator-month');
    // As if the first page could not be closed when the second one was opened.
    const second = await world.buy(user, 'pro-month');
    const open = world.stripe.store.session.get((await world.db.purchase.findUniqueOrThrow({ where: { id: first.id } })).externalId ?? '');
    if (open) Object.assign(open, { status: 'open', url: first.url });
    await world.press(second.url, 'pay');
    await world.walletWith(user, (w) => w.available === 3_000);
    await world.press(first.url, 'pay');
    await until(
      () => world.db.refund.findFirst({ where: { payment: { userId: user } } }),
      (r) => r?.state === 'succeeded',
    );
    await until(
      () => world.db.subscription.findMany({ where: { userId: user, endWanted: true } }),
      (rows) => rows.length === 0,
    );
    expect(await subscription(user)).toMatchObject({ planId: 'pro', status: 'active' });
    expect(
      [...world.stripe.store.subscription.values()]
        .filter((s) => s.metadata['user_id'] === user)
        .map((s) => s.status)
        .sort(),
    ).toEqual(['active', 'canceled']);
    expect((await world.wallet(user)).available).toBe(3_000);
    await sound();
  });
});
