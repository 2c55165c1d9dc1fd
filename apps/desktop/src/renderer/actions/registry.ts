import { useEffect, useRef } from 'react';
import { isTyping, matches, shortcutLabel } from '../lib/keys.ts';
import { ACTION_IDS, type ActionId, isActionId, shortcutOf } from './actions.ts';

type Handlers = Partial<Record<ActionId, () => void>>;

/** Innermost last: a screen's handler goes before the shell's. */
const layers: Handlers[] = [];

function handlerOf(id: ActionId): (() => void) | undefined {
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const handler = layers[at]?.[id];
    if (handler) return handler;
  }
  return undefined;
}

/** Adds handlers; the returned function takes them away again. */
export function addHandlers(handlers: Handlers): () => void {
  layers.push(handlers);
  return () => {
    const at = layers.indexOf(handlers);
    if (at >= 0) layers.splice(at, 1);
  };
}

/** True when something on screen can carry the action out. */
export const canRun = (id: ActionId): boolean => handlerOf(id) !== undefined;

/** Carries an action out. @returns false when nothing on screen can */
export function runAction(id: string): boolean {
  const handler = isActionId(id) ? handlerOf(id) : undefined;
  handler?.();
  return handler !== undefined;
}

/** Offers actions while the component is on screen. Handlers may change on every render. */
export function useActions(handlers: Handlers): void {
  const current = useRef(handlers);
  current.current = handlers;
  const names = Object.keys(handlers).filter(isActionId).join(' ');
  useEffect(() => {
    const own: Handlers = {};
    for (const id of names.split(' ').filter(isActionId)) own[id] = () => current.current[id]?.();
    return addHandlers(own);
  }, [names]);
}

/** Carries actions out when their shortcut is pressed. Fields keep the keys that mean something in them. */
export function useShortcuts(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      const id = ACTION_IDS.find((one) => {
        const shortcut = shortcutOf(one);
        return shortcut !== undefined && matches(shortcut, event);
      });
      if (!id || (id === 'files.selectAll' && isTyping(event.target))) return;
      if (runAction(id)) event.preventDefault();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}

/** The shortcut as the keyboard names it; empty when the action has none. */
export function hintOf(id: ActionId): string {
  const shortcut = shortcutOf(id);
  return shortcut === undefined ? '' : shortcutLabel(shortcut);
}
