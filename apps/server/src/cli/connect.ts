import path from 'node:path';
import { createDb, type Db } from '../db/client.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { applyMigrations } from '../db/migrate.ts';

/** Where a development server keeps its data when it is told nothing else. */
const DEFAULT_DATA = path.resolve(import.meta.dirname, '../../../../.pingplex/server');

/**
 * Opens the operator's database: `DATABASE_URL`, or the embedded one of a data folder. Joins a running embedded server, starts a
 * resting one for as long as the command takes.
 */
export async function connect(dataFolder: string | undefined): Promise<{ db: Db; close(): Promise<void> }> {
  const url = process.env['DATABASE_URL'];
  if (url !== undefined && url !== '' && dataFolder === undefined) {
    const db = createDb(url, { max: 2, applicationName: 'pingplex-admin' });
    return { db, close: () => db.$disconnect() };
  }
  const postgres = await startEmbeddedPostgres(path.resolve(dataFolder ?? DEFAULT_DATA));
  await applyMigrations(postgres.url);
  const db = createDb(postgres.url, { max: 2, applicationName: 'pingplex-admin' });
  return {
    db,
    async close() {
      await db.$disconnect();
      await postgres.stop();
    },
  };
}
