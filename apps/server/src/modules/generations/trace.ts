import type { Db } from '../../db/client.ts';

/** Everything we know about one generation, for the operator. Without the prompt: that is the user's. */
export async function traceGeneration(db: Db, id: string) {
  const row = await db.generation.findUnique({
    where: { id },
    omit: { prompt: true },
    include: { attempts: { orderBy: { n: 'asc' } }, results: { orderBy: { n: 'asc' } }, sources: { orderBy: { n: 'asc' } } },
  });
  if (!row) return null;
  const hold = await db.hold.findUnique({ where: { id }, include: { lines: true } });
  const movements = await db.ledgerTxn.findMany({
    where: { OR: [{ ref: id }, { ref: { startsWith: `${id}:` } }] },
    orderBy: { seq: 'asc' },
    include: { entries: { orderBy: { n: 'asc' } } },
  });
  const slots = await db.slot.findMany({ where: { generationId: id } });
  return { generation: row, hold, movements, slots };
}
