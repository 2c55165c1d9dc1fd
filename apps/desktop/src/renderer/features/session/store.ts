import type { Model } from '@pingplex/shared/contracts/http';
import type { AppState, Settings } from '@pingplex/shared/contracts/ipc';
import { create } from 'zustand';
import { call, on } from '../../lib/ipc.ts';

type Session = {
  /** Null until main has answered for the first time. */
  readonly app: AppState | null;
  readonly models: readonly Model[];
};

export const useSession = create<Session>(() => ({ app: null, models: [] }));

function merge(patch: Partial<AppState>): void {
  useSession.setState(({ app }) => {
    if (!app) return {};
    const next = { ...app, ...patch };
    // An older wallet may arrive after a newer one; versions say which is which.
    if (app.wallet && next.wallet && app.account?.id === next.account?.id && next.wallet.version < app.wallet.version)
      next.wallet = app.wallet;
    return { app: next };
  });
}

/** Fetches what the app knows about itself and follows its changes. @throws AppError */
export async function startSession(): Promise<() => void> {
  const stop = on('app.changed', (patch) => {
    const before = useSession.getState().app;
    merge(patch);
    if (patch.server && (patch.server.state !== before?.server.state || patch.server.url !== before?.server.url)) void loadModels();
  });
  useSession.setState({ app: await call('app.getState', {}) });
  void loadModels();
  return stop;
}

/** Fetches the catalogue of models; while the server can't be reached the last one stays. */
export async function loadModels(): Promise<void> {
  const answer = await window.pingplex.invoke('models.list', {});
  if (answer.ok) useSession.setState({ models: answer.data.models });
}

/** Changes remembered choices: on screen at once, then in main, which has the last word. @throws AppError */
export async function setSettings(patch: Partial<Settings>): Promise<void> {
  const before = useSession.getState().app?.settings;
  if (!before) return;
  merge({ settings: { ...before, ...patch } });
  const answer = await window.pingplex.invoke('app.setSettings', patch);
  merge({ settings: answer.ok ? answer.data : before });
}

/** Takes over newer facts, for example a wallet that was just asked for. */
export function mergeSession(patch: Partial<AppState>): void {
  merge(patch);
}
