/** True on systems where the main modifier is Cmd. */
export const isMac = (): boolean => /mac/i.test(navigator.platform);

/** True while the user types into a field, where single keys are text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(target.type);
}

/**
 * Whether a key event is the shortcut. Shortcuts are written `Mod+Shift+K`; `Mod` is Cmd on macOS and Ctrl elsewhere.
 */
export function matches(shortcut: string, event: KeyboardEvent, mac = isMac()): boolean {
  const parts = shortcut.split('+');
  const key = parts.at(-1)?.toLowerCase();
  const mod = mac ? event.metaKey : event.ctrlKey;
  return (
    event.key.toLowerCase() === key &&
    mod === parts.includes('Mod') &&
    event.altKey === parts.includes('Alt') &&
    event.shiftKey === parts.includes('Shift') &&
    (mac ? !event.ctrlKey : !event.metaKey)
  );
}

/** The shortcut as the user's keyboard names it. */
export function shortcutLabel(shortcut: string, mac = isMac()): string {
  return mac ? shortcut.replace('Mod+', '⌘').replace('Shift+', '⇧').replace('Alt+', '⌥') : shortcut.replace('Mod', 'Ctrl');
}
