import type { MediaFileId } from '@pingplex/shared/domain';

/** What is selected. `anchor` is where a range starts, `focus` the row that the keyboard is on. */
export type Selection = {
  readonly ids: ReadonlySet<MediaFileId>;
  readonly anchor: MediaFileId | null;
  readonly focus: MediaFileId | null;
};

export const NOTHING: Selection = { ids: new Set(), anchor: null, focus: null };

/** How a click or key changes the selection: alone, added or taken (Ctrl), or everything from the anchor (Shift). */
export type Mode = 'only' | 'toggle' | 'range' | 'focusOnly';

/** Everything between two rows, both included. Empty when one of them isn't in the list. */
function between(visible: readonly MediaFileId[], a: MediaFileId, b: MediaFileId): readonly MediaFileId[] {
  const from = visible.indexOf(a);
  const to = visible.indexOf(b);
  if (from < 0 || to < 0) return [];
  return visible.slice(Math.min(from, to), Math.max(from, to) + 1);
}

/** Selects by click or key. A range keeps what is selected but hidden by the filter. */
export function select(before: Selection, visible: readonly MediaFileId[], id: MediaFileId, mode: Mode): Selection {
  if (mode === 'focusOnly') return { ...before, focus: id };
  if (mode === 'toggle') {
    const ids = new Set(before.ids);
    if (!ids.delete(id)) ids.add(id);
    return { ids, anchor: id, focus: id };
  }
  if (mode === 'range') {
    const anchor = before.anchor ?? before.focus ?? id;
    const shown = new Set(visible);
    const hidden = [...before.ids].filter((one) => !shown.has(one));
    return { ids: new Set([...hidden, ...between(visible, anchor, id)]), anchor, focus: id };
  }
  return { ids: new Set([id]), anchor: id, focus: id };
}

/** Selects all rows on screen; what the filter hides stays as it was. */
export function selectAll(before: Selection, visible: readonly MediaFileId[]): Selection {
  return { ...before, ids: new Set([...before.ids, ...visible]), focus: before.focus ?? visible[0] ?? null };
}

/** Forgets files that are gone. The keyboard moves to the row that took the place of the focused one. */
export function forget(before: Selection, gone: ReadonlySet<MediaFileId>, visible: readonly MediaFileId[]): Selection {
  const stays = (id: MediaFileId | null): MediaFileId | null => (id !== null && gone.has(id) ? null : id);
  let focus = stays(before.focus);
  if (before.focus !== null && focus === null) {
    const at = visible.indexOf(before.focus);
    focus = visible.slice(at + 1).find((id) => !gone.has(id)) ?? visible.slice(0, Math.max(0, at)).findLast((id) => !gone.has(id)) ?? null;
  }
  return { ids: new Set([...before.ids].filter((id) => !gone.has(id))), anchor: stays(before.anchor), focus };
}

/** Where a key takes the focus in a list of `count` rows laid out in `columns`; undefined for other keys. */
export function moveBy(key: string, at: number, count: number, columns: number, pageRows: number): number | undefined {
  const last = count - 1;
  const clamp = (index: number): number => Math.max(0, Math.min(last, index));
  switch (key) {
    case 'ArrowRight':
      return clamp(at + 1);
    case 'ArrowLeft':
      return clamp(at - 1);
    case 'ArrowDown':
      return at < 0 ? 0 : at + columns <= last ? at + columns : at;
    case 'ArrowUp':
      return at - columns >= 0 ? at - columns : Math.max(0, at);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'PageDown':
      return clamp(at + columns * pageRows);
    case 'PageUp':
      return clamp(at - columns * pageRows);
    default:
      return undefined;
  }
}

/** Next row whose name starts with what was typed, beginning after (or, while typing goes on, at) the focused one. */
export function typeAhead(names: readonly string[], typed: string, from: number, goOn: boolean): number {
  const wanted = typed.toLowerCase();
  for (let step = goOn ? 0 : 1; step <= names.length; step += 1) {
    const at = (Math.max(0, from) + step) % names.length;
    if (names[at]?.toLowerCase().startsWith(wanted)) return at;
  }
  return -1;
}
