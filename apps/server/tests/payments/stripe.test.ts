import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainLedger } from '../../src/modules/credits/service.ts';
import { cancelPurchase, refreshPurchase } from '../../src/modules/payments/purchases.ts';
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

describe('a pack', () => {
  test('its page opens, is paid, and the credits come by themselves, once, without an end date', async () => {
    const user = await world.newUser();
    const purchase = await world.buy(user, 'pack-small');
    expect(purchase).toMatchObject({ state: 'open', kind: 'pack', price: { amount: 800, currency: 'USD' }, credits: 500 });
    const page = await (await fetch(purchase.url ?? '')).text();
    expect(page).toContain('Sandbox: no real money');
    expect(page).toContain('8.00 USD');
    const { location } = await world.press(purchase.url, 'pay');
    expect(location).toBe(`http://127.0.0.1:9/pay/done?purchase=${purchase.id}&lang=en`);
    const wallet = await world.walletWith(user, (w) => w.available === 500);
    expect(wallet.grants).toMatchObject([{ kind: 'pack', amount: 500, expiresAt: null }]);
    expect(await readPurchase(world.db, user, purchase.id)).toMatchObject({ state: 'paid', url: null });
    expect(await moves(user)).toEqual(['grant']);
    const told = await world.db.$queryRaw`SELECT DISTINCT type FROM event WHERE user_id = ${user}::uuid ORDER BY type`;
    expect(told).toEqual([{ type: 'purchase.changed' }, { type: 'wallet.changed' }]);
    await sound();
  });

  test('declined, then confirmed with the bank, then paid', async () => {
    const user = await world.newUser();
    const { url } = await world.buy(user, 'pack-small', { currency: 'EUR' });
    const declined = await world.press(url, 'pay', 'insufficient_funds');
    expect([declined.status, declined.html.includes('insufficient_funds')]).toEqual([402, true]);
    const asked = await world.press(url, 'pay', 'authentication');
    expect(asked.location).toMatch(/\/3ds$/);
    expect((await world.press(url, 'refuse')).status).toBe(402);
    await world.press(url, 'confirm');
    await world.walletWith(user, (w) => w.available === 500);
  });

  test('the same key, and a second click, are the same purchase; another body under the key is refused', async () => {
    const user = await world.newUser();
    const key = randomUUID();
    const [first, second] = [await world.buy(user, 'pack-small', { key }), await world.buy(user, 'pack-small', { key })];
    expect(second).toEqual(first);
    expect((await world.buy(user, 'pack-small')).id).toBe(first.id);
    await expect(world.buy(user, 'pack-large', { key })).rejects.toMatchObject({ code: 'request.idempotencyMismatch' });
  });

  test('called off, and left lying until it expires', async () => {
    const user = await world.newUser();
    const first = await world.buy(user, 'pack-small');
    expect(await cancelPurchase(world.deps, user, first.id)).toMatchObject({ state: 'canceled', url: null });
    expect((await fetch(first.url ?? '')).status).toBe(410);
    const second = await world.buy(user, 'pack-small');
    expect(second.id).not.toBe(first.id);
    await world.stripe.order({ advance: 2 * 3600 });
    await until(
      () => readPurchase(world.db, user, second.id),
      (p) => p?.state === 'expired',
    );
    expect((await world.wallet(user)).available).toBe(0);
  });

  test('by bank transfer: nothing until the money is there', async () => {
    const user = await world.newUser();
    const [good, bad] = [await world.buy(user, 'pack-small'), await world.buy(user, 'pack-medium')];
    for (const { url } of [good, bad]) await world.press(url, 'later');
    await until(
      () => readPurchase(world.db, user, good.id),
      (p) => p?.state === 'pending',
    );
    expect((await world.wallet(user)).available).toBe(0);
    const session = async (id: string) => (await world.db.purchase.findUniqueOrThrow({ where: { id } })).externalId ?? '';
    await world.stripe.order({ transfer: { session: await session(good.id), paid: true } });
    await world.walletWith(user, (w) => w.available === 500);
    await world.stripe.order({ transfer: { session: await session(bad.id), paid: false } });
    await refreshPurchase(world.deps, user, bad.id);
    expect((await world.wallet(user)).available).toBe(500);
  });
});

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

