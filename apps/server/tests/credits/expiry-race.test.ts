import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDb, type Db } from '../../src/db/client.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import * as credits from '../../src/modules/credits/service.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { until } from '../helpers/generation-world.ts';

let db: Db;
beforeAll(async () => {
  db = createDb(await createTestDatabase());
});
afterAll(() => db.$disconnect());

test('credits that come back in a transaction older than the expiry of their grant get new life, and nothing is stuck', async () => {
  const userId = randomUUID();
  const holdId = randomUUID();
  const actor = 'system';
  await inTransaction(db, (tx) =>
    credits.grant(tx, { userId, kind: 'promo', sourceKey: userId, amount: 10, expires: { inS: 2 }, actor, reason: 'grant.test' }),
  );
  await inTransaction(db, (tx) => credits.hold(tx, { id: holdId, userId, amount: 6, expiresInS: 60, actor, reason: 'test' }));
  await db.$transaction(
    async (tx) => {
      // This transaction's clock stands still from here on; the sweeper's doesn't.
      await tx.$queryRaw`SELECT now()`;
      await until(
        () => inTransaction(db, (sweeper) => credits.expireDue(sweeper, userId)),
        (outcome) => outcome.code === 'expired',
      );
      await credits.release(tx, { id: holdId, actor, reason: 'test' });
    },
    { timeout: 60_000 },
  );
  const wallet = await credits.readWallet(db, userId);
  expect(wallet).toMatchObject({ available: 6, held: 0, grants: [{ kind: 'returned', available: 6 }] });
  await inTransaction(db, (tx) => credits.expireDue(tx, userId));
  expect((await credits.readWallet(db, userId)).available).toBe(6);
  expect(await credits.checkLedger(db)).toEqual([]);
});
