import path from 'node:path';
import { DEFAULT_DATA_FOLDER } from '../config/config.ts';
import { createDb, type Db } from '../db/client.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { applyMigrations } from '../db/migrate.ts';

/**
 * Opens the operator's database: `DATABASE_URL`, or the embedded one of a data folder. Joins a running embedded server, starts a
 * resting one for as long as the command takes.
 */
export async function connect(dataFolder: string | undefined): Promise<{ db: Db; url: string; close(): Promise<void> }> {
  const url = process.env['DATABASE_URL'];
  if (url !== undefined && url !== '' && dataFolder === undefined) {
    const db = createDb(url, { max: 2, applicationName: 'pingplex-admin' });
    return { db, url, close: () => db.$disconnect() };
  }
  const postgres = await startEmbeddedPostgres(path.resolve(dataFolder ?? DEFAULT_DATA_FOLDER));
  await applyMigrations(postgres.url);
  const db = createDb(postgres.url, { max: 2, applicationName: 'pingplex-admin' });
  return {
    db,
    url: postgres.url,
    async close() {
      await db.$disconnect();
      await postgres.stop();
    },
  };
}
