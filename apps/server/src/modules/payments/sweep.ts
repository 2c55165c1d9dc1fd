import type { ProcessorId } from '@pingplex/shared/contracts/http';
import { inTransaction } from '../../db/transaction.ts';
import type { ObjectRef, Processor } from '../../processors/port.ts';
import { Applying, applyLimits } from './context.ts';
import { MOST_ATTEMPTS, ring, store } from './inbox.ts';
import { sweepRenewals } from './own-renewals.ts';
import { grantMonths } from './payment-facts.ts';
import { readBack } from './purchases.ts';
import { DAY_MS, GRACE_DAYS, LIVE, type PaymentDeps, QUEUES } from './types.ts';

const CHUNK = 200;
const HOUR_MS = 3600 * 1000;

/** One after the other; one that fails is reported and keeps no other one from its turn. */
async function each<T>(deps: PaymentDeps, items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (const item of items) {
    await work(item).catch((error: unknown) => deps.log.warn({ err: error }, 'a sweeper of payments will try this one again'));
  }
}

/** Every minute: whatever waits for the processor and was perhaps forgotten on the way. */
export async function sweepUnsettled(deps: PaymentDeps): Promise<void> {
  const { db, queue } = deps;
  const now = deps.now();
  // Messages whose job was lost or failed: soon, then with growing gaps.
  const waiting = await db.$queryRaw<{ processor: string; object_type: ObjectRef['type']; object_id: string }[]>`
    SELECT DISTINCT processor, object_type, object_id FROM webhook_inbox
    WHERE state = 'new' AND received_at < now() - least(interval '1 hour' * attempts, interval '72 hours') - interval '30 seconds' LIMIT ${CHUNK}`;
  await each(deps, waiting, (m) => ring(deps, m.processor, { type: m.object_type, id: m.object_id }));
  const given = await db.webhookInbox.findMany({ where: { state: 'new', attempts: { gte: MOST_ATTEMPTS } }, take: CHUNK });
  await each(deps, given, (message) =>
    inTransaction(db, async (tx) => {
      await tx.webhookInbox.update({ where: { id: message.id }, data: { state: 'failed' } });
      await new Applying(tx, message.processor, now, now).alert('webhookFailed', message.id, null, { type: message.type });
    }),
  );
  const purchases = await db.purchase.findMany({ where: { nextCheckAt: { lte: now } }, orderBy: { nextCheckAt: 'asc' }, take: CHUNK });
  await each(deps, purchases, (row) => readBack(deps, row));
  const refunds = await db.refund.findMany({ where: { state: { in: ['wanted', 'pending'] } }, take: CHUNK });
  await each(deps, refunds, async ({ id, state, processor, externalId }) => {
    if (state === 'wanted') await queue.enqueue(QUEUES.act, { what: 'refund', id }, { key: `refund:${id}` });
    else if (externalId !== null) await ring(deps, processor, { type: 'refund', id: externalId });
  });
  const ending = await db.subscription.findMany({ where: { endWanted: true }, take: CHUNK });
  await each(deps, ending, ({ id }) => queue.enqueue(QUEUES.act, { what: 'end', id }, { key: `end:${id}` }));
  await sweepMonths(deps);
  await sweepRenewals(deps);
}

/** Months of yearly plans that have begun. */
export async function sweepMonths(deps: PaymentDeps): Promise<void> {
  const now = deps.now();
  const due = await deps.db.$queryRaw<{ id: string; processor: string }[]>`
    SELECT id::text, processor FROM payment WHERE state = 'paid' AND months_granted < months
      AND period_start + interval '1 month' * months_granted <= ${now} LIMIT ${CHUNK}`;
  await each(deps, due, ({ id, processor }) =>
    inTransaction(deps.db, async (tx) => {
      const applying = new Applying(tx, processor, now, now);
      await grantMonths(applying, id);
      await applying.finish(deps);
    }),
  );
}

/** Every hour: messages that did not reach us, subscriptions that should have heard of a renewal, limits of plans that ran out. */
export async function sweepMissed(deps: PaymentDeps): Promise<void> {
  const now = deps.now();
  await each(deps, processorsOf(deps), async (processor) => {
    const name = `missed:${processor.id}`;
    const cursor = await deps.db.billingCursor.findUnique({ where: { name } });
    // An hour of overlap: messages are stored once anyhow.
    const since = new Date((cursor?.at.getTime() ?? now.getTime() - 3 * DAY_MS) - HOUR_MS);
    for (const notice of await processor.missed(since)) await store(deps, processor.id, notice, null);
    await deps.db.billingCursor.upsert({ where: { name }, create: { name, at: now }, update: { at: now } });
  });
  const late = await deps.db.subscription.findMany({ where: { status: { in: [...LIVE] }, periodEnd: { lt: now } }, take: CHUNK });
  await each(deps, late, (row) => ring(deps, row.processor, { type: 'subscription', id: row.externalId }));
  const over = late.filter((row) => row.periodEnd.getTime() + GRACE_DAYS * DAY_MS < now.getTime());
  await each(deps, over, (row) => inTransaction(deps.db, (tx) => applyLimits(deps, tx, row.userId, now)));
  await deps.db.$executeRaw`UPDATE webhook_inbox SET body = NULL WHERE body IS NOT NULL AND received_at < now() - interval '30 days'`;
}

/** Every day: all money that moved in the last three days against what is on record here. What is unknown is read. */
export async function sweepMoved(deps: PaymentDeps): Promise<void> {
  const since = new Date(deps.now().getTime() - 3 * DAY_MS);
  await each(deps, processorsOf(deps), async (processor) => {
    for (const ref of await processor.moved(since)) {
      if (!(await isKnown(deps, processor.id, ref))) await ring(deps, processor.id, ref);
    }
  });
}

async function isKnown({ db }: PaymentDeps, processor: ProcessorId, ref: ObjectRef): Promise<boolean> {
  const mine = { processor, externalId: ref.id };
  if (ref.type === 'charge') return (await db.payment.count({ where: { processor, chargeRef: ref.id } })) > 0;
  if (ref.type === 'refund') return (await db.refund.count({ where: { ...mine, state: { in: ['succeeded', 'failed'] } } })) > 0;
  if (ref.type === 'dispute') return (await db.dispute.count({ where: { ...mine, status: { in: ['won', 'lost'] } } })) > 0;
  return false;
}

const processorsOf = (deps: PaymentDeps): Processor[] => Object.values(deps.processors);
