import type { HttpRouteId } from '@pingplex/shared/contracts/http';
import type { Handlers, RawRoute } from '../../http/handlers.ts';
import type { DeviceSessions } from './device-sessions.ts';
import type { AuthService } from './service.ts';
import type { SigningKeys } from './signing-keys.ts';

type AuthRouteId = Extract<HttpRouteId, `auth.${string}`>;
const mailSent = { status: 'mailSent' } as const;
const done = { done: true } as const;

export function authRoutes(auth: AuthService, sessions: DeviceSessions): Handlers<AuthRouteId> {
  return {
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
