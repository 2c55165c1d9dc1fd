import { randomUUID } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import fc from 'fast-check';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { act } from '../../src/modules/payments/act.ts';
import { applyMessages, receive } from '../../src/modules/payments/inbox.ts';
import { refundByOwner } from '../../src/modules/payments/refunds.ts';
import { changePlan, setEnding } from '../../src/modules/payments/subscriptions.ts';
import { sweepMonths } from '../../src/modules/payments/sweep.ts';
import type { ObjectRef } from '../../src/processors/port.ts';
import { CARDS, type StripeEvent } from '../../src/sandbox/stripe/types.ts';
import { createPaymentWorld, DAY, incoming, type PaymentWorld, SECRET } from '../helpers/payment-world.ts';

let world: PaymentWorld;
beforeAll(async () => {
  world = await createPaymentWorld({ works: false });
  await world.stripe.order({ delivery: { copies: 0 } });
});
afterAll(() => world.stop());

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('buy' as const),
      offer: fc.constantFrom('pack-small', 'pack-medium', 'creator-month', 'pro-year'),
      card: fc.constantFrom(...CARDS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('pass' as const), days: fc.constantFrom(1, 10, 31) }) },
  fc.record({ op: fc.constant('card' as const), card: fc.constantFrom(...CARDS) }),
  fc.record({ op: fc.constant('change' as const), offer: fc.constantFrom('creator-month', 'pro-month', 'studio-month', 'creator-year') }),
  fc.record({ op: fc.constant('ending' as const), ends: fc.boolean() }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant('refund' as const), which: fc.nat(5), percent: fc.constantFrom(1, 33, 50, 100) }) },
  fc.record({ op: fc.constant('refundFails' as const), which: fc.nat(5) }),
  fc.record({ op: fc.constant('ownRefund' as const), which: fc.nat(5) }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant('dispute' as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('disputeEnds' as const), which: fc.nat(5), won: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('spend' as const), percent: fc.constantFrom(10, 60, 100) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('deliver' as const),
      share: fc.constantFrom(1, 2, 3),
      backwards: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
  fc.record({ op: fc.constant('work' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const signer = new Stripe('sk_test_signer');
type History = { user: string; waiting: StripeEvent[]; seen: Set<string> };

function collect(history: History): void {
  for (const event of world.stripe.store.event.values()) {
    if (history.seen.has(event.id)) continue;
    history.seen.add(event.id);
    history.waiting.push(event);
  }
}

async function deliver(event: StripeEvent): Promise<void> {
  const payload = JSON.stringify(event);
  const headers = { 'stripe-signature': signer.webhooks.generateTestHeaderString({ payload, secret: SECRET }) };
  await receive(world.deps, 'stripe', incoming(payload, headers));
  const row = await world.db.webhookInbox.findUniqueOrThrow({
    where: { processor_dedupeKey: { processor: 'stripe', dedupeKey: event.id } },
  });
  if (row.objectId) await applyMessages(world.deps, 'stripe', { type: row.objectType as ObjectRef['type'], id: row.objectId });
}

/** What jobs would do: refunds and endings that were decided here are told to the processor. */
async function work(): Promise<void> {
  for (const { id } of await world.db.refund.findMany({ where: { state: 'wanted' } })) await act(world.deps, 'refund', id);
  for (const { id } of await world.db.subscription.findMany({ where: { endWanted: true } })) await act(world.deps, 'end', id);
  await sweepMonths(world.deps);
}

/** What may be refused is refused with a code of ours; nothing else may go wrong. */
const refusable = (work: () => Promise<unknown>): Promise<unknown> =>
  work().catch((error: unknown) => {
    if (!(error instanceof AppError) || !error.code.startsWith('billing.')) throw error;
  });

async function play({ user, waiting }: History, s: Step): Promise<void> {
  const { store } = world.stripe;
  const customer = (await world.db.billingCustomer.findFirst({ where: { userId: user } }))?.externalId;
  const pick = <T>(items: readonly T[], which: number): T | undefined => (items.length === 0 ? undefined : items[which % items.length]);
  const paid = [...store.intent.values()].filter((i) => i.customer === customer && i.status === 'succeeded');
  const isMine = (o: { payment_intent: string }): boolean => paid.some((i) => i.id === o.payment_intent);
  switch (s.op) {
    case 'buy':
      return void (await refusable(async () => {
        const { url } = await world.buy(user, s.offer);
        await world.press(url, s.card === 'authentication' ? 'confirm' : 'pay', s.card);
      }));
    case 'pass':
      return void (await world.stripe.order({ advance: s.days * DAY }));
    case 'card':
      if (customer !== undefined) await world.stripe.order({ card: { customer, card: s.card } });
      return;
    case 'change':
      return void (await refusable(() => changePlan(world.deps, user, { key: randomUUID(), bodyHash: s.offer }, s.offer, 'en')));
    case 'ending':
      return void (await refusable(() => setEnding(world.deps, user, s.ends)));
    case 'refund': {
      const intent = pick(paid, s.which);
      const gone = [...store.refund.values()]
        .filter((r) => r.payment_intent === intent?.id && r.status !== 'failed')
        .reduce((sum, r) => sum + r.amount, 0);
      const amount = intent === undefined ? 0 : Math.min(intent.amount - gone, Math.ceil((intent.amount * s.percent) / 100));
      if (intent && amount > 0) await world.stripe.order({ refund: { charge: intent.id, amount } });
      return;
    }
    case 'refundFails': {
      const refund = pick([...store.refund.values()].filter(isMine), s.which);
      if (refund && refund.status !== 'failed') await world.stripe.order({ refundState: { id: refund.id, state: 'failed' } });
      return;
    }
    case 'ownRefund': {
      const payment = pick(await world.db.payment.findMany({ where: { userId: user }, orderBy: { createdAt: 'asc' } }), s.which);
      if (payment) await refusable(() => refundByOwner(world.deps, user, payment.id, randomUUID()));
      return;
    }
    case 'dispute': {
      const intent = pick(paid, s.which);
      if (intent && ![...store.dispute.values()].some((d) => d.payment_intent === intent.id))
        await world.stripe.order({ dispute: { charge: intent.id } });
      return;
    }
    case 'disputeEnds': {
      const dispute = pick(
        [...store.dispute.values()].filter((d) => isMine(d) && d.status === 'needs_response'),
        s.which,
      );
      if (dispute) await world.stripe.order({ closeDispute: { id: dispute.id, won: s.won } });
      return;
    }
    case 'spend': {
      const { available, debt } = await world.wallet(user);
      const amount = Math.floor((available * s.percent) / 100);
      if (amount > 0 && debt === 0) await world.spend(user, amount);
      return;
    }
    case 'deliver': {
      const some = waiting.splice(0, Math.ceil(waiting.length / s.share));
      for (const event of s.backwards ? some.reverse() : some) await deliver(event);
      if (s.twice) for (const event of some.slice(0, 3)) await deliver(event);
      return;
    }
    case 'work':
      return work();
  }
}

/** Money and plans here are what the processor says they are. */
async function expectTruth({ user }: History): Promise<void> {
  const { store } = world.stripe;
  expect(await world.violations()).toEqual([]);
  const customer = (await world.db.billingCustomer.findFirst({ where: { userId: user } }))?.externalId;
  const paid = [...store.intent.values()].filter((i) => i.customer === customer && i.status === 'succeeded');
  const refunds = [...store.refund.values()].filter((r) => r.status !== 'failed' && paid.some((i) => i.id === r.payment_intent));
  const payments = await world.db.payment.findMany({ where: { userId: user } });
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  expect(sum(payments.map((p) => p.amount))).toBe(sum(paid.map((i) => i.amount)));
  expect(sum(payments.map((p) => p.refunded))).toBe(sum(refunds.map((r) => r.amount)));
  const states = { active: 'active', past_due: 'grace', canceled: 'ended', incomplete: 'none', incomplete_expired: 'ended' };
  for (const row of await world.db.subscription.findMany({ where: { userId: user } })) {
    const theirs = store.subscription.get(row.externalId);
    expect([row.status, row.endWanted]).toEqual([theirs ? states[theirs.status] : 'gone', false]);
  }
  const { frozen } = await world.wallet(user);
  const isDisputed = [...store.dispute.values()].some((d) => d.status === 'needs_response' && paid.some((i) => i.id === d.payment_intent));
  if (!isDisputed) expect(frozen).toBe(0);
}

/** Every history ends the same way: whatever is still waiting is delivered, jobs run until nothing is left to do. */
test('random histories of buying, renewing, changing, refunding and disputing, with messages late, twice and out of order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
      const history: History = { user: await world.newUser(), waiting: [], seen: new Set(world.stripe.store.event.keys()) };
      for (const s of steps) {
        await play(history, s);
        collect(history);
      }
      for (let left = 1; left > 0; left = history.waiting.length) {
        for (const event of history.waiting.splice(0).reverse()) await deliver(event);
        await work();
        collect(history);
      }
      await expectTruth(history);
      const { externalId } = (await world.db.billingCustomer.findFirst({ where: { userId: history.user } })) ?? { externalId: '' };
      const { subscription, invoice } = world.stripe.store;
      for (const table of [subscription, invoice]) for (const [id, row] of table) if (row.customer === externalId) table.delete(id);
    }),
    { numRuns: 12, endOnFailure: true },
  );
});
