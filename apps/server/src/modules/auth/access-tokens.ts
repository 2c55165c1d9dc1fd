import { randomUUID } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import { jwtVerify, SignJWT } from 'jose';
import type { SigningKeys } from './signing-keys.ts';

/** With the leeway below a token lives 14.5 minutes at most. */
export const ACCESS_LIFETIME_S = 14 * 60;
const LEEWAY_S = 30;
const ISSUER = 'urn:pingplex:server';
const AUDIENCE = 'urn:pingplex:api';

/** RFC 9068 access token: nothing personal inside, only who (`sub`) and which device session (`sid`). */
export async function signAccessToken(keys: SigningKeys, userId: string, sessionId: string): Promise<string> {
  const { kid, key } = await keys.current();
  return new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(userId)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_LIFETIME_S}s`)
    .sign(key);
}

/** @throws AppError `auth.required` whatever is wrong with it; headers that point to keys elsewhere are ignored */
export async function verifyAccessToken(keys: SigningKeys, token: string): Promise<{ userId: string; sessionId: string }> {
  try {
    const { payload } = await jwtVerify(
      token,
      async (header) => {
        const key = typeof header.kid === 'string' ? await keys.verifier(header.kid) : undefined;
        if (key === undefined) throw new Error('unknown key');
        return key;
      },
      {
        algorithms: ['EdDSA'],
        typ: 'at+jwt',
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti'],
        maxTokenAge: `${ACCESS_LIFETIME_S}s`,
        clockTolerance: LEEWAY_S,
      },
    );
    return { userId: String(payload.sub), sessionId: String(payload['sid']) };
  } catch (error) {
    // A database that is away is not the caller's fault: let that pass as what it is.
    if (error instanceof AppError || (error instanceof Error && error.name.startsWith('Prisma'))) throw error;
    throw new AppError('auth.required', 'the access token is not valid');
  }
}
