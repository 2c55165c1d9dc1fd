import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { EngineJob, OutcomeOf } from '@pingplex/shared/contracts/engine';
import type { IpcEventName, IpcEvents } from '@pingplex/shared/contracts/ipc';
import { AppError } from '@pingplex/shared/errors';
import type { Logger } from 'pino';
import {
  type AccountState,
  createAccountService,
  createCredentials,
  createGoogleSignIn,
  createUsageReporter,
  openKeychainStore,
} from '../account/index.ts';
import { createApiClient, createEventStream } from '../api/index.ts';
import { createBatchService, type SourceFile } from '../batches/index.ts';
import { createCreateService } from '../create/index.ts';
import { createJournal } from '../db/index.ts';
import { createEngineHost } from '../engine-host/index.ts';
import { createGenerationService, downloadResult } from '../generations/index.ts';
import { shortenHome } from '../library/display-path.ts';
import { Library, type MediaFile } from '../library/library.ts';
import { MetadataExport } from '../library/metadata-export.ts';
import { PreviewCache } from '../library/preview-cache.ts';
import { mayOpenServerPage } from '../security/external-links.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import { wishingHardware } from './hardware-wish.ts';
import type { Places } from './paths.ts';
import { scopeSecrets } from './scope-secrets.ts';
import { type ServerInfo, ServerInfoService } from './server-info.ts';

/** Where a new installation looks for its server; the setting and `PINGPLEX_SERVER_URL` override it. */
const DEFAULT_SERVER = 'https://api.pingplex.io';

export type ServicesOptions = {
  readonly userData: string;
  readonly homeDir: string;
  readonly version: string;
  readonly places: Places;
  readonly settings: SettingsStore;
  readonly logger: Logger;
  readonly serverUrlFromEnvironment: string | undefined;
  /** Sends an event to the window, when there is one. */
  readonly emit: <E extends IpcEventName>(event: E, data: IpcEvents[E]) => void;
  /** Hands an address to the system browser. */
  readonly openBrowser: (url: string) => Promise<void>;
  readonly onServerChange: (info: ServerInfo) => void;
};

export type Services = Awaited<ReturnType<typeof createServices>>;

/** Builds everything in main that needs no Electron, in the order in which the parts depend on each other. */
export async function createServices(options: ServicesOptions) {
  const { userData, logger, settings, places, emit } = options;
  const serverUrl = (): string => (settings.settings.serverUrl ?? options.serverUrlFromEnvironment ?? DEFAULT_SERVER).replace(/\/+$/, '');

  const workRoot = path.join(userData, 'work');
  await mkdir(workRoot, { recursive: true, mode: 0o700 });
  const journal = await createJournal(path.join(userData, 'journal.db'), logger);
  const engine = createEngineHost({
    nodeBinary: places.node,
    entry: places.engine,
    workers: Math.max(1, os.availableParallelism()),
    logger,
  });
  const api = createApiClient({ baseUrl: serverUrl, appVersion: options.version, logger });
  const events = createEventStream({ api, logger });
  const device = {
    name: os.hostname().slice(0, 80) || 'computer',
    os: `${os.type()} ${os.release()}`.slice(0, 80),
    appVersion: options.version,
  };
  const account = createAccountService({
    api,
    events,
    secrets: scopeSecrets(await openKeychainStore(logger), userData),
    markerPath: path.join(userData, 'account.json'),
    device,
    logger,
  });
  const openBrowser = async (url: string): Promise<boolean> => {
    if (!mayOpenServerPage(url, serverUrl())) return false;
    await options.openBrowser(url);
    return true;
  };
  const google = createGoogleSignIn({ api, device, openBrowser, logger });
  const credentials = createCredentials({ api, google, take: account.take, takeOver: account.takeOver });
  const usage = createUsageReporter({ api, accountId: () => account.state().account?.id ?? null, logger });
  const interactive = <J extends EngineJob>(job: J): Promise<OutcomeOf<J['verb']>> => engine.run(job, { lane: 'interactive' });
  const library = new Library({
    homeDir: options.homeDir,
    inspect: (file, depth) => engine.run({ verb: 'inspect', path: file, depth }, { lane: depth === 'quick' ? 'look' : 'interactive' }),
    onChange: (patch) => emit('library.changed', patch),
    onInspected: (file) => usage.count('inspect', file.kind, file.sizeBytes),
  });
  const previews = new PreviewCache(path.join(userData, 'previews'), interactive);
  const metadata = new MetadataExport({
    width: engine.workers,
    find: (id) => {
      const file = library.get(id);
      return file === undefined ? undefined : { path: file.path, shown: path.join(file.view.folder, file.view.name) };
    },
    inspect: (file, signal) => engine.run({ verb: 'inspect', path: file, depth: 'full' }, { lane: 'batch', signal }),
    display: (full) => shortenHome(full, options.homeDir),
    onProgress: (progress) => emit('metadata.exporting', progress),
  });
  const generations = createGenerationService({
    api,
    events,
    journal,
    engine,
    accountId: () => signedInAccount(account.state()),
    logger,
  });
  const isHardwareWanted = (): boolean => settings.settings.hardwareEncoders !== 'off';
  const batches = createBatchService({
    journal,
    engine: {
      workers: engine.workers,
      run: wishingHardware((job, wishes) => engine.run(job, wishes), isHardwareWanted, path.join(userData, 'encoders.json')),
    },
    cloud: generations,
    account,
    usage,
    files: { resolve: (id) => sourceFile(library.get(id)) },
    workRoot,
    display: (full) => shortenHome(full, options.homeDir),
    folderPath: (id) => settings.folderPath(id),
    logger,
  });
  await batches.recover();
  batches.onChange((patch) => emit('batches.changed', patch));
  const create = createCreateService({
    journal,
    batches: batches.asked,
    models: () => generations.models(),
    refreshModels: () => generations.refreshModels(),
    files: library,
    engine: { run: interactive },
    madeFolder: path.join(userData, 'made'),
    fetch: {
      generation: (id) => api.call('generations.get', { params: { id } }),
      download: (result, file) => downloadResult(api, result, file, new AbortController().signal, () => undefined),
    },
    outputFolder: () => {
      const id = settings.settings.outputFolderId;
      return id === null ? null : (settings.folderPath(id) ?? null);
    },
    display: (full) => shortenHome(full, options.homeDir),
  });
  await create.start();
  const server = new ServerInfoService(api, logger, options.onServerChange);
  return {
    journal,
    engine,
    engineFolder: path.dirname(places.engine),
    api,
    account,
    credentials,
    usage,
    library,
    metadata,
    previews,
    generations,
    batches,
    create,
    server,
    serverUrl,
    interactive,
  };
}

function signedInAccount({ account, keychain }: AccountState): string {
  if (account !== null) return account.id;
  if (keychain === 'locked') throw new AppError('keychain.locked', 'the keychain that holds the session is locked');
  throw new AppError('auth.required', 'nobody is signed in');
}

function sourceFile(file: MediaFile | undefined): SourceFile | undefined {
  if (file === undefined) return undefined;
  const { name, sizeBytes, modifiedAt, kind, format, summary } = file.view;
  return { path: file.path, folder: file.root, name, sizeBytes, modifiedAtMs: modifiedAt, kind, format, summary };
}
