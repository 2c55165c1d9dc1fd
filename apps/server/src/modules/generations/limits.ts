import type { Db, Tx } from '../../db/client.ts';
import type { CatalogueEntry } from '../catalogue/service.ts';
import { ensureLimits } from './lanes.ts';

/** Sets what an operator wants of a provider; null: as the program has it. In effect at once. */
export async function setProviderLimits(
  tx: Tx,
  provider: string,
  limits: { slots: number | null; perMinute: number | null },
  standardSlots: number,
  entries: readonly CatalogueEntry[],
): Promise<void> {
  const { slots, perMinute } = limits;
  await tx.$executeRaw`
    INSERT INTO provider_state (provider, slots, per_minute) VALUES (${provider}, ${slots}, ${perMinute})
    ON CONFLICT (provider) DO UPDATE SET slots = excluded.slots, per_minute = excluded.per_minute, tokens = NULL, tokens_at = NULL`;
  await ensureLimits(tx, provider, standardSlots, entries);
}

/** Limits, pauses and what runs, by provider and by model that has a limit of its own. */
export async function showProviders(db: Db) {
  const states = await db.providerState.findMany({ orderBy: { provider: 'asc' } });
  const slots = await db.$queryRaw<{ provider: string; slots: number; taken: number }[]>`
    SELECT provider, count(*)::int AS slots, count(generation_id)::int AS taken FROM slot GROUP BY provider ORDER BY provider`;
  return slots.map((row) => {
    const state = states.find((one) => one.provider === row.provider);
    return { ...row, perMinute: state?.perMinute ?? null, pausedUntil: state?.blockedUntil ?? null, failuresInARow: state?.failures ?? 0 };
  });
}
