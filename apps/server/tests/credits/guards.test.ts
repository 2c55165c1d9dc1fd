import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDb, type Db } from '../../src/db/client.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import * as credits from '../../src/modules/credits/service.ts';
import { createTestDatabase } from '../helpers/database.ts';

let db: Db;
const userId = randomUUID();
beforeAll(async () => {
  db = createDb(await createTestDatabase());
  await inTransaction(db, (tx) => credits.grantTrial(tx, userId));
});
afterAll(() => db.$disconnect());

describe('the database itself refuses', () => {
  test('a ledger transaction that does not add up to zero', async () => {
    const id = credits.uuidV7();
    await expect(
      db.$transaction([
        db.$executeRaw`INSERT INTO ledger_txn (id, kind, ref, user_id, seq, actor, reason)
          VALUES (${id}::uuid, 'adjust', ${id}, ${userId}::uuid, 99, 'test', 'test')`,
        db.$executeRaw`INSERT INTO ledger_entry (txn_id, n, account, amount) VALUES (${id}::uuid, 0, 'spent', 5), (${id}::uuid, 1, 'expired', -4)`,
      ]),
    ).rejects.toThrow(/add up to 1/);
  });

  test('a ledger transaction without entries, and one entry more for an old one', async () => {
    const id = credits.uuidV7();
    await expect(
      db.$executeRaw`INSERT INTO ledger_txn (id, kind, ref, user_id, seq, actor, reason)
        VALUES (${id}::uuid, 'adjust', ${id}, ${userId}::uuid, 99, 'test', 'test')`,
    ).rejects.toThrow(/has 0 entries/);
    const old = await db.ledgerTxn.findFirstOrThrow();
    await expect(
      db.$executeRaw`INSERT INTO ledger_entry (txn_id, n, account, amount) VALUES (${old.id}::uuid, 9, 'spent', 7)`,
    ).rejects.toThrow(/add up to 7/);
  });

  test.each([
    ['UPDATE ledger_entry SET amount = amount * 2'],
    ['UPDATE ledger_txn SET reason = NULL'],
    ['DELETE FROM ledger_entry'],
    ['DELETE FROM ledger_txn'],
    ['TRUNCATE ledger_txn CASCADE'],
  ])('%s', async (sql) => {
    await expect(db.$executeRawUnsafe(sql)).rejects.toThrow(/append-only/);
  });

  test.each([
    ['UPDATE wallet SET available = -1'],
    ['UPDATE credit_grant SET held = amount + 1'],
    ["UPDATE credit_grant SET kind = 'gift'"],
    [`INSERT INTO hold (id, user_id, amount, captured, expires_at) VALUES (gen_random_uuid(), gen_random_uuid(), 5, 6, now())`],
  ])('%s', async (sql) => {
    await expect(db.$executeRawUnsafe(sql)).rejects.toThrow(/violates check constraint/);
  });
});

