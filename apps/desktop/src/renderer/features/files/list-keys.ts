import type { MediaFileId } from '@pingplex/shared/domain';
import { type KeyboardEvent, type MouseEvent, useRef } from 'react';
import { runAction } from '../../actions/index.ts';
import { isMac, isTyping } from '../../lib/keys.ts';
import { moveBy, typeAhead } from './selection.ts';
import { useFiles } from './store.ts';
import { pick, pickAll, pickNone, showLarge, useView } from './view-store.ts';

const TYPING_PAUSE_MS = 900;

type Layout = { readonly columns: number; readonly pageRows: number; readonly scrollTo: (index: number) => void };

const modOf = (event: KeyboardEvent | MouseEvent): boolean => (isMac() ? event.metaKey : event.ctrlKey);

/** The file that an event happened on. */
function fileAt(event: MouseEvent): MediaFileId | undefined {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-file-id]') : null;
  return row?.dataset['fileId'] as MediaFileId | undefined;
}

/** Keyboard and mouse of a list of files, the same for grid and table. */
export function useListKeys(layout: Layout) {
  const typed = useRef({ text: '', at: 0 });

  const goTo = (index: number, event: KeyboardEvent): void => {
    const id = useView.getState().visible[index];
    if (id === undefined) return;
    pick(id, event.shiftKey ? 'range' : modOf(event) ? 'focusOnly' : 'only');
    layout.scrollTo(index);
  };

  const typeTo = (event: KeyboardEvent): void => {
    const goOn = event.timeStamp - typed.current.at < TYPING_PAUSE_MS && typed.current.text !== '';
    typed.current = { text: goOn ? typed.current.text + event.key : event.key, at: event.timeStamp };
    const { visible, selection } = useView.getState();
    const { byId } = useFiles.getState();
    const names = visible.map((id) => byId.get(id)?.name ?? '');
    const found = typeAhead(names, typed.current.text, selection.focus === null ? -1 : visible.indexOf(selection.focus), goOn);
    if (found >= 0) goTo(found, event);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (isTyping(event.target)) return;
    const { visible, selection } = useView.getState();
    const at = selection.focus === null ? -1 : visible.indexOf(selection.focus);
    const next = visible.length > 0 && !event.altKey ? moveBy(event.key, at, visible.length, layout.columns, layout.pageRows) : undefined;
    const midWord = event.key === ' ' && event.timeStamp - typed.current.at < TYPING_PAUSE_MS && typed.current.text !== '';
    if (next !== undefined) goTo(next, event);
    else if (event.key === 'a' && modOf(event)) pickAll();
    else if (event.key === ' ' && modOf(event) && selection.focus) pick(selection.focus, 'toggle');
    else if (event.key === ' ' && !midWord) showLarge(selection.focus);
    else if (event.key === 'Enter' && !modOf(event)) runAction('view.inspector');
    else if (event.key === 'Delete' || (event.key === 'Backspace' && isMac())) runAction('files.remove');
    else if (event.key === 'Escape') pickNone();
    else if (event.key.length === 1 && !modOf(event) && !event.altKey) typeTo(event);
    else return;
    event.preventDefault();
  };

  const onClick = (event: MouseEvent): void => {
    const id = fileAt(event);
    if (id === undefined) pickNone();
    else pick(id, event.shiftKey ? 'range' : modOf(event) ? 'toggle' : 'only');
  };

  const onDoubleClick = (event: MouseEvent): void => {
    const id = fileAt(event);
    if (id !== undefined) showLarge(id);
  };

  return { onKeyDown, onClick, onDoubleClick };
}
