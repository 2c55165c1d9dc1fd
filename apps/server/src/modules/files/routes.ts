import { resultContentPath, TUS_PATH } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { z } from 'zod';
import type { Db } from '../../db/client.ts';
import type { Handlers, RawRoute } from '../../http/handlers.ts';
import type { ObjectStorage } from '../../storage/storage.ts';
import { RESULT_CONTENT, UPLOAD, UPLOADS } from './operations.ts';
import { sendResult } from './results.ts';
import type { Tus } from './tus.ts';
import { findByHash } from './uploads.ts';

export type FilesDeps = { db: Db; storage: ObjectStorage; tus: Tus };

/** Handler of the look-up by hash. */
export function filesRoutes(deps: FilesDeps): Handlers<'uploads.findByHash'> {
  return { 'uploads.findByHash': ({ params, ctx }) => findByHash(deps.db, ctx.auth.userId, params.sha256) };
}

/** Uploads by tus and the bytes of results: neither is JSON in, JSON out. */
export function filesRawRoutes(deps: FilesDeps): RawRoute[] {
  const upload: RawRoute['handle'] = async (req, res, ctx) => {
    await deps.tus.handle(requireAuth(ctx.auth).userId, req, res);
  };
  return [
    { operations: UPLOADS, path: TUS_PATH, access: 'user', handle: upload },
    { operations: UPLOAD, path: `${TUS_PATH}/:id`, access: 'user', handle: upload },
    {
      operations: RESULT_CONTENT,
      path: resultContentPath(':id'),
      access: 'user',
      handle: async (req, res, ctx) => {
        const id = z.uuid().safeParse(req.params['id']);
        if (!id.success) throw new AppError('request.notFound', 'no such result');
        await sendResult(deps, requireAuth(ctx.auth).userId, id.data, req, res);
      },
    },
  ];
}

function requireAuth<T>(auth: T | null): T {
  if (auth === null) throw new AppError('auth.required', 'an access token is needed');
  return auth;
}
