import { z } from 'zod';
import { UserId } from '../../domain/ids.ts';
import { Done, route } from './route.ts';

/** Length is counted in code points by the server (A4); the bound here only stops absurd bodies. */
const password = z.string().max(4096);
const email = z.email().max(254);

export const Device = z.strictObject({
  name: z.string().trim().min(1).max(80),
  os: z.string().max(80),
  appVersion: z.string().max(40),
});

export const Account = z.object({
  id: UserId,
  email: z.string(),
  emailVerified: z.boolean(),
  locale: z.enum(['en', 'ru']),
  createdAt: z.iso.datetime(),
  /** False for somebody who only ever signed in with Google. */
  hasPassword: z.boolean().default(true),
  /** An authenticator app is asked for at sign-in. */
  twoFactor: z.boolean().default(false),
  /** Address of the linked Google account, for display. */
  google: z.string().nullable().default(null),
});
export type Account = z.infer<typeof Account>;

export const SessionTokens = z.object({
  /** JWT (EdDSA, `at+jwt`), lives at most 15 minutes. */
  accessToken: z.string(),
  accessExpiresInS: z.int(),
  /** 256 random bits, base64url; rotates on every use. */
  refreshToken: z.string(),
  sessionId: z.uuid(),
  account: Account,
});
export type SessionTokens = z.infer<typeof SessionTokens>;

export const DeviceSession = z.object({
  id: z.uuid(),
  device: Device,
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  /** ISO 3166 code of the country that it signed in from; null: unknown. */
  country: z.string().nullable().default(null),
  current: z.boolean(),
});

/** Six digits of an authenticator app, or one of the recovery codes. */
const secondFactor = z.string().trim().min(6).max(40);
const token = z.string().min(20).max(512);

/**
 * What the app tells before it opens the browser (RFC 7636: S256 only). The redirect is the app's own listener on this machine, any
 * port; null when the person will carry a code over by hand.
 */
const browserSignIn = {
  challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  method: z.literal('S256'),
  state: z.string().regex(/^[A-Za-z0-9_-]{22,128}$/),
  redirectUri: z
    .string()
    .max(200)
    .regex(/^http:\/\/127\.0\.0\.1:[1-9]\d{0,4}\/sign-in\/return$/)
    .nullable(),
  locale: z.enum(['en', 'ru']).default('en'),
};
/** The app opens `<server>/sign-in/google/<requestId>` in the system browser. */
const BrowserSignInStarted = z.object({ requestId: z.uuid(), expiresInS: z.int() });
/** What the app shows to get what the browser proved: a code works once. */
const browserSignInFinish = {
  requestId: z.uuid(),
  code: z.string().trim().min(8).max(64),
  verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/),
  redirectUri: browserSignIn.redirectUri,
};

/** Shown once. */
const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()).length(10) });
/** The same answer for known and unknown addresses (A38). */
const MailSent = z.object({ status: z.literal('mailSent') });

