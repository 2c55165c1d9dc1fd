import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { ObjectStorage } from '../../storage/storage.ts';

/** Announces that bytes are about to be stored: for a day the sweeper leaves them alone whether or not a row points at them yet. */
export async function touchObject(db: Db, sha256: string, sizeBytes: number): Promise<void> {
  await db.$executeRaw`
    INSERT INTO storage_object (sha256, size_bytes) VALUES (${sha256}, ${sizeBytes})
    ON CONFLICT (sha256) DO UPDATE SET touched_at = now()`;
}

/** Deletes expired uploads and results, then the objects that nothing needs any more. Answers how many rows and objects went. */
export async function deleteExpiredFiles(db: Db, storage: ObjectStorage): Promise<number> {
  const rows =
    (await db.$executeRaw`DELETE FROM upload WHERE id IN (SELECT id FROM upload WHERE expires_at < now() LIMIT 5000)`) +
    (await db.$executeRaw`DELETE FROM generation_result WHERE id IN
      (SELECT id FROM generation_result WHERE expires_at < now() - interval '30 days' LIMIT 5000)`);
  const candidates = await db.$queryRaw<{ sha256: string }[]>`
    SELECT o.sha256 FROM storage_object o WHERE o.touched_at < now() - interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.sha256 = o.sha256)
      AND NOT EXISTS (SELECT 1 FROM generation_result r WHERE r.sha256 = o.sha256 AND r.expires_at > now())
      AND NOT EXISTS (SELECT 1 FROM generation_source s JOIN generation g ON g.id = s.generation_id
                      WHERE s.sha256 = o.sha256 AND g.finished_at IS NULL)
    LIMIT 500`;
  let objects = 0;
  for (const { sha256 } of candidates) {
    // The row stays locked until the file is gone: whoever wants to store the same bytes now waits and then writes them anew.
    objects += await inTransaction(db, async (tx) => {
      const gone = await tx.$executeRaw`
        DELETE FROM storage_object WHERE sha256 = ${sha256} AND touched_at < now() - interval '1 day'`;
      if (gone > 0) await storage.delete(sha256);
      return gone;
    });
  }
  return rows + objects;
}
