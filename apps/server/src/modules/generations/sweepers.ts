import { inTransaction } from '../../db/transaction.ts';
import { expireDue, extendHold } from '../credits/service.ts';
import { appendEvents, deleteOldEvents } from '../events/service.ts';
import { deleteExpiredFiles } from '../files/service.ts';
import { deliver } from './deliver.ts';
import { deleteOldKeys } from './idempotency.ts';
import { ensureLimits } from './lanes.ts';
import { canFind, findLost, pollGeneration } from './poll.ts';
import { ringPump } from './pump.ts';
import { becomeUnknown, end, lockForEnding, requeue } from './settle.ts';
import { storeResults } from './store.ts';
import { readTask } from './task.ts';
import { type Deps, QUEUES, unlessSuperseded } from './types.ts';

const CHUNK = 200;
type Found = { id: string; user_id: string };

/** One after the other; one that fails is reported and keeps no other one from its turn. */
async function each<T extends { id?: string; user_id: string }>(deps: Deps, found: readonly T[], work: (item: T) => Promise<unknown>) {
  for (const item of found) {
    await work(item).catch((error: unknown) => {
      deps.log.error({ generationId: item.id, userId: item.user_id, err: error }, 'a sweeper could not mend this one');
    });
  }
}

/** Workers that stopped giving signs of life. Unsent: back to the line. Sent: unknown. Stored: finish what is left to finish. */
export async function sweepLeases(deps: Deps): Promise<number> {
  const found = await deps.db.$queryRaw<Found[]>`
    SELECT id::text, user_id::text FROM generation WHERE state IN ('submitting', 'storing') AND lease_until < now() LIMIT ${CHUNK}`;
  await each(deps, found, ({ id, user_id }) =>
    unlessSuperseded(() =>
      inTransaction(deps.db, async (tx) => {
        const now = await lockForEnding(tx, user_id, id);
        const lapsed = await tx.$queryRaw<unknown[]>`SELECT 1 FROM generation WHERE id = ${id}::uuid AND lease_until < now()`;
        if (!now || lapsed.length === 0) return;
        deps.log.warn(
          { generationId: id, attempt: now.epoch, status: now.state, event: now.sentAt === null ? 'unsent' : 'sent' },
          'a worker went silent',
        );
        if (now.state === 'storing') await deps.queue.enqueue(QUEUES.store, { id, epoch: now.epoch }, { tx, key: id });
        else if (now.state === 'submitting' && now.sentAt !== null) await becomeUnknown(tx, now, 'the worker went silent after sending');
        else if (now.state === 'submitting') await requeue(tx, deps, now, 'leaseLost', 0);
      }),
    ),
  );
  return found.length;
}

/**
 * Submits whose answer is lost. Where the provider knows our id the task is looked for and goes on; else, after the grace time, the
 * user gets the credits back (we may have paid the provider).
 */
export async function sweepUnknown(deps: Deps): Promise<number> {
  const searchable = Object.keys(deps.providers).filter((name) => canFind(deps.providers[name]));
  const lost = await deps.db.$queryRaw<(Found & { epoch: number })[]>`
    SELECT id::text, user_id::text, epoch FROM generation WHERE state = 'unknown' AND provider = ANY(${searchable}) LIMIT ${CHUNK}`;
  await each(deps, lost, ({ id, epoch }) => findLost(deps, id, epoch));
  const found = await deps.db.$queryRaw<(Found & { epoch: number })[]>`
    SELECT id::text, user_id::text, epoch FROM generation
    WHERE state = 'unknown' AND unknown_since < now() - ${deps.settings.unknownGraceS}::float8 * interval '1 second' LIMIT ${CHUNK}`;
  await each(deps, found, async ({ id, user_id, epoch }) => {
    if (!(await deliverLiveText(deps, id, epoch))) await giveUp(deps, id, user_id, ['unknown'], 'generation.submitLost');
  });
  return found.length;
}

/** A text whose worker died while it was being written: what had come is delivered, and only that is paid. */
async function deliverLiveText(deps: Deps, id: string, epoch: number): Promise<boolean> {
  const task = await readTask(deps, id, epoch);
  if (task?.state !== 'unknown' || task.capability !== 'text' || task.liveText === null || task.liveText === '') return false;
  const outputs = [Buffer.from(task.liveText, 'utf8')];
  await deliver(deps, task, { kind: 'delivered', outputs, usage: null, costMicroUsd: null, isPartial: true, requestId: null });
  return true;
}

/** Tasks whose next look is overdue: the worker that had it is gone. */
export async function sweepPolls(deps: Deps): Promise<number> {
  const found = await deps.db.$queryRaw<(Found & { epoch: number })[]>`
    SELECT id::text, user_id::text, epoch FROM generation
    WHERE poll_at < now() - ${deps.settings.leaseS}::float8 * interval '1 second' AND state IN ('submitted', 'running') ORDER BY poll_at LIMIT ${CHUNK}`;
  await each(deps, found, ({ id, epoch }) => deps.queue.enqueue(QUEUES.poll, { id, epoch }, { key: id }));
  return found.length;
}

/**
 * Past the deadline whatever the state; a queued one after a day in the line. What is stored already is finished instead, and given
 * up only when that still fails a day after it was asked for.
 */
