import { inTransaction } from '../../db/transaction.ts';
import { fetchOutputs } from './fetch.ts';
import { creditsFor } from './price.ts';
import { prove } from './prove.ts';
import { end, lockForEnding, succeed, type VerifiedOutput } from './settle.ts';
import { keepLease, readTask, type Task } from './task.ts';
import { type Deps, unlessSuperseded } from './types.ts';

/**
 * Fetches what the provider still keeps, proves every result by its content, then finishes: only what opens is paid for. Repeatable:
 * the row says where the bytes are.
 */
export async function storeResults(deps: Deps, id: string, epoch: number): Promise<void> {
  const task = await readTask(deps, id, epoch);
  if (task?.state !== 'storing') return;
  const lease = keepLease(deps, task);
  try {
    await unlessSuperseded(() => storeTask(deps, task));
  } finally {
    lease.stop();
  }
}

async function storeTask(deps: Deps, task: Task): Promise<void> {
  const outputs = await fetchOutputs(deps, task);
  const verified: VerifiedOutput[] = [];
  // Whatever it is priced by: only of pictures there are several in one order.
  for (const output of outputs.slice(0, task.price.unit === 'image' ? task.units : 1)) {
    const facts = await prove(deps, task, output);
    if (facts) verified.push({ ...output, ...facts });
    else deps.log.warn({ generationId: task.id }, 'a delivered result is not what was ordered');
  }
  await inTransaction(deps.db, async (tx) => {
    const now = await lockForEnding(tx, task.userId, task.id);
    if (now?.state !== 'storing' || now.epoch !== task.epoch) return;
    if (verified.length > 0) await succeed(tx, deps, now, verified, creditsFor(task, verified));
    else await end(tx, deps, now, { state: 'failed', code: 'generation.resultUnreadable' }, false);
  });
  await discard(deps, task);
}

/** What the provider keeps of it isn't needed any more. Best effort: it forgets by itself after a while. */
async function discard(deps: Deps, { attempt: { handle }, ...task }: Task): Promise<void> {
  const forget = deps.providers[task.provider]?.tasks?.discard;
  if (handle === null || !forget) return;
  const about = { handle, capability: task.capability, providerModel: task.providerModel, signal: AbortSignal.timeout(20_000) };
  await forget(about).catch((error: unknown) => deps.log.warn({ generationId: task.id, err: error }, 'the provider keeps a result'));
}
