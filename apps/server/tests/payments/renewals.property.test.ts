import { randomUUID } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { act } from '../../src/modules/payments/act.ts';
import { applyMessages } from '../../src/modules/payments/inbox.ts';
import { createPurchase, refreshPurchase } from '../../src/modules/payments/purchases.ts';
import { refundByOwner } from '../../src/modules/payments/refunds.ts';
import { changePlan, setEnding } from '../../src/modules/payments/subscriptions.ts';
import { sweepMoved, sweepUnsettled } from '../../src/modules/payments/sweep.ts';
import { createYooKassaProcessor } from '../../src/processors/yookassa/adapter.ts';
import { type RunningYooKassa, startYooKassaSandbox } from '../../src/sandbox/yookassa/server.ts';
import { CARDS } from '../../src/sandbox/yookassa/types.ts';
import { createPaymentWorld, type PaymentWorld } from '../helpers/payment-world.ts';

let world: PaymentWorld;
let shop: RunningYooKassa;
let deps: PaymentWorld['deps'];
beforeAll(async () => {
  world = await createPaymentWorld({ works: false });
  const keys = { shopId: '100500', secretKey: 'test_key_of_the_shop' };
  shop = await startYooKassaSandbox({ port: 0, folder: `${world.folder}/yookassa`, ...keys, receipts: false });
  const connection = { ...keys, webhookSecret: 'not used here', baseUrl: shop.url, receipts: null, isSandbox: true };
  deps = { ...world.deps, processors: { yookassa: createYooKassaProcessor(connection) }, now: () => new Date(shop.now()) };
});
afterAll(async () => {
  await shop.stop();
  await world.stop();
});

