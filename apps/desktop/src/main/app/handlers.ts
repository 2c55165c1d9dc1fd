import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { AppState, PreviewView } from '@pingplex/shared/contracts/ipc';
import { mediaUrls } from '@pingplex/shared/contracts/ipc';
import { type BatchId, FORMATS, type MediaFormat, type ResultFormat, type ResultId, resultFacts } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { type BrowserWindow, shell } from 'electron';
import { safeFileName, splitName } from '../../output/index.ts';
import { saveReport } from '../batches/index.ts';
import { accountHandlers } from '../ipc/account-handlers.ts';
import { appHandlers } from '../ipc/app-handlers.ts';
import { batchHandlers } from '../ipc/batch-handlers.ts';
import { createHandlersOf } from '../ipc/create-handlers.ts';
import { libraryHandlers } from '../ipc/library-handlers.ts';
import { metadataHandlers } from '../ipc/metadata-handlers.ts';
import type { IpcHandlers } from '../ipc/router.ts';
import { shortenHome } from '../library/display-path.ts';
import { isPlayable } from '../library/playable.ts';
import { mayOpenExternally } from '../security/external-links.ts';
import { parseUrl } from '../security/parse-url.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { isDark } from '../windows/main-window.ts';
import { diagnosticsReport } from './diagnostics.ts';
import { pickMetadataPath, pickPaths, pickReportPath, pickTablePath } from './dialogs.ts';
import { readNotices } from './notices.ts';
import { readText } from './read-text.ts';
import type { Services } from './services.ts';
import type { StateView } from './state-view.ts';

export type HandlersOptions = {
  readonly services: Services;
  readonly settings: SettingsStore;
  readonly state: StateView;
  readonly lastErrors: readonly string[];
  readonly homeDir: string;
  /** Some choices were changed in the window. */
  readonly onSettings: (keys: readonly string[]) => void;
  readonly window: () => BrowserWindow | null;
};

/** Joins the declared calls with the services and with Electron's dialogs and shell. */
export function createHandlers(options: HandlersOptions): IpcHandlers {
  const { services, settings, state, window } = options;
  const language = (): 'en' | 'ru' => {
    const chosen = settings.settings.language;
    return chosen === 'system' ? state.whole().systemLanguage : chosen;
  };
  return {
    ...appHandlers({
      state: state.whole,
      setSettings: async (change) => {
        const isMoving = change.serverUrl !== undefined && change.serverUrl !== settings.settings.serverUrl;
        // The session ends where it was begun: its credential is never shown to the new server.
        if (isMoving) await services.account.signOut();
        const next = settings.set(change);
        if (change.theme !== undefined) isDark(change.theme);
        state.announce('settings');
        options.onSettings(Object.keys(change));
        if (isMoving) void services.server.refresh();
        return next;
      },
      openExternal: (what) => openExternal(what, services),
      chooseOutputFolder: async () => {
        const [folder] = await pickPaths(window(), 'outputFolder', language());
        if (folder === undefined) return null;
        const chosen = settings.addFolder(randomBytes(9).toString('base64url'), folder);
        state.announce('settings', 'outputFolder');
        return chosen;
      },
      diagnostics: () => report(options, state.whole()),
      notices: () => readNotices(services.engineFolder),
      account: services.account,
      movements: ({ before, limit }) =>
        services.api.call('wallet.movements', { query: { limit, ...(before === undefined ? {} : { before }) } }),
      models: () => services.generations.refreshModels(),
    }),
    ...accountHandlers({ account: services.account, credentials: services.credentials, language }),
    ...libraryHandlers({
      page: (offset, limit) => services.library.page(offset, limit),
      add: (paths) => services.library.add(paths),
      askForPaths: (what) => pickPaths(window(), what, language()),
      remove: (ids) => services.library.remove(ids),
      inspectFull: (id) => services.library.inspectFull(id),
      preview: async (id, standIn): Promise<PreviewView> => {
        const { path: file, view } = services.library.need(id);
        if (!standIn && isPlayable(view.format, view.summary))
          return { url: mediaUrls.original(id), mime: FORMATS[view.format].mime, proxy: false };
        const made = await services.previews.preview(file);
        return { url: `media://preview/${path.basename(made.path)}`, mime: made.mime, proxy: true };
      },
      waveform: (id, peaks, loudness) => services.previews.waveform(services.library.need(id).path, peaks, loudness),
      show: (ids, at) => {
        services.library.show(ids);
        services.previews.keepOnly(new Set<string>(ids), at);
      },
      cache: () => services.previews.usage(),
      clearCache: () => services.previews.clear(),
      reveal: (id) => {
        shell.showItemInFolder(services.library.need(id).path);
        return true;
      },
    }),
    ...metadataHandlers({
      askForTarget: (format) => pickMetadataPath(window(), format, language()),
      save: (ids, format, target) => services.metadata.save(ids, format, target),
      stop: () => services.metadata.stop(),
    }),
    ...createHandlersOf({
      create: services.create,
      askForTable: () => pickTablePath(window(), language()),
      useResult: (id) => services.library.add([needResult(services, id).path]),
    }),
    ...batchHandlers({
      batches: services.batches,
      saveReport: (id) => saveReportOf(id, options, language(), state.whole().version),
      revealResult: (id) => {
        const result = needResult(services, id);
        shell.showItemInFolder(result.path);
        return true;
      },
      waveformOfResult: (id, peaks, loudness) => services.previews.waveform(needResult(services, id).path, peaks, loudness),
      textOfResult: async (id) => readText(needResult(services, id).path),
      previewResult: async (id, standIn): Promise<PreviewView> => {
        const result = needResult(services, id);
        const { kind, mime } = resultFacts(result.format);
        const summary = kind === 'video' ? (await services.library.look(result.path)).summary : null;
        if (!standIn && (kind === 'text' || isPlayable(result.format as MediaFormat, summary)))
          return { url: mediaUrls.result(id), mime, proxy: false };
        const made = await services.previews.preview(result.path);
        return { url: `media://preview/${path.basename(made.path)}`, mime: made.mime, proxy: true };
      },
    }),
  };
}

