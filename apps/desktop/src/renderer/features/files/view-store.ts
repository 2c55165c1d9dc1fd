import type { MediaFileView } from '@pingplex/shared/contracts/ipc';
import type { MediaFileId } from '@pingplex/shared/domain';
import { create } from 'zustand';
import { useSession } from '../session/index.ts';
import { forget, type Mode, NOTHING, type Selection, select, selectAll } from './selection.ts';
import { useFiles } from './store.ts';
import { type Sort, visibleFiles, visibleInSlices } from './view.ts';

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

/** Up to so many files a list is filtered and sorted at a stretch: a few milliseconds. */
const SHORT_LIST = 1500;
const LOOK_MS = 250;

let turn = 0;
let tookMs = 0;

function show(visible: readonly MediaFileId[]): void {
  const before = useView.getState().visible;
  const isSame = visible === before || (visible.length === before.length && visible.every((id, at) => id === before[at]));
  // The library's own list is kept as it is, so that the next look sees at a glance that nothing changed.
  if (visible !== before && (!isSame || visible === useFiles.getState().order)) useView.setState({ visible });
}

/** Brings the rows on screen up to date; a long list is sorted in slices, and a newer look takes the place of one under way. */
function look(): void {
  turn += 1;
  const mine = turn;
  const { byId, order } = useFiles.getState();
  const { query } = useView.getState();
  if (order.length <= SHORT_LIST) {
    show(visibleFiles(byId, order, query, sortNow()));
    return;
  }
  const started = performance.now();
  void visibleInSlices(byId, order, query, sortNow(), () => mine !== turn).then((visible) => {
    tookMs = performance.now() - started;
    if (visible !== null && mine === turn) show(visible);
  });
}

let isLookPlanned = false;
/** Patches in a burst are sorted once, four times a second at most and never for more than a quarter of the time. */
function lookSoon(): void {
  if (isLookPlanned) return;
  isLookPlanned = true;
  setTimeout(
    () => {
      isLookPlanned = false;
      look();
    },
    Math.max(LOOK_MS, 3 * tookMs),
  );
}

/** Keeps the rows on screen in step with library, query and sort. */
export function startView(): () => void {
  let lastOrder = useFiles.getState().order;
  let lastSort = sortNow();
  look();
  const stopFiles = useFiles.subscribe((state, before) => {
    if (state.rev === before.rev) return;
    if (state.order !== lastOrder) {
      const gone = new Set(lastOrder.length > state.order.length ? lastOrder.filter((id) => !state.byId.has(id)) : []);
      if (gone.size > 0) {
        useView.setState(({ selection, visible }) => ({
          selection: forget(selection, gone, visible),
          visible: visible.filter((id) => !gone.has(id)),
        }));
      }
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
