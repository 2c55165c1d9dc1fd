import type { Db } from '../../db/client.ts';
import type { Handlers } from '../../http/handlers.ts';
import { listMovements, readWallet } from './read.ts';

/** Handlers of the wallet's routes. */
export function creditsRoutes(deps: { db: Db }): Handlers<'wallet.get' | 'wallet.movements'> {
  return {
    'wallet.get': ({ ctx }) => readWallet(deps.db, ctx.auth.userId),
    'wallet.movements': ({ query, ctx }) => listMovements(deps.db, ctx.auth.userId, query),
  };
}
