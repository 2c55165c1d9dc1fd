import type { Upload } from '@pingplex/shared/contracts/http';
import { UploadId } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';

/** Largest upload in bytes: what the image models take. */
export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024 - 1;
/** What one user may have lying with us at once. */
const QUOTA = { files: 5_000, bytes: 20 * 1024 ** 3 };
/** A begun upload waits a day for the rest; a finished one can be named in generations for a week. */
const LIFE_S = { receiving: 24 * 3600, ready: 7 * 24 * 3600 };

export type NewUpload = { id: string; userId: string; sha256: string; mime: string; sizeBytes: number };

/** Registers an upload that begins. @throws AppError `upload.quota` */
export async function beginUpload(db: Db, upload: NewUpload): Promise<void> {
  await inTransaction(db, async (tx) => {
    // One at a time per user, or parallel uploads would all see the quota half empty.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`upload:${upload.userId}`}, 0))`;
    const [used] = await tx.$queryRaw<{ files: bigint; bytes: bigint }[]>`
      SELECT count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS bytes FROM upload
      WHERE user_id = ${upload.userId}::uuid AND expires_at > now()`;
    if (Number(used?.files ?? 0) >= QUOTA.files || Number(used?.bytes ?? 0) + upload.sizeBytes > QUOTA.bytes) {
      throw new AppError('upload.quota', 'too much is uploaded already', { params: { maxBytes: QUOTA.bytes, maxFiles: QUOTA.files } });
    }
    await tx.$executeRaw`
      INSERT INTO upload (id, user_id, sha256, mime, size_bytes, expires_at)
      VALUES (${upload.id}::uuid, ${upload.userId}::uuid, ${upload.sha256}, ${upload.mime}, ${upload.sizeBytes},
              now() + ${LIFE_S.receiving}::float8 * interval '1 second')`;
  });
}

/** What was proved of an upload: sides of a picture, or the length of a sound. */
export type UploadFacts = { width?: number; height?: number; durationMs?: number };

/** Makes a proved upload usable. */
export async function finishUpload(db: Db, id: string, facts: UploadFacts): Promise<void> {
  await db.$executeRaw`
    UPDATE upload SET state = 'ready', finished_at = now(), width = ${facts.width ?? null}, height = ${facts.height ?? null}, duration_ms = ${facts.durationMs ?? null},
      expires_at = now() + ${LIFE_S.ready}::float8 * interval '1 second'
    WHERE id = ${id}::uuid AND state = 'receiving'`;
}

/** Forgets an upload that was refused or ended by its owner. */
export async function dropUpload(db: Db, id: string): Promise<void> {
  await db.$executeRaw`DELETE FROM upload WHERE id = ${id}::uuid AND state = 'receiving'`;
}

export type OwnUpload = { id: string; state: 'receiving' | 'ready'; sha256: string; mime: string; sizeBytes: number };

/** An upload of this user, or null. The owner is part of the question. */
export async function findOwnUpload(db: Db, userId: string, id: string): Promise<OwnUpload | null> {
  const [row] = await db.$queryRaw<{ id: string; state: OwnUpload['state']; sha256: string; mime: string; size_bytes: bigint }[]>`
    SELECT id::text, state, sha256, mime, size_bytes FROM upload
    WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND expires_at > now()`;
  return row ? { id: row.id, state: row.state, sha256: row.sha256, mime: row.mime, sizeBytes: Number(row.size_bytes) } : null;
}

export type ReadyUpload = {
  id: string;
  sha256: string;
  mime: string;
  sizeBytes: number;
  width: number;
  height: number;
  durationMs: number;
};

/** Finished uploads of this user among `ids`. */
export async function findReadyUploads(db: Db, userId: string, ids: readonly string[]): Promise<ReadyUpload[]> {
  const rows = await db.upload.findMany({ where: { id: { in: [...ids] }, userId, state: 'ready', expiresAt: { gt: new Date() } } });
  return rows.map((r) => ({
    id: r.id,
    sha256: r.sha256,
    mime: r.mime,
    sizeBytes: Number(r.sizeBytes),
    width: r.width ?? 0,
    height: r.height ?? 0,
    durationMs: r.durationMs ?? 0,
  }));
}

/** The upload of this user that holds these bytes and lives longest. @throws AppError `request.notFound` */
export async function findByHash(db: Db, userId: string, sha256: string): Promise<Upload> {
  // An hour of life left, so that it doesn't vanish between this answer and the generation that names it.
  const row = await db.upload.findFirst({
    where: { userId, sha256, state: 'ready', expiresAt: { gt: new Date(Date.now() + 3_600_000) } },
    orderBy: { expiresAt: 'desc' },
  });
  if (!row) throw new AppError('request.notFound', 'no upload with these bytes');
  return {
    id: UploadId.parse(row.id),
    sha256: row.sha256,
    sizeBytes: Number(row.sizeBytes),
    mime: row.mime,
    expiresAt: row.expiresAt.toISOString(),
  };
}
