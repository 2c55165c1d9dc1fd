import { setTimeout as wait } from 'node:timers/promises';
import { inTransaction } from '../../db/transaction.ts';
import type { SourceFile, SubmitAnswer } from '../../providers/port.ts';
import { deliver, finish } from './deliver.ts';
import { blockProvider, noteProviderHealth } from './lanes.ts';
import { keepLiveText } from './live-text.ts';
import { accept } from './poll.ts';
import { becomeUnknown, closeAttempt, end, lockForEnding, type Ref, requeue } from './settle.ts';
import { keepLease, readSources, readTask, type Task, tagOf } from './task.ts';
import { type Deps, Superseded, unlessSuperseded } from './types.ts';

/** Connections that never stood are tried again so often before the generation fails. */
const MAX_UNSENT = 6;

/**
 * Sends a claimed generation to its provider and writes down what came of it. Nothing here is ever repeated once `sent_at` is
 * committed: a second run of the same job finds it and leaves the generation to the lease sweeper.
 */
export async function submitGeneration(deps: Deps, id: string, epoch: number, signal: AbortSignal): Promise<void> {
  const task = await readTask(deps, id, epoch);
  if (task?.state !== 'submitting' || task.attempt.sentAt !== null) return;
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
    const against = await moderate(deps, task, sources, signal);
    if (against.length > 0) {
      await finish(deps, task, 'generation.refused', 'moderated', { requestId: null }, against);
      return;
    }
    if (!(await markSent(deps, task))) return;
    const { providerModel, capability, prompt, settings, units, attempt } = task;
    const live = keepLiveText(deps, task);
    const answer = await provider.submit({
      ...{ providerModel, capability, prompt, settings, sources, units },
      signal: AbortSignal.any([signal, live.signal]),
      onText: live.take,
      submitKey: attempt.submitKey,
      userTag: tagOf(task.userId),
    });
    await live.stop();
    deps.log.info({ generationId: id, attempt: epoch, event: answer.kind, requestId: answer.requestId }, 'provider answered');
    await persistently(deps, () => record(deps, task, answer));
  } finally {
    lease.stop();
  }
}

/** What stands against this prompt and these pictures, asked before anything is paid; nothing where nobody can be asked. */
async function moderate(deps: Deps, task: Task, sources: readonly SourceFile[], signal: AbortSignal): Promise<string[]> {
  const judge = Object.values(deps.providers).find((provider) => provider.moderate !== undefined);
  if (!judge?.moderate) return [];
  const found = await judge.moderate({ prompt: task.prompt, images: sources.filter((source) => source.role !== 'audio'), signal });
  // The providers judge by themselves as well.
  if (found === null) deps.log.warn({ generationId: task.id, attempt: task.epoch }, 'nobody could be asked whether this may be made');
  return found ?? [];
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
    case 'accepted':
      return takeUp(deps, task, answer);
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

/** The handle goes on record even when the generation was given up meanwhile: somebody has to know of a task that is billed. */
async function takeUp(deps: Deps, task: Task, answer: Extract<SubmitAnswer, { kind: 'accepted' }>): Promise<void> {
  if (await accept(deps, task, answer)) return;
  await deps.db.$executeRaw`
    UPDATE attempt SET provider_task_id = ${answer.handle}, provider_request_id = ${answer.requestId}
    WHERE generation_id = ${task.id}::uuid AND epoch = ${task.epoch} AND provider_task_id IS NULL`;
  deps.log.warn({ generationId: task.id, attempt: task.epoch }, 'a task was accepted after its generation had been given up');
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
