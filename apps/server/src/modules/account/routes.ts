import type { Db } from '../../db/client.ts';
import type { Handlers } from '../../http/handlers.ts';
import { readAccount } from './service.ts';

export function accountRoutes(db: Db): Handlers<'account.get'> {
  return { 'account.get': ({ ctx }) => readAccount(db, ctx.auth.userId) };
}
