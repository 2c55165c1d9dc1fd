import { buffer } from 'node:stream/consumers';
import { inTransaction } from '../../db/transaction.ts';
import { decodeImage } from '../files/service.ts';
import { end, lockForEnding, succeed, type VerifiedOutput } from './settle.ts';
import { type Deps, unlessSuperseded } from './types.ts';

/**
 * Proves what the provider delivered by decoding it, then finishes: only pictures that open are paid for. Repeatable: the bytes are
 * in the store and the row says where.
 */
export async function storeResults(deps: Deps, id: string, epoch: number): Promise<void> {
  const row = await deps.db.generation.findFirst({
    where: { id, epoch, state: 'storing' },
    include: { attempts: { where: { epoch }, select: { outputs: true } } },
  });
  if (!row) return;
  const outputs = (row.attempts[0]?.outputs ?? []) as { sha256: string; sizeBytes: number }[];
  const verified: VerifiedOutput[] = [];
  for (const output of outputs.slice(0, row.units)) {
    const facts = await proved(deps, output.sha256);
    if (facts) verified.push({ ...output, ...facts });
    else deps.log.warn({ generationId: id }, 'a delivered result can not be decoded');
  }
  await unlessSuperseded(() =>
    inTransaction(deps.db, async (tx) => {
      const now = await lockForEnding(tx, row.userId, id);
      if (now?.state !== 'storing' || now.epoch !== epoch) return;
      if (verified.length > 0) await succeed(tx, deps, now, verified);
      else await end(tx, deps, now, { state: 'failed', code: 'generation.resultUnreadable' }, false);
    }),
  );
}

async function proved(deps: Deps, sha256: string): Promise<{ mime: string; width: number; height: number } | null> {
  if ((await deps.storage.size(sha256)) === null) return null;
  return decodeImage(await buffer(await deps.storage.get(sha256)));
}
