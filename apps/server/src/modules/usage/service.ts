import type { HTTP_ROUTES } from '@pingplex/shared/contracts/http';
import type { z } from 'zod';
import type { Db } from '../../db/client.ts';

export type UsageEvent = z.infer<(typeof HTTP_ROUTES)['usage.report']['body']>['events'][number];

/** Adds counts to the day's sums. One row per user, day, verb, kind and size class: nothing that could name a file. */
export async function reportUsage(db: Db, userId: string, events: readonly UsageEvent[]): Promise<void> {
  const rows = JSON.stringify(events);
  await db.$executeRaw`
    INSERT INTO usage_count (user_id, day, verb, kind, size_class, count)
    SELECT ${userId}::uuid, (now() AT TIME ZONE 'UTC')::date, e.verb, e.kind, e."sizeClass", sum(e.count)
    FROM jsonb_to_recordset(${rows}::jsonb) AS e(verb text, kind text, "sizeClass" text, count bigint)
    GROUP BY e.verb, e.kind, e."sizeClass"
    ON CONFLICT (user_id, day, verb, kind, size_class) DO UPDATE SET count = usage_count.count + excluded.count`;
}
