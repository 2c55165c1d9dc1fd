import type { HttpRouteId } from '@pingplex/shared/contracts/http';
import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Handlers, RawRoute } from '../../http/handlers.ts';
import type { Outbox } from '../../mail/outbox.ts';
import { readAccount } from '../account/service.ts';
import type { createBrowserCodes } from './browser-codes.ts';
import type { DeviceSessions } from './device-sessions.ts';
import type { createEmailChange } from './email-change.ts';
import { unlinkGoogle } from './google-accounts.ts';
import type { SecondFactor } from './second-factor.ts';
import type { AuthService } from './service.ts';
import type { SigningKeys } from './signing-keys.ts';

type AuthRouteId = Extract<HttpRouteId, `auth.${string}`>;
/** What a signed-in person changes about the ways into their account. */
type CredentialRouteId = Exclude<Extract<HttpRouteId, `account.${string}`>, 'account.get' | `account.${string}Preferences`>;
type BrowserCodes = ReturnType<typeof createBrowserCodes>;
type EmailChange = ReturnType<typeof createEmailChange>;
const mailSent = { status: 'mailSent' } as const;
const done = { done: true } as const;

export function authRoutes(deps: {
  auth: AuthService;
  sessions: DeviceSessions;
  codes: BrowserCodes;
  emailChange: EmailChange;
}): Handlers<AuthRouteId> {
  const { auth, sessions, codes, emailChange } = deps;
  return {
    'auth.confirmIdentity': ({ body, ctx }) => auth.confirmIdentity(ctx.auth.userId, ctx.auth.sessionId, body, ctx.ip).then(() => done),
    'auth.confirmEmailChange': ({ body, ctx }) => emailChange.confirm(body.token, ctx.ip).then(() => done),
    'auth.undoEmailChange': ({ body, ctx }) => emailChange.undo(body.token, ctx.ip).then(() => done),
    'auth.startGoogle': ({ body, ctx }) => codes.start(body, ctx.ip),
    'auth.finishGoogle': ({ body, ctx }) => codes.finish(body, ctx.ip),
    'auth.signUp': ({ body, ctx }) => auth.signUp(body, ctx.ip).then(() => mailSent),
    'auth.resendVerification': ({ body, ctx }) => auth.resendConfirmation(body.email, ctx.locale, ctx.ip).then(() => mailSent),
    'auth.confirmVerification': ({ body, ctx }) => auth.confirmSignUp(body.token, ctx.ip).then(() => done),
    'auth.signIn': ({ body, ctx }) => auth.signIn(body, ctx.ip),
    'auth.refresh': ({ body, ctx }) => sessions.refresh(body.refreshToken, ctx.ip),
    'auth.signOut': ({ body, ctx }) => sessions.signOut(body.refreshToken, ctx.ip).then(() => done),
    'auth.forgotPassword': ({ body, ctx }) => auth.forgotPassword(body.email, ctx.locale, ctx.ip).then(() => mailSent),
    'auth.resetPassword': ({ body, ctx }) => auth.resetPassword(body.token, body.password, ctx.ip).then(() => done),
    'auth.changePassword': ({ body, ctx }) =>
      auth.changePassword(ctx.auth.userId, ctx.auth.sessionId, body.current, body.next, ctx.ip).then(() => done),
    'auth.listSessions': async ({ ctx }) => ({ sessions: await sessions.list(ctx.auth.userId, ctx.auth.sessionId) }),
    'auth.revokeSession': ({ params, ctx }) => sessions.revoke(ctx.auth.userId, params.id, ctx.ip).then(() => done),
    'auth.revokeOtherSessions': ({ ctx }) => sessions.revokeOthers(ctx.auth.userId, ctx.auth.sessionId, ctx.ip).then(() => done),
  };
}

export function credentialRoutes(deps: {
  db: Db;
  outbox: Outbox;
  codes: BrowserCodes;
  emailChange: EmailChange;
  secondFactor: SecondFactor;
}): Handlers<CredentialRouteId> {
  const { db, outbox, codes, emailChange, secondFactor } = deps;
  const who = (ctx: { auth: { userId: string; sessionId: string }; ip: string }) => ({ ...ctx.auth, ip: ctx.ip });
  return {
    'account.changeEmail': ({ body, ctx }) => emailChange.request(ctx.auth.userId, body.email, ctx.ip).then(() => mailSent),
    'account.startTwoFactor': ({ ctx }) => secondFactor.start(who(ctx)),
    'account.confirmTwoFactor': async ({ body, ctx }) => ({ recoveryCodes: await secondFactor.confirm(who(ctx), body.code) }),
    'account.renewRecoveryCodes': async ({ ctx }) => ({ recoveryCodes: await secondFactor.renewCodes(who(ctx)) }),
    'account.disableTwoFactor': ({ ctx }) => secondFactor.disable(who(ctx)).then(() => done),
    'account.startGoogleLink': ({ body, ctx }) => codes.startFor('link', body, ctx.auth, ctx.ip),
    'account.startGoogleCheck': ({ body, ctx }) => codes.startFor('check', body, ctx.auth, ctx.ip),
    'account.finishGoogle': async ({ body, ctx }) => {
      await codes.finishFor(body, ctx.auth, ctx.ip);
      return readAccount(db, ctx.auth.userId);
    },
    'account.unlinkGoogle': ({ ctx }) => inTransaction(db, (tx) => unlinkGoogle(tx, ctx.auth.userId, outbox, ctx.ip)).then(() => done),
  };
}

/** `GET /.well-known/jwks.json`: the public keys of access tokens. */
export function jwksRoute(keys: SigningKeys): RawRoute {
  return {
    operations: {
      GET: {
        id: 'auth.jwks',
        summary: 'Public keys of access tokens (RFC 7517)',
        responses: { 200: { description: 'JSON Web Key Set', type: 'application/json' } },
      },
    },
    path: '/.well-known/jwks.json',
    access: 'public',
    async handle(_request, response) {
      const jwks = await keys.jwks();
      response.setHeader('Cache-Control', 'public, max-age=300');
      response.json({ keys: jwks });
    },
  };
}
