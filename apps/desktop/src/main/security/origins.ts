import { parseUrl } from './parse-url.ts';

/** The only origin that our window shows. */
export const APP_HOST = 'pingplex';
export const APP_ORIGIN = `app://${APP_HOST}`;
export const APP_URL = `${APP_ORIGIN}/index.html`;

/** True for addresses of our own page; decided on the parsed URL, never by prefix. */
export function isOwnPage(url: string): boolean {
  const parsed = parseUrl(url);
  return parsed !== null && parsed.protocol === 'app:' && parsed.host === APP_HOST && parsed.username === '' && parsed.port === '';
}

const ALLOWED_SCHEMES = new Set(['app:', 'media:', 'blob:', 'data:', 'devtools:']);

/** True when the window may load this address at all; everything that needs the network goes through main. */
export function mayLoad(url: string): boolean {
  const parsed = parseUrl(url);
  return parsed !== null && ALLOWED_SCHEMES.has(parsed.protocol);
}

/** What a call's sender looks like to us; a structural part of Electron's event, so that tests need no Electron. */
export type Sender = { readonly url: string; readonly isMainFrame: boolean; readonly windowIsOurs: boolean };

/** True when a call comes from the main frame of one of our windows that shows our page. */
export function isTrustedSender(sender: Sender | null): boolean {
  return sender?.windowIsOurs === true && sender.isMainFrame && isOwnPage(sender.url);
}
