import { app, type Session, type WebContents } from 'electron';
import { mayLoad } from './origins.ts';

/** Switches that would open a door into the running app; no fuse covers them. */
const FORBIDDEN_SWITCHES = [
  'remote-debugging-port',
  'remote-debugging-pipe',
  'load-extension',
  'disable-extensions-except',
  'disable-web-security',
  'js-flags',
  'renderer-cmd-prefix',
  'utility-cmd-prefix',
  'gpu-launcher',
];

/**
 * Name of a forbidden switch that the packaged app was started with, or undefined. A development build may be driven by tests.
 */
export function forbiddenSwitch(hasSwitch: (name: string) => boolean, isPackaged: boolean): string | undefined {
  return isPackaged ? FORBIDDEN_SWITCHES.find((name) => hasSwitch(name)) : undefined;
}

/** Refuses navigation, new windows and embedded pages for every web contents that ever exists. */
export function guardWebContents(): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    const refuse = (event: { preventDefault(): void }): void => event.preventDefault();
    contents.on('will-navigate', refuse);
    contents.on('will-frame-navigate', refuse);
    contents.on('will-redirect', refuse);
    contents.on('will-attach-webview', refuse);
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** Takes network, permissions and devices away from the window; only writing plain text to the clipboard is left. */
export function guardSession(session: Session): void {
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !mayLoad(details.url) }));
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(permission === 'clipboard-sanitized-write'));
  session.setPermissionCheckHandler((_contents, permission) => permission === 'clipboard-sanitized-write');
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  session.setSpellCheckerEnabled(false);
}
