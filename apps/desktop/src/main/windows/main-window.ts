import path from 'node:path';
import { app, BrowserWindow, nativeTheme, screen } from 'electron';
import { APP_URL } from '../security/origins.ts';
import type { Bounds } from '../settings/settings-store.ts';

/** Colours of the window before the page has drawn, so that it doesn't flash; the same values as the theme's `--bg`. */
const BACKGROUND = { dark: '#0e0f12', light: '#f5f6f8' } as const;

export type WindowMemory = { readonly bounds: Bounds | null; readonly save: (bounds: Bounds) => void };

/** Opens the app's window where it was last time; a place that no screen shows any more is given up. */
export function openMainWindow(preload: string, memory: WindowMemory, dark: boolean): BrowserWindow {
  const place = memory.bounds !== null && isVisible(memory.bounds) ? memory.bounds : null;
  const window = new BrowserWindow({
    width: place?.width ?? 1440,
    height: place?.height ?? 900,
    ...(place?.x !== undefined && place.y !== undefined ? { x: place.x, y: place.y } : {}),
    minWidth: 880,
    minHeight: 560,
    show: false,
    title: 'pingplex',
    backgroundColor: dark ? BACKGROUND.dark : BACKGROUND.light,
    autoHideMenuBar: true,
    webPreferences: {
      preload: path.resolve(preload),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !app.isPackaged && process.env['NODE_ENV'] === 'development',
    },
  });
  if (place?.maximised) window.maximize();
  window.once('ready-to-show', () => window.show());
  const remember = debounce(() => {
    if (window.isDestroyed()) return;
    memory.save({ ...window.getNormalBounds(), maximised: window.isMaximized() });
  }, 400);
  for (const change of ['resize', 'move', 'maximize', 'unmaximize'] as const) window.on(change as 'resize', remember);
  void window.loadURL(APP_URL);
  return window;
}

/** Whether the system or the user's setting asks for the dark theme. */
export function isDark(theme: 'system' | 'light' | 'dark'): boolean {
  nativeTheme.themeSource = theme;
  return nativeTheme.shouldUseDarkColors;
}

function isVisible(bounds: Bounds): boolean {
  const { x, y } = bounds;
  if (x === undefined || y === undefined) return true;
  return screen
    .getAllDisplays()
    .some(
      ({ workArea: area }) =>
        x < area.x + area.width - 100 && x + bounds.width > area.x + 100 && y >= area.y - 10 && y < area.y + area.height - 60,
    );
}

function debounce(action: () => void, ms: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, ms);
  };
}
