import { chmodSync, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EVENT_CHANNEL, INVOKE_CHANNEL, type IpcEventName, type IpcEvents, PRELOAD_CHANNEL } from '@pingplex/shared/contracts/ipc';
import { app, type BrowserWindow, dialog, type IpcMainInvokeEvent, ipcMain, nativeTheme, protocol, session, shell } from 'electron';
import { createPreferenceSync } from '../account/index.ts';
import { createRouter } from '../ipc/router.ts';
import { shortenHome } from '../library/display-path.ts';
import { createAppLog } from '../logging/app-log.ts';
import { createAppHandler } from '../protocol/app-protocol.ts';
import { createMediaHandler } from '../protocol/media-protocol.ts';
import { guardSession } from '../security/install.ts';
import type { Sender } from '../security/origins.ts';
import { SettingsStore } from '../settings/settings-store.ts';
import { watchLoading } from '../windows/load-watch.ts';
import { isDark, openMainWindow } from '../windows/main-window.ts';
import { installMenu } from '../windows/menu.ts';
import { createHandlers } from './handlers.ts';
import { handleTheUnexpected } from './last-resort.ts';
import { mediaSources } from './media-sources.ts';
import { openedFiles } from './open-files.ts';
import { findPlaces } from './paths.ts';
import { watchPower } from './power.ts';
import { createServices, type Services } from './services.ts';
import { createStateView } from './state-view.ts';

/** A window that crashes more often than this within a minute is closed: reloading it for ever helps nobody. */
const MAX_CRASHES = 3;

/**
 * Runs the app from the moment Electron lets us until the last window is closed.
 * @param args arguments of this launch, without the executable
 */