describe('money back', () => {
  test('the owner gives unspent credits back for their share of the money; the plan ends with it', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-month');
    await world.spend(user, 400);
    const [payment] = await listPayments(world.db, user, world.deps.now());
    expect(payment?.refundable).toEqual({ money: { amount: 900, currency: 'USD' }, credits: 600 });
    const key = randomUUID();
    await Promise.all([refundByOwner(world.deps, user, payment?.id ?? '', key), refundByOwner(world.deps, user, payment?.id ?? '', key)]);
    expect(await world.wallet(user)).toMatchObject({ available: 0, debt: 0 });
    await until(
      () => world.db.refund.findFirstOrThrow({ where: { paymentId: payment?.id ?? '' } }),
      (r) => r.state === 'succeeded',
    );
    await subscriptionWith(user, (s) => s.status === 'ended');
    expect([...world.stripe.store.refund.values()].filter((r) => r.metadata['refund_id'] !== undefined).map((r) => r.amount)).toContain(
      900,
    );
    await expect(refundByOwner(world.deps, user, payment?.id ?? '', randomUUID())).rejects.toMatchObject({ code: 'billing.notRefundable' });
    expect(await moves(user)).toEqual(['grant', 'hold', 'capture', 'clawback']);
    await sound();
  });

  test('too late, or all spent: refused; somebody else’s payment is like none', async () => {
    const [user, other] = [await world.newUser(), await world.newUser()];
    await world.paid(user, 'pack-small');
    const [payment] = await listPayments(world.db, user, world.deps.now());
    await expect(refundByOwner(world.deps, other, payment?.id ?? '', randomUUID())).rejects.toMatchObject({ code: 'request.notFound' });
    await world.stripe.order({ advance: 15 * DAY });
    await expect(refundByOwner(world.deps, user, payment?.id ?? '', randomUUID())).rejects.toMatchObject({ code: 'billing.notRefundable' });
  });

  test('made by hand at the processor, twice; the second fails later and is undone', async () => {
    const user = await world.newUser();
    await world.paid(user, 'pack-medium');
    await world.spend(user, 1_500);
    const charge = await world.lastCharge(user);
    await world.stripe.order({ refund: { charge, amount: 1_450 } });
    // Half of 2,000 credits; 500 are left, 500 are owed.
    await world.walletWith(user, (w) => w.available === 0 && w.debt === 500);
    const { refund } = await world.stripe.order({ refund: { charge, amount: 725 } });
    await world.walletWith(user, (w) => w.debt === 1_000);
    await world.stripe.order({ refundState: { id: String(refund), state: 'failed' } });
    await world.walletWith(user, (w) => w.debt === 500);
    expect((await world.db.payment.findFirstOrThrow({ where: { userId: user } })).refunded).toBe(1_450);
    expect(await world.db.billingAlert.count({ where: { kind: 'refundFailed', userId: user } })).toBe(1);
    // The next purchase pays the debt first.
    await world.paid(user, 'pack-small');
    expect(await world.wallet(user)).toMatchObject({ available: 0, debt: 0 });
    await sound();
  });

  test('a refund that the processor refuses gives the credits back', async () => {
    const user = await world.newUser();
    await world.paid(user, 'pack-small');
    const charge = await world.lastCharge(user);
    const [payment] = await listPayments(world.db, user, world.deps.now());
    // The money went back at the processor, and its message is lost.
    await world.stripe.order({ delivery: { drop: 10 } });
    await world.stripe.order({ refund: { charge, amount: 800 }, delivery: { drop: 0 } });
    await refundByOwner(world.deps, user, payment?.id ?? '', randomUUID());
    await until(
      () => world.db.refund.findFirst({ where: { paymentId: payment?.id ?? '', initiator: `user:${user}` } }),
      (r) => r?.state === 'failed',
    );
    expect((await world.wallet(user)).available).toBe(500);
  });
});

describe('disputes', () => {
  test('frozen while it lasts, back when it is won', async () => {
    const user = await world.newUser();
    await world.paid(user, 'pack-small');
    const { dispute } = await world.stripe.order({ dispute: { charge: await world.lastCharge(user) } });
    await world.walletWith(user, (w) => w.frozen === 500 && w.available === 0);
    expect((await listPayments(world.db, user, world.deps.now()))[0]).toMatchObject({ disputed: true, refundable: null });
    await world.stripe.order({ closeDispute: { id: String(dispute), won: true } });
    await world.walletWith(user, (w) => w.frozen === 0 && w.available === 500);
    expect(await moves(user)).toEqual(['grant', 'freeze', 'unfreeze']);
    await sound();
  });

  test('lost after half was spent: the rest goes, the spent half is owed, the plan ends', async () => {
    const user = await world.newUser();
    await world.paid(user, 'creator-month');
    await world.spend(user, 500);
    const { dispute } = await world.stripe.order({ dispute: { charge: await world.lastCharge(user) } });
    await world.walletWith(user, (w) => w.frozen === 500);
    await world.stripe.order({ closeDispute: { id: String(dispute), won: false } });
    await world.walletWith(user, (w) => w.frozen === 0 && w.debt === 500);
    await subscriptionWith(user, (s) => s.status === 'ended');
    expect(await world.db.billingAlert.count({ where: { kind: 'dispute.lost', userId: user } })).toBe(1);
    await sound();
  });

  test('an inquiry moves nothing and is put before the operator', async () => {
    const user = await world.newUser();
    await world.paid(user, 'pack-small');
    await world.stripe.order({ dispute: { charge: await world.lastCharge(user), inquiry: true } });
    await until(
      () => world.db.billingAlert.count({ where: { userId: user, kind: 'dispute.inquiry' } }),
      (n) => n === 1,
    );
    expect(await world.wallet(user)).toMatchObject({ available: 500, frozen: 0 });
  });
});
