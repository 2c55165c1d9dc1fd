/**
 * Prisma's schema engine in WebAssembly. The command line's own engine is a binary that is fetched at first use; this one comes with
 * the npm package, so that migrations need no network. The folder format is Prisma's, `prisma migrate deploy` stays usable.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine, SchemasContainer } from '@prisma/schema-engine-wasm';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const prismaFolder = path.resolve(import.meta.dirname, '../../prisma');
export const MIGRATIONS_FOLDER = path.join(prismaFolder, 'migrations');
const SCHEMA_FOLDER = path.join(prismaFolder, 'schema');

type Bindings = typeof bindings & { __wbg_set_wasm(exports: WebAssembly.Exports): void };
let ready: Promise<Bindings> | undefined;

/** Compiles the engine once per process. */
async function load(): Promise<Bindings> {
  const glue = bindings as Bindings;
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(path.join(path.dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  return glue;
}

/**
 * The adapter cuts a script at every semicolon, also inside a function's body. PostgreSQL takes the whole text in one message
 * (and runs it as one transaction).
 */
class WholeScriptPg extends PrismaPg {
  override async connect(): ReturnType<PrismaPg['connect']> {
    return sendWholeScripts(await super.connect());
  }
  override async connectToShadowDb(): ReturnType<PrismaPg['connectToShadowDb']> {
    return sendWholeScripts(await super.connectToShadowDb());
  }
}

function sendWholeScripts(adapter: Awaited<ReturnType<PrismaPg['connect']>>): Awaited<ReturnType<PrismaPg['connect']>> {
  adapter.executeScript = async (script) => {
    await adapter.underlyingDriver().query(script);
  };
  return adapter;
}

/** An engine on this database; `close()` frees it and ends its connections. */
export async function openSchemaEngine(databaseUrl: string): Promise<{ engine: SchemaEngine; close(): Promise<void> }> {
  ready ??= load();
  const glue = await ready;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const factory = bindMigrationAwareSqlAdapterFactory(new WholeScriptPg(pool));
  const datamodels = (await readSchema()).files.map((f): [string, string] => [f.path, f.content]);
  const engine = await glue.SchemaEngine.new({ datamodels }, () => undefined, factory);
  return {
    engine,
    close: async () => {
      engine.free();
      await pool.end();
    },
  };
}

/** All files of `prisma/schema`. */
export async function readSchema(): Promise<SchemasContainer> {
  const names = (await readdir(SCHEMA_FOLDER)).filter((n) => n.endsWith('.prisma')).sort();
  return {
    files: await Promise.all(
      names.map(async (name) => ({
        path: path.join(SCHEMA_FOLDER, name),
        content: await readFile(path.join(SCHEMA_FOLDER, name), 'utf8'),
      })),
    ),
  };
}

/** `prisma/migrations` as the engine wants it, oldest first; `skip` leaves one out. */
export async function readMigrations(skip?: string): Promise<MigrationList> {
  const entries = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((e) => e.isDirectory() && e.name !== skip).map((e) => e.name);
  const directories = names.sort().map(async (name) => ({
    path: name,
    migrationFile: {
      path: 'migration.sql',
      content: { tag: 'ok' as const, value: await readFile(path.join(MIGRATIONS_FOLDER, name, 'migration.sql'), 'utf8') },
    },
  }));
  return {
    baseDir: MIGRATIONS_FOLDER,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(directories),
  };
}
