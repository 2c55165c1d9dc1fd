/**
 * `node bench/payments.bench.ts [--seconds N] [--clients N] [--json FILE]`: purchases applied per second, with and without reading each
 * back from a payment processor's stand-in over HTTP, against the same number of bare grants on the same PostgreSQL in the same run; and
 * the 99th percentile of reading a wallet meanwhile.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDb } from '../src/db/client.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { applyMigrations } from '../src/db/migrate.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { checkLedger, grant, readWallet } from '../src/modules/credits/service.ts';
import { applyFacts, applyRef } from '../src/modules/payments/apply.ts';
import { checkPayments, declarePaymentQueues, type PaymentDeps } from '../src/modules/payments/service.ts';
import type { Fact } from '../src/processors/port.ts';
import { createStripeProcessor } from '../src/processors/stripe/adapter.ts';
import { createQueue } from '../src/queue/pg-boss-queue.ts';
import { completeSession } from '../src/sandbox/stripe/billing.ts';
import { startStripeSandbox } from '../src/sandbox/stripe/server.ts';
import type { Session } from '../src/sandbox/stripe/types.ts';

const text = (standard: string) => ({ type: 'string', default: standard }) as const;
const { values } = parseArgs({
  options: { seconds: text('6'), clients: text('8'), json: { type: 'string' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  process.stdout.write('node bench/payments.bench.ts [--seconds N] [--clients N] [--json FILE]\n');
  process.exit(0);
}
const [seconds, clients] = [Number(values.seconds), Number(values.clients)];
const USERS = 200;

const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-bench-'));
// As in production: every commit reaches the disk.
const postgres = await startEmbeddedPostgres(folder);
const databaseUrl = await postgres.createDatabase('payments');
await applyMigrations(databaseUrl);
const db = createDb(databaseUrl, { max: clients + 2 });
const stripe = await startStripeSandbox({
  port: 0,
  folder: path.join(folder, 'stripe'),
  apiKey: 'sk_test_bench',
  webhookSecret: 'whsec_bench',
});
const connection = { apiKey: 'sk_test_bench', webhookSecrets: ['whsec_bench'], baseUrl: stripe.url, isSandbox: true };
const queue = createQueue({ databaseUrl, works: false, onError: () => undefined });
declarePaymentQueues(queue);
await queue.start();
const quiet = (): void => undefined;
const deps: PaymentDeps = {
  ...{ db, queue, processors: { stripe: createStripeProcessor(connection) }, publicUrl: () => 'http://127.0.0.1:9', now: () => new Date() },
  log: { info: quiet, warn: quiet, error: quiet },
  ports: { onPlanChanged: () => Promise.resolve() },
};
const users = Array.from({ length: USERS }, () => randomUUID());
const userOf = (n: number): string => users[n % USERS] ?? '';
let made = 0;

try {
  const bare = await rate((n) =>
    inTransaction(db, (tx) =>
      grant(tx, { userId: userOf(n), kind: 'promo', sourceKey: `bare:${n}`, amount: 500, expires: null, actor: 'system', reason: 'bench' }),
    ),
  );
  const written = await rate(async (n) => {
    const { id, userId } = await purchase(n, `cs_bench_${n}`);
    await applyFacts(deps, 'stripe', [paid(id, userId, `pi_bench_${n}`)], new Date());
  });
  const reads: number[] = [];
  const readBack = await rate(async (n) => {
    const session = await paidPage(n);
    await applyRef(deps, 'stripe', { type: 'checkout', id: session.id });
    const from = performance.now();
    await readWallet(db, userOf(n));
    reads.push(performance.now() - from);
  });
  const broken = [...(await checkLedger(db)), ...(await checkPayments(db))];
  if (broken.length > 0) throw new Error(`the books are broken after the run: ${JSON.stringify(broken)}`);
  const p99 = reads.sort((a, b) => a - b)[Math.floor(reads.length * 0.99)] ?? 0;
  const report = {
    name: 'payments: purchases applied per second',
    ...{ ours: round(written), reference: round(bare), referenceIs: 'bare grants', ratio: round(written / bare) },
    ...{ withReadBack: round(readBack), walletReadP99Ms: round(p99), clients, seconds },
  };
  console.log(
    `purchases ${report.ours}/s (with reading back ${report.withReadBack}/s), bare grants ${report.reference}/s, ratio ${report.ratio}; ` +
      `wallet read p99 ${report.walletReadP99Ms} ms (${clients} clients, ${seconds} s each)`,
  );
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await queue.stop(1_000);
  await stripe.stop();
  await db.$disconnect();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

/** How often the clients together do it in a second. */
async function rate(work: (n: number) => Promise<unknown>): Promise<number> {
  let done = 0;
  const from = performance.now();
  const one = async (): Promise<void> => {
    while (performance.now() < from + seconds * 1000) {
      made += 1;
      await work(made);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return done / ((performance.now() - from) / 1000);
}

async function purchase(n: number, externalId: string): Promise<{ id: string; userId: string }> {
  const [id, userId] = [randomUUID(), userOf(n)];
  const sold = { kind: 'pack', offerId: 'pack-small', amount: 800, currency: 'USD', credits: 500, processor: 'stripe', state: 'open' };
  await db.purchase.create({ data: { id, userId, clientKey: randomUUID(), bodyHash: 'bench', ...sold, externalId } });
  return { id, userId };
}

function paid(purchaseId: string, userId: string, charge: string): Fact {
  return {
    ...{ type: 'payment', externalId: charge, sourceKey: `stripe:pi:${charge}`, chargeRef: charge, kind: 'pack', purchaseId, userId },
    ...{
      subscription: null,
      customer: null,
      offer: null,
      amount: 800,
      currency: 'USD',
      period: null,
      paidAt: new Date(),
      documentUrl: null,
    },
  };
}

/** A page at the stand-in that somebody has just paid. */
async function paidPage(n: number): Promise<Session> {
  const { store, outbox } = stripe;
  const id = store.id('cs_test');
  const { id: purchaseId, userId } = await purchase(n, id);
  const metadata = { purchase_id: purchaseId, user_id: userId };
  const customer = store.id('cus');
  store.customer.set(customer, {
    id: customer,
    object: 'customer',
    email: 'bench@example.org',
    metadata: {},
    preferred_locales: [],
    created: 0,
    card: 'success',
  });
  const session: Session = {
    ...{
      id,
      object: 'checkout.session',
      mode: 'payment',
      status: 'open',
      payment_status: 'unpaid',
      url: null,
      client_reference_id: purchaseId,
    },
    ...{ metadata, later_metadata: metadata, customer, amount_subtotal: 800, amount_total: 800, currency: 'usd', price: 'price_bench' },
    ...{
      payment_intent: null,
      subscription: null,
      invoice: null,
      success_url: 'http://x',
      cancel_url: 'http://x',
      expires_at: 0,
      created: store.now(),
    },
    livemode: false,
  };
  store.session.set(id, session);
  completeSession({ store, outbox, origin: () => stripe.url }, session, 'success');
  return session;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
