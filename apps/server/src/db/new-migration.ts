/**
 * `npm run db:migration -- NAME`: writes `prisma/migrations/<time>_NAME/migration.sql` with what the schema folder has and the
 * migrations so far have not. `NAME` that matches an existing folder exactly (with its time) writes that one anew.
 * Works on a throw-away PostgreSQL, never on your data.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from './embedded.ts';
import { MIGRATIONS_FOLDER, openSchemaEngine, readMigrations, readSchema } from './schema-engine.ts';

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]{3,60}$/.test(name)) {
  process.stderr.write('usage: npm run db:migration -- name_in_lower_case\n');
  process.exit(2);
}

const existing = (await readdir(MIGRATIONS_FOLDER).catch((): string[] => [])).includes(name);
const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
const folderName = existing || /^\d{14}_/.test(name) ? name : `${stamp}_${name}`;

const data = await mkdtemp(path.join(tmpdir(), 'pingplex-migration-'));
const postgres = await startEmbeddedPostgres(data, { durable: false });
try {
  const { engine, close } = await openSchemaEngine(await postgres.createDatabase('target'));
  const filters = { externalTables: [], externalEnums: [] };
  // Everything older is applied, then the database is compared with the schema: needs no shadow database.
  const earlier = await readMigrations(folderName);
  earlier.migrationDirectories = earlier.migrationDirectories.filter((d) => d.path < folderName);
  await engine.applyMigrations({ migrationsList: earlier, filters });
  const from = earlier.migrationDirectories.length === 0 ? { tag: 'empty' as const } : { tag: 'migrations' as const, ...earlier };
  const diff = await engine.diff({ from, to: { tag: 'schemaDatamodel', ...(await readSchema()) }, script: true, exitCode: null, filters });
  await close();
  const sql = diff.stdout ?? '';
  if (/empty migration/i.test(sql) || sql.trim() === '') {
    process.stderr.write('the migrations already say what the schema says\n');
  } else {
    await mkdir(path.join(MIGRATIONS_FOLDER, folderName), { recursive: true });
    await writeFile(path.join(MIGRATIONS_FOLDER, folderName, 'migration.sql'), sql);
    await writeFile(path.join(MIGRATIONS_FOLDER, 'migration_lock.toml'), 'provider = "postgresql"\n');
    process.stderr.write(`wrote prisma/migrations/${folderName}/migration.sql\n`);
  }
} finally {
  await postgres.stop();
  await rm(data, { recursive: true, force: true });
}
