import { z } from 'zod';
import type { Account, DeviceSession } from '../http/index.ts';
import { ipc } from './route.ts';

const nothing = z.strictObject({});
const email = z.email().max(254);
const password = z.string().min(1).max(4096);
/** Six digits of an authenticator app, or a recovery code. */
const secondFactor = z.string().trim().min(6).max(40);
type Done = { done: true };
type MailSent = { status: 'mailSent' };
type RecoveryCodes = { recoveryCodes: string[] };

export const accountRoutes = {
  'account.signUp': ipc<MailSent>()(z.strictObject({ email, password, adult: z.literal(true) })),
  'account.signIn': ipc<{ account: Account }>()(z.strictObject({ email, password, secondFactor: secondFactor.optional() })),
  'account.signOut': ipc<Done>()(nothing),
  'account.resendVerification': ipc<MailSent>()(z.strictObject({ email })),
  'account.forgotPassword': ipc<MailSent>()(z.strictObject({ email })),
  /** Asks the server anew: an address may have been confirmed in the browser meanwhile. */
  'account.refresh': ipc<{ account: Account }>()(nothing),
  /** Proves again who is there; then what asked for it can be asked for once more. */
  'account.confirmIdentity': ipc<Done>()(z.strictObject({ password, secondFactor: secondFactor.optional() })),
  'account.changePassword': ipc<Done>()(z.strictObject({ current: password, next: password })),
  'account.changeEmail': ipc<MailSent>()(z.strictObject({ email })),
  'account.sessions': ipc<{ sessions: z.infer<typeof DeviceSession>[] }>()(nothing),
  'account.revokeSession': ipc<Done>()(z.strictObject({ id: z.uuid() })),
  'account.revokeOthers': ipc<Done>()(nothing),
  /** The secret stays on screen until a first code of it was confirmed; it is kept nowhere in the app. */
  'account.startTwoFactor': ipc<{ secret: string; uri: string }>()(nothing),
  'account.confirmTwoFactor': ipc<RecoveryCodes>()(z.strictObject({ code: z.string().trim().min(6).max(10) })),
  'account.renewRecoveryCodes': ipc<RecoveryCodes>()(nothing),
  'account.disableTwoFactor': ipc<{ account: Account }>()(nothing),
  /** Opens the system browser and answers when it came back; `account` is null when the person changed their mind. */
  'account.withGoogle': ipc<{ account: Account | null }>()(z.strictObject({ purpose: z.enum(['signIn', 'link', 'check']) })),
  'account.pasteGoogleCode': ipc<Done>()(z.strictObject({ code: z.string().trim().min(8).max(40) })),
  'account.cancelGoogle': ipc<Done>()(nothing),
  'account.unlinkGoogle': ipc<{ account: Account }>()(nothing),
} as const;
