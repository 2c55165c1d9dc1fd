import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { parseRange } from './byte-range.ts';

/**
 * Answers a request with a file's bytes. `Range` is answered by ourselves: Electron's file loader ignores it, and then video can't be
 * sought (electron/electron#38749).
 */
export async function serveFile(request: Request, file: string, mime: string): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return new Response(null, { status: 405 });
  // Without O_NONBLOCK a pipe that took the file's place would hold a thread for ever.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => null);
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
  return new Response(pieces(handle, start, end), { status, headers });
}

/** How much is read at once. */
const PIECE_BYTES = 256 * 1024;

/**
 * The bytes from `start` to `end`, read only as fast as they are taken. (`Readable.toWeb` counts pieces instead of bytes and would read
 * a whole film into memory while the player waits.)
 */
function pieces(handle: FileHandle, start: number, end: number): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const piece = new Uint8Array(Math.min(PIECE_BYTES, end - at + 1));
        const bytesRead = await handle.read(piece, 0, piece.length, at).then(
          (done) => done.bytesRead,
          () => -1,
        );
        at += Math.max(0, bytesRead);
        if (bytesRead > 0) controller.enqueue(piece.subarray(0, bytesRead));
        if (bytesRead > 0 && at <= end) return;
        await handle.close();
        // A file that got shorter, or a disk that went away: the answer breaks off, the player says so.
        if (at <= end) controller.error(new Error('the file could not be read to its end'));
        else controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 1 },
  );
}
