import { parseUrl } from './parse-url.ts';

/** Hosts whose pages may be opened in the system browser. */
const ALLOWED_HOSTS = new Set(['pingplex.io', 'www.pingplex.io']);

/**
 * Whether a page of our own server may be handed to the system browser: https, or http on this very machine.
 * @param serverUrl the server's address as configured
 */
export function mayOpenServerPage(url: string, serverUrl: string): boolean {
  const [page, server] = [parseUrl(url), parseUrl(serverUrl)];
  if (page === null || server === null || page.origin !== server.origin || page.username !== '' || page.password !== '') return false;
  return page.protocol === 'https:' || (page.protocol === 'http:' && (page.hostname === '127.0.0.1' || page.hostname === '[::1]'));
}

/**
 * Whether an address may be handed to the system browser.
 * @param url address to open
 * @param localServer our server's address as configured; its own pages on this machine are allowed over http in sandbox mode
 */
export function mayOpenExternally(url: string, localServer: { readonly hostname: string } | null): boolean {
  const parsed = parseUrl(url);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false;
  if (parsed.protocol === 'https:') return parsed.port === '' && ALLOWED_HOSTS.has(parsed.hostname);
  const loopback = parsed.hostname === '127.0.0.1' || parsed.hostname === '[::1]';
  return parsed.protocol === 'http:' && loopback && localServer?.hostname === parsed.hostname;
}
