import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CONTENT_SECURITY_POLICY } from '../security/csp.ts';
import { APP_HOST } from '../security/origins.ts';
import { parseUrl } from '../security/parse-url.ts';

const MIME: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.map': 'application/json',
};

/**
 * Which file of the bundle an `app://` address means.
 * @returns the absolute path, or null when the address is none of ours: wrong host, an unknown type, or outside `root`
 */
export function resolveAppUrl(root: string, url: string): string | null {
  const parsed = parseUrl(url);
  if (parsed === null || parsed.protocol !== 'app:' || parsed.host !== APP_HOST) return null;
  let wanted: string;
  try {
    wanted = decodeURIComponent(parsed.pathname);
  } catch {
    return null;
  }
  if (wanted.includes('\0') || wanted.includes('\\')) return null;
  const file = path.join(root, wanted === '/' ? 'index.html' : wanted);
  const relative = path.relative(root, file);
  if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) return null;
  return MIME[path.extname(file).toLowerCase()] === undefined ? null : file;
}

/** Serves the window's own files; everything else is refused. */
export function createAppHandler(root: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405 });
    const file = resolveAppUrl(root, request.url);
    if (file === null) return new Response(null, { status: 404 });
    try {
      const bytes = await readFile(file);
      return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), {
        headers: {
          'content-type': MIME[path.extname(file).toLowerCase()] ?? 'application/octet-stream',
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'x-content-type-options': 'nosniff',
          'cross-origin-opener-policy': 'same-origin',
        },
      });
    } catch {
      return new Response(null, { status: 404 });
    }
  };
}
