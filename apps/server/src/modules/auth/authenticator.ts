import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../../db/client.ts';
import type { Authenticator } from '../../http/access.ts';
import { verifyAccessToken } from './access-tokens.ts';
import { IDLE_LIFE_MS } from './device-sessions.ts';
import type { SigningKeys } from './signing-keys.ts';

const FRESH_MS = 10 * 60_000;

/** Tells who asks. One look into the database each time: a suspended or deleted person is out at once everywhere (A20). */
export function createAuthenticator(db: Db, keys: SigningKeys): Authenticator {
  return {
    async authenticate(accessToken, access) {
      const { userId, sessionId } = await verifyAccessToken(keys, accessToken);
      const session = await db.deviceSession.findFirst({ where: { id: sessionId, userId }, include: { user: true } });
      if (session === null || session.user.deletedAt !== null) throw new AppError('auth.required', 'the account does not exist');
      if (session.user.suspendedAt !== null) throw new AppError('auth.suspended', 'the account is suspended');
      if (access === 'user') return { userId, sessionId };
      const now = Date.now();
      const isOver = session.revokedAt !== null || session.expiresAt.getTime() <= now || session.lastUsedAt.getTime() <= now - IDLE_LIFE_MS;
      if (isOver) throw new AppError('auth.sessionEnded', 'the session has ended');
      if (access === 'fresh' && session.authenticatedAt.getTime() < now - FRESH_MS) {
        throw new AppError('auth.freshSignInRequired', 'sign in again to do this');
      }
      return { userId, sessionId };
    },
  };
}
