import { createHash } from 'node:crypto';
import type { ErrorCode } from '@pingplex/shared/errors';
import { inTransaction } from '../../db/transaction.ts';
import { FetchFailure } from '../../providers/fetch-result.ts';
import type { Delivered, Output } from '../../providers/port.ts';
import { touchObject } from '../files/service.ts';
import { noteProviderHealth } from './lanes.ts';
import { closeAttempt, end, type Ref } from './settle.ts';
import { storeResults } from './store.ts';
import type { Place } from './task.ts';
import { type Deps, QUEUES, Superseded, unlessSuperseded } from './types.ts';

/**
 * The bytes first, then the row that points at them: from then on a crash loses nothing. Results that the provider keeps are written
 * down by their address and fetched at once.
 */
export async function deliver(deps: Deps, ref: Ref, answer: Delivered & { requestId: string | null }): Promise<void> {
  const outputs: Place[] = [];
  for (const output of answer.outputs) outputs.push(await place(deps, output));
  const mine = await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const moved = await tx.$executeRaw`
        UPDATE generation SET state = 'storing', is_partial = ${answer.isPartial ?? false}, poll_at = NULL, lease_until = now() + ${deps.settings.leaseS}::float8 * interval '1 second'
        WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state IN ('submitting', 'unknown', 'submitted', 'running')`;
      if (moved === 0) throw new Superseded();
      await closeAttempt(tx, ref, 'delivered', { ...answer, outputs });
      await noteProviderHealth(tx, ref.provider, true);
    }),
  );
  if (mine) {
    await storeSoon(deps, ref);
    return;
  }
  // Too late for the user, who has the credits back, but the provider's bill has it: the attempt says what it cost.
  const late = await deps.db.$executeRaw`
    UPDATE attempt SET provider_cost_micro_usd = ${answer.costMicroUsd}::bigint, provider_request_id = ${answer.requestId}
    WHERE generation_id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND provider_cost_micro_usd IS NULL`;
  deps.log.warn({ generationId: ref.id, attempt: ref.epoch, count: late }, 'a late answer was paid for and dropped');
}

/** At once; what can't be fetched just now is a job of its own, tried again with growing waits. */
async function storeSoon(deps: Deps, ref: Ref): Promise<void> {
  try {
    await storeResults(deps, ref.id, ref.epoch);
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    deps.log.warn({ generationId: ref.id, attempt: ref.epoch, event: error.kind }, 'a result could not be fetched yet');
    await deps.queue.enqueue(QUEUES.store, { id: ref.id, epoch: ref.epoch }, { key: ref.id, delayS: 1 });
  }
}

async function place(deps: Deps, output: Output): Promise<Place> {
  if (!Buffer.isBuffer(output)) return { url: output.url };
  const sha256 = createHash('sha256').update(output).digest('hex');
  await touchObject(deps.db, sha256, output.length);
  return deps.storage.put(output, sha256);
}

/** Failed; or canceled, when the user had wished so while the provider was at work. */
export async function finish(
  deps: Deps,
  ref: Ref,
  code: ErrorCode,
  outcome: string,
  answer: { requestId: string | null; status?: number; message?: string },
  categories: readonly string[] = [],
): Promise<void> {
  await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const { cancelRequestedAt } = await tx.generation.findUniqueOrThrow({ where: { id: ref.id }, select: { cancelRequestedAt: true } });
      const ending = cancelRequestedAt
        ? ({ state: 'canceled', code: 'generation.canceled' } as const)
        : ({ state: 'failed', code, categories } as const);
      await end(tx, deps, ref, ending, false);
      const error = { message: (answer.message ?? code).slice(0, 500), ...(answer.status === undefined ? {} : { status: answer.status }) };
      await closeAttempt(tx, ref, outcome, { requestId: answer.requestId, error });
    }),
  );
}
