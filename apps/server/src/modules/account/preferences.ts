import { Preferences } from '@pingplex/shared/contracts/http';
import type { Db } from '../../db/client.ts';

/** A person's choices; what an older program wrote and this one doesn't know is left out. */
export async function readPreferences(db: Db, userId: string): Promise<Preferences> {
  const row = await db.preference.findUnique({ where: { userId } });
  return known(row?.values);
}

/** Changes some choices in one statement, so that two computers that change different ones at once lose nothing. */
export async function changePreferences(db: Db, userId: string, change: Preferences): Promise<Preferences> {
  const [row] = await db.$queryRaw<{ values: unknown }[]>`
    INSERT INTO preference (user_id, values) VALUES (${userId}::uuid, ${JSON.stringify(change)}::jsonb)
    ON CONFLICT (user_id) DO UPDATE SET values = preference.values || excluded.values, updated_at = now()
    RETURNING values`;
  return known(row?.values);
}

function known(stored: unknown): Preferences {
  const entries = Object.entries(typeof stored === 'object' && stored !== null ? stored : {});
  return Object.assign({}, ...entries.map(([key, value]) => Preferences.safeParse({ [key]: value }).data ?? {})) as Preferences;
}
