import { randomUUID } from 'node:crypto';
import { EVENTS_PATH, type Purchase, type ServerEvent } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkLedger } from '../../src/modules/credits/service.ts';
import { checkPayments } from '../../src/modules/payments/service.ts';
import { until } from '../helpers/generation-world.ts';
import { startServer, type TestServer, type Tokens } from '../helpers/test-server.ts';

/** The whole server in sandbox mode: its own stand-ins, its own routes, its own worker. */
let server: TestServer;
let user: Tokens;
beforeAll(async () => {
  server = await startServer();
  user = await server.newUser();
});
afterAll(() => server.stop());

const ask = (method: string, path: string, body?: object, key?: string) =>
  server.call(method, path, {
    token: user.accessToken,
    ...(body === undefined ? {} : { body }),
    ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
  });
const buy = async (offerId: string, processor: string, currency: string): Promise<Purchase> => {
  const answer = await ask('POST', '/v1/billing/purchases', { offerId, processor, currency }, randomUUID());
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return answer.body as unknown as Purchase;
};
const press = (url: string | null, form: Record<string, string>) =>
  fetch(url ?? 'x:', { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });

/** Events from now on, until one is as wanted. */
async function eventLike(isWanted: (event: ServerEvent) => boolean, cause: () => Promise<unknown>): Promise<ServerEvent> {
  const gone = new AbortController();
  const stream = await fetch(server.url + EVENTS_PATH, { headers: { authorization: `Bearer ${user.accessToken}` }, signal: gone.signal });
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  await cause();
  for (let text = ''; ; ) {
    const part = await reader?.read();
    text += part?.value ?? '';
    for (const [, type, data] of text.matchAll(/event: (\S+)\ndata: (.+)\n/g)) {
      const event = { type, data: JSON.parse(data ?? 'null') } as ServerEvent;
      if (!isWanted(event)) continue;
      gone.abort();
      return event;
    }
    if (part?.done !== false) throw new Error('the stream ended');
  }
}