export async function runApp(args: readonly string[]): Promise<void> {
  const opened: string[] = [];
  let addOpened = (paths: readonly string[]): void => {
    opened.push(...paths);
  };
  // macOS hands files over by event, possibly before the app is ready.
  app.on('open-file', (event, file) => {
    event.preventDefault();
    addOpened([file]);
  });
  await app.whenReady();

  const userData = app.getPath('userData');
  const homeDir = os.homedir();
  // Whatever lies in it and whoever wrote it: nobody else's business.
  if (process.platform !== 'win32') chmodSync(userData, 0o700);
  const logger = createAppLog(path.join(userData, 'logs'), homeDir);
  handleTheUnexpected(logger, homeDir);
  const { store: settings, setAside } = await SettingsStore.open(path.join(userData, 'settings.json'), (full) =>
    shortenHome(full, homeDir),
  );
  if (setAside !== null) logger.warn({ file: path.basename(setAside) }, 'settings could not be read and were set aside');
  // In a checkout the app may be loaded through a link; what lies beside it is found from where it really is.
  const places = findPlaces(app.isPackaged ? app.getAppPath() : realpathSync(app.getAppPath()), process.resourcesPath, app.isPackaged);

  let window: BrowserWindow | null = null;
  const emit = <E extends IpcEventName>(event: E, data: IpcEvents[E]): void => {
    if (window !== null && !window.isDestroyed()) window.webContents.send(EVENT_CHANNEL, event, data);
  };

  guardSession(session.defaultSession);
  installMenu(process.platform);
  protocol.handle('app', createAppHandler(places.renderer));

  let services: Services;
  try {
    services = await createServices({
      userData,
      homeDir,
      version: app.getVersion(),
      places,
      settings,
      logger,
      serverUrlFromEnvironment: process.env['PINGPLEX_SERVER_URL'],
      emit,
      openBrowser: (url) => shell.openExternal(url),
      onServerChange: () => state.announce('server'),
    });
  } catch (error) {
    logger.error({ err: error }, 'the app could not start');
    dialog.showErrorBox('pingplex', `${error instanceof Error ? error.message : String(error)}\n\n${userData}`);
    app.exit(1);
    return;
  }
  const state = createStateView({ services, settings, version: app.getVersion(), locale: app.getLocale(), emit });
  protocol.handle('media', createMediaHandler(mediaSources(services)));

  const preferences = createPreferenceSync({
    api: services.api,
    account: services.account,
    read: () => settings.settings,
    apply: (change) => {
      settings.set(change);
      if (change.theme !== undefined) isDark(change.theme);
      state.announce('settings');
    },
    file: path.join(userData, 'preferences.json'),
    logger,
  });
  const lastErrors: string[] = [];
  const onSettings = (keys: readonly string[]): void => preferences.changed(keys);
  const handlers = createHandlers({ services, settings, state, lastErrors, homeDir, onSettings, window: () => window });
  const answer = createRouter(handlers, (route, error) => {
    lastErrors.splice(0, Math.max(0, lastErrors.length - 19));
    lastErrors.push(`${new Date().toISOString()} ${route}: ${error.message}`);
    logger.error({ route, err: error.cause ?? error }, 'a call failed unexpectedly');
  });
  const senderOf = (event: IpcMainInvokeEvent): Sender | null => {
    const frame = event.senderFrame;
    if (frame === null) return null;
    return {
      url: frame.url,
      isMainFrame: frame === event.sender.mainFrame,
      windowIsOurs: window !== null && event.sender === window.webContents,
    };
  };
  ipcMain.handle(INVOKE_CHANNEL, (event, route: unknown, input: unknown) =>
    answer({ sender: senderOf(event), fromPreload: false, route, input }),
  );
  ipcMain.handle(PRELOAD_CHANNEL, (event, route: unknown, input: unknown) =>
    answer({ sender: senderOf(event), fromPreload: true, route, input }),
  );

  const open = (): void => {
    const memory = { bounds: settings.bounds, save: (bounds: Parameters<SettingsStore['setBounds']>[0]) => settings.setBounds(bounds) };
    window = openMainWindow(places.preload, memory, isDark(settings.settings.theme));
    const crashes: number[] = [];
    window.webContents.on('render-process-gone', (_event, details) => {
      if (details.reason === 'clean-exit' || window === null || window.isDestroyed()) return;
      crashes.push(Date.now());
      const isHopeless = crashes.filter((at) => at > Date.now() - 60_000).length > MAX_CRASHES;
      logger.error({ reason: details.reason, isHopeless }, 'the window crashed; batches go on');
      if (!isHopeless) window.reload();
      else
        dialog.showErrorBox(
          'pingplex',
          state.whole().systemLanguage === 'ru' ? 'Окно не удаётся восстановить.' : 'The window keeps crashing.',
        );
    });
    watchLoading(window.webContents, logger);
    window.on('unresponsive', () => logger.warn({}, 'the window does not respond'));
    window.on('responsive', () => logger.info({}, 'the window responds again'));
    window.on('closed', () => {
      window = null;
    });
  };
  open();
  nativeTheme.on('updated', () => state.announce('settings'));

  app.on('child-process-gone', (_event, { type, reason }) => {
    if (reason !== 'clean-exit') logger.error({ type, reason }, 'a process of Chromium ended');
  });

  addOpened = (paths) => {
    if (paths.length === 0) return;
    void services.library.add(paths).then((report) => {
      // A page that is still loading doesn't listen yet, and what was refused stands in the report alone.
      if (window?.webContents.isLoading()) window.webContents.once('did-finish-load', () => emit('library.added', report));
      else emit('library.added', report);
    });
  };
  addOpened([...opened, ...openedFiles(args, process.cwd(), userData)]);
  app.on('second-instance', (_event, argv, cwd, extra) => {
    const given = extra as { argv?: unknown; cwd?: unknown } | undefined;
    const list = Array.isArray(given?.argv) ? given.argv.filter((one): one is string => typeof one === 'string') : argv.slice(1);
    addOpened(openedFiles(list, typeof given?.cwd === 'string' ? given.cwd : cwd, userData));
    if (window === null) open();
    else {
      if (window.isMinimized()) window.restore();
      window.focus();
    }
  });
  app.on('activate', () => {
    if (window === null) open();
  });
  app.on('window-all-closed', () => app.quit());

  const power = watchPower(services, () => window);
  let stopped = false;
  app.on('before-quit', (event) => {
    // A second request to quit must not cut the first one short; `app.exit` below doesn't ask again.
    event.preventDefault();
    if (stopped) return;
    stopped = true;
    power.stop();
    void stop(services, settings).finally(() => app.exit(0));
  });

  services.engine.warmUp();
  void preferences
    .start()
    .then(() => services.account.start())
    .then(() => services.server.refresh());
  void services.previews.prune();
}

async function stop(services: Services, settings: SettingsStore): Promise<void> {
  services.server.stop();
  services.account.stop();
  services.usage.stop();
  await services.metadata.close();
  await services.batches.close();
  await services.engine.close();
  services.journal.close();
  await settings.flush().catch(() => undefined);
}
