import Stripe from 'stripe';
import { applyMessages, receive } from '../../src/modules/payments/inbox.ts';
import type { ObjectRef } from '../../src/processors/port.ts';
import type { StripeEvent } from '../../src/sandbox/stripe/types.ts';
import { incoming, type PaymentWorld, SECRET } from './payment-world.ts';

const signer = new Stripe('sk_test_signer');
/** The header of a message, as the processor signs it. */
export const signed = (payload: string, secret = SECRET, timestamp?: number): Record<string, string> => ({
  'stripe-signature': signer.webhooks.generateTestHeaderString({ payload, secret, ...(timestamp === undefined ? {} : { timestamp }) }),
});

/** The same order for the same seed. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const out = [...items];
  let state = seed * 2_654_435_761 + 1;
  for (let i = out.length - 1; i > 0; i -= 1) {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    const j = state % (i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

export type Messages = ReturnType<typeof createMessages>;

/** Messages by hand, in a world where nothing works by itself: each is delivered and applied exactly when the test says so. */
export function createMessages(world: PaymentWorld) {
  /** Delivers a message as it was recorded, byte for byte, and applies what it is about. */
  async function deliver(event: StripeEvent): Promise<void> {
    const payload = JSON.stringify(event);
    await receive(world.deps, 'stripe', incoming(payload, signed(payload)));
    const row = await world.db.webhookInbox.findUnique({ where: { processor_dedupeKey: { processor: 'stripe', dedupeKey: event.id } } });
    if (row?.objectId) await applyMessages(world.deps, 'stripe', { type: row.objectType as ObjectRef['type'], id: row.objectId });
  }
  /** Messages since then that our endpoint is subscribed to, from the processor's own list. */
  async function recorded(before: Set<string>): Promise<StripeEvent[]> {
    await world.stripe.outbox.settled();
    const wanted = new Set([...world.stripe.store.endpoint.values()][0]?.enabled_events);
    return [...world.stripe.store.event.values()].filter((e) => !before.has(e.id) && wanted.has(e.type));
  }
  const eventsSoFar = (): Set<string> => new Set(world.stripe.store.event.keys());
  const silent = () => world.stripe.order({ delivery: { copies: 0 } });
  const sessionOf = async (purchase: string): Promise<ObjectRef> => {
    const { externalId } = await world.db.purchase.findUniqueOrThrow({ where: { id: purchase } });
    return { type: 'checkout', id: externalId ?? '' };
  };

  /** All that a history may leave behind, without ids and times. */
  async function outcome(userId: string): Promise<unknown> {
    const wallet = await world.wallet(userId);
    const grants = await world.db.creditGrant.findMany({ where: { userId } });
    const payments = await world.db.payment.findMany({ where: { userId }, include: { refunds: true, disputes: true } });
    const subscriptions = await world.db.subscription.findMany({ where: { userId } });
    const purchases = await world.db.purchase.findMany({ where: { userId } });
    return {
      wallet: { available: wallet.available, held: wallet.held, frozen: wallet.frozen, debt: wallet.debt },
      grants: grants.map((g) => [g.kind, Number(g.amount), Number(g.available), Number(g.frozen)].join(' ')).sort(),
      payments: payments
        .map((p) =>
          [
            p.kind,
            p.offerId,
            p.amount,
            p.refunded,
            p.granted,
            p.withheld,
            p.state,
            p.refunds.map((r) => `${r.state} ${r.amount} ${r.credits}`).sort(),
          ].join(' '),
        )
        .sort(),
      disputes: payments.flatMap((p) => p.disputes.map((d) => d.status)).sort(),
      subscriptions: subscriptions.map((s) => [s.offerId, s.status, s.cancelAt !== null, s.nextOfferId, s.endWanted].join(' ')).sort(),
      purchases: purchases.map((p) => [p.kind, p.offerId, p.state].join(' ')).sort(),
    };
  }

  /** Lets the stand-in forget a user's plans, so that the clock moves for the next user alone. */
  async function forget(userId: string): Promise<void> {
    const { externalId } = await world.db.billingCustomer.findFirstOrThrow({ where: { userId } });
    const { subscription, invoice } = world.stripe.store;
    for (const table of [subscription, invoice]) for (const [id, row] of table) if (row.customer === externalId) table.delete(id);
  }
  const charge = async (userId: string): Promise<string> => {
    const intents = [...world.stripe.store.intent.values()].filter((i) => i.status === 'succeeded');
    const customer = (await world.db.billingCustomer.findFirstOrThrow({ where: { userId } })).externalId;
    return intents.filter((i) => i.customer === customer).at(-1)?.id ?? '';
  };
  const buyAndPay = async (userId: string, offerId: string, card: 'success' | 'fails_on_renewal' = 'success'): Promise<void> => {
    await world.press((await world.buy(userId, offerId)).url, 'pay', card);
  };
  const orderFor = async (userId: string, card: 'success' | 'fails_on_renewal'): Promise<void> => {
    const { externalId } = await world.db.billingCustomer.findFirstOrThrow({ where: { userId } });
    await world.stripe.order({ card: { customer: externalId, card } });
  };

  /** To an hour and a bit after the paid period: the renewal was asked for. */
  const renewalOf = async (userId: string): Promise<void> => {
    const mine = [...world.stripe.store.subscription.values()].find((row) => row.metadata['user_id'] === userId);
    await world.stripe.order({ advance: (mine?.items.data[0]?.current_period_end ?? 0) - world.stripe.store.now() + 7_200 });
  };

  return { deliver, recorded, eventsSoFar, silent, sessionOf, outcome, forget, charge, buyAndPay, orderFor, renewalOf };
}
