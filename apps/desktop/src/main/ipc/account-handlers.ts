import type { AppState } from '@pingplex/shared/contracts/ipc';
import type { Credentials } from '../account/index.ts';
import type { IpcHandlers } from './router.ts';

type Account = NonNullable<AppState['account']>;

/** Who is signed in and how; the composition root gives it. */
export type AccountPorts = {
  readonly account: {
    signUp(email: string, password: string, locale: 'en' | 'ru'): Promise<void>;
    signIn(email: string, password: string, secondFactor?: string): Promise<Account>;
    signOut(): Promise<void>;
    resendVerification(email: string): Promise<void>;
    forgotPassword(email: string): Promise<void>;
  };
  readonly credentials: Credentials;
  readonly language: () => 'en' | 'ru';
};

type AccountRoutes = Pick<IpcHandlers, Extract<keyof IpcHandlers, `account.${string}`>>;

const MAIL_SENT = { status: 'mailSent' } as const;
const DONE = { done: true } as const;

export function accountHandlers({ account, credentials, language }: AccountPorts): AccountRoutes {
  return {
    'account.signUp': ({ email, password }) => account.signUp(email, password, language()).then(() => MAIL_SENT),
    'account.signIn': async ({ email, password, secondFactor }) => ({ account: await account.signIn(email, password, secondFactor) }),
    'account.signOut': () => account.signOut().then(() => DONE),
    'account.resendVerification': ({ email }) => account.resendVerification(email).then(() => MAIL_SENT),
    'account.forgotPassword': ({ email }) => account.forgotPassword(email).then(() => MAIL_SENT),
    'account.refresh': async () => ({ account: await credentials.refresh() }),
    'account.confirmIdentity': ({ password, secondFactor }) => credentials.confirmIdentity(password, secondFactor).then(() => DONE),
    'account.changePassword': ({ current, next }) => credentials.changePassword(current, next).then(() => DONE),
    'account.changeEmail': ({ email }) => credentials.changeEmail(email).then(() => MAIL_SENT),
    'account.sessions': async () => ({ sessions: await credentials.sessions() }),
    'account.revokeSession': ({ id }) => credentials.revokeSession(id).then(() => DONE),
    'account.revokeOthers': () => credentials.revokeOthers().then(() => DONE),
    'account.startTwoFactor': () => credentials.startTwoFactor(),
    'account.confirmTwoFactor': async ({ code }) => ({ recoveryCodes: await credentials.confirmTwoFactor(code) }),
    'account.renewRecoveryCodes': async () => ({ recoveryCodes: await credentials.renewRecoveryCodes() }),
    'account.disableTwoFactor': async () => ({ account: await credentials.disableTwoFactor() }),
    'account.withGoogle': async ({ purpose }) => ({ account: await credentials.withGoogle(purpose, language()) }),
    'account.pasteGoogleCode': ({ code }) => credentials.pasteGoogleCode(code).then(() => DONE),
    'account.cancelGoogle': () => {
      credentials.cancelGoogle();
      return DONE;
    },
    'account.unlinkGoogle': async () => ({ account: await credentials.unlinkGoogle() }),
  };
}
