import type { Generation } from '@pingplex/shared/contracts/http';
import { isGenerationOver } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { inTransaction } from '../../db/transaction.ts';
import { appendEvents } from '../events/service.ts';
import { requireGeneration } from './read.ts';
import { end, lockForEnding } from './settle.ts';
import { type Deps, QUEUES } from './types.ts';

/**
 * Cancels. Not sent yet: ended at once, everything given back. Sent: the wish is kept, and where the provider can
 * still call its task off that is tried at once. Else it goes on and is billed: what comes is delivered and paid, and when nothing
 * comes the generation ends as canceled. Safe to repeat.
 */
export async function cancelGeneration(deps: Deps, userId: string, id: string): Promise<Generation> {
  await inTransaction(deps.db, async (tx) => {
    const now = await lockForEnding(tx, userId, id);
    if (!now) throw new AppError('request.notFound', 'no such generation');
    if (isGenerationOver(now.state)) return;
    const isUnsent = now.state === 'queued' || (now.state === 'submitting' && now.sentAt === null);
    if (isUnsent) {
      await end(tx, deps, now, { state: 'canceled', code: 'generation.canceled' }, now.state === 'queued');
      return;
    }
    await tx.$executeRaw`
      UPDATE generation SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = ${id}::uuid`;
    if (now.state === 'submitted') await deps.queue.enqueue(QUEUES.poll, { id, epoch: now.epoch }, { tx, key: `cancel:${id}` });
    await appendEvents(tx, userId, [{ type: 'generation.changed', subject: id }]);
  });
  return requireGeneration(deps.db, userId, id);
}
