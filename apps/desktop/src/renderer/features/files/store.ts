import type { AddReport, IpcEvents, MediaFileView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { create } from 'zustand';
import { RevFeed } from '../../lib/feed.ts';
import { addDropped, call, on } from '../../lib/ipc.ts';

type Files = {
  /** Changed in place; `rev` grows with every change, so that each row looks again and only changed rows render. */
  readonly byId: ReadonlyMap<MediaFileId, MediaFileView>;
  /** In the order of adding. */
  readonly order: readonly MediaFileId[];
  readonly rev: number;
  readonly bytes: number;
  /** How many are still being read. */
  readonly reading: number;
  readonly loaded: boolean;
  readonly adding: boolean;
  /** What the last adding did, until the user closes it. */
  readonly report: AddReport | null;
  /** Why the last adding failed altogether. */
  readonly error: unknown;
  /** Why the list could not be fetched. */
  readonly loadError: unknown;
};

const byId = new Map<MediaFileId, MediaFileView>();
export const useFiles = create<Files>(() => ({
  byId,
  order: [],
  rev: 0,
  bytes: 0,
  reading: 0,
  loaded: false,
  adding: false,
  report: null,
  error: null,
  loadError: null,
}));

/** Puts rows in and takes rows out; `order` is replaced only when rows come or go. */
function apply(upserts: readonly MediaFileView[], removed: readonly MediaFileId[]): void {
  const { order, rev, bytes } = useFiles.getState();
  const fresh: MediaFileView[] = [];
  let size = bytes;
  let { reading } = useFiles.getState();
  for (const file of upserts) {
    const before = byId.get(file.id);
    if (!before) fresh.push(file);
    reading += Number(file.state === 'reading') - Number(before?.state === 'reading');
    size += file.sizeBytes - (before?.sizeBytes ?? 0);
    byId.set(file.id, file);
  }
  const gone = new Set<MediaFileId>();
  for (const id of removed) {
    const before = byId.get(id);
    if (!before) continue;
    size -= before.sizeBytes;
    reading -= Number(before.state === 'reading');
    byId.delete(id);
    gone.add(id);
  }
  let next = order;
  if (gone.size > 0) next = next.filter((id) => !gone.has(id));
  if (fresh.length > 0) {
    const lastOrder = byId.get(next.at(-1) as MediaFileId)?.order ?? -1;
    fresh.sort((a, b) => a.order - b.order);
    next = [...next, ...fresh.filter((file) => !gone.has(file.id)).map((file) => file.id)];
    // Rows nearly always come in order; only a late one makes us sort.
    if ((fresh[0]?.order ?? 0) < lastOrder) next = [...next].sort((a, b) => (byId.get(a)?.order ?? 0) - (byId.get(b)?.order ?? 0));
  }
  useFiles.setState({ order: next, rev: rev + 1, bytes: size, reading });
}

let removedWhilePaging = false;

async function snapshot(): Promise<number> {
  for (;;) {
    removedWhilePaging = false;
    const seen = new Set<MediaFileId>();
    let first: number | null = null;
    let offset: number | null = 0;
    while (offset !== null) {
      const page: Awaited<ReturnType<typeof call<'library.page'>>> = await call('library.page', {
        offset,
        limit: offset === 0 ? 500 : 4000,
      });
      first ??= page.rev;
      for (const file of page.files) seen.add(file.id);
      apply(page.files, []);
      useFiles.setState({ loaded: true, loadError: null });
      offset = page.next;
    }
    // A removal shifts the pages that follow, so that a row may have slipped between two of them.
    if (removedWhilePaging) continue;
    apply(
      [],
      [...byId.keys()].filter((id) => !seen.has(id)),
    );
    return first ?? 0;
  }
}

const feed = new RevFeed<IpcEvents['library.changed']>({
  snapshot,
  apply: (patch) => apply(patch.upserts, patch.removed),
  failed: (loadError) => useFiles.setState({ loadError, loaded: true }),
});

/** Fetches the list again, after a failure. */
export const reloadFiles = (): Promise<void> => feed.start();

/** Follows the library. */
export function startFiles(): () => void {
  const stops = [
    on('library.changed', (patch) => {
      if (patch.removed.length > 0) removedWhilePaging = true;
      feed.receive(patch);
    }),
    on('library.added', (report) => useFiles.setState({ report })),
  ];
  void feed.start();
  return () => {
    for (const stop of stops) stop();
  };
}

async function adding(work: () => Promise<AddReport | null>): Promise<void> {
  useFiles.setState({ adding: true });
  try {
    const report = await work();
    if (report) useFiles.setState({ report, error: null });
  } catch (error) {
    useFiles.setState({ error });
  } finally {
    useFiles.setState({ adding: false });
  }
}

/** Lets the user choose files or a folder. */
export const addByDialog = (what: 'files' | 'folder'): Promise<void> => adding(() => call('library.addByDialog', { what }));
/** Adds what was dropped or pasted. */
export const addFiles = (list: readonly File[]): Promise<void> => adding(() => addDropped(list));
/** Takes files off the list; on disk they stay. @throws AppError */
export async function removeFiles(ids: readonly MediaFileId[]): Promise<void> {
  if (ids.length > 0) await call('library.remove', { ids: [...ids] });
}
export const closeReport = (): void => useFiles.setState({ report: null, error: null });
