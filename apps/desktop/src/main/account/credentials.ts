import type { Account, DeviceSession, SessionTokens } from '@pingplex/shared/contracts/http';
import type { z } from 'zod';
import type { ApiClient } from '../api/index.ts';
import type { GooglePurpose, GoogleSignIn } from './google-sign-in.ts';

export type Credentials = ReturnType<typeof createCredentials>;

type Options = {
  readonly api: ApiClient;
  readonly google: GoogleSignIn;
  /** The account was asked for anew. */
  readonly take: (account: Account) => Promise<void>;
  /** Google let somebody in. */
  readonly takeOver: (tokens: SessionTokens) => Promise<Account>;
};

/** What a person changes about the ways into their account. The account on screen follows each change. */
export function createCredentials({ api, google, take, takeOver }: Options) {
  const refresh = async (): Promise<Account> => {
    const account = await api.call('account.get', {});
    await take(account);
    return account;
  };
  return {
    refresh,
    confirmIdentity: async (password: string, secondFactor?: string): Promise<void> => {
      await api.call('auth.confirmIdentity', { body: { password, secondFactor } }, { retries: 0 });
    },
    changePassword: async (current: string, next: string): Promise<void> => {
      await api.call('auth.changePassword', { body: { current, next } }, { retries: 0 });
    },
    changeEmail: async (email: string): Promise<void> => {
      await api.call('account.changeEmail', { body: { email } }, { retries: 0 });
    },
    sessions: async (): Promise<z.infer<typeof DeviceSession>[]> => (await api.call('auth.listSessions', {})).sessions,
    revokeSession: async (id: string): Promise<void> => {
      await api.call('auth.revokeSession', { params: { id } });
    },
    revokeOthers: async (): Promise<void> => {
      await api.call('auth.revokeOtherSessions', {});
    },
    startTwoFactor: () => api.call('account.startTwoFactor', {}),
    confirmTwoFactor: async (code: string): Promise<string[]> => {
      const { recoveryCodes } = await api.call('account.confirmTwoFactor', { body: { code } }, { retries: 0 });
      await refresh();
      return recoveryCodes;
    },
    renewRecoveryCodes: async (): Promise<string[]> => (await api.call('account.renewRecoveryCodes', {})).recoveryCodes,
    disableTwoFactor: async (): Promise<Account> => {
      await api.call('account.disableTwoFactor', {});
      return refresh();
    },
    /** @returns the account, or null when the person changed their mind in the browser */
    withGoogle: async (purpose: GooglePurpose, language: 'en' | 'ru'): Promise<Account | null> => {
      const outcome = await google.run(purpose, language);
      if (outcome === null) return null;
      if ('tokens' in outcome) return takeOver(outcome.tokens);
      await take(outcome.account);
      return outcome.account;
    },
    pasteGoogleCode: (code: string) => google.paste(code),
    cancelGoogle: () => google.cancel(),
    unlinkGoogle: async (): Promise<Account> => {
      await api.call('account.unlinkGoogle', {});
      return refresh();
    },
  };
}
