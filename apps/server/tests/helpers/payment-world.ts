import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Currency, Purchase, Wallet } from '@pingplex/shared/contracts/http';
import { createDb, type Db } from '../../src/db/client.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import * as credits from '../../src/modules/credits/service.ts';
import { receive } from '../../src/modules/payments/inbox.ts';
import { createPurchase } from '../../src/modules/payments/purchases.ts';
import { checkPayments, declarePaymentQueues, handlePaymentJobs, type PaymentDeps } from '../../src/modules/payments/service.ts';
import type { Processor } from '../../src/processors/port.ts';
import { createStripeEndpoint, createStripeProcessor } from '../../src/processors/stripe/adapter.ts';
import type { StripeConnection } from '../../src/processors/stripe/client.ts';
import { createQueue } from '../../src/queue/pg-boss-queue.ts';
import { type RunningStripe, startStripeSandbox } from '../../src/sandbox/stripe/server.ts';
import type { Card } from '../../src/sandbox/stripe/types.ts';
import { createTestDatabase } from './database.ts';
import { until } from './generation-world.ts';

export const SECRET = 'whsec_test_secret_of_this_run';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export type PaymentWorld = {
  db: Db;
  databaseUrl: string;
  /** Of this world alone; gone at its end. */
  folder: string;
  deps: PaymentDeps;
  stripe: RunningStripe;
  connection: StripeConnection;
  /** Address that takes messages, as the server's own route does. */
  webhookUrl: string;
  newUser(): Promise<string>;
  buy(userId: string, offerId: string, more?: { key?: string; currency?: Currency }): Promise<Purchase>;
  /** Presses a button of the processor's page as a browser would; answers the status and where it was sent. */
  press(url: string | null, action: string, card?: Card): Promise<{ status: number; location: string; html: string }>;
  /** Buys, pays with this card and waits for the credits. */
  paid(userId: string, offerId: string, card?: Card): Promise<Purchase>;
  wallet(userId: string): Promise<Wallet>;
  /** Waits until the wallet is as wanted. */
  walletWith(userId: string, isGood: (wallet: Wallet) => boolean): Promise<Wallet>;
  spend(userId: string, amount: number): Promise<void>;
  /** The processor's id of the last charge of this user. */
  lastCharge(userId: string): Promise<string>;
  violations(): Promise<unknown[]>;
  stop(): Promise<void>;
};

/** @param options.works false: messages are taken in, but nothing works on them */
export async function createPaymentWorld(options: { works?: boolean } = {}): Promise<PaymentWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-payments-'));
  const databaseUrl = await createTestDatabase();
  const db = createDb(databaseUrl, { max: 16 });
  const stripe = await startStripeSandbox({ port: 0, folder, apiKey: 'sk_test_world', webhookSecret: SECRET });
  const connection = { apiKey: 'sk_test_world', webhookSecrets: [SECRET], baseUrl: stripe.url, isSandbox: true };
  const queue = createQueue({ databaseUrl, works: options.works ?? true, onError: () => undefined });
  const deps: PaymentDeps = {
    db,
    queue,
    processors: { stripe: createStripeProcessor(connection) } satisfies Partial<Record<string, Processor>>,
    publicUrl: () => 'http://127.0.0.1:9',
    // The processor's clock is everybody's clock.
    now: () => new Date(stripe.store.now() * 1000),
    log: quiet,
    ports: {
      onPlanChanged: async (tx, userId, parallel) =>
        void (await tx.$executeRaw`
      INSERT INTO lane (user_id, max_running) VALUES (${userId}::uuid, ${parallel}) ON CONFLICT (user_id) DO UPDATE SET max_running = ${parallel}`),
    },
  };
  declarePaymentQueues(queue);
  if (options.works ?? true) handlePaymentJobs(deps);
  await queue.start();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      receive(deps, 'stripe', { raw: Buffer.concat(parts), headers: request.headers, ip: '127.0.0.1', secret: '' }).then(
        () => response.writeHead(200).end(),
        () => response.writeHead(400).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const webhookUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
  await createStripeEndpoint(connection, webhookUrl);

  const world: PaymentWorld = {
    db,
    databaseUrl,
    folder,
    deps,
    stripe,
    connection,
    webhookUrl,
    async newUser() {
      const id = randomUUID();
      await db.user.create({ data: { id, email: `${id}@example.org`, locale: 'en' } });
      return id;
    },
    buy: (userId, offerId, more = {}) =>
      createPurchase(
        deps,
        userId,
        { key: more.key ?? randomUUID(), bodyHash: `${offerId} ${more.currency ?? 'USD'}` },
        { offerId, processor: 'stripe', currency: more.currency ?? 'USD' },
        'en',
      ),
    async press(url, action, card = 'success') {
      const body = new URLSearchParams({ action, card });
      const answer = await fetch(url ?? 'x:', { method: 'POST', body, redirect: 'manual' });
      return { status: answer.status, location: answer.headers.get('location') ?? '', html: await answer.text() };
    },
    async paid(userId, offerId, card = 'success') {
      const purchase = await world.buy(userId, offerId);
      await world.press(purchase.url, 'pay', card);
      await until(
        () => db.purchase.findUniqueOrThrow({ where: { id: purchase.id } }),
        (row) => row.state === 'paid',
      );
      return purchase;
    },
    wallet: (userId) => credits.readWallet(db, userId),
    walletWith: (userId, isGood) => until(() => credits.readWallet(db, userId), isGood),
    async spend(userId, amount) {
      const id = randomUUID();
      const common = { actor: 'system', reason: 'generation.test' };
      await inTransaction(db, (tx) => credits.hold(tx, { id, userId, amount, expiresInS: 60, ...common }));
      await inTransaction(db, (tx) => credits.capture(tx, { id, credits: amount, ...common }));
    },
    async lastCharge(userId) {
      const row = await db.payment.findFirstOrThrow({ where: { userId, chargeRef: { not: null } }, orderBy: { createdAt: 'desc' } });
      return row.chargeRef ?? '';
    },
    violations: async () => [...(await credits.checkLedger(db)), ...(await checkPayments(db))],
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await stripe.stop();
      await queue.stop(1_000);
      await db.$disconnect();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

/** A message as it arrives at the server. */
export const incoming = (payload: string, headers: Record<string, string>, secret = '') => ({
  raw: Buffer.from(payload),
  headers,
  ip: '127.0.0.1',
  secret,
});

export const DAY = 24 * 3600;
