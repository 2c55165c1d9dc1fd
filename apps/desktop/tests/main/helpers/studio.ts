import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Summary } from '@pingplex/shared/contracts/engine';
import { IPC_ROUTES } from '@pingplex/shared/contracts/ipc';
import { FORMATS, formatByName, MediaFileId, type StepInput } from '@pingplex/shared/domain';
import { type BatchServiceOptions, type CloudPort, createBatchService, type MediaFiles } from '../../../src/main/batches/index.ts';
import { createJournal } from '../../../src/main/db/index.ts';
import { createEngineHost, type EngineLimits } from '../../../src/main/engine-host/index.ts';
import { silentLogger } from '../../../src/main/logging/logger-port.ts';

const ENGINE_ENTRY = join(import.meta.dirname, '../../../src/engine/main.ts');

export const testEngine = (workers = 2, limits: Partial<EngineLimits> = {}, entry = ENGINE_ENTRY) =>
  createEngineHost({ nodeBinary: process.execPath, entry, workers, logger: silentLogger, limits });

/** No cloud: what a machine without account and network has. */
export const noCloud: CloudPort = {
  models: () => [],
  refreshModels: async () => [],
  run: async () => {
    throw new Error('no cloud step was expected');
  },
  abandon: async () => undefined,
};

/** The library as the services see it, over plain files. */
export class TestFiles implements MediaFiles {
  readonly #files = new Map<string, NonNullable<ReturnType<MediaFiles['resolve']>>>();
  readonly #ids: MediaFileId[] = [];

  get ids(): MediaFileId[] {
    return [...this.#ids];
  }

  /** @param summary what an inspection found; without one the file counts as not looked into yet */
  async add(path: string, root?: string, summary: Summary | null = null): Promise<MediaFileId> {
    const facts = await stat(path);
    const id = MediaFileId.parse(`file${String(this.#files.size).padStart(6, '0')}`);
    const format = formatByName(path) ?? 'png';
    this.#files.set(id, {
      path,
      name: basename(path),
      sizeBytes: facts.size,
      modifiedAtMs: facts.mtimeMs,
      kind: FORMATS[format].kind,
      format,
      summary,
      folder: root ?? dirname(path),
    });
    this.#ids.push(id);
    return id;
  }

  /** A file that exists on paper only. */
  pretend(name: string, sizeBytes: number): MediaFileId {
    const id = MediaFileId.parse(`file${String(this.#files.size).padStart(6, '0')}`);
    const format = formatByName(name) ?? 'png';
    this.#files.set(id, {
      path: `/nowhere/${name}`,
      name,
      sizeBytes,
      modifiedAtMs: 0,
      kind: FORMATS[format].kind,
      format,
      summary: null,
      folder: '/nowhere',
    });
    this.#ids.push(id);
    return id;
  }

  resolve(id: MediaFileId) {
    return this.#files.get(id);
  }
}

export type Studio = Awaited<ReturnType<typeof openStudio>>;

/** Main's services over one user-data folder, with a real journal and real engine workers. */
export async function openStudio(userData: string, files: TestFiles, options: Partial<BatchServiceOptions> & { workers?: number } = {}) {
  const journal = await createJournal(join(userData, 'journal.db'), silentLogger);
  const engine = testEngine(options.workers ?? 2);
  const service = createBatchService({
    journal,
    engine,
    cloud: noCloud,
    account: { state: () => ({ account: null, wallet: null, keychain: 'kept' }) },
    usage: { count: () => undefined },
    files,
    workRoot: join(userData, 'work'),
    display: (path) => path,
    folderPath: (id) => id,
    logger: silentLogger,
    ...options,
  });
  const recovered = await service.recover();
  return {
    journal,
    engine,
    service,
    recovered,
    start: (
      steps: StepInput[],
      folder: string,
      output: { template?: string; conflict?: 'number' | 'skip' | 'replace'; keepTree?: boolean } = {},
    ) =>
      service.start(
        IPC_ROUTES['batches.start'].input.parse({
          name: 'test',
          fileIds: files.ids,
          steps,
          output: {
            folderId: folder,
            template: '{name}-{variant}',
            conflict: 'number',
            keepTree: false,
            ...output,
          },
          rightsConfirmed: true,
        }),
      ),
    estimate: (
      steps: StepInput[],
      folder: string | null,
      output: { template?: string; conflict?: 'number' | 'skip' | 'replace'; keepTree?: boolean } = {},
    ) =>
      service.estimate(
        IPC_ROUTES['batches.estimate'].input.parse({
          fileIds: files.ids,
          steps,
          output: {
            folderId: folder === null ? null : folder,
            template: '{name}-{variant}',
            conflict: 'number',
            keepTree: false,
            ...output,
          },
        }),
      ),
    close: async () => {
      await service.close();
      await engine.close();
      journal.close();
    },
  };
}

/** Resolves when `check` holds; looked at after every patch and, as a back-stop, a few times a second. */
export async function until(service: Studio['service'], check: () => boolean): Promise<void> {
  if (check()) return;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (!check()) return;
      stop();
      clearInterval(timer);
      resolve();
    };
    const stop = service.onChange(look);
    const timer = setInterval(look, 200);
  });
}

export const isOver = (service: Studio['service'], id: string) => (): boolean => {
  const view = service.list().batches.find((batch) => batch.id === id);
  return view?.state === 'finished' || view?.state === 'canceled';
};

export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

/** Every file below a folder, relative, sorted. */
export async function tree(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}
