import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { applyMigrations } from '../../src/db/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresAdminUrl: string;
    templateDatabase: string;
  }
}

const TEMPLATE = 'pingplex_template';

/** One PostgreSQL for the whole run; every test file copies the migrated template. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-server-tests-'));
  const postgres = await startEmbeddedPostgres(folder, { durable: false });
  await applyMigrations(await postgres.createDatabase(TEMPLATE)).catch(async (error: unknown) => {
    await postgres.stop();
    throw error;
  });
  project.provide('postgresAdminUrl', postgres.url);
  project.provide('templateDatabase', TEMPLATE);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
