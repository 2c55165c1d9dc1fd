import type { Db } from '../../db/client.ts';
import type { Handlers } from '../../http/handlers.ts';
import { reportUsage } from './service.ts';

/** Handler of the usage report. */
export function usageRoutes(deps: { db: Db }): Handlers<'usage.report'> {
  return {
    'usage.report': async ({ body, ctx }) => {
      await reportUsage(deps.db, ctx.auth.userId, body.events);
      return { done: true };
    },
  };
}
