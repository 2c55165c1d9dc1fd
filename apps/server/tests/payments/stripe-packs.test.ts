import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainLedger } from '../../src/modules/credits/service.ts';
import { cancelPurchase, refreshPurchase } from '../../src/modules/payments/purchases.ts';
import { refundByOwner } from '../../src/modules/payments/refunds.ts';
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
