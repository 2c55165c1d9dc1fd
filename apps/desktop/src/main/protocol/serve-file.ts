import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { parseRange } from './byte-range.ts';

/**
 * Answers a request with a file's bytes. `Range` is answered by ourselves: Electron's file loader ignores it, and then video can't be
 * sought (electron/electron#38749).
 */
export async function serveFile(request: Request, file: string, mime: string): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405 });
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return new Response(null, { status: 404 });
  const stat = await handle.stat();
  const range = parseRange(request.headers.get('range'), stat.size);
  const headers = new Headers({
    'content-type': mime,
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'access-control-allow-origin': 'app://pingplex',
  });
  if (!stat.isFile() || range === 'unsatisfiable') {
    await handle.close();
    headers.set('content-range', `bytes */${stat.size}`);
    return new Response(null, { status: stat.isFile() ? 416 : 404, headers });
  }
  const { start, end } = range === 'whole' ? { start: 0, end: stat.size - 1 } : range;
  headers.set('content-length', String(end - start + 1));
  if (range !== 'whole') headers.set('content-range', `bytes ${start}-${end}/${stat.size}`);
  const status = range === 'whole' ? 200 : 206;
  if (request.method === 'HEAD' || stat.size === 0) {
    await handle.close();
    return new Response(null, { status, headers });
  }
  const stream = handle.createReadStream({ start, end, autoClose: true });
  return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, { status, headers });
}
