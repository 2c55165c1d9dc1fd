import type { Db } from '../../db/client.ts';
import type { Handlers } from '../../http/handlers.ts';
import { changePreferences, readPreferences } from './preferences.ts';
import { readAccount } from './service.ts';

export function accountRoutes(db: Db): Handlers<'account.get' | 'account.getPreferences' | 'account.changePreferences'> {
  return {
    'account.get': ({ ctx }) => readAccount(db, ctx.auth.userId),
    'account.getPreferences': async ({ ctx }) => ({ values: await readPreferences(db, ctx.auth.userId) }),
    'account.changePreferences': async ({ body, ctx }) => ({ values: await changePreferences(db, ctx.auth.userId, body) }),
  };
}
