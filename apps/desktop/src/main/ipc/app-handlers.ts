import type { Model, Movement, Wallet } from '@pingplex/shared/contracts/http';
import type { AppState, OutputFolder, Settings } from '@pingplex/shared/contracts/ipc';
import type { IpcHandlers } from './router.ts';

/** What the handlers of app and wallet need; the composition root gives it. */
export type AppPorts = {
  readonly state: () => AppState;
  readonly setSettings: (change: Partial<Settings>) => Promise<Settings>;
  readonly openExternal: (what: 'mailSandbox' | 'help' | 'privacy') => Promise<boolean>;
  readonly chooseOutputFolder: () => Promise<OutputFolder | null>;
  readonly diagnostics: () => string;
  readonly notices: () => Promise<{ licence: string; notices: string }>;
  readonly account: { refreshWallet(): Promise<Wallet> };
  readonly movements: (query: { before?: string | undefined; limit: number }) => Promise<{ movements: Movement[]; next: string | null }>;
  readonly models: () => Promise<readonly Model[]>;
};

type AppRoutes = Pick<IpcHandlers, Extract<keyof IpcHandlers, `app.${string}` | `wallet.${string}` | `models.${string}`>>;

export function appHandlers(ports: AppPorts): AppRoutes {
  const { account } = ports;
  return {
    'app.getState': () => ports.state(),
    'app.setSettings': (change) => ports.setSettings(change),
    'app.openExternal': async ({ what }) => ({ opened: await ports.openExternal(what) }),
    'app.chooseOutputFolder': () => ports.chooseOutputFolder(),
    'app.diagnostics': () => ({ text: ports.diagnostics() }),
    'app.notices': () => ports.notices(),
    'wallet.refresh': () => account.refreshWallet(),
    'wallet.movements': (query) => ports.movements(query),
    'models.list': async () => ({ models: [...(await ports.models())] }),
  };
}
