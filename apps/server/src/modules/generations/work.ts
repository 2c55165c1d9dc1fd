import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { SettingsValues } from '@pingplex/shared/domain';
import type { ErrorCode } from '@pingplex/shared/errors';
import { inTransaction } from '../../db/transaction.ts';
import type { SubmitAnswer } from '../../providers/port.ts';
import type { StoredObject } from '../../storage/storage.ts';
import { touchObject } from '../files/service.ts';
import { blockProvider, noteProviderHealth } from './lanes.ts';
import { becomeUnknown, closeAttempt, end, lockForEnding, type Ref, requeue } from './settle.ts';
import { storeResults } from './store.ts';
import { type Deps, Superseded, unlessSuperseded } from './types.ts';

type Task = Ref & {
  state: string;
  providerModel: string;
  capability: 'image' | 'imageEdit';
  prompt: string;
  settings: SettingsValues;
  sentAt: Date | null;
};

/** Connections that never stood are tried again so often before the generation fails. */
const MAX_UNSENT = 6;

/**
 * Sends a claimed generation to its provider and writes down what came of it. Nothing here is ever repeated once `sent_at` is
 * committed: a second run of the same job finds it and leaves the generation to the lease sweeper.
 */
export async function submitGeneration(deps: Deps, id: string, epoch: number, signal: AbortSignal): Promise<void> {
  const task = await readTask(deps, id, epoch);
  if (task?.state !== 'submitting' || task.sentAt !== null) return;
  const lease = keepLease(deps, task);
  try {
    const sources = await readSources(deps, id);
    if (!sources) {
      await finish(deps, task, 'generation.sourceMissing', 'sourceMissing', { requestId: null });
      return;
    }
    const provider = deps.providers[task.provider];
    if (!provider) {
      await finish(deps, task, 'generation.providerMisconfigured', 'misconfigured', { requestId: null });
      return;
    }
    if (!(await markSent(deps, task))) return;
    const answer = await provider.submit({ ...task, sources, userTag: tagOf(task.userId), signal });
    deps.log.info({ generationId: id, attempt: epoch, event: answer.kind, requestId: answer.requestId }, 'provider answered');
    await persistently(deps, () => record(deps, task, answer));
  } finally {
    lease.stop();
  }
}

/** Commits "about to be sent". From here on only the provider knows whether it was paid. False when canceled or taken over. */
async function markSent(deps: Deps, ref: Ref): Promise<boolean> {
  return unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const mine = await tx.$executeRaw`
        UPDATE generation SET lease_until = now() + ${deps.settings.leaseS}::float8 * interval '1 second'
        WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state = 'submitting'`;
      const first = await tx.$executeRaw`
        UPDATE attempt SET sent_at = now() WHERE generation_id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND sent_at IS NULL`;
      if (mine === 0 || first === 0) throw new Superseded();
    }),
  );
}

async function record(deps: Deps, task: Task, answer: SubmitAnswer): Promise<void> {
  switch (answer.kind) {
    case 'delivered':
      return deliver(deps, task, answer);
    case 'refused':
      return finish(deps, task, 'generation.refused', 'refused', answer, answer.categories);
    case 'rejected':
      return finish(deps, task, 'generation.providerRejected', 'rejected', answer);
    case 'misconfigured':
      deps.log.error({ provider: task.provider, status: answer.status }, 'the provider refuses our account');
      return finish(deps, task, 'generation.providerMisconfigured', 'misconfigured', answer);
    case 'unreadable':
      return finish(deps, task, 'generation.resultUnreadable', 'unreadable', answer);
    case 'throttled':
      return backToLine(deps, task, 'throttled', answer.retryAfterMs);
    case 'notSent':
      return retryUnsent(deps, task);
    case 'unknown':
      // Without the provider's words: they may quote the prompt.
      deps.log.warn({ generationId: task.id, attempt: task.epoch }, 'the outcome of a submit is unknown');
      await unlessSuperseded(() =>
        inTransaction(deps.db, async (tx) => {
          await becomeUnknown(tx, task, answer.message);
          await noteProviderHealth(tx, task.provider, false);
        }),
      );
  }
}

/** The bytes first, then the row that points at them: from then on a crash loses nothing. */
async function deliver(deps: Deps, task: Task, answer: Extract<SubmitAnswer, { kind: 'delivered' }>): Promise<void> {
  const outputs: StoredObject[] = [];
  for (const bytes of answer.outputs) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await touchObject(deps.db, sha256, bytes.length);
    outputs.push(await deps.storage.put(bytes, sha256));
  }
  const mine = await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const moved = await tx.$executeRaw`
        UPDATE generation SET state = 'storing', lease_until = now() + ${deps.settings.leaseS}::float8 * interval '1 second'
        WHERE id = ${task.id}::uuid AND epoch = ${task.epoch} AND state IN ('submitting', 'unknown')`;
      if (moved === 0) throw new Superseded();
      await closeAttempt(tx, task, 'delivered', { ...answer, outputs });
      await noteProviderHealth(tx, task.provider, true);
    }),
  );
  if (mine) {
    await storeResults(deps, task.id, task.epoch);
    return;
  }
  // Too late for the user, who has the credits back, but the provider's bill has it: the attempt says what it cost.
  const late = await deps.db.$executeRaw`
    UPDATE attempt SET provider_cost_micro_usd = ${answer.costMicroUsd}::bigint, provider_request_id = ${answer.requestId}
    WHERE generation_id = ${task.id}::uuid AND epoch = ${task.epoch} AND provider_cost_micro_usd IS NULL`;
  deps.log.warn({ generationId: task.id, attempt: task.epoch, count: late }, 'a late answer was paid for and dropped');
}