export async function sweepDeadlines(deps: Deps): Promise<number> {
  const found = await deps.db.$queryRaw<(Found & { epoch: number; state: string; isLast: boolean })[]>`
    SELECT id::text, user_id::text, epoch, state, created_at < now() - interval '24 hours' AS "isLast"
    FROM generation WHERE finished_at IS NULL AND deadline_at < now() LIMIT ${CHUNK}`;
  await each(deps, found, async ({ id, user_id, epoch, state, isLast }) => {
    if (state === 'storing') {
      await storeResults(deps, id, epoch).catch((error: unknown) => {
        if (!isLast) throw error;
      });
    }
    // A last look: the provider may have finished it since the one before.
    if (state === 'submitted' || state === 'running') await pollGeneration(deps, id, epoch, AbortSignal.timeout(20_000));
    const states = ['queued', 'submitting', 'submitted', 'running', 'unknown', ...(isLast ? ['storing'] : [])];
    await giveUp(deps, id, user_id, states, 'generation.timedOut');
  });
  return found.length;
}

async function giveUp(deps: Deps, id: string, userId: string, states: string[], code: 'generation.submitLost' | 'generation.timedOut') {
  await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const now = await lockForEnding(tx, userId, id);
      if (!now || !states.includes(now.state)) return;
      // "Canceled" is only reachable from some states; an unknown submit that was to be canceled still ends as lost.
      const canCancel = now.isCancelWished && now.state !== 'unknown';
      const ending = canCancel ? ({ state: 'canceled', code: 'generation.canceled' } as const) : ({ state: 'failed', code } as const);
      deps.log.warn({ generationId: id, status: now.state, code: ending.code }, 'gave a generation up');
      await end(tx, deps, now, ending, now.state === 'queued');
    }),
  );
}

/** Holds past their time: extended while the generation lives (deadlines end those), an alarm when it doesn't. */
export async function sweepHolds(deps: Deps): Promise<number> {
  const found = await deps.db.$queryRaw<(Found & { living: boolean })[]>`
    SELECT h.id::text, h.user_id::text, coalesce(g.finished_at IS NULL AND g.id IS NOT NULL, false) AS living
    FROM hold h LEFT JOIN generation g ON g.id = h.id WHERE h.state = 'open' AND h.expires_at < now() LIMIT ${CHUNK}`;
  await each(deps, found, async (hold) => {
    if (hold.living) await inTransaction(deps.db, (tx) => extendHold(tx, hold.id, 15 * 60));
    else deps.log.error({ generationId: hold.id }, 'an open hold without a living generation: run admin ledger check');
  });
  return found.length;
}

/** Grants past their date, one user per transaction. */
export async function sweepGrants(deps: Deps): Promise<number> {
  const found = await deps.db.$queryRaw<{ user_id: string }[]>`
    SELECT user_id::text FROM wallet WHERE next_expiry <= now() ORDER BY next_expiry LIMIT ${CHUNK}`;
  await each(deps, found, ({ user_id }) =>
    inTransaction(deps.db, async (tx) => {
      const done = await expireDue(tx, user_id);
      if (done.code === 'expired') await appendEvents(tx, user_id, [{ type: 'wallet.changed' }]);
    }),
  );
  return found.length;
}

/** Slots of finished generations and counters that went astray: mended and reported, since neither should happen. */
export async function sweepLanes(deps: Deps): Promise<number> {
  await deps.catalogue.refresh();
  for (const provider of Object.keys(deps.providers)) {
    await inTransaction(deps.db, (tx) => ensureLimits(tx, provider, deps.settings.slots, deps.catalogue.entries()));
  }
  const freed = await deps.db.$executeRaw`
    UPDATE slot SET generation_id = NULL WHERE generation_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM generation g WHERE g.id = slot.generation_id AND g.finished_at IS NULL AND g.state <> 'queued')`;
  // Locks one lane at a time and counts anew under the lock, so that a turn taken meanwhile is not undone.
  const astray = await deps.db.$queryRaw<{ user_id: string }[]>`
    SELECT l.user_id::text FROM lane l LEFT JOIN generation g ON g.user_id = l.user_id AND g.finished_at IS NULL
    GROUP BY l.user_id HAVING l.queued <> count(g.id) FILTER (WHERE g.state = 'queued') OR l.running <> count(g.id) FILTER (WHERE g.state <> 'queued')
    LIMIT ${CHUNK}`;
  let mended = freed;
  for (const { user_id } of astray) {
    mended += await inTransaction(deps.db, async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM lane WHERE user_id = ${user_id}::uuid FOR UPDATE`;
      return tx.$executeRaw`
        UPDATE lane l SET queued = c.queued, running = c.running
        FROM (SELECT count(*) FILTER (WHERE state = 'queued')::int AS queued, count(*) FILTER (WHERE state <> 'queued')::int AS running
              FROM generation WHERE user_id = ${user_id}::uuid AND finished_at IS NULL) c
        WHERE l.user_id = ${user_id}::uuid AND (l.queued, l.running) IS DISTINCT FROM (c.queued, c.running)`;
    });
  }
  if (mended > 0) deps.log.error({ count: mended }, 'slots or lanes had gone astray');
  return mended;
}

/** Rings for every provider: work that lost its bell is found again. */
export async function sweepBells(deps: Deps): Promise<number> {
  for (const provider of Object.keys(deps.providers)) await ringPump(deps.queue, provider);
  return 0;
}

/** Idempotency keys, events, uploads and results past their time. */
export async function sweepOld(deps: Deps): Promise<number> {
  const [keys, events, files] = [
    await deleteOldKeys(deps.db),
    await deleteOldEvents(deps.db),
    await deleteExpiredFiles(deps.db, deps.storage),
  ];
  return keys + events + files;
}
