import type { InspectOutcome, WaveformOutcome } from '@pingplex/shared/contracts/engine';
import type { AddReport, CacheView, LibraryPage, PreviewView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import type { IpcHandlers } from './router.ts';

/** What the handlers of the library need; the composition root gives it. */
export type LibraryPorts = {
  readonly page: (offset: number, limit: number) => LibraryPage;
  readonly add: (paths: readonly string[]) => Promise<AddReport>;
  readonly askForPaths: (what: 'files' | 'folder') => Promise<readonly string[]>;
  readonly remove: (ids: readonly MediaFileId[]) => number;
  readonly inspectFull: (id: MediaFileId) => Promise<InspectOutcome>;
  readonly preview: (id: MediaFileId, standIn: boolean) => Promise<PreviewView>;
  readonly waveform: (id: MediaFileId, peaks: number, loudness: boolean) => Promise<WaveformOutcome>;
  readonly show: (ids: readonly MediaFileId[], at: number) => void;
  readonly cache: () => Promise<CacheView>;
  readonly clearCache: () => Promise<CacheView>;
  readonly reveal: (id: MediaFileId) => boolean;
};

type LibraryRoutes = Pick<IpcHandlers, Extract<keyof IpcHandlers, `library.${string}`>>;

export function libraryHandlers(ports: LibraryPorts): LibraryRoutes {
  return {
    'library.page': ({ offset, limit }) => ports.page(offset, limit),
    'library.addByDialog': async ({ what }) => {
      const paths = await ports.askForPaths(what);
      return paths.length === 0 ? null : ports.add(paths);
    },
    'library.addPaths': ({ paths }) => ports.add(paths),
    'library.remove': ({ ids }) => ({ removed: ports.remove(ids) }),
    'library.inspect': ({ id }) => ports.inspectFull(id),
    'library.preview': ({ id, standIn }) => ports.preview(id, standIn),
    'library.waveform': ({ id, peaks, loudness }) => ports.waveform(id, peaks, loudness),
    'library.show': ({ ids, at }) => {
      ports.show(ids, at);
      return { done: true };
    },
    'library.cache': () => ports.cache(),
    'library.clearCache': () => ports.clearCache(),
    'library.reveal': ({ id }) => ({ shown: ports.reveal(id) }),
  };
}