/** Failed; or canceled, when the user had wished so while the provider was at work. */
async function finish(
  deps: Deps,
  task: Task,
  code: ErrorCode,
  outcome: string,
  answer: { requestId: string | null; status?: number; message?: string },
  categories: readonly string[] = [],
): Promise<void> {
  await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const { cancelRequestedAt } = await tx.generation.findUniqueOrThrow({ where: { id: task.id }, select: { cancelRequestedAt: true } });
      const ending = cancelRequestedAt
        ? ({ state: 'canceled', code: 'generation.canceled' } as const)
        : ({ state: 'failed', code, categories } as const);
      await end(tx, deps, task, ending, false);
      const error = { message: (answer.message ?? code).slice(0, 500), ...(answer.status === undefined ? {} : { status: answer.status }) };
      await closeAttempt(tx, task, outcome, { requestId: answer.requestId, error });
    }),
  );
}

/** Sent again later; or canceled, when the user had wished so while it was on its way. */
async function backToLine(deps: Deps, task: Task, outcome: string, delayMs: number): Promise<void> {
  await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const now = await lockForEnding(tx, task.userId, task.id);
      if (now?.epoch !== task.epoch) throw new Superseded();
      if (now.isCancelWished) {
        // Nothing was taken: what the user wished while it was on its way can be done now.
        await end(tx, deps, task, { state: 'canceled', code: 'generation.canceled' }, false);
        await closeAttempt(tx, task, outcome, {});
      } else await requeue(tx, deps, task, outcome, delayMs);
      await blockProvider(tx, task.provider, delayMs);
    }),
  );
}

async function retryUnsent(deps: Deps, task: Task): Promise<void> {
  const unsent = await deps.db.attempt.count({ where: { generationId: task.id, outcome: 'notSent' } });
  if (unsent + 1 >= MAX_UNSENT) return finish(deps, task, 'generation.providerDown', 'notSent', { requestId: null });
  return backToLine(deps, task, 'notSent', 1_000 * 2 ** unsent);
}

/** An answer that was paid for is worth several tries to write down; the lease goes on meanwhile. */
async function persistently(deps: Deps, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 6) throw error;
      deps.log.error({ attempt, err: error }, 'an answer could not be written down yet');
      await wait(250 * 2 ** attempt);
    }
  }
}

/** Signs of life while the work lasts. */
function keepLease(deps: Deps, ref: Ref): { stop(): void } {
  const { leaseS } = deps.settings;
  const timer = setInterval(
    () => {
      deps.db.$executeRaw`UPDATE generation SET lease_until = now() + ${leaseS}::float8 * interval '1 second'
          WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state IN ('submitting', 'storing')`.catch(() => {
        // The next sign of life follows; when none gets through, the lease ends as it should.
      });
    },
    (leaseS * 1000) / 3,
  );
  return { stop: () => clearInterval(timer) };
}

async function readTask(deps: Deps, id: string, epoch: number): Promise<Task | null> {
  const row = await deps.db.generation.findFirst({
    where: { id, epoch },
    include: { attempts: { where: { epoch }, select: { sentAt: true } } },
  });
  if (!row) return null;
  const { userId, provider, units, credits, state, providerModel, prompt } = row;
  const capability = row.capability === 'imageEdit' ? 'imageEdit' : 'image';
  const settings = row.settings as SettingsValues;
  return {
    id,
    epoch,
    userId,
    provider,
    units,
    credits,
    state,
    providerModel,
    prompt,
    capability,
    settings,
    sentAt: row.attempts[0]?.sentAt ?? null,
  };
}

async function readSources(deps: Deps, id: string): Promise<{ role: 'image' | 'mask'; mime: string; bytes: Buffer }[] | null> {
  const rows = await deps.db.generationSource.findMany({ where: { generationId: id }, orderBy: { n: 'asc' } });
  const sources = [];
  for (const row of rows) {
    if ((await deps.storage.size(row.sha256)) === null) return null;
    const role = row.role === 'mask' ? ('mask' as const) : ('image' as const);
    sources.push({ role, mime: row.mime, bytes: await buffer(await deps.storage.get(row.sha256)) });
  }
  return sources;
}

/** The same user is the same tag for ever, and nobody can turn it back into an id without trying them all. */
function tagOf(userId: string): string {
  return createHash('sha256').update(`pingplex-user:${userId}`).digest('hex').slice(0, 32);
}
