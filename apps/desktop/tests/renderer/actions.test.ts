import { expect, test } from 'vitest';
import { ACTION_IDS, addHandlers, canRun, runAction, shortcutOf } from '../../src/renderer/actions/index.ts';
import { matches, shortcutLabel } from '../../src/renderer/lib/keys.ts';

const press = (key: string, modifiers: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers }) as KeyboardEvent;

test('no two actions share a shortcut', () => {
  const shortcuts = ACTION_IDS.map(shortcutOf).filter((one) => one !== undefined);
  expect(new Set(shortcuts).size).toBe(shortcuts.length);
});

test('Mod is Ctrl, and Cmd on macOS', () => {
  expect(matches('Mod+K', press('k', { ctrlKey: true }), false)).toBe(true);
  expect(matches('Mod+K', press('k', { metaKey: true }), true)).toBe(true);
  expect(matches('Mod+K', press('k', { ctrlKey: true }), true)).toBe(false);
  expect(matches('Mod+K', press('K', { ctrlKey: true, shiftKey: true }), false)).toBe(false);
  expect(matches('Mod+Enter', press('Enter', { ctrlKey: true }), false)).toBe(true);
  expect([shortcutLabel('Mod+Shift+O', true), shortcutLabel('Mod+Shift+O', false)]).toEqual(['⌘⇧O', 'Ctrl+Shift+O']);
});

test('the innermost handler carries an action out, and it ends with its screen', () => {
  const done: string[] = [];
  const endShell = addHandlers({ 'files.add': () => done.push('shell') });
  const endScreen = addHandlers({ 'files.add': () => done.push('screen') });
  expect(runAction('files.add')).toBe(true);
  endScreen();
  expect(runAction('files.add')).toBe(true);
  endShell();
  expect(runAction('files.add')).toBe(false);
  expect(canRun('files.add')).toBe(false);
  expect(runAction('no.such.action')).toBe(false);
  expect(done).toEqual(['screen', 'shell']);
});