describe('the rules of money', () => {
  const actor = 'system';
  const newUser = async (...grants: { amount: number; inS: number | null; kind?: 'pack' | 'promo'; payment?: string }[]) => {
    const user = randomUUID();
    for (const [i, g] of grants.entries()) {
      await inTransaction(db, (tx) =>
        credits.grant(tx, {
          userId: user,
          kind: g.kind ?? 'promo',
          sourceKey: `${user}:${i}`,
          amount: g.amount,
          expires: g.inS === null ? null : { inS: g.inS },
          ...(g.payment ? { payment: g.payment } : {}),
          actor,
          reason: 'grant.test',
        }),
      );
    }
    return user;
  };
  const hold = (user: string, id: string, amount: number) =>
    inTransaction(db, (tx) => credits.hold(tx, { id, userId: user, amount, expiresInS: 60, actor, reason: 'test' }));
  const age = (user: string) =>
    inTransaction(db, async (tx) => {
      await tx.$executeRaw`UPDATE credit_grant SET expires_at = now() - interval '1 second' WHERE user_id = ${user}::uuid AND expires_at IS NOT NULL`;
      await tx.$executeRaw`UPDATE wallet SET next_expiry = (SELECT min(expires_at) FROM credit_grant WHERE user_id = ${user}::uuid AND available > 0)
        WHERE user_id = ${user}::uuid`;
    });

  test('the trial is given once', async () => {
    expect(await inTransaction(db, (tx) => credits.grantTrial(tx, userId))).toEqual({ code: 'already', paidDebt: 0 });
    const wallet = await credits.readWallet(db, userId);
    expect(wallet).toMatchObject({ available: 100, grants: [{ kind: 'trial', amount: 100 }] });
  });

  test('what expires first is spent first', async () => {
    const user = await newUser({ amount: 10, inS: null, kind: 'pack' }, { amount: 10, inS: 9000 }, { amount: 10, inS: 60 });
    const id = randomUUID();
    expect((await hold(user, id, 15)).code).toBe('held');
    const { grants } = await credits.readWallet(db, user);
    expect(grants.map((g) => [g.held, g.available])).toEqual([
      [10, 0],
      [5, 5],
      [0, 10],
    ]);
  });

  test('an expired grant is not spent even before a sweeper came by', async () => {
    const user = await newUser({ amount: 10, inS: 60 });
    await age(user);
    expect(await hold(user, randomUUID(), 1)).toEqual({ code: 'insufficient', need: 1, have: 0 });
    expect(await credits.checkLedger(db)).toEqual([]);
  });

  test('credits that come back to an expired grant get a new life', async () => {
    const user = await newUser({ amount: 10, inS: 60 });
    const id = randomUUID();
    await hold(user, id, 10);
    await age(user);
    await inTransaction(db, (tx) => credits.release(tx, { id, actor, reason: 'test' }));
    expect(await credits.readWallet(db, user)).toMatchObject({ available: 10, grants: [{ kind: 'returned', available: 10 }] });
    expect((await hold(user, randomUUID(), 10)).code).toBe('held');
  });

  test('ten calls for one hold are one hold', async () => {
    const user = await newUser({ amount: 100, inS: null });
    const id = randomUUID();
    const codes = (await Promise.all(Array.from({ length: 10 }, () => hold(user, id, 7)))).map((outcome) => outcome.code);
    expect(codes.filter((code) => code === 'held')).toHaveLength(1);
    expect(codes.filter((code) => code === 'already')).toHaveLength(9);
    expect(await credits.readWallet(db, user)).toMatchObject({ available: 93, held: 7, version: 2 });
    expect(await credits.checkLedger(db)).toEqual([]);
  });

  test('a hold ends once, whoever comes second', async () => {
    const user = await newUser({ amount: 10, inS: null });
    const id = randomUUID();
    await hold(user, id, 10);
    const ends = await Promise.all([
      inTransaction(db, (tx) => credits.capture(tx, { id, credits: 4, actor, reason: 'a' })),
      inTransaction(db, (tx) => credits.release(tx, { id, actor, reason: 'b' })),
      inTransaction(db, (tx) => credits.capture(tx, { id, credits: 9, actor, reason: 'c' })),
    ]);
    expect(ends.filter((end) => end.code !== 'already')).toHaveLength(1);
  });

  test('a refund of spent credits is debt, refuses paid work, and is paid by the next credits', async () => {
    const user = await newUser({ amount: 10, inS: null, kind: 'pack', payment: 'pay-1' });
    const id = randomUUID();
    await hold(user, id, 6);
    await inTransaction(db, (tx) => credits.capture(tx, { id, credits: 6, actor, reason: 'test' }));
    const back = { userId: user, reverseKey: 'refund-1', payment: 'pay-1', amount: 10, actor, reason: 'payment.refunded' };
    expect(await inTransaction(db, (tx) => credits.clawback(tx, back))).toEqual({ code: 'clawedBack', taken: 10, debt: 6 });
    expect(await inTransaction(db, (tx) => credits.clawback(tx, back))).toMatchObject({ code: 'already' });
    await inTransaction(db, (tx) =>
      credits.grant(tx, { userId: user, kind: 'promo', sourceKey: `${user}:late`, amount: 5, expires: null, actor, reason: 'test' }),
    );
    expect(await hold(user, randomUUID(), 1)).toEqual({ code: 'debt', debt: 1 });
    await inTransaction(db, (tx) =>
      credits.adjust(tx, { userId: user, actionId: `${user}:pardon`, amount: 3, actor: 'operator:t', reason: 'pardon' }),
    );
    expect(await credits.readWallet(db, user)).toMatchObject({ available: 2, debt: 0 });
    expect(await credits.checkLedger(db)).toEqual([]);
  });

  test('with debt nothing is held, even while other credits are there', async () => {
    const user = await newUser({ amount: 10, inS: null, kind: 'pack', payment: 'pay-3' });
    const id = randomUUID();
    await hold(user, id, 10);
    await inTransaction(db, (tx) => credits.capture(tx, { id, credits: 10, actor, reason: 'test' }));
    const more = { userId: user, kind: 'promo', sourceKey: `${user}:more`, amount: 50, expires: null, actor, reason: 'test' } as const;
    await inTransaction(db, (tx) => credits.grant(tx, more));
    const back = { userId: user, reverseKey: 'refund-3', payment: 'pay-3', amount: 10, actor, reason: 'payment.refunded' };
    await inTransaction(db, (tx) => credits.clawback(tx, back));
    expect(await credits.readWallet(db, user)).toMatchObject({ available: 50, debt: 10 });
    expect(await hold(user, randomUUID(), 1)).toEqual({ code: 'debt', debt: 10 });
  });

  test('credits under dispute are frozen, also those that come back meanwhile', async () => {
    const user = await newUser({ amount: 10, inS: null, kind: 'pack', payment: 'pay-2' });
    const id = randomUUID();
    await hold(user, id, 4);
    const dispute = { userId: user, disputeId: 'dp-2', payment: 'pay-2', actor };
    await inTransaction(db, (tx) => credits.freeze(tx, dispute));
    await inTransaction(db, (tx) => credits.release(tx, { id, actor, reason: 'test' }));
    expect(await credits.readWallet(db, user)).toMatchObject({ available: 0, held: 0, frozen: 10 });
    await inTransaction(db, (tx) => credits.unfreeze(tx, dispute));
    expect(await credits.readWallet(db, user)).toMatchObject({ available: 10, frozen: 0 });
  });

  test('the movements on screen add up to the balance on screen, page by page', async () => {
    const user = await newUser({ amount: 30, inS: 600 }, { amount: 5, inS: null });
    for (let i = 0; i < 6; i += 1) {
      const id = randomUUID();
      await hold(user, id, 5);
      if (i % 2 === 0) await inTransaction(db, (tx) => credits.capture(tx, { id, credits: 3, actor, reason: 'test' }));
    }
    let before: string | undefined;
    const all = [];
    do {
      const page = await credits.listMovements(db, user, { before, limit: 4 });
      all.push(...page.movements);
      before = page.next ?? undefined;
    } while (before !== undefined);
    const wallet = await credits.readWallet(db, user);
    expect(all.reduce((sum, m) => sum + m.availableChange, 0)).toBe(wallet.available);
    expect(all.reduce((sum, m) => sum + m.heldChange, 0)).toBe(wallet.held);
    expect(new Set(all.map((m) => m.id)).size).toBe(wallet.version);
    expect((await credits.listMovements(db, randomUUID(), { before: all[0]?.id, limit: 4 })).movements).toEqual([]);
  });
});

test('the check finds what a tampered database hides', async () => {
  const spoiled = createDb(await createTestDatabase());
  await inTransaction(spoiled, (tx) => credits.grantTrial(tx, userId));
  await spoiled.$executeRaw`UPDATE wallet SET available = available + 1`;
  await spoiled.$executeRaw`UPDATE credit_grant SET available = available - 1`;
  const found = await credits.checkLedger(spoiled);
  expect(found.map((v) => v.invariant)).toEqual([2, 2, 3]);
  expect(found[0]?.ids).toEqual([userId]);
  await spoiled.$disconnect();
});
