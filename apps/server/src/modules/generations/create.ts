import type { Generation, GenerationRequest } from '@pingplex/shared/contracts/http';
import type { SettingsValues } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Tx } from '../../db/client.ts';
import { inTransaction, sqlStates } from '../../db/transaction.ts';
import { type CatalogueEntry, completeSettings, quote } from '../catalogue/service.ts';
import { hold, uuidV7 } from '../credits/service.ts';
import { appendEvents } from '../events/service.ts';
import { findEarlier, type KeyUse, pointKeyTo, takeKey } from './idempotency.ts';
import { enterLane } from './lanes.ts';
import { ringPump } from './pump.ts';
import { requireGeneration } from './read.ts';
import { findSources, type Source } from './sources.ts';
import type { Deps } from './types.ts';

/** A queued generation may wait behind many others; its hold is extended while it does, up to a day. */
const HOLD_S = 15 * 60;
const LONGEST_WAIT_S = 24 * 3600;

/**
 * Prices, holds and queues one generation in one transaction. The same key answers with the same generation.
 * @param once the client's Idempotency-Key and the hash of the body it belongs to
 * @throws AppError `credits.insufficient`, `credits.debt`, `generation.*`, `request.idempotencyMismatch`, `request.inProgress`
 */
export async function createGeneration(
  deps: Deps,
  userId: string,
  once: { key: string; bodyHash: string },
  request: GenerationRequest,
): Promise<Generation> {
  const { key } = once;
  const use: KeyUse = { userId, key, route: 'generations.create', hash: once.bodyHash };
  // Before any validation: what was accepted once is answered the same way, even if the model has been retired since.
  const earlier = await findEarlier(deps.db, use);
  if (earlier) return requireGeneration(deps.db, userId, earlier);

  await deps.catalogue.refresh();
  const { entry, sandbox } = deps.catalogue.require(request.modelId);
  if ([...request.prompt].length > entry.limits.maxPromptChars) {
    throw new AppError('request.invalid', 'the prompt is too long for this model', {
      field: 'prompt',
      params: { max: entry.limits.maxPromptChars },
    });
  }
  if (request.prompt === '' && entry.limits.promptOptional !== true) {
    throw new AppError('request.invalid', 'the model needs a prompt', { field: 'prompt' });
  }
  const settings = completeSettings(entry, request.settings ?? {});
  const { sources, seconds: sourceSeconds } = await findSources(deps.db, userId, entry, request.sources ?? []);
  const price = quote(entry, settings, { prompt: request.prompt, sources: sources.length, sourceSeconds });
  const id = uuidV7();
  try {
    const made = await inTransaction(deps.db, async (tx) => {
      if (!(await takeKey(tx, use, id))) return findEarlier(tx, use);
      // The key's row is deleted after a week, the generation's own is not: the same item is never bought twice.
      const [known] = await tx.$queryRaw<{ id: string }[]>`
        SELECT id::text FROM generation WHERE user_id = ${userId}::uuid AND client_key = ${key}::uuid`;
      if (known) {
        await pointKeyTo(tx, use, known.id);
        return known.id;
      }
      await holdFor(tx, userId, id, price.credits);
      await insert(tx, { id, userId, key, request, entry, settings, units: price.units, credits: price.credits, sandbox });
      await insertSources(tx, id, sources);
      await enterLane(tx, userId);
      await ringPump(deps.queue, entry.provider, { tx });
      await appendEvents(tx, userId, [{ type: 'wallet.changed' }, { type: 'generation.changed', subject: id }]);
      return id;
    });
    return await requireGeneration(deps.db, userId, made ?? id);
  } catch (error) {
    if ([...sqlStates(error)].includes('55P03')) {
      throw new AppError('request.inProgress', 'the same request is still being worked on', { retryAfterMs: 1_000, cause: error });
    }
    throw error;
  }
}

async function holdFor(tx: Tx, userId: string, id: string, credits: number): Promise<void> {
  const outcome = await hold(tx, { id, userId, amount: credits, expiresInS: HOLD_S, actor: `user:${userId}`, reason: 'generation.held' });
  if (outcome.code === 'insufficient') {
    throw new AppError('credits.insufficient', 'not enough credits', { params: { need: outcome.need, have: outcome.have } });
  }
  if (outcome.code === 'debt') throw new AppError('credits.debt', 'credits are owed', { params: { debt: outcome.debt } });
  if (outcome.code === 'already') throw new AppError('credits.invariantBroken', 'a fresh generation id has a hold already');
}

type NewGeneration = {
  id: string;
  userId: string;
  key: string;
  request: GenerationRequest;
  entry: CatalogueEntry;
  settings: SettingsValues;
  units: number;
  credits: number;
  sandbox: boolean;
};

async function insert(tx: Tx, g: NewGeneration): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO generation (id, user_id, client_key, model_id, provider, provider_model, capability, prompt, settings, units, credits,
                            price_rule, sandbox, deadline_at)
    VALUES (${g.id}::uuid, ${g.userId}::uuid, ${g.key}::uuid, ${g.entry.id}, ${g.entry.provider}, ${g.entry.providerModel},
            ${g.entry.capability}, ${g.request.prompt}, ${JSON.stringify(g.settings)}::jsonb, ${g.units}, ${g.credits},
            ${JSON.stringify(g.entry.price)}::jsonb, ${g.sandbox}, now() + ${LONGEST_WAIT_S}::float8 * interval '1 second')`;
}

async function insertSources(tx: Tx, id: string, sources: readonly Source[]): Promise<void> {
  if (sources.length === 0) return;
  const rows = JSON.stringify(sources.map((s, n) => ({ n, ...s })));
  await tx.$executeRaw`
    INSERT INTO generation_source (generation_id, n, role, sha256, mime, size_bytes)
    SELECT ${id}::uuid, n, role, sha256, mime, "sizeBytes"
    FROM jsonb_to_recordset(${rows}::jsonb) AS s(n int, role text, sha256 text, mime text, "sizeBytes" bigint)`;
}
