import { timingSafeEqual } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import express, { type Request, type Response } from 'express';
import { keyedHash } from '../../config/seal.ts';

/** The only cookie of this server: binds a sign-in to one browser, until that is closed (A39). */
const COOKIE = '__Host-pingplex-sign-in';
const parseForm = express.urlencoded({ extended: false, limit: 4_000, parameterLimit: 20 });

/** The secret in this browser's cookie. */
export function cookieOf(request: Request): string | null {
  const pairs = (request.headers.cookie ?? '').split(';').map((part) => part.trim().split('='));
  const [, value = ''] = pairs.find(([name]) => name === COOKIE) ?? [];
  return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null;
}

export function setCookie(response: Response, secret: string): void {
  response.setHeader('Set-Cookie', `${COOKIE}=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax`);
}

export function clearCookie(response: Response): void {
  response.setHeader('Set-Cookie', `${COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`);
}

/** What a form of ours carries: proves that our page in this browser made it. */
export const formToken = (sealingKey: Buffer, secret: string): string => keyedHash(sealingKey, 'form', secret).toString('base64url');

/**
 * Reads a form that one of our own pages sent (A39): the browser says that it comes from us (Fetch Metadata, else Origin), and it carries
 * the token that belongs to the cookie.
 * @param ownOrigin of our public address
 * @throws AppError `auth.browserSignInOver` for anything else, `request.unsupportedType`
 */
export async function readOwnForm(
  request: Request,
  response: Response,
  options: { sealingKey: Buffer; ownOrigin: string },
): Promise<{ secret: string; fields: ReadonlyMap<string, string> }> {
  const foreign = new AppError('auth.browserSignInOver', 'the form does not come from our page in this browser');
  const site = request.headers['sec-fetch-site'];
  // Without either header nobody vouches for the sender.
  const isOurs = site === undefined ? request.headers.origin === options.ownOrigin : site === 'same-origin';
  if (!isOurs) throw foreign;
  if (!request.is('application/x-www-form-urlencoded')) throw new AppError('request.unsupportedType', 'the body must be a form');
  await new Promise<void>((resolve, reject) =>
    parseForm(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error))),
  );
  const body: unknown = request.body;
  const entries = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const fields = new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  const secret = cookieOf(request);
  if (secret === null) throw foreign;
  const [given, expected] = [Buffer.from(fields.get('token') ?? ''), Buffer.from(formToken(options.sealingKey, secret))];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw foreign;
  return { secret, fields };
}
