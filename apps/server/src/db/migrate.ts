import { AppError } from '@pingplex/shared/errors';
import pg from 'pg';
import { openSchemaEngine, readMigrations } from './schema-engine.ts';

/** Any constant works as long as every process uses the same one. */
const MIGRATION_LOCK = 7_116_720_101;

/**
 * Brings the database to the newest migration. Several processes may call it at once: an advisory lock lets one work and the
 * others find nothing left to do.
 * @returns names of the migrations that this call applied
 */
export async function applyMigrations(databaseUrl: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: databaseUrl, application_name: 'pingplex-migrate' });
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const list = await readMigrations();
    if (
      await isCurrent(
        lock,
        list.migrationDirectories.map((d) => d.path),
      )
    )
      return [];
    const { engine, close } = await openSchemaEngine(databaseUrl);
    try {
      const done = await engine.applyMigrations({ migrationsList: list, filters: { externalTables: [], externalEnums: [] } });
      return done.appliedMigrationNames;
    } catch (error) {
      throw new AppError('internal.unexpected', `migration failed: ${engineMessage(error)}`, { cause: error });
    } finally {
      await close();
    }
  } finally {
    await lock.end();
  }
}

/** True when all of these migrations are recorded as finished; spares loading the engine at every start. */
async function isCurrent(client: pg.Client | pg.Pool, names: readonly string[]): Promise<boolean> {
  const table = await client.query("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there");
  if (!table.rows[0]?.there) return false;
  const rows = await client.query('SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL');
  const applied = new Set(rows.rows.map((row) => String(row.migration_name)));
  return names.every((name) => applied.has(name));
}

function engineMessage(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 1500) : JSON.stringify(error).slice(0, 1500);
}
