import type { ResultKind } from '@pingplex/shared/contracts/http';
import { GENERATION_MOVES, type GenerationState } from '@pingplex/shared/domain';
import { AppError, type ErrorCode } from '@pingplex/shared/errors';
import type { Tx } from '../../db/client.ts';
import { capture, lockWallet, release, uuidV7 } from '../credits/service.ts';
import { appendEvents } from '../events/service.ts';
import { leaveLane, returnToLane } from './lanes.ts';
import { ringPump } from './pump.ts';
import { type Deps, Superseded } from './types.ts';

/** What a transition needs to know of a generation; `epoch` is the one that the caller acts for. */
export type Ref = { id: string; userId: string; provider: string; epoch: number; units: number; credits: number };

export type VerifiedOutput = {
  sha256: string;
  sizeBytes: number;
  kind: ResultKind;
  mime: string;
  width: number | null;
  height: number | null;
  /** Null for pictures. */
  durationMs: number | null;
};

/** Where a generation may come from on its way to `to`, by the one table of moves. */
function sourcesOf(to: GenerationState): GenerationState[] {
  return (Object.keys(GENERATION_MOVES) as GenerationState[]).filter((from) => GENERATION_MOVES[from].includes(to));
}

/**
 * Succeeded: capture, result rows, state, turn and events in one transaction.
 * @param credits what the delivered part costs, never more than is held
 */
export async function succeed(tx: Tx, deps: Deps, ref: Ref, outputs: readonly VerifiedOutput[], credits: number): Promise<void> {
  // A share that rounds down to nothing is a gift.
  const by = { id: ref.id, actor: 'system', reason: 'generation.succeeded' };
  const outcome = credits > 0 ? await capture(tx, { ...by, credits }) : await release(tx, by);
  if (outcome.code !== 'captured' && outcome.code !== 'released') throw new Superseded();
  await finishRow(tx, ref, 'succeeded', null, []);
  const days = deps.settings.resultDays;
  for (const [n, o] of outputs.entries()) {
    await tx.$executeRaw`
      INSERT INTO generation_result (id, generation_id, user_id, n, kind, mime, size_bytes, sha256, width, height, duration_ms, expires_at)
      VALUES (${uuidV7()}::uuid, ${ref.id}::uuid, ${ref.userId}::uuid, ${n}, ${o.kind}, ${o.mime}, ${o.sizeBytes}, ${o.sha256}, ${o.width}, ${o.height}, ${o.durationMs},
              now() + ${days}::float8 * interval '1 day')`;
  }
  await afterwards(tx, deps, ref, false);
}

export type Ending = { state: 'failed' | 'canceled'; code: ErrorCode; categories?: readonly string[] };

/** Failed or canceled: the release and the state are one transaction, and the reason is on record. */
export async function end(tx: Tx, deps: Deps, ref: Ref, ending: Ending, wasQueued: boolean): Promise<void> {
  const outcome = await release(tx, { id: ref.id, actor: 'system', reason: ending.code });
  // Resolved already although the generation isn't over: whoever did it is finishing it right now.
  if (outcome.code === 'already') throw new Superseded();
  if (outcome.code === 'notFound') throw new AppError('credits.invariantBroken', `generation ${ref.id} has no hold`);
  await finishRow(tx, ref, ending.state, ending.code, ending.categories ?? [], wasQueued);
  await afterwards(tx, deps, ref, wasQueued);
}

async function finishRow(
  tx: Tx,
  ref: Ref,
  state: 'succeeded' | 'failed' | 'canceled',
  code: string | null,
  categories: readonly string[],
  wasQueued = false,
): Promise<void> {
  const from = wasQueued ? ['queued'] : sourcesOf(state).filter((s) => s !== 'queued');
  const changed = await tx.$executeRaw`
    UPDATE generation SET state = ${state}, finished_at = now(), live_text = NULL, lease_until = NULL, poll_at = NULL, failure_code = ${code}, failure_categories = ${[...categories]}
    WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state = ANY(${from})`;
  if (changed === 0) throw new Superseded();
}

