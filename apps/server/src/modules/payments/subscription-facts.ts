import type { SubscriptionFact } from '../../processors/port.ts';
import { uuidV7 } from '../credits/service.ts';
import { type Applying, asUuid, liveSubscription, lockUserBilling } from './context.ts';
import { findOffer } from './offers.ts';
import { LIVE } from './types.ts';

/**
 * Mirrors a subscription. Never a reason for credits: the processor shows a new period before anybody has paid it. `ended` stays ended;
 * what was read earlier never overwrites what was read later.
 */
export async function applySubscription(applying: Applying, fact: SubscriptionFact): Promise<void> {
  const { tx, processor, readAt } = applying;
  if (fact.status === 'none') return;
  const where = { processor_externalId: { processor, externalId: fact.externalId } };
  await tx.$executeRaw`SELECT 1 FROM subscription WHERE processor = ${processor} AND external_id = ${fact.externalId} FOR UPDATE`;
  const row = await tx.subscription.findUnique({ where });
  if (!row) return begin(applying, fact);
  if (row.status === 'ended' || row.checkedAt > readAt) return;
  await tx.subscription.update({ where, data: { ...mirrored(applying, fact), status: fact.status, checkedAt: readAt } });
  applying.tell(row.userId, { type: 'subscription.changed' });
}

/** The first time that it is seen alive. A second one beside a running one is ended again and its money goes back. */
async function begin(applying: Applying, fact: SubscriptionFact): Promise<void> {
  const { tx, processor, readAt } = applying;
  const userId = await ownerOf(applying, fact);
  if (userId === null) return applying.alert('orphan', `${processor}:${fact.externalId}`, null, { subscription: fact.externalId });
  await lockUserBilling(tx, userId);
  // Somebody else may have begun it while we waited for the lock.
  if ((await tx.subscription.count({ where: { processor, externalId: fact.externalId } })) > 0) return applySubscription(applying, fact);
  const isDuplicate = LIVE.includes(fact.status) && (await liveSubscription(tx, userId)) !== null;
  const id = uuidV7();
  await tx.subscription.create({
    data: {
      ...mirrored(applying, fact),
      ...{ id, userId, processor, externalId: fact.externalId, status: isDuplicate ? 'ended' : fact.status, checkedAt: readAt },
      // Nothing is paid yet; its payments move the end.
      ...{ periodStart: fact.periodStart, periodEnd: fact.periodStart },
      ...(isDuplicate ? { endReason: 'duplicate', endWanted: true, endedAt: applying.now } : {}),
    },
  });
  if (isDuplicate) {
    applying.acts.push({ what: 'end', id });
    await applying.alert('duplicateSubscription', `${processor}:${fact.externalId}`, userId, { subscription: fact.externalId });
  }
  applying.tell(userId, { type: 'subscription.changed' });
}

function mirrored(applying: Applying, fact: SubscriptionFact) {
  const offerId = fact.offerId ?? 'unknown-month';
  return {
    offerId,
    amount: fact.amount,
    currency: fact.currency,
    credits: findOffer(offerId)?.credits ?? 0,
    cancelAt: fact.cancelAt,
    nextOfferId: fact.nextOfferId,
    hasProblem: fact.problem !== null,
    problemUrl: fact.problem?.url ?? null,
    nextAttemptAt: fact.problem?.nextAttemptAt ?? null,
    ...(fact.status === 'ended' ? { endedAt: applying.now, endReason: fact.endReason ?? 'ended', cancelAt: null, nextOfferId: null } : {}),
  };
}

/** By the customer that we made; else by our own id on the object. */
export async function ownerOf(applying: Applying, fact: { customer: string | null; userId: string | null }): Promise<string | null> {
  const { tx, processor } = applying;
  if (fact.customer !== null) {
    const known = await tx.billingCustomer.findUnique({ where: { processor_externalId: { processor, externalId: fact.customer } } });
    if (known) return known.userId;
  }
  return asUuid(fact.userId);
}
