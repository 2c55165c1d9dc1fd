import { createHmac, timingSafeEqual } from 'node:crypto';
import { KlingRefusal } from './errors.ts';

export type KlingKeys = { apiKey: string; accessKey: string; secretKey: string };

/** A clock may be this much ahead before `nbf` is refused. */
const SKEW_S = 5;

/**
 * Lets in the API key everywhere and a signed token on the legacy routes, with the provider's codes 1000 to 1004.
 * @throws KlingRefusal 401
 */
export function checkAuth(header: string | undefined, keys: KlingKeys, isLegacy: boolean, nowS: number): void {
  if (header === undefined) throw new KlingRefusal(401, 1001, 'Authorization is empty');
  const token = /^Bearer (\S+)$/.exec(header)?.[1];
  if (token === undefined) throw new KlingRefusal(401, 1002, 'Authorization is invalid');
  if (equal(token, keys.apiKey)) return;
  const [head = '', claims = '', signature = '', ...more] = token.split('.');
  if (!isLegacy || more.length > 0) throw new KlingRefusal(401, 1000, 'Authentication failed');
  const expected = createHmac('sha256', keys.secretKey).update(`${head}.${claims}`).digest('base64url');
  const [alg, said] = [decode(head), decode(claims)];
  if (!equal(signature, expected) || alg['alg'] !== 'HS256' || alg['typ'] !== 'JWT')
    throw new KlingRefusal(401, 1000, 'signature is invalid');
  const { iss, exp, nbf, ...others } = said;
  const isWhole = Number.isInteger(exp) && Number.isInteger(nbf) && Object.keys(others).length === 0;
  if (iss !== keys.accessKey || !isWhole) throw new KlingRefusal(401, 1002, 'Authorization is invalid');
  if (Number(nbf) > nowS + SKEW_S) throw new KlingRefusal(401, 1003, 'token is not valid yet');
  if (Number(exp) <= nowS) throw new KlingRefusal(401, 1004, 'token is expired');
}

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function decode(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
