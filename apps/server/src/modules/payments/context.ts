import { z } from 'zod';
import type { Tx } from '../../db/client.ts';
import { uuidV7 } from '../credits/service.ts';
import { appendEvents } from '../events/service.ts';
import { PLANS } from './offers.ts';
import { DAY_MS, GRACE_DAYS, LIVE, type PaymentDeps } from './types.ts';

type Event = Parameters<typeof appendEvents>[2][number];

/** One transaction that writes what was read back: collects whom it concerns, so that everybody hears of it once, at the end. */
export class Applying {
  readonly tx: Tx;
  readonly processor: string;
  /** When the reading began. */
  readonly readAt: Date;
  readonly now: Date;
  /** Jobs to be rung in this transaction: refunds and endings that the processor has still to be told. */
  readonly acts: { what: 'refund' | 'end'; id: string }[] = [];
  readonly #events = new Map<string, Map<string, Event>>();
  readonly #plans = new Set<string>();

  constructor(tx: Tx, processor: string, readAt: Date, now: Date) {
    this.tx = tx;
    this.processor = processor;
    this.readAt = readAt;
    this.now = now;
  }

  tell(userId: string, event: Event): void {
    const mine = this.#events.get(userId) ?? new Map<string, Event>();
    this.#events.set(userId, mine.set(`${event.type} ${'subject' in event ? event.subject : ''}`, event));
    if (event.type === 'subscription.changed') this.#plans.add(userId);
  }

  /** Puts something before the operator; once per kind and ref, however often it is found. */
  async alert(kind: string, ref: string, userId: string | null, details: Record<string, string | number>): Promise<void> {
    await this.tx.$executeRaw`
      INSERT INTO billing_alert (id, kind, ref, user_id, details)
      VALUES (${uuidV7()}::uuid, ${kind}, ${ref}, ${userId}::uuid, ${JSON.stringify(details)}::jsonb) ON CONFLICT (kind, ref) DO NOTHING`;
  }

  /** The last thing in the transaction: limits of plans, then events (their lock is the last of all). */
  async finish(deps: PaymentDeps): Promise<void> {
    for (const userId of this.#plans) await applyLimits(deps, this.tx, userId, this.now);
    for (const [userId, events] of [...this.#events].sort(([a], [b]) => (a < b ? -1 : 1))) {
      await appendEvents(this.tx, userId, [...events.values()]);
    }
  }
}

/** Tells the generations how many may run at once: by the live plan until three days after what was paid, else as without a plan. */
export async function applyLimits(deps: PaymentDeps, tx: Tx, userId: string, now: Date): Promise<void> {
  const live = await tx.subscription.findFirst({ where: { userId, status: { in: ['active', 'grace'] } } });
  const isEntitled = live !== null && live.periodEnd.getTime() + GRACE_DAYS * DAY_MS > now.getTime();
  const plan = PLANS.find((p) => p.id === (isEntitled ? planIdOf(live.offerId) : 'free'));
  await deps.ports.onPlanChanged(tx, userId, plan?.parallel ?? 1);
}

/** `creator-month` → `creator` */
export const planIdOf = (offerId: string): string => offerId.split('-')[0] ?? '';

/** The user's running subscription; at most one, the database sees to it. */
export const liveSubscription = (tx: Tx, userId: string) => tx.subscription.findFirst({ where: { userId, status: { in: [...LIVE] } } });

const Uuid = z.uuid();
/** What a processor gives back as our id, or null when it is none. */
export const asUuid = (text: string | null): string | null => (Uuid.safeParse(text).success ? text : null);

/** Purchases, payments and subscriptions are locked before wallets, in this order. */
export async function lockUserBilling(tx: Tx, userId: string): Promise<void> {
  // There is no row yet that two first subscriptions could meet at.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${userId}, 62))`;
}
