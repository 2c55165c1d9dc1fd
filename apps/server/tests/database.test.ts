import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDb, type Db } from '../src/db/client.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { applyMigrations } from '../src/db/migrate.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { createTestDatabase } from './helpers/database.ts';

const run = promisify(execFile);

describe('transactions', () => {
  let db: Db;
  beforeAll(async () => {
    db = createDb(await createTestDatabase());
  });
  afterAll(() => db.$disconnect());

  test('a deadlock is repeated until both writers are through', async () => {
    await db.rateLimit.createMany({ data: [{ key: 'a' }, { key: 'b' }] });
    // Each holds its first row until the other has one too: without a retry one of them is thrown out.
    let waiting = 0;
    let release: () => void = () => undefined;
    const bothHold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const add = (first: string, second: string): Promise<void> =>
      inTransaction(db, async (tx) => {
        await tx.rateLimit.update({ where: { key: first }, data: { points: { increment: 1 } } });
        waiting += 1;
        if (waiting >= 2) release();
        await bothHold;
        await tx.rateLimit.update({ where: { key: second }, data: { points: { increment: 1 } } });
      });
    await Promise.all([add('a', 'b'), add('b', 'a')]);
    expect(await db.rateLimit.findMany({ orderBy: { key: 'asc' }, select: { points: true } })).toEqual([{ points: 2 }, { points: 2 }]);
  });

  test('serializable writers that read each other are repeated, not lost', async () => {
    await db.rateLimit.create({ data: { key: 'sum', points: 0 } });
    const add = (): Promise<unknown> =>
      inTransaction(
        db,
        async (tx) => {
          const row = await tx.rateLimit.findUniqueOrThrow({ where: { key: 'sum' } });
          await tx.rateLimit.update({ where: { key: 'sum' }, data: { points: row.points + 1 } });
        },
        { isolation: 'Serializable' },
      );
    await Promise.all([add(), add()]);
    expect((await db.rateLimit.findUniqueOrThrow({ where: { key: 'sum' } })).points).toBe(2);
  });
});

describe('embedded PostgreSQL', () => {
  test('two processes that start on one empty folder share one server, and the last one stops it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-embedded-'));
    const other = run(process.execPath, [path.join(import.meta.dirname, 'helpers/use-embedded.ts'), folder]);
    const mine = await startEmbeddedPostgres(folder, { durable: false });
    const { stdout } = await other;
    expect(stdout.trim()).toBe(mine.url);
    // The other one has left; ours still answers.
    const client = new pg.Client({ connectionString: mine.url });
    await client.connect();
    expect((await client.query('SELECT current_database() AS name')).rows).toEqual([{ name: 'pingplex' }]);
    await client.end();
    await mine.stop();
    await expect(new pg.Client({ connectionString: mine.url }).connect()).rejects.toThrow(/ECONNREFUSED/);
    const again = await startEmbeddedPostgres(folder, { durable: false });
    await again.stop();
    await rm(folder, { recursive: true });
  });

  test('migrations may be applied by several processes at once', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-migrate-'));
    const postgres = await startEmbeddedPostgres(folder, { durable: false });
    const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(postgres.url)));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    const db = createDb(postgres.url);
    expect(await db.user.count()).toBe(0);
    await db.$disconnect();
    await postgres.stop();
    await rm(folder, { recursive: true });
  });
});
