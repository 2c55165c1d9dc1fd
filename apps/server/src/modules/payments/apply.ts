import type { ProcessorId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../../db/client.ts';
import { inTransaction, sqlStates } from '../../db/transaction.ts';
import type { Fact, ObjectRef } from '../../processors/port.ts';
import { applyCheckout } from './checkout-facts.ts';
import { Applying } from './context.ts';
import { applyDispute } from './dispute-facts.ts';
import { applyCharge, applyMethod } from './own-facts.ts';
import { applyPayment } from './payment-facts.ts';
import { applyRefund } from './refund-facts.ts';
import { applySubscription } from './subscription-facts.ts';
import { type PaymentDeps, QUEUES, requireProcessor } from './types.ts';

/** A subscription before its money, money before what takes it back. */
const ORDER: readonly Fact['type'][] = ['checkout', 'charge', 'method', 'subscription', 'payment', 'refund', 'dispute', 'alert'];

/**
 * The one way in which anything about money becomes true here: reads the object back from the processor and writes what it says, in
 * one transaction. Webhooks, polling, the browser's return, "check now" and the operator all end here; done twice it changes nothing.
 * @returns false when the processor knows no such object
 */
export async function applyRef(deps: PaymentDeps, processorId: ProcessorId, ref: ObjectRef): Promise<boolean> {
  const processor = requireProcessor(deps, processorId);
  const readAt = await databaseTime(deps.db);
  const facts = await processor.read(ref);
  for (const fact of facts) {
    // A refund or dispute that overtook its payment: first the payment.
    if (fact.type !== 'refund' && fact.type !== 'dispute') continue;
    const known = await deps.db.payment.findFirst({ where: { processor: processorId, chargeRef: fact.chargeRef } });
    if (!known) await applyRef(deps, processorId, { type: 'charge', id: fact.chargeRef });
  }
  await applyFacts(deps, processorId, facts, readAt);
  return facts.length > 0;
}

/** Writes facts that were read back; `readAt` is when the reading began. */
export async function applyFacts(deps: PaymentDeps, processorId: ProcessorId, facts: readonly Fact[], readAt: Date): Promise<void> {
  if (facts.length === 0) return;
  const sorted = [...facts].sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
  await patiently(() =>
    inTransaction(deps.db, async (tx) => {
      const applying = new Applying(tx, processorId, readAt, deps.now());
      for (const fact of sorted) await applyFact(applying, fact);
      for (const { what, id } of applying.acts) await deps.queue.enqueue(QUEUES.act, { what, id }, { tx, key: `${what}:${id}` });
      await applying.finish(deps);
    }),
  );
}

/** Message, return, polling and operator may all come at once for one user: who waited too long for the others waits once more. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (![...sqlStates(error)].includes('55P03')) throw error;
      if (attempt === 4) throw new AppError('request.busy', 'too many at once for one user', { retryAfterMs: 1_000, cause: error });
    }
  }
}

async function applyFact(applying: Applying, fact: Fact): Promise<void> {
  switch (fact.type) {
    case 'checkout':
      return applyCheckout(applying, fact);
    case 'subscription':
      return applySubscription(applying, fact);
    case 'payment':
      return applyPayment(applying, fact);
    case 'charge':
      return applyCharge(applying, fact);
    case 'method':
      return applyMethod(applying, fact);
    case 'refund':
      return applyRefund(applying, fact);
    case 'dispute':
      return applyDispute(applying, fact);
    case 'alert':
      return applying.alert(fact.kind, fact.ref, null, fact.details);
  }
}

/** One clock for all processes. */
export async function databaseTime(db: Db): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  return row?.now ?? new Date();
}
