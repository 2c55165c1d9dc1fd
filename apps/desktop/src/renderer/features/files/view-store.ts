import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { create } from 'zustand';
import { throttleTrailing } from '../../lib/debounce.ts';
import { useSession } from '../session/index.ts';
import { forget, type Mode, NOTHING, type Selection, select, selectAll } from './selection.ts';
import { useFiles } from './store.ts';
import { type Sort, visibleFiles } from './view.ts';

type View = {
  readonly query: string;
  readonly visible: readonly MediaFileId[];
  readonly selection: Selection;
  /** The file that is shown large, over everything. */
  readonly large: MediaFileId | null;
};

export const useView = create<View>(() => ({ query: '', visible: [], selection: NOTHING, large: null }));

const byAdded: Sort = { by: 'added', descending: false };
const sortNow = (): Sort => useSession.getState().app?.settings.sort ?? byAdded;

function look(): void {
  const { byId, order } = useFiles.getState();
  const visible = visibleFiles(byId, order, useView.getState().query, sortNow());
  if (visible !== useView.getState().visible) useView.setState({ visible });
}

/** Keeps the rows on screen in step with library, query and sort. Patches in a burst are sorted once, four times a second at most. */
export function startView(): () => void {
  const lookSoon = throttleTrailing(look, 250);
  let lastOrder = useFiles.getState().order;
  let lastSort = sortNow();
  look();
  const stopFiles = useFiles.subscribe((state, before) => {
    if (state.rev === before.rev) return;
    if (state.order !== lastOrder) {
      const gone = new Set(lastOrder.length > state.order.length ? lastOrder.filter((id) => !state.byId.has(id)) : []);
      if (gone.size > 0) useView.setState(({ selection, visible }) => ({ selection: forget(selection, gone, visible) }));
      const first = lastOrder.length === 0;
      lastOrder = state.order;
      if (first || gone.size > 0) look();
      else lookSoon();
    } else if (useView.getState().query !== '' || sortNow().by !== 'added') lookSoon();
  });
  const stopSession = useSession.subscribe(() => {
    const sort = sortNow();
    if (sort.by === lastSort.by && sort.descending === lastSort.descending) return;
    lastSort = sort;
    look();
  });
  return () => {
    stopFiles();
    stopSession();
  };
}

export function setQuery(query: string): void {
  useView.setState({ query });
  look();
}

export function pick(id: MediaFileId, mode: Mode): void {
  useView.setState(({ selection, visible }) => ({ selection: select(selection, visible, id, mode) }));
}
export const pickAll = (): void => useView.setState(({ selection, visible }) => ({ selection: selectAll(selection, visible) }));
export const pickNone = (): void => useView.setState(({ selection }) => ({ selection: { ...NOTHING, focus: selection.focus } }));
export const showLarge = (id: MediaFileId | null): void => useView.setState({ large: id });

/** One row; components render again only when this file changed. */
export const useFile = (id: MediaFileId | null): MediaFileView | undefined =>
  useFiles((state) => (id === null ? undefined : state.byId.get(id)));

/** What a run would work on: the selection, or everything on screen when nothing is selected. Files that are gone don't count. */
export function targetIds(selected: ReadonlySet<MediaFileId>, visible: readonly MediaFileId[]): MediaFileId[] {
  const { byId, order } = useFiles.getState();
  const wanted = selected.size > 0 ? order.filter((id) => selected.has(id)) : visible;
  return wanted.filter((id) => byId.get(id)?.state !== 'missing');
}