async function saveReportOf(
  id: BatchId,
  { services, window, homeDir }: HandlersOptions,
  language: 'en' | 'ru',
  appVersion: string,
): Promise<string | null> {
  const batch = services.journal.batches.get(id);
  if (batch === undefined) throw new AppError('batch.notFound', 'no such batch');
  const day = new Date(batch.createdAt).toISOString().slice(0, 10);
  const file = await pickReportPath(window(), splitName(safeFileName(`${batch.name} ${day}`, 'html')).stem, language);
  if (file === null) return null;
  const thumbnails = (full: string, size: number) => services.previews.thumbnail(full, size);
  return shortenHome(await saveReport({ journal: services.journal, appVersion, thumbnails }, id, file, language), homeDir);
}

/** A result whose file has its final name. */
function needResult(services: Services, id: ResultId): { path: string; format: ResultFormat } {
  const result = services.batches.result(id);
  if (result === undefined || result.path === null) throw new AppError('file.notFound', 'no such result');
  return { path: result.path, format: result.format };
}

async function openExternal(what: 'mailSandbox' | 'help' | 'privacy', services: Services): Promise<boolean> {
  const pages = {
    help: 'https://pingplex.io/help',
    privacy: 'https://pingplex.io/privacy',
    mailSandbox: services.server.info.mailSandboxUrl,
  };
  const url = pages[what];
  const local = services.server.info.mailSandboxUrl === null ? null : parseUrl(services.serverUrl());
  if (url === null || !mayOpenExternally(url, local)) return false;
  await shell.openExternal(url);
  return true;
}

function report({ homeDir, lastErrors }: HandlersOptions, state: AppState): string {
  return diagnosticsReport({
    version: state.version,
    runtime: process.versions,
    platform: `${process.platform} ${process.arch}`,
    server: `${state.server.state}${state.server.sandbox ? ', sandbox' : ''}`,
    keychain: state.keychain,
    engine: state.engine.ready ? `ready, ${state.engine.version ?? ''}` : 'not running',
    lastErrors,
    homeDir,
  });
}
