import type { Tx } from '../../db/client.ts';
import type { CatalogueEntry } from '../catalogue/service.ts';

/**
 * Fair turns. Every user has a lane with a virtual time that grows by what each turn costs; the lane that is furthest behind goes
 * next. A lane that was empty starts where the others are, so that nobody saves up turns.
 * Lock order inside a transaction: wallet → hold → grants → generation → slot → lane → event log.
 */
export async function enterLane(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO lane (user_id, queued, vtime)
    VALUES (${userId}::uuid, 1, coalesce((SELECT min(vtime) FROM lane WHERE queued > 0 OR running > 0), 0))
    ON CONFLICT (user_id) DO UPDATE SET queued = lane.queued + 1,
      vtime = CASE WHEN lane.queued = 0 AND lane.running = 0 THEN greatest(lane.vtime, excluded.vtime) ELSE lane.vtime END`;
}

/** How many generations of this user may run at once from now on; what runs already goes on. */
export async function setParallel(tx: Tx, userId: string, parallel: number): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO lane (user_id, max_running) VALUES (${userId}::uuid, ${parallel}) ON CONFLICT (user_id) DO UPDATE SET max_running = ${parallel}`;
}

/** From running back to waiting. */
export async function returnToLane(tx: Tx, userId: string, generationId: string): Promise<void> {
  await freeSlot(tx, generationId);
  await tx.$executeRaw`UPDATE lane SET running = running - 1, queued = queued + 1 WHERE user_id = ${userId}::uuid`;
}

/** Out of the line for good. */
export async function leaveLane(tx: Tx, userId: string, generationId: string, wasQueued: boolean): Promise<void> {
  await freeSlot(tx, generationId);
  const [running, queued] = wasQueued ? [0, 1] : [1, 0];
  await tx.$executeRaw`UPDATE lane SET running = running - ${running}, queued = queued - ${queued} WHERE user_id = ${userId}::uuid`;
}

async function freeSlot(tx: Tx, generationId: string): Promise<void> {
  await tx.$executeRaw`UPDATE slot SET generation_id = NULL, lease_until = NULL WHERE generation_id = ${generationId}::uuid`;
}

/** Makes the provider's slots what the settings say; a busy slot beyond the number stays until it is free. */
async function ensureSlots(tx: Tx, provider: string, count: number): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO slot (provider, n) SELECT ${provider}, n FROM generate_series(1, ${count}::int) AS n ON CONFLICT DO NOTHING`;
  await tx.$executeRaw`DELETE FROM slot WHERE provider = ${provider} AND n > ${count} AND generation_id IS NULL`;
}

/** The slots of one model: beside the provider's own, for models that have a limit. */
export const modelSlots = (provider: string, providerModel: string): string => `${provider} ${providerModel}`;

/** Makes all slots what the operator says, or the settings; models without a limit lose theirs. */
export async function ensureLimits(tx: Tx, provider: string, slots: number, entries: readonly CatalogueEntry[]): Promise<void> {
  const [own] = await tx.$queryRaw<{ slots: number | null }[]>`SELECT slots FROM provider_state WHERE provider = ${provider}`;
  await ensureSlots(tx, provider, own?.slots ?? slots);
  const wanted = new Map<string, number>();
  for (const entry of entries) {
    // Several entries of one model share its limit: the lowest.
    const key = modelSlots(entry.provider, entry.providerModel);
    if (entry.provider === provider && entry.maxParallel !== undefined) {
      wanted.set(key, Math.min(entry.maxParallel, wanted.get(key) ?? entry.maxParallel));
    }
  }
  const known = await tx.$queryRaw<{ provider: string }[]>`SELECT DISTINCT provider FROM slot WHERE provider LIKE ${`${provider} %`}`;
  for (const key of new Set([...wanted.keys(), ...known.map((row) => row.provider)])) await ensureSlots(tx, key, wanted.get(key) ?? 0);
}

/** Nobody asks this provider before the time it named. */
export async function blockProvider(tx: Tx, provider: string, ms: number): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO provider_state (provider, blocked_until) VALUES (${provider}, now() + ${ms}::float8 * interval '1 millisecond')
    ON CONFLICT (provider) DO UPDATE SET blocked_until = greatest(provider_state.blocked_until, excluded.blocked_until)`;
}

/**
 * Takes one of the requests that the operator allows per minute. The bucket fills evenly and holds a sixth of a minute's.
 * @returns 0 when it may be sent, else the milliseconds until the next one may
 */
export async function takeToken(tx: Tx, provider: string): Promise<number> {
  const [state] = await tx.$queryRaw<{ perMinute: number | null; left: number }[]>`
    SELECT per_minute AS "perMinute", least(greatest(per_minute / 6.0, 1),
      coalesce(tokens, 1) + coalesce(extract(epoch FROM clock_timestamp() - tokens_at), 0) * per_minute / 60.0)::float8 AS left
    FROM provider_state WHERE provider = ${provider} AND per_minute IS NOT NULL FOR UPDATE`;
  if (!state?.perMinute) return 0;
  const { left, perMinute } = state;
  if (left < 1) return Math.ceil(((1 - left) * 60_000) / perMinute);
  await tx.$executeRaw`UPDATE provider_state SET tokens = ${left - 1}, tokens_at = clock_timestamp() WHERE provider = ${provider}`;
  return 0;
}

/** Counts failures in a row; the fifth pauses the provider for half a minute. */
export async function noteProviderHealth(tx: Tx, provider: string, isWell: boolean): Promise<void> {
  if (isWell) {
    await tx.$executeRaw`UPDATE provider_state SET failures = 0 WHERE provider = ${provider} AND failures > 0`;
    return;
  }
  await tx.$executeRaw`
    INSERT INTO provider_state (provider, failures) VALUES (${provider}, 1)
    ON CONFLICT (provider) DO UPDATE SET failures = provider_state.failures + 1,
      blocked_until = CASE WHEN provider_state.failures + 1 >= 5 THEN now() + interval '30 seconds' ELSE provider_state.blocked_until END`;
}
