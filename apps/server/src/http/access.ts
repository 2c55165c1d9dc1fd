import type { Access } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Request } from 'express';
import type { Auth } from './handlers.ts';

/** What the HTTP layer needs from accounts to know who asks. */
export type Authenticator = {
  /**
   * Checks an access token. `user`: signature, claims and that the account is in good standing; `session`: also that the device
   * session still lives; `fresh`: also that its password was typed within the last 10 minutes.
   * @throws AppError auth.required, auth.sessionEnded, auth.suspended, auth.freshSignInRequired
   */
  authenticate(accessToken: string, access: Exclude<Access, 'public'>): Promise<Auth>;
};

/** Who asks, by the Authorization header and nothing else (A23). */
export async function authorize(request: Request, access: Access, authenticator: Authenticator): Promise<Auth | null> {
  if (access === 'public') return null;
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token === undefined) throw new AppError('auth.required', 'an access token is needed');
  return authenticator.authenticate(token, access);
}