const card = fc.constantFrom(...CARDS);
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('buy' as const),
      offer: fc.constantFrom('pack-small', 'creator-month', 'pro-year'),
      card,
      keep: fc.constantFrom('yes', 'no'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('pass' as const), hours: fc.constantFrom(1, 30, 24 * 16, 24 * 31) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('sweep' as const), schedulers: fc.constantFrom(1, 3) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('renewal' as const),
      fault: fc.option(fc.constantFrom('error' as const, 'after' as const, 'before' as const)),
      times: fc.constantFrom(1, 2, 3),
      schedulers: fc.constantFrom(1, 3),
    }),
  },
  fc.record({ op: fc.constant('card' as const), card }),
  fc.record({
    op: fc.constant('fault' as const),
    kind: fc.constantFrom('error' as const, 'after' as const, 'before' as const),
    times: fc.constantFrom(1, 3),
  }),
  fc.record({ op: fc.constant('change' as const), offer: fc.constantFrom('creator-month', 'pro-month', 'creator-year') }),
  fc.record({ op: fc.constant('ending' as const), ends: fc.boolean() }),
  fc.record({ op: fc.constant('refund' as const), which: fc.nat(5), percent: fc.constantFrom(10, 50, 100) }),
  fc.record({ op: fc.constant('ownRefund' as const), which: fc.nat(5) }),
  fc.record({ op: fc.constant('spend' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What may be refused is refused with a code of ours; nothing else may go wrong. */
const refusable = (work: () => Promise<unknown>): Promise<unknown> =>
  work().catch((error: unknown) => {
    if (!(error instanceof AppError) || !/^(billing|request)\./.test(error.code)) throw error;
  });

async function sweep(schedulers = 1): Promise<void> {
  await Promise.all(Array.from({ length: schedulers }, () => sweepUnsettled(deps)));
  for (const { id } of await world.db.refund.findMany({ where: { state: 'wanted' } })) await refusable(() => act(deps, 'refund', id));
  for (const { id } of await world.db.subscription.findMany({ where: { endWanted: true } })) await refusable(() => act(deps, 'end', id));
}

async function play(user: string, s: Step): Promise<void> {
  const pick = <T>(items: readonly T[], which: number): T | undefined => (items.length === 0 ? undefined : items[which % items.length]);
  const once = (): { key: string; bodyHash: string } => ({ key: randomUUID(), bodyHash: JSON.stringify(s) });
  switch (s.op) {
    case 'buy':
      await refusable(async () => {
        const { id, url } = await createPurchase(deps, user, once(), { offerId: s.offer, processor: 'yookassa', currency: 'RUB' }, 'ru');
        await fetch(url ?? 'x:', {
          method: 'POST',
          body: new URLSearchParams({ action: 'pay', card: s.card, keep: s.keep }),
          redirect: 'manual',
        });
        await refreshPurchase(deps, user, id);
      });
      return;
    case 'pass':
      await shop.order({ advance: s.hours * 3600 });
      return;
    case 'sweep':
      await sweep(s.schedulers);
      return;
    case 'renewal': {
      const due = await world.db.subscription.findFirst({ where: { userId: user, status: { not: 'ended' } } });
      const ms = (due?.periodEnd.getTime() ?? 0) - shop.now();
      if (ms > 0) await shop.order({ advance: Math.ceil(ms / 1000) + 60 });
      if (s.fault !== null) await shop.order({ faults: [{ call: 'POST /payments', kind: s.fault, times: s.times }] });
      await sweep(s.schedulers);
      return;
    }
    case 'card': {
      const live = await world.db.subscription.findFirst({ where: { userId: user, status: { not: 'ended' } } });
      if (live?.method) await shop.order({ card: { method: live.method, card: s.card } });
      return;
    }
    case 'fault':
      await shop.order({ faults: [{ call: 'POST /payments', kind: s.kind, times: s.times }] });
      return;
    case 'change':
      await refusable(() => changePlan(deps, user, once(), s.offer, 'ru'));
      return;
    case 'ending':
      await refusable(() => setEnding(deps, user, s.ends));
      return;
    case 'refund': {
      const paid = pick(
        [...shop.state.payments.values()].filter((p) => p.merchant_customer_id === user && p.refundable),
        s.which,
      );
      const left = Math.round((Number(paid?.amount.value) - Number(paid?.refunded_amount?.value)) * 100);
      const amount = Math.ceil((left * s.percent) / 100);
      if (paid && amount > 0) await shop.order({ refund: { payment: paid.id, value: (amount / 100).toFixed(2) } });
      return;
    }
    case 'ownRefund': {
      const payment = pick(await world.db.payment.findMany({ where: { userId: user }, orderBy: { createdAt: 'asc' } }), s.which);
      if (payment) await refusable(() => refundByOwner(deps, user, payment.id, randomUUID()));
      return;
    }
    case 'spend': {
      const { available, debt } = await world.wallet(user);
      if (available > 1 && debt === 0) await world.spend(user, Math.floor(available / 2));
    }
  }
}

/** Every rouble that the shop took is on record once, and no period was charged twice. */
async function expectTruth(user: string): Promise<void> {
  expect(await world.violations()).toEqual([]);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const kopecks = (value: string | undefined): number => Math.round(Number(value ?? 0) * 100);
  const taken = [...shop.state.payments.values()].filter((p) => p.merchant_customer_id === user && p.status === 'succeeded');
  const payments = await world.db.payment.findMany({ where: { userId: user } });
  expect(sum(payments.map((p) => p.amount))).toBe(sum(taken.map((p) => kopecks(p.amount.value))));
  expect(sum(payments.map((p) => p.refunded))).toBe(sum(taken.map((p) => kopecks(p.refunded_amount?.value))));
  const paid = (await world.db.charge.findMany({ where: { userId: user, state: 'succeeded' } })).map(
    (c) => `${c.subscriptionId} ${c.periodStart.toISOString()}`,
  );
  expect(new Set(paid).size).toBe(paid.length);
  expect(await world.db.charge.count({ where: { userId: user, state: { in: ['started', 'pending'] } } })).toBe(0);
  expect((await world.wallet(user)).frozen).toBe(0);
}

test('random histories of plans that we renew by ourselves, with calls that break before, after and instead of their answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 18 }), async (steps) => {
      const user = await world.newUser();
      await play(user, { op: 'buy', offer: 'creator-month', card: 'pays', keep: 'yes' });
      for (const s of steps) await play(user, s);
      // The network is well again; a renewal that waits for its time is called off.
      await shop.order({ faults: [] });
      await refusable(() => setEnding(deps, user, true));
      for (let round = 0; round < 3; round += 1) await sweep();
      for (const purchase of await world.db.purchase.findMany({ where: { userId: user } })) {
        await refreshPurchase(deps, user, purchase.id);
      }
      await sweepMoved(deps);
      for (const refund of shop.state.refunds.values()) await applyMessages(deps, 'yookassa', { type: 'refund', id: refund.id });
      await sweep();
      await expectTruth(user);
      await world.db.subscription.updateMany({ where: { status: { not: 'ended' } }, data: { status: 'ended', endedAt: new Date() } });
      for (const table of [shop.state.payments, shop.state.refunds]) table.clear();
    }),
    { numRuns: 12, endOnFailure: true },
  );
});
