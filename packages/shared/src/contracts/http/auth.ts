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
  current: z.boolean(),
});

/** The same answer for known and unknown addresses (A38). */
const MailSent = z.object({ status: z.literal('mailSent') });

export const authRoutes = {
  'auth.signUp': route({
    method: 'POST',
    path: '/v1/auth/sign-up',
    access: 'public',
    status: 202,
    summary: 'Create an account; a mail with a confirmation link follows',
    body: z.strictObject({ email, password, locale: z.enum(['en', 'ru']).default('en') }),
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
    body: z.strictObject({ token: z.string().min(20).max(512) }),
    response: Done,
  }),
  'auth.signIn': route({
    method: 'POST',
    path: '/v1/auth/sign-in',
    access: 'public',
    summary: 'Prove who you are and get a device session',
    body: z.strictObject({ email, password, device: Device }),
    response: SessionTokens,
  }),
  'auth.refresh': route({
    method: 'POST',
    path: '/v1/auth/refresh',
    access: 'public',
    summary: 'Exchange a refresh credential for the next one and an access token',
    body: z.strictObject({ refreshToken: z.string().min(20).max(512) }),
    response: SessionTokens,
  }),
  'auth.signOut': route({
    method: 'POST',
    path: '/v1/auth/sign-out',
    access: 'public',
    summary: 'End the device session of this refresh credential',
    body: z.strictObject({ refreshToken: z.string().min(20).max(512) }),
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
    body: z.strictObject({ token: z.string().min(20).max(512), password }),
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
  'account.get': route({
    method: 'GET',
    path: '/v1/account',
    access: 'user',
    summary: 'Your account',
    response: Account,
  }),
} as const;
