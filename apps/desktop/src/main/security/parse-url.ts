/** `URL.parse` for the oldest run-time that we support (Node 20 has only `canParse`). */
export function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
