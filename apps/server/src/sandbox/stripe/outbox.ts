import { setTimeout as wait } from 'node:timers/promises';
import Stripe from 'stripe';
import { z } from 'zod';
import { withoutHidden } from './expand.ts';
import type { Store } from './store.ts';
import type { StripeEvent } from './types.ts';

export const STRIPE_VERSION = '2026-10-28.endive';

/** What happens to messages on their way. Counted ones end by themselves. */
export const Delivery = z.strictObject({
  /** How often each is delivered. */
  copies: z.int().min(0).max(100).default(1),
  delayMs: z.int().min(0).max(600_000).default(0),
  /** The next so many get lost: they are in the list of events, but nobody hears of them. */
  drop: z.int().min(0).default(0),
  /** Kept back until they are let go. */
  hold: z.boolean().default(false),
});
export type Delivery = z.infer<typeof Delivery>;

/** The signer of the processor's own library; it reaches nothing. */
const signer = new Stripe('sk_test_signer');

export type Outbox = {
  emit(type: string, object: unknown): void;
  delivery(): Delivery;
  setDelivery(next: Delivery): void;
  /** Lets held messages go, in this order of their places (default: as they came). */
  release(order?: readonly number[]): Promise<void>;
  held(): StripeEvent[];
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
};

/** Messages to the newest endpoint that can be reached: signed, repeated when they are not taken, and all that the switches ask for. */
export function createOutbox(store: Store, secret: string): Outbox {
  let rules = Delivery.parse({});
  let waiting: StripeEvent[] = [];
  const underway = new Set<Promise<void>>();

  function send(event: StripeEvent, copies: number): Promise<void> {
    const work = (async () => {
      if (rules.delayMs > 0) await wait(rules.delayMs);
      const all = await Promise.all(Array.from({ length: copies }, () => deliver(event)));
      if (copies > 0 && all.every(Boolean)) store.undelivered.delete(event.id);
      store.save();
    })();
    underway.add(work);
    void work.finally(() => underway.delete(work));
    return work;
  }

  async function deliver(event: StripeEvent): Promise<boolean> {
    const payload = JSON.stringify(event);
    for (const endpoint of [...store.endpoint.values()].reverse()) {
      if (!endpoint.enabled_events.includes(event.type) && !endpoint.enabled_events.includes('*')) continue;
      for (const pauseMs of [0, 200, 1_000]) {
        if (pauseMs > 0) await wait(pauseMs);
        // The real clock: the receiver refuses signatures that are five minutes old.
        const header = signer.webhooks.generateTestHeaderString({ payload, secret });
        const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': header };
        const status = await fetch(endpoint.url, {
          method: 'POST',
          headers,
          body: payload,
          redirect: 'manual',
          signal: AbortSignal.timeout(20_000),
        }).then(
          (answer) => answer.status,
          () => 0,
        );
        if (status >= 200 && status < 300) return true;
        if (status === 0) break;
      }
    }
    return false;
  }

  return {
    emit(type, object) {
      const event: StripeEvent = {
        id: store.id('evt'),
        object: 'event',
        type,
        api_version: STRIPE_VERSION,
        created: store.now(),
        livemode: false,
        pending_webhooks: store.endpoint.size,
        request: { id: null, idempotency_key: null },
        // As it is at this moment, like the real thing.
        data: { object: withoutHidden(structuredClone(object)) },
      };
      store.event.set(event.id, event);
      const isWanted = [...store.endpoint.values()].some((e) => e.enabled_events.includes(type) || e.enabled_events.includes('*'));
      if (isWanted || store.endpoint.size === 0) store.undelivered.add(event.id);
      if (rules.hold) waiting.push(event);
      else if (rules.drop > 0) rules = { ...rules, drop: rules.drop - 1 };
      else void send(event, rules.copies);
    },
    delivery: () => rules,
    setDelivery(next) {
      rules = next;
    },
    async release(order) {
      const events = waiting;
      waiting = [];
      for (const at of order ?? events.keys()) {
        const event = events[at];
        // One after the other, so that the order is what was asked for.
        if (event) await send(event, rules.copies);
      }
    },
    held: () => [...waiting],
    async settled() {
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}
