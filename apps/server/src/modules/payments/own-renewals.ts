import type { Currency, ProcessorId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { inTransaction } from '../../db/transaction.ts';
import { uuidV7 } from '../credits/service.ts';
import { applyFacts, applyRef, databaseTime } from './apply.ts';
import { applyLimits } from './context.ts';
import { ring } from './inbox.ts';
import { priceIn, requireOffer } from './offers.ts';
import { receiptFor } from './own-subscriptions.ts';
import { DAY_MS, type PaymentDeps, requireProcessor } from './types.ts';
import { pricedOffer } from './views.ts';

/** How long a plan whose card will never pay again waits for another card. */
const WAIT_DAYS = 8;
/** The processor remembers our key for a day; a little less, and a charge whose answer is unknown is looked for, never sent again. */
const KEY_MS = 23 * 3600 * 1000;
const CHUNK = 200;

type Deps = PaymentDeps;

/** Every minute: what is due is charged, what has no answer is asked for, what came to its end ends. */
export async function sweepRenewals(deps: Deps): Promise<void> {
  const now = deps.now();
  const ours = Object.values(deps.processors).flatMap((p) => (p.charger === null ? [] : [p.id]));
  const mine = { processor: { in: ours } };
  const over = await deps.db.subscription.findMany({ where: { ...mine, status: { not: 'ended' }, cancelAt: { lte: now } }, take: CHUNK });
  const given = new Date(now.getTime() - WAIT_DAYS * DAY_MS);
  const lost = await deps.db.subscription.findMany({
    where: { ...mine, status: 'grace', nextAttemptAt: null, periodEnd: { lte: given } },
    take: CHUNK,
  });
  for (const row of [...over, ...lost]) await end(deps, row.id, row.cancelAt === null ? 'payment_failed' : 'cancellation_requested');
  const due = await deps.db.subscription.findMany({
    where: {
      ...mine,
      ...{ cancelAt: null, method: { not: null }, periodEnd: { lte: now } },
      OR: [{ status: 'active' }, { status: 'grace', nextAttemptAt: { lte: now } }],
    },
    take: CHUNK,
  });
  for (const row of due) await attempt(deps, () => renew(deps, row.id));
  for (const row of await deps.db.charge.findMany({ where: { state: 'started' }, take: CHUNK }))
    await attempt(deps, () => send(deps, row.id));
  for (const { processor, externalId } of await deps.db.charge.findMany({ where: { state: 'pending' }, take: CHUNK })) {
    if (externalId !== null) await ring(deps, processor, { type: 'checkout', id: externalId });
  }
  for (const row of await deps.db.subscription.findMany({ where: { ...mine, pendingMethod: { not: null } }, take: CHUNK })) {
    if (row.pendingMethod !== null) await ring(deps, row.processor, { type: 'method', id: row.pendingMethod });
  }
}

async function attempt(deps: Deps, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => deps.log.warn({ err: error }, 'a renewal will be tried again'));
}

async function end(deps: Deps, id: string, endReason: string): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    const rows = await tx.subscription.updateManyAndReturn({
      where: { id, status: { not: 'ended' } },
      data: { status: 'ended', endReason, endedAt: deps.now(), cancelAt: null, nextOfferId: null },
    });
    for (const { userId } of rows) await applyLimits(deps, tx, userId, deps.now());
  });
}

/** The row comes first: two schedulers, or a crash, charge a period once. */
async function renew(deps: Deps, id: string): Promise<void> {
  const chargeId = uuidV7();
  const row = await deps.db.subscription.findUniqueOrThrow({ where: { id } });
  const offer = requireOffer(row.nextOfferId ?? row.offerId);
  // What was sold keeps its price; another plan has today's.
  const isOther = row.nextOfferId !== null && row.nextOfferId !== row.offerId;
  const { amount } = isOther ? priceIn(offer, row.currency as Currency) : row;
  const credits = isOther ? offer.credits : row.credits;
  const made = await deps.db.$executeRaw`
    INSERT INTO charge (id, subscription_id, user_id, processor, offer_id, amount, currency, credits, method, period_start, created_at, attempt_no)
    SELECT ${chargeId}::uuid, ${id}::uuid, ${row.userId}::uuid, ${row.processor}, ${offer.id}, ${amount}, ${row.currency}, ${credits},
           ${row.method}, ${row.periodEnd}, ${deps.now()}, 1 + (SELECT count(*) FROM charge WHERE subscription_id = ${id}::uuid AND period_start = ${row.periodEnd})
    ON CONFLICT DO NOTHING`;
  if (made > 0) await send(deps, chargeId);
}

/** Tells the processor; repeated with the same key until it answers, looked for once the key may be forgotten. */
async function send(deps: Deps, chargeId: string): Promise<void> {
  const row = await deps.db.charge.findUniqueOrThrow({ where: { id: chargeId } });
  if (row.state !== 'started') return;
  const processor = requireProcessor(deps, row.processor);
  const { charger } = processor;
  if (charger === null) return;
  try {
    const isOld = deps.now().getTime() - row.createdAt.getTime() > KEY_MS;
    const externalId = isOld ? await charger.find(chargeId, row.createdAt) : await charger.charge(await orderOf(deps, row));
    if (externalId === null) return await refused(deps, row, 'the processor knows nothing of it');
    await deps.db.charge.updateMany({ where: { id: chargeId, state: 'started' }, data: { state: 'pending', externalId } });
    await applyRef(deps, processor.id, { type: 'checkout', id: externalId });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'billing.processorRefused') throw error;
    await refused(deps, row, error.message.slice(0, 200));
  }
}

type ChargeRow = {
  id: string;
  processor: string;
  userId: string;
  offerId: string;
  amount: number;
  currency: string;
  credits: number;
  method: string;
};

async function orderOf(deps: Deps, row: ChargeRow) {
  const { email } = await receiptFor(deps, row);
  return {
    id: row.id,
    kind: 'renewal',
    userId: row.userId,
    method: row.method,
    offer: pricedOffer(row.offerId, row, 'ru'),
    email,
  } as const;
}

async function refused(deps: Deps, row: ChargeRow, failure: string): Promise<void> {
  const fact = { type: 'charge', externalId: `refused:${row.id}`, chargeId: row.id, state: 'failed', failure, isFinal: true } as const;
  await applyFacts(deps, row.processor as ProcessorId, [fact], await databaseTime(deps.db));
}
