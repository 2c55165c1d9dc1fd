import type { AppState, IpcEventName, IpcEvents } from '@pingplex/shared/contracts/ipc';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { Services } from './services.ts';

export type StateView = {
  readonly whole: () => AppState;
  /** Tells the window that parts of the state changed. */
  readonly announce: (...parts: (keyof AppState)[]) => void;
};

type Options = {
  readonly services: Services;
  readonly settings: SettingsStore;
  readonly version: string;
  readonly locale: string;
  readonly emit: <E extends IpcEventName>(event: E, data: IpcEvents[E]) => void;
};

/** The state that the window's frame shows, put together from the services that own its parts. */
export function createStateView({ services, settings, version, locale, emit }: Options): StateView {
  const platform: AppState['platform'] = process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
  const whole = (): AppState => {
    const { account, wallet, keychain } = services.account.state();
    const { state, sandbox, google } = services.server.info;
    return {
      version,
      platform,
      systemLanguage: locale.toLowerCase().startsWith('ru') ? 'ru' : 'en',
      settings: settings.settings,
      keychain,
      server: { state, sandbox, url: services.serverUrl(), google },
      account,
      wallet,
      engine: services.engine.state(),
      outputFolder: settings.currentFolder,
    };
  };
  const announce = (...parts: (keyof AppState)[]): void => {
    const state = whole();
    emit('app.changed', Object.fromEntries(parts.map((part) => [part, state[part]])));
  };
  services.account.onChange(() => announce('account', 'wallet', 'keychain'));
  services.engine.onState(() => announce('engine'));
  return { whole, announce };
}
