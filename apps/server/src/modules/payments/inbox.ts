import type { ProcessorId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Incoming, Notice, ObjectRef } from '../../processors/port.ts';
import { uuidV7 } from '../credits/service.ts';
import { applyRef } from './apply.ts';
import { Applying } from './context.ts';
import { type PaymentDeps, QUEUES, requireProcessor } from './types.ts';

/** A message that could not be applied is tried again by the sweeper, less and less often, for about three days. */
export const MOST_ATTEMPTS = 40;

/**
 * Takes a message in: verified, stored once, and its job in the same transaction. An answer of 2xx is a promise that it will be applied.
 * @throws AppError `billing.webhookRejected`; nothing is stored then
 */
export async function receive(deps: PaymentDeps, processorId: string, incoming: Incoming): Promise<void> {
  const processor = requireProcessor(deps, processorId);
  await store(deps, processor.id, processor.verify(incoming), incoming.raw);
}

/** @returns false when it is there already */
export async function store(deps: PaymentDeps, processor: ProcessorId, notice: Notice, raw: Buffer | null): Promise<boolean> {
  return inTransaction(deps.db, async (tx) => {
    const { dedupeKey, type, ref, alert } = notice;
    const inserted = await tx.$executeRaw`
      INSERT INTO webhook_inbox (id, processor, dedupe_key, type, object_type, object_id, body, state)
      VALUES (${uuidV7()}::uuid, ${processor}, ${dedupeKey}, ${type}, ${ref?.type ?? null}, ${ref?.id ?? null}, ${raw},
              ${ref === null ? 'ignored' : 'new'}) ON CONFLICT DO NOTHING`;
    if (inserted === 0) return false;
    if (alert !== null) await new Applying(tx, processor, deps.now(), deps.now()).alert(alert.kind, alert.ref, null, alert.details);
    if (ref !== null) await ring(deps, processor, ref, tx);
    return true;
  });
}

/** Asks for an object to be read back soon; one waiting job an object is enough, it reads what is true when it runs. */
export async function ring(
  deps: Pick<PaymentDeps, 'queue'>,
  processor: string,
  ref: ObjectRef,
  tx?: Parameters<Parameters<Db['$transaction']>[0]>[0],
): Promise<void> {
  const data = { processor, type: ref.type, id: ref.id };
  await deps.queue.enqueue(QUEUES.apply, data, { key: `${processor}:${ref.type}:${ref.id}`, ...(tx === undefined ? {} : { tx }) });
}

/** Reads an object back and settles every message about it that had come before the reading began. */
export async function applyMessages(deps: PaymentDeps, processor: ProcessorId, ref: ObjectRef): Promise<void> {
  const mine = { processor, objectType: ref.type, objectId: ref.id, state: { in: ['new', 'failed'] } };
  const waiting = (await deps.db.webhookInbox.findMany({ where: mine, select: { id: true } })).map((row) => row.id);
  try {
    await applyRef(deps, processor, ref);
    await deps.db.webhookInbox.updateMany({ where: { id: { in: waiting } }, data: { state: 'done', doneAt: deps.now(), lastError: null } });
  } catch (error) {
    const lastError = error instanceof AppError ? `${error.code} ${error.message}`.slice(0, 300) : String(error).slice(0, 300);
    await deps.db.webhookInbox.updateMany({ where: { id: { in: waiting } }, data: { attempts: { increment: 1 }, lastError } });
    throw error;
  }
}