export const authRoutes = {
  'auth.signUp': route({
    method: 'POST',
    path: '/v1/auth/sign-up',
    access: 'public',
    status: 202,
    summary: 'Create an account; a mail with a confirmation link follows',
    body: z.strictObject({
      email,
      password,
      /** "I am 18 or older": without it there is no account. */
      adult: z.literal(true),
      locale: z.enum(['en', 'ru']).default('en'),
    }),
    response: MailSent,
  }),
  'auth.resendVerification': route({
    method: 'POST',
    path: '/v1/auth/verification/resend',
    access: 'public',
    status: 202,
    summary: 'Send the confirmation link again',
    body: z.strictObject({ email }),
    response: MailSent,
  }),
  'auth.confirmVerification': route({
    method: 'POST',
    path: '/v1/auth/verification/confirm',
    access: 'public',
    summary: 'Confirm an e-mail address with the token of the mail',
    body: z.strictObject({ token: token }),
    response: Done,
  }),
  'auth.signIn': route({
    method: 'POST',
    path: '/v1/auth/sign-in',
    access: 'public',
    summary: 'Prove who you are and get a device session',
    body: z.strictObject({ email, password, device: Device, secondFactor: secondFactor.optional() }),
    response: SessionTokens,
  }),
  'auth.refresh': route({
    method: 'POST',
    path: '/v1/auth/refresh',
    access: 'public',
    summary: 'Exchange a refresh credential for the next one and an access token',
    body: z.strictObject({ refreshToken: token }),
    response: SessionTokens,
  }),
  'auth.signOut': route({
    method: 'POST',
    path: '/v1/auth/sign-out',
    access: 'public',
    summary: 'End the device session of this refresh credential',
    body: z.strictObject({ refreshToken: token }),
    response: Done,
  }),
  'auth.forgotPassword': route({
    method: 'POST',
    path: '/v1/auth/password/forgot',
    access: 'public',
    status: 202,
    summary: 'Send a link for setting a new password',
    body: z.strictObject({ email }),
    response: MailSent,
  }),
  'auth.resetPassword': route({
    method: 'POST',
    path: '/v1/auth/password/reset',
    access: 'public',
    summary: 'Set a new password with the token of the mail; ends every session',
    body: z.strictObject({ token: token, password }),
    response: Done,
  }),
  'auth.changePassword': route({
    method: 'POST',
    path: '/v1/auth/password/change',
    access: 'fresh',
    summary: 'Change the password; ends every other session',
    body: z.strictObject({ current: password, next: password }),
    response: Done,
  }),
  'auth.listSessions': route({
    method: 'GET',
    path: '/v1/auth/sessions',
    access: 'session',
    summary: 'Devices that are signed in',
    response: z.object({ sessions: z.array(DeviceSession) }),
  }),
  'auth.revokeSession': route({
    method: 'DELETE',
    path: '/v1/auth/sessions/:id',
    access: 'session',
    summary: 'Sign a device out',
    params: z.strictObject({ id: z.uuid() }),
    response: Done,
  }),
  'auth.revokeOtherSessions': route({
    method: 'POST',
    path: '/v1/auth/sessions/revoke-others',
    access: 'session',
    summary: 'Sign every other device out',
    response: Done,
  }),
  'auth.confirmIdentity': route({
    method: 'POST',
    path: '/v1/auth/fresh',
    access: 'session',
    summary: 'Prove again who you are; opens what asks for a fresh sign-in for 10 minutes',
    body: z.strictObject({ password, secondFactor: secondFactor.optional() }),
    response: Done,
  }),
  'auth.confirmEmailChange': route({
    method: 'POST',
    path: '/v1/auth/email/confirm',
    access: 'public',
    summary: 'Make another address the account’s, with the token of the mail that went there',
    body: z.strictObject({ token }),
    response: Done,
  }),
  'auth.undoEmailChange': route({
    method: 'POST',
    path: '/v1/auth/email/undo',
    access: 'public',
    summary: 'Take a change of address back with the token of the notice to the old one; ends every session and the password',
    body: z.strictObject({ token }),
    response: Done,
  }),
  'auth.startGoogle': route({
    method: 'POST',
    path: '/v1/auth/google/start',
    access: 'public',
    summary: 'Begin a sign-in with Google through the system browser',
    body: z.strictObject({ ...browserSignIn, device: Device }),
    response: BrowserSignInStarted,
  }),
  'auth.finishGoogle': route({
    method: 'POST',
    path: '/v1/auth/google/finish',
    access: 'public',
    summary: 'Exchange the code of the browser for a device session',
    body: z.strictObject(browserSignInFinish),
    response: SessionTokens,
  }),
  'account.get': route({
    method: 'GET',
    path: '/v1/account',
    access: 'user',
    summary: 'Your account',
    response: Account,
  }),
  'account.changeEmail': route({
    method: 'POST',
    path: '/v1/account/email',
    access: 'fresh',
    status: 202,
    summary: 'Ask for another address; it counts once the mail that goes there is answered',
    body: z.strictObject({ email }),
    response: MailSent,
  }),
  'account.startTwoFactor': route({
    method: 'POST',
    path: '/v1/account/two-factor/start',
    access: 'fresh',
    summary: 'A new secret for an authenticator app; counts once a first code of it was confirmed',
    response: z.object({ secret: z.string(), uri: z.string() }),
  }),
  'account.confirmTwoFactor': route({
    method: 'POST',
    path: '/v1/account/two-factor/confirm',
    access: 'fresh',
    summary: 'Switch two-factor on with the first code of the authenticator app',
    body: z.strictObject({ code: z.string().trim().min(6).max(10) }),
    response: RecoveryCodes,
  }),
  'account.renewRecoveryCodes': route({
    method: 'POST',
    path: '/v1/account/two-factor/recovery-codes',
    access: 'fresh',
    summary: 'Ten new recovery codes; the old ones end',
    response: RecoveryCodes,
  }),
  'account.disableTwoFactor': route({
    method: 'POST',
    path: '/v1/account/two-factor/disable',
    access: 'fresh',
    summary: 'Switch two-factor off',
    response: Done,
  }),
  'account.startGoogleLink': route({
    method: 'POST',
    path: '/v1/account/google/link',
    access: 'fresh',
    summary: 'Begin to link a Google account through the system browser',
    body: z.strictObject(browserSignIn),
    response: BrowserSignInStarted,
  }),
  'account.startGoogleCheck': route({
    method: 'POST',
    path: '/v1/account/google/check',
    access: 'session',
    summary: 'Begin to prove again who you are with the linked Google account',
    body: z.strictObject(browserSignIn),
    response: BrowserSignInStarted,
  }),
  'account.finishGoogle': route({
    method: 'POST',
    path: '/v1/account/google/finish',
    access: 'session',
    summary: 'End a linking or a check with the code of the browser',
    body: z.strictObject(browserSignInFinish),
    response: Account,
  }),
  'account.unlinkGoogle': route({
    method: 'DELETE',
    path: '/v1/account/google',
    access: 'fresh',
    summary: 'Unlink Google; refused while nothing else opens the account',
    response: Done,
  }),
} as const;
