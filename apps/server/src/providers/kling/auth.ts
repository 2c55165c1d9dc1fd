import { createHmac } from 'node:crypto';

/** An API key for the new door, or an access key with its secret for the legacy one. */
export type KlingCredentials = { apiKey: string } | { accessKey: string; secretKey: string };

const base64url = (value: string | Buffer): string => Buffer.from(value).toString('base64url');

/**
 * The token that the vendor describes: HS256 over `{iss, exp, nbf}` in Unix seconds, no other claims.
 * @param nowS Unix seconds
 */
export function signToken(accessKey: string, secretKey: string, nowS: number): string {
  const head = base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }));
  const claims = base64url(JSON.stringify({ iss: accessKey, exp: nowS + 1800, nbf: nowS - 5 }));
  const signature = createHmac('sha256', Buffer.from(secretKey, 'utf8')).update(`${head}.${claims}`).digest();
  return `${head}.${claims}.${base64url(signature)}`;
}

export type TokenSource = {
  header(): string;
  /** The provider says the token has ended: the next one is made anew. */
  drop(): void;
};

/** Tokens live 30 minutes and are renewed after 25. */
export function createTokens(credentials: KlingCredentials, now: () => number = Date.now): TokenSource {
  if ('apiKey' in credentials) return { header: () => `Bearer ${credentials.apiKey}`, drop: () => undefined };
  let made: { token: string; atS: number } | null = null;
  return {
    header() {
      const nowS = Math.floor(now() / 1000);
      if (!made || nowS - made.atS > 25 * 60) made = { token: signToken(credentials.accessKey, credentials.secretKey, nowS), atS: nowS };
      return `Bearer ${made.token}`;
    },
    drop() {
      made = null;
    },
  };
}
