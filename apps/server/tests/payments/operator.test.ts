import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPaymentWorld, type PaymentWorld, SECRET } from '../helpers/payment-world.ts';

const ADMIN = path.resolve(import.meta.dirname, '../../src/cli/admin.ts');
let world: PaymentWorld;
beforeAll(async () => {
  world = await createPaymentWorld();
});
afterAll(() => world.stop());

/** Runs the command as the operator does. */
function admin(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const stripe = { STRIPE_SECRET_KEY: world.connection.apiKey, STRIPE_WEBHOOK_SECRETS: SECRET, PINGPLEX_STRIPE_URL: world.stripe.url };
  const env = { ...process.env, DATABASE_URL: world.databaseUrl, ...stripe };
  return new Promise((resolve) => {
    execFile(process.execPath, [ADMIN, ...words], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

describe('the operator’s commands about money, each safe to repeat', () => {
  test('a purchase that nobody told us about is shown, applied, refunded once, explained', async () => {
    await world.stripe.order({ delivery: { copies: 0 } });
    const user = await world.newUser();
    const purchase = await world.buy(user, 'pack-small');
    await world.press(purchase.url, 'pay');
    const shown = JSON.parse((await admin('payment', 'show', purchase.id)).out);
    expect(shown).toMatchObject({ purchase: { id: purchase.id, state: 'open' }, payments: [] });
    for (let n = 0; n < 2; n += 1) {
      expect(await admin('payment', 'apply', 'stripe', 'checkout', shown.purchase.externalId)).toMatchObject({ code: 0 });
    }
    expect((await world.wallet(user)).available).toBe(500);
    const payment = await world.db.payment.findFirstOrThrow({ where: { userId: user } });
    const refund = ['payment', 'refund', payment.id, '400', '--reason', 'goodwill', '--key', `r-${user}`];
    const [first, second] = [await admin(...refund), await admin(...refund)];
    expect([first.err, second.err]).toEqual(['', '']);
    expect(JSON.parse(second.out)).toMatchObject({
      id: JSON.parse(first.out).id,
      state: 'succeeded',
      credits: 250,
      initiator: expect.stringContaining('operator:'),
    });
    expect((await world.wallet(user)).available).toBe(250);
    expect([...world.stripe.store.refund.values()].filter((r) => r.payment_intent === payment.chargeRef)).toHaveLength(1);
    const tooMuch = await admin('payment', 'refund', payment.id, '401', '--reason', 'x', '--key', `other-${user}`);
    expect([tooMuch.code, tooMuch.err]).toEqual([1, expect.stringContaining('only 400 USD')]);
    const listed = JSON.parse((await admin('payment', 'list', user)).out);
    expect(listed.payments).toMatchObject([{ refunded: 400, refunds: [{ reason: 'goodwill' }] }]);
    expect(await admin('ledger', 'check')).toMatchObject({ code: 0 });
  });

  test('a dispute told by mail is opened and lost by hand', async () => {
    await world.stripe.order({ delivery: {} });
    const user = await world.newUser();
    await world.paid(user, 'pack-small');
    const payment = await world.db.payment.findFirstOrThrow({ where: { userId: user } });
    const dispute = (status: string) =>
      admin('payment', 'dispute', payment.id, status, '--reason', 'letter of the bank', '--key', `d-${user}`);
    expect((await dispute('open')).code).toBe(0);
    expect(await world.wallet(user)).toMatchObject({ available: 0, frozen: 500 });
    for (let n = 0; n < 2; n += 1) expect(JSON.parse((await dispute('lost')).out)).toMatchObject({ status: 'lost' });
    expect(await world.wallet(user)).toMatchObject({ available: 0, frozen: 0, debt: 0 });
  });

  test('a payment that differs waits, is found among the alerts, accepted and resolved', async () => {
    await world.stripe.order({ delivery: { copies: 0 } });
    const user = await world.newUser();
    const purchase = await world.buy(user, 'pack-small');
    await world.db.purchase.update({ where: { id: purchase.id }, data: { amount: 900 } });
    await world.press(purchase.url, 'pay');
    const { externalId } = await world.db.purchase.findUniqueOrThrow({ where: { id: purchase.id } });
    await admin('payment', 'apply', 'stripe', 'checkout', externalId ?? '');
    const alerts = await admin('payment', 'alerts');
    expect(alerts.code).toBe(1);
    expect(JSON.parse(alerts.out)).toContainEqual(expect.objectContaining({ kind: 'mismatch', userId: user }));
    const payment = await world.db.payment.findFirstOrThrow({ where: { userId: user } });
    for (let n = 0; n < 2; n += 1) {
      expect(JSON.parse((await admin('payment', 'accept', payment.id, '--reason', 'price was changed')).out)).toMatchObject({
        state: 'paid',
      });
    }
    expect((await world.wallet(user)).available).toBe(500);
    for (const alert of JSON.parse((await admin('payment', 'alerts')).out)) await admin('payment', 'resolve', alert.id, '--reason', 'seen');
    expect((await admin('payment', 'alerts')).code).toBe(0);
  });

  test('messages: listed by state, applied again; the endpoint is made with the pinned version', async () => {
    const done = JSON.parse((await admin('webhook', 'list', 'done')).out) as { id: string; type: string; body?: unknown }[];
    expect(done.length).toBeGreaterThan(0);
    expect(done[0]).not.toHaveProperty('body');
    expect(await admin('webhook', 'apply', done[0]?.id ?? '')).toMatchObject({ code: 0, err: '' });
    const made = await admin('payment', 'endpoint', 'stripe', 'https://pingplex.example/');
    expect(JSON.parse(made.out)).toMatchObject({ secret: SECRET });
    expect([...world.stripe.store.endpoint.values()].at(-1)).toMatchObject({
      url: 'https://pingplex.example/v1/webhooks/stripe',
      api_version: '2026-10-28.endive',
      enabled_events: expect.arrayContaining(['invoice.paid', 'checkout.session.completed', 'refund.failed', 'charge.dispute.closed']),
    });
  });

  test('wrong usage ends with 2 and the help; nobody found with 1', async () => {
    for (const words of [
      ['payment'],
      ['payment', 'refund', 'x', '5'],
      ['payment', 'apply', 'paypal', 'charge', 'x'],
      ['webhook', 'list', 'old'],
    ]) {
      const { code, err } = await admin(...words);
      expect([words, code]).toEqual([words, 2]);
      expect(err).toContain('payment refund');
    }
    expect((await admin('payment', 'show', randomUUID())).code).toBe(1);
  });
});
