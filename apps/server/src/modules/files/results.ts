import { pipeline } from 'node:stream/promises';
import { AppError } from '@pingplex/shared/errors';
import type { Request, Response } from 'express';
import type { Db } from '../../db/client.ts';
import type { ObjectStorage } from '../../storage/storage.ts';
import { parseRange } from './range.ts';

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'video/mp4': 'mp4',
  'audio/wav': 'wav',
  'audio/mpeg': 'mp3',
  'text/plain': 'txt',
  'application/x-subrip': 'srt',
  'text/vtt': 'vtt',
};

/**
 * Sends the bytes of a result to its owner: whole, one range, or "not modified". Never shown inline, never sniffed.
 * @throws AppError `request.notFound` (absent or somebody else's), `generation.expired`
 */
export async function sendResult(
  deps: { db: Db; storage: ObjectStorage },
  userId: string,
  id: string,
  req: Request,
  res: Response,
): Promise<void> {
  const row = await deps.db.generationResult.findFirst({ where: { id, userId } });
  if (!row) throw new AppError('request.notFound', 'no such result');
  if (row.expiresAt < new Date()) throw new AppError('generation.expired', 'the result has expired');
  const size = Number(row.sizeBytes);
  const etag = `"${row.sha256}"`;
  res.set({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-store',
    'content-type': row.mime,
    'content-disposition': `attachment; filename="${row.id}.${EXTENSIONS[row.mime] ?? 'bin'}"`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'last-modified': row.createdAt.toUTCString(),
  });
  if (
    req
      .get('if-none-match')
      ?.split(',')
      .some((tag) => tag.trim() === etag || tag.trim() === '*')
  ) {
    res.status(304).end();
    return;
  }
  // A range of another version is no use: If-Range with another tag asks for the whole.
  const ifRange = req.get('if-range');
  const range = ifRange === undefined || ifRange === etag ? parseRange(req.get('range'), size) : 'whole';
  if (range === 'unsatisfiable') {
    res.status(416).set('content-range', `bytes */${size}`).end();
    return;
  }
  const part = range === 'whole' ? { start: 0, end: size - 1 } : range;
  res.status(range === 'whole' ? 200 : 206).set('content-length', String(part.end - part.start + 1));
  if (range !== 'whole') res.set('content-range', `bytes ${part.start}-${part.end}/${size}`);
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  const bytes = await deps.storage.get(row.sha256, part);
  // A reader that goes away is no error of ours; a broken disk ends the connection, so that the reader sees a short body.
  await pipeline(bytes, res).catch(() => res.destroy());
}