async function afterwards(tx: Tx, deps: Deps, ref: Ref, wasQueued: boolean): Promise<void> {
  await leaveLane(tx, ref.userId, ref.id, wasQueued);
  await ringPump(deps.queue, ref.provider, { tx });
  await appendEvents(tx, ref.userId, [{ type: 'wallet.changed' }, { type: 'generation.changed', subject: ref.id }]);
}

/** Back to the line: nothing was paid. The hold stays. */
export async function requeue(tx: Tx, deps: Deps, ref: Ref, outcome: string, delayMs: number): Promise<void> {
  const changed = await tx.$executeRaw`
    UPDATE generation SET state = 'queued', lease_until = NULL, not_before = now() + ${delayMs}::float8 * interval '1 millisecond',
      deadline_at = created_at + interval '24 hours'
    WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state = 'submitting'`;
  if (changed === 0) throw new Superseded();
  await closeAttempt(tx, ref, outcome, {});
  await returnToLane(tx, ref.userId, ref.id);
  await ringPump(deps.queue, ref.provider, { tx, delayS: Math.max(1, Math.ceil(delayMs / 1000)) });
  await appendEvents(tx, ref.userId, [{ type: 'generation.changed', subject: ref.id }]);
}

/** Sent, and nobody knows. Never sent again; given up after the grace time. */
export async function becomeUnknown(tx: Tx, ref: Ref, message: string): Promise<void> {
  const changed = await tx.$executeRaw`
    UPDATE generation SET state = 'unknown', unknown_since = now(), lease_until = NULL
    WHERE id = ${ref.id}::uuid AND epoch = ${ref.epoch} AND state = 'submitting'`;
  if (changed === 0) throw new Superseded();
  await closeAttempt(tx, ref, 'unknown', { error: { message: message.slice(0, 500) } });
  await appendEvents(tx, ref.userId, [{ type: 'generation.changed', subject: ref.id }]);
}

export type AttemptFacts = {
  requestId?: string | null;
  error?: { status?: number; message: string };
  outputs?: readonly ({ sha256: string; sizeBytes: number } | { url: string })[];
  usage?: unknown;
  costMicroUsd?: number | null;
  tokens?: { input: number; output: number } | null;
};

/** Writes down how the attempt of this epoch went. */
export async function closeAttempt(tx: Tx, ref: Ref, outcome: string, facts: AttemptFacts): Promise<void> {
  const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));
  await tx.$executeRaw`
    UPDATE attempt SET outcome = ${outcome}, answered_at = now(), provider_request_id = ${facts.requestId ?? null},
      outputs = ${json(facts.outputs)}::jsonb, usage = ${json(facts.usage)}::jsonb, provider_cost_micro_usd = ${facts.costMicroUsd ?? null}::bigint,
      tokens_in = ${facts.tokens?.input ?? null}, tokens_out = ${facts.tokens?.output ?? null},
      error = ${json(facts.error)}::jsonb
    WHERE generation_id = ${ref.id}::uuid AND epoch = ${ref.epoch}`;
}

/** Locks in the order that every movement keeps: the wallet before the generation. */
export async function lockForEnding(
  tx: Tx,
  userId: string,
  id: string,
): Promise<(Ref & { state: GenerationState; sentAt: Date | null; isCancelWished: boolean }) | null> {
  await lockWallet(tx, userId);
  const [row] = await tx.$queryRaw<
    { provider: string; epoch: number; units: number; credits: number; state: GenerationState; isCancelWished: boolean }[]
  >`
    SELECT provider, epoch, units, credits, state, cancel_requested_at IS NOT NULL AS "isCancelWished" FROM generation WHERE id = ${id}::uuid AND user_id = ${userId}::uuid FOR UPDATE`;
  if (!row) return null;
  // A statement of its own, after the lock: it sees what the transaction that we may have waited for has written.
  const [attempt] = await tx.$queryRaw<{ sent_at: Date | null }[]>`
    SELECT sent_at FROM attempt WHERE generation_id = ${id}::uuid AND epoch = ${row.epoch}`;
  return { id, userId, ...row, sentAt: attempt?.sent_at ?? null };
}