describe('buying, through the server’s own doors', () => {
  test('what is offered, and who takes the money, is public', async () => {
    const { body } = await server.call('GET', '/v1/plans');
    expect(body).toMatchObject({
      plans: [{ id: 'free', offers: [] }, { id: 'creator' }, { id: 'pro' }, { id: 'studio', monthlyCredits: 8_500 }],
      packs: [{ id: 'pack-small' }, { id: 'pack-medium' }, { id: 'pack-large' }],
      processors: [
        { id: 'stripe', currencies: ['USD', 'EUR'], sandbox: true },
        { id: 'yookassa', currencies: ['RUB'], sandbox: true },
      ],
    });
  });

  test('a pack by card: the app hears of it by itself, and the page behind it says so and no more', async () => {
    const purchase = await buy('pack-small', 'stripe', 'USD');
    let back = '';
    const paid = await eventLike(
      (event) => event.type === 'purchase.changed' && event.data.state === 'paid',
      async () => {
        back = (await press(purchase.url, { action: 'pay', card: 'success' })).headers.get('location') ?? '';
      },
    );
    expect(paid.data).toMatchObject({ id: purchase.id, credits: 500 });
    expect(back).toBe(`${server.url}/pay/done?purchase=${purchase.id}&lang=en`);
    const page = await fetch(back);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain(`pingplex://purchase/${purchase.id}`);
    expect((await ask('GET', '/v1/wallet')).body).toMatchObject({ available: 600 });
    expect((await ask('GET', `/v1/billing/purchases/${purchase.id}`)).body).toMatchObject({ state: 'paid', url: null });
    expect((await ask('GET', '/v1/billing/purchases')).body).toMatchObject({ purchases: [{ id: purchase.id, state: 'paid' }] });
  });

  test('a plan in rubles: its message arrives at the secret address; the plan can be ended and kept', async () => {
    const purchase = await buy('creator-month', 'yookassa', 'RUB');
    await press(purchase.url, { action: 'pay', card: 'pays' });
    const answer = await until(
      () => ask('GET', '/v1/billing/subscription'),
      ({ body }) => (body['subscription'] as { status?: string } | null)?.status === 'active',
    );
    expect(answer.body['subscription']).toMatchObject({ planId: 'creator', processor: 'yookassa', cancelAt: null });
    expect((await ask('POST', '/v1/billing/subscription/cancel', {})).body).toMatchObject({
      subscription: { cancelAt: expect.any(String) },
    });
    expect((await ask('POST', '/v1/billing/subscription/resume', {})).body).toMatchObject({ subscription: { cancelAt: null } });
    const preview = await ask('GET', '/v1/billing/subscription/change?offerId=pro-month');
    expect(preview.body).toMatchObject({ when: 'now', charge: { amount: 359_000, currency: 'RUB' }, credits: 3_000 });
    const changed = await ask('POST', '/v1/billing/subscription/change', { offerId: 'pro-month' }, randomUUID());
    expect(changed.body).toMatchObject({ subscription: { planId: 'pro' }, purchase: { state: 'paid' } });
    const refused = await ask(
      'POST',
      '/v1/billing/purchases',
      { offerId: 'pro-month', processor: 'stripe', currency: 'USD' },
      randomUUID(),
    );
    expect([refused.status, refused.body['code']]).toEqual([409, 'billing.subscriptionActive']);
  });

  test('payments are listed with what could be had back; a refund under one key is one refund', async () => {
    const { payments } = (await ask('GET', '/v1/billing/payments')).body as {
      payments: { id: string; kind: string; refundable: object | null }[];
    };
    expect(payments.map((p) => p.kind)).toEqual(['period', 'period', 'pack']);
    const pack = payments.at(-1);
    expect(pack?.refundable).toEqual({ money: { amount: 800, currency: 'USD' }, credits: 500 });
    const key = randomUUID();
    const path = `/v1/billing/payments/${pack?.id}/refund`;
    const [one, two] = [await ask('POST', path, {}, key), await ask('POST', path, {}, key)];
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(two.body).toMatchObject({ refunded: { amount: 800 }, refundable: null });
    await until(
      () => server.db.refund.findMany({}),
      (rows) => rows.length === 1 && rows[0]?.state === 'succeeded',
    );
  });

  test('what is not for sale, not to be had in this currency, or without its key is refused by name', async () => {
    const wish = (body: object, key: string | undefined = randomUUID()) => ask('POST', '/v1/billing/purchases', body, key);
    const code = async (answer: ReturnType<typeof ask>) => (await answer).body['code'];
    expect(await code(wish({ offerId: 'pack-giant', processor: 'stripe', currency: 'USD' }))).toBe('billing.offerUnknown');
    expect(await code(wish({ offerId: 'pack-small', processor: 'stripe', currency: 'RUB' }))).toBe('billing.processorUnavailable');
    expect(await code(wish({ offerId: 'pack-small', processor: 'paypal', currency: 'USD' }))).toBe('request.invalid');
    expect(await code(ask('POST', '/v1/billing/purchases', { offerId: 'pack-small', processor: 'stripe', currency: 'USD' }))).toBe(
      'request.idempotencyKeyMissing',
    );
  });
});

test('messages: unsigned, misaddressed, for nobody, too large', async () => {
  const post = async (path: string, raw: string) => {
    const answer = await server.call('POST', path, { raw, headers: { 'Content-Type': 'application/json' } });
    return [answer.status, answer.body['code']];
  };
  const count = await server.db.webhookInbox.count();
  expect(await post('/v1/webhooks/stripe', '{"id":"evt_1","type":"invoice.paid"}')).toEqual([400, 'billing.webhookRejected']);
  expect(await post('/v1/webhooks/yookassa/wrong', '{"type":"notification"}')).toEqual([400, 'billing.webhookRejected']);
  expect(await post('/v1/webhooks/paypal', '{}')).toEqual([404, 'request.notFound']);
  expect(await post('/v1/webhooks/stripe', 'x'.repeat(1_000_001))).toEqual([413, 'request.tooLarge']);
  expect(await server.db.webhookInbox.count()).toBe(count);
});

test('no key, secret, page of payment or address of a person is in the log; the books are right', async () => {
  const log = server.logs();
  const { email } = user.account;
  for (const secret of ['sk_test_sandbox', 'whsec_sandbox', 'test_sandbox', email, 'pay/cs_test', 'client_secret']) {
    expect([secret, log.includes(secret)]).toEqual([secret, false]);
  }
  expect([...(await checkLedger(server.db)), ...(await checkPayments(server.db))]).toEqual([]);
});
