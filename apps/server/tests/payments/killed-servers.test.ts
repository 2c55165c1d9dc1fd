import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWallet } from '../../src/modules/credits/service.ts';
import { checkPayments } from '../../src/modules/payments/service.ts';
import { createStripeEndpoint } from '../../src/processors/stripe/adapter.ts';
import { type RunningStripe, startStripeSandbox } from '../../src/sandbox/stripe/server.ts';
import { until } from '../helpers/generation-world.ts';
import { call, createServerWorld, type ServerWorld } from '../helpers/server-process.ts';

const SECRET = 'whsec_of_killed_servers';
let world: ServerWorld;
let stripe: RunningStripe;
beforeAll(async () => {
  world = await createServerWorld();
  stripe = await startStripeSandbox({
    port: 0,
    folder: path.join(world.folder, 'stripe'),
    apiKey: 'sk_test_killed',
    webhookSecret: SECRET,
  });
});
afterAll(async () => {
  await stripe.stop();
  await world.stop();
});

test('a server that is killed between storing a message and working on it: another one grants, once', async () => {
  const connection = { apiKey: 'sk_test_killed', webhookSecrets: [SECRET], baseUrl: stripe.url, isSandbox: true };
  const processors = { stripe: connection };
  const api = await world.start('api', processors);
  await createStripeEndpoint(connection, `${api.url}/v1/webhooks/stripe`);
  const user = await world.signIn(0);
  const wish = { offerId: 'pack-small', processor: 'stripe', currency: 'USD' };
  const bought = await call(api.url, user, 'POST', '/v1/billing/purchases', wish, { 'idempotency-key': randomUUID() });
  expect(bought.status).toBe(201);
  const { url } = (await bought.json()) as { url: string };
  await stripe.order({ delivery: { copies: 5 } });
  await fetch(url, { method: 'POST', body: new URLSearchParams({ action: 'pay', card: 'success' }), redirect: 'manual' });
  await stripe.outbox.settled();
  expect(await world.db.webhookInbox.count({ where: { state: 'new' } })).toBe(1);
  await api.stop('SIGKILL');
  expect((await readWallet(world.db, user.userId)).available).toBe(0);

  const workers = await Promise.all([world.start('worker', processors), world.start('worker', processors)]);
  await until(
    () => readWallet(world.db, user.userId),
    (wallet) => wallet.available === 500,
  );
  await until(
    () => world.db.webhookInbox.count({ where: { state: 'done' } }),
    (done) => done === 1,
  );
  expect(await world.db.ledgerTxn.count({ where: { userId: user.userId } })).toBe(1);
  for (const worker of workers) await worker.stop();
  expect([...(await world.violations()), ...(await checkPayments(world.db))]).toEqual([]);
});
