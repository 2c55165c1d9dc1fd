import type { Tx } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Queue } from '../../queue/queue.ts';
import { uuidV7 } from '../credits/service.ts';
import { appendEvents } from '../events/service.ts';
import { modelSlots, takeToken } from './lanes.ts';
import { type Deps, QUEUES } from './types.ts';

/**
 * Rings the bell for a provider: somebody may take a turn. Every change rings its own bell. One bell shared by all would be lost
 * for a change that commits after the worker which answered the shared one has looked, and would make everybody's commits queue up.
 */
export async function ringPump(queue: Queue, provider: string, options: { tx?: Tx; delayS?: number } = {}): Promise<void> {
  await queue.enqueue(QUEUES.pump, { provider }, options);
}

/** Hands out turns until no slot is free or nobody may go. */
export async function pump(deps: Deps, provider: string): Promise<number> {
  let claimed = 0;
  for (;;) {
    const turn = await claimNext(deps, provider);
    if (turn === 'taken') claimed += 1;
    else {
      // One late bell per provider is enough: whoever answers it goes on until the bucket is empty again.
      if (turn !== 'none') await deps.queue.enqueue(QUEUES.pumpLater, { provider }, { key: provider, delayS: turn.afterMs / 1000 });
      return claimed;
    }
  }
}

type Turn = 'taken' | 'none' | { afterMs: number };

/**
 * One turn: a free slot of the provider, the lane that is furthest behind and below its limit, that lane's oldest generation. All
 * rows are taken with SKIP LOCKED, so that workers never wait for each other. The work itself is a job of the same transaction.
 */
async function claimNext(deps: Deps, provider: string): Promise<Turn> {
  const { leaseS, deadlineS } = deps.settings;
  return inTransaction(deps.db, async (tx) => {
    const blocked = await tx.$queryRaw<unknown[]>`SELECT 1 FROM provider_state WHERE provider = ${provider} AND blocked_until > now()`;
    if (blocked.length > 0) return 'none';
    const [slot] = await tx.$queryRaw<{ n: number }[]>`
      SELECT n FROM slot WHERE provider = ${provider} AND generation_id IS NULL ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED`;
    if (!slot) return 'none';
    const full = await fullModels(tx, provider);
    const [lane] = await tx.$queryRaw<{ user_id: string }[]>`
      SELECT l.user_id::text FROM lane l
      WHERE l.queued > 0 AND l.running < l.max_running AND EXISTS (
        SELECT 1 FROM generation g WHERE g.user_id = l.user_id AND g.provider = ${provider} AND g.state = 'queued' AND g.provider_model <> ALL(${full})
          AND (g.not_before IS NULL OR g.not_before <= now()))
      ORDER BY l.vtime, l.user_id LIMIT 1 FOR UPDATE OF l SKIP LOCKED`;
    if (!lane) return 'none';
    const [next] = await tx.$queryRaw<{ id: string; epoch: number; units: number; providerModel: string }[]>`
      SELECT id::text, epoch, units, provider_model AS "providerModel" FROM generation
      WHERE user_id = ${lane.user_id}::uuid AND provider = ${provider} AND state = 'queued' AND (not_before IS NULL OR not_before <= now())
        AND provider_model <> ALL(${full})
      ORDER BY generation.created_at, generation.id LIMIT 1 FOR UPDATE SKIP LOCKED`;
    // Canceled under our eyes: the bell rings again when that transaction is through.
    if (!next) return 'none';
    if (!(await takeModelSlot(tx, modelSlots(provider, next.providerModel), next.id))) return 'none';
    const afterMs = await takeToken(tx, provider);
    if (afterMs > 0) throw new NoToken(afterMs);
    const epoch = next.epoch + 1;
    await tx.$executeRaw`
      UPDATE generation SET state = 'submitting', epoch = ${epoch}, not_before = NULL,
        lease_until = now() + ${leaseS}::float8 * interval '1 second',
        deadline_at = least(created_at + interval '24 hours', now() + ${deadlineS}::float8 * interval '1 second')
      WHERE id = ${next.id}::uuid`;
    await tx.$executeRaw`
      INSERT INTO attempt (id, generation_id, n, submit_key, epoch)
      SELECT ${uuidV7()}::uuid, ${next.id}::uuid, coalesce(max(n), 0) + 1, gen_random_uuid(), ${epoch}
      FROM attempt WHERE generation_id = ${next.id}::uuid`;
    await tx.$executeRaw`UPDATE slot SET generation_id = ${next.id}::uuid WHERE provider = ${provider} AND n = ${slot.n}`;
    await tx.$executeRaw`
      UPDATE lane SET running = running + 1, queued = queued - 1, vtime = vtime + ${next.units} / weight
      WHERE user_id = ${lane.user_id}::uuid`;
    await deps.queue.enqueue(QUEUES.submit, { id: next.id, epoch }, { tx, key: `${next.id}:${epoch}` });
    await appendEvents(tx, lane.user_id, [{ type: 'generation.changed', subject: next.id }]);
    return 'taken';
  }).catch((error: unknown): Turn => {
    if (error instanceof NoToken) return { afterMs: error.afterMs };
    throw error;
  });
}

/** Undoes a turn that may not be taken yet. */
class NoToken extends Error {
  override readonly name = 'NoToken';
  readonly afterMs: number;
  constructor(afterMs: number) {
    super('the provider may be asked later');
    this.afterMs = afterMs;
  }
}

/** Models with a limit of their own of which as many run as may. */
async function fullModels(tx: Tx, provider: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ key: string }[]>`
    SELECT provider AS key FROM slot WHERE provider LIKE ${`${provider} %`} GROUP BY provider HAVING bool_and(generation_id IS NOT NULL)`;
  return rows.map(({ key }) => key.slice(provider.length + 1));
}

/** False when the model has a limit and its last slot was taken under our eyes: whoever has it rings when it ends. */
async function takeModelSlot(tx: Tx, key: string, generationId: string): Promise<boolean> {
  const taken = await tx.$executeRaw`
    UPDATE slot SET generation_id = ${generationId}::uuid WHERE (provider, n) =
      (SELECT provider, n FROM slot WHERE provider = ${key} AND generation_id IS NULL ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED)`;
  if (taken > 0) return true;
  const limited = await tx.$queryRaw<unknown[]>`SELECT 1 FROM slot WHERE provider = ${key} LIMIT 1`;
  return limited.length === 0;
}
