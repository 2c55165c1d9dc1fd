import { AppError } from '@pingplex/shared/errors';
import type { Handlers } from '../../http/handlers.ts';
import { cancelGeneration } from './cancel.ts';
import { createGeneration } from './create.ts';
import { listGenerations, requireGeneration } from './read.ts';
import type { Deps } from './types.ts';

type Ids = 'generations.create' | 'generations.get' | 'generations.list' | 'generations.cancel';

/** Handlers of the generations' routes. */
export function generationRoutes(deps: Deps): Handlers<Ids> {
  return {
    'generations.create': async ({ body, ctx }) => {
      const { idempotencyKey: key, bodyHash } = ctx;
      if (key === null) throw new AppError('request.idempotencyKeyMissing', 'an Idempotency-Key header with a UUID is needed');
      return createGeneration(deps, ctx.auth.userId, { key, bodyHash }, body);
    },
    'generations.get': ({ params, ctx }) => requireGeneration(deps.db, ctx.auth.userId, params.id),
    'generations.list': ({ query, ctx }) => listGenerations(deps.db, ctx.auth.userId, query),
    'generations.cancel': ({ params, ctx }) => cancelGeneration(deps, ctx.auth.userId, params.id),
  };
}
