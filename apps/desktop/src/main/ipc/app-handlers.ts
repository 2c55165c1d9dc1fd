import type { Model, Movement, Wallet } from '@pingplex/shared/contracts/http';
import type { AppState, OutputFolder, Settings } from '@pingplex/shared/contracts/ipc';
import type { IpcHandlers } from './router.ts';

/** What the handlers of app, account and wallet need; the composition root gives it. */
export type AppPorts = {
  readonly state: () => AppState;
  readonly setSettings: (change: Partial<Settings>) => Promise<Settings>;
  readonly openExternal: (what: 'mailSandbox' | 'help' | 'privacy') => Promise<boolean>;
  readonly chooseOutputFolder: () => Promise<OutputFolder | null>;
  readonly diagnostics: () => string;
  readonly notices: () => Promise<{ licence: string; notices: string }>;
  readonly account: {
    signUp(email: string, password: string, locale: 'en' | 'ru'): Promise<void>;
    signIn(email: string, password: string): Promise<NonNullable<AppState['account']>>;
    signOut(): Promise<void>;
    resendVerification(email: string): Promise<void>;
    forgotPassword(email: string): Promise<void>;
    refreshWallet(): Promise<Wallet>;
  };
  readonly movements: (query: { before?: string | undefined; limit: number }) => Promise<{ movements: Movement[]; next: string | null }>;
  readonly models: () => Promise<readonly Model[]>;
  readonly language: () => 'en' | 'ru';
};

type AppRoutes = Pick<
  IpcHandlers,
  Extract<keyof IpcHandlers, `app.${string}` | `account.${string}` | `wallet.${string}` | `models.${string}`>
>;

const MAIL_SENT = { status: 'mailSent' } as const;

export function appHandlers(ports: AppPorts): AppRoutes {
  const { account } = ports;
  return {
    'app.getState': () => ports.state(),
    'app.setSettings': (change) => ports.setSettings(change),
    'app.openExternal': async ({ what }) => ({ opened: await ports.openExternal(what) }),
    'app.chooseOutputFolder': () => ports.chooseOutputFolder(),
    'app.diagnostics': () => ({ text: ports.diagnostics() }),
    'app.notices': () => ports.notices(),
    'account.signUp': async ({ email, password }) => {
      await account.signUp(email, password, ports.language());
      return MAIL_SENT;
    },
    'account.signIn': async ({ email, password }) => ({ account: await account.signIn(email, password) }),
    'account.signOut': async () => {
      await account.signOut();
      return { done: true };
    },
    'account.resendVerification': async ({ email }) => {
      await account.resendVerification(email);
      return MAIL_SENT;
    },
    'account.forgotPassword': async ({ email }) => {
      await account.forgotPassword(email);
      return MAIL_SENT;
    },
    'wallet.refresh': () => account.refreshWallet(),
    'wallet.movements': (query) => ports.movements(query),
    'models.list': async () => ({ models: [...(await ports.models())] }),
  };
}
