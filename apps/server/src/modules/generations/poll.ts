import { inTransaction } from '../../db/transaction.ts';
import type { PollAnswer, Provider, TaskCalls } from '../../providers/port.ts';
import { appendEvents } from '../events/service.ts';
import { deliver, finish } from './deliver.ts';
import { noteProviderHealth } from './lanes.ts';
import type { Ref } from './settle.ts';
import { readTask, type Task } from './task.ts';
import { type Deps, QUEUES, Superseded, unlessSuperseded } from './types.ts';

/** Looks are spread by so much of their delay, so that tasks begun together are not looked at together. */
const JITTER = 0.2;

/**
 * The provider works on it under `handle`. The handle and the first look are one commit: from here on any worker can go on, and
 * nothing is ever sent again.
 */
export async function accept(
  deps: Deps,
  ref: Ref,
  answer: { handle: string; requestId: string | null; firstPollMs: number },
): Promise<boolean> {
  return unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const moved = await tx.$executeRaw`
        UPDATE generation SET state = 'submitted', lease_until = NULL, unknown_since = NULL,
          poll_at = now() + ${answer.firstPollMs}::float8 * interval '1 millisecond',
          deadline_at = least(created_at + interval '24 hours', now() + ${deps.settings.taskDeadlineS}::float8 * interval '1 second')
        WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state IN ('submitting', 'unknown')`;
      if (moved === 0) throw new Superseded();
      await tx.$executeRaw`
        UPDATE attempt SET provider_task_id = ${answer.handle}, provider_request_id = ${answer.requestId}, outcome = NULL, error = NULL
        WHERE generation_id = ${ref.id}::uuid AND epoch = ${ref.epoch}`;
      await noteProviderHealth(tx, ref.provider, true);
      await deps.queue.enqueue(QUEUES.poll, { id: ref.id, epoch: ref.epoch }, { tx, key: ref.id, delayS: answer.firstPollMs / 1000 });
      await appendEvents(tx, ref.userId, [{ type: 'generation.changed', subject: ref.id }]);
    }),
  );
}

/**
 * One look at a task. Short, and any worker may do it: the handle is in the row. Looks that fail never fail the generation; only the
 * provider's verdict or the deadline ends it.
 */
export async function pollGeneration(deps: Deps, id: string, epoch: number, signal: AbortSignal): Promise<void> {
  const task = await readTask(deps, id, epoch);
  const calls = task ? deps.providers[task.provider]?.tasks : undefined;
  if (!task || !calls || task.attempt.handle === null || !['submitted', 'running'].includes(task.state)) return;
  const about = { handle: task.attempt.handle, capability: task.capability, providerModel: task.providerModel, signal };
  // Once it runs it is billed; before that some providers let go of it.
  if (task.isCancelWished && task.state === 'submitted' && calls.cancel && (await calls.cancel(about)) === 'canceled') {
    return finish(deps, task, 'generation.canceled', 'canceled', { requestId: null });
  }
  const answer = await calls.poll(about);
  await settlePoll(deps, task, calls, answer);
}

async function settlePoll(deps: Deps, task: Task, calls: TaskCalls, answer: PollAnswer): Promise<void> {
  switch (answer.kind) {
    case 'delivered':
      deps.log.info({ generationId: task.id, attempt: task.epoch, requestId: answer.requestId, polls: task.attempt.polls }, 'task is done');
      return deliver(deps, task, answer);
    case 'refused':
      return finish(deps, task, 'generation.refused', 'refused', answer, answer.categories);
    case 'failed':
      return finish(deps, task, 'generation.providerRejected', 'failed', answer);
    case 'gone':
      // It was accepted once: the provider has dropped it, and what it cost is unknown.
      deps.log.error({ generationId: task.id, attempt: task.epoch, provider: task.provider }, 'the provider has lost an accepted task');
      return finish(deps, task, 'generation.submitLost', 'gone', answer);
    case 'working':
      return lookAgain(deps, task, calls.pollDelayMs(task.attempt.polls + 1), answer.stage === 'running');
    case 'noAnswer':
      deps.log.warn({ generationId: task.id, attempt: task.epoch, provider: task.provider }, 'a look at a task brought no answer');
      return lookAgain(deps, task, Math.max(answer.retryAfterMs ?? 0, calls.pollDelayMs(task.attempt.polls + 1)), false);
  }
}

async function lookAgain(deps: Deps, task: Task, delayMs: number, isRunning: boolean): Promise<void> {
  const spread = delayMs * (1 + (Math.random() - 0.5) * JITTER);
  const hasBegun = isRunning && task.state === 'submitted';
  await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const state = hasBegun ? 'running' : task.state;
      const mine = await tx.$executeRaw`
        UPDATE generation SET state = ${state}, poll_at = now() + ${spread}::float8 * interval '1 millisecond'
        WHERE id = ${task.id}::uuid AND epoch = ${task.epoch} AND state = ${task.state}`;
      if (mine === 0) throw new Superseded();
      await tx.$executeRaw`UPDATE attempt SET polls = polls + 1 WHERE generation_id = ${task.id}::uuid AND epoch = ${task.epoch}`;
      await deps.queue.enqueue(QUEUES.poll, { id: task.id, epoch: task.epoch }, { tx, key: task.id, delayS: spread / 1000 });
      if (hasBegun) await appendEvents(tx, task.userId, [{ type: 'generation.changed', subject: task.id }]);
    }),
  );
}

/** Asks the provider for a task by our own id, when its answer to the submit was lost. True when it is found and goes on. */
export async function findLost(deps: Deps, id: string, epoch: number): Promise<boolean> {
  const task = await readTask(deps, id, epoch);
  const find = task ? deps.providers[task.provider]?.tasks?.find : undefined;
  if (!task || !find || task.state !== 'unknown') return false;
  const about = { capability: task.capability, providerModel: task.providerModel, signal: AbortSignal.timeout(20_000) };
  const handle = await find(task.attempt.submitKey, about);
  if (handle === null) return false;
  deps.log.info({ generationId: id, attempt: epoch }, 'a task whose answer was lost is found');
  return accept(deps, task, { handle, requestId: null, firstPollMs: 0 });
}

/** True when this provider can be asked for a task whose submit was never answered. */
export const canFind = (provider: Provider | undefined): boolean => provider?.tasks?.find !== undefined;
