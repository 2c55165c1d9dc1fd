import { type App, createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { applyMigrations } from '../db/migrate.ts';
import type { Logger } from '../observability/logger.ts';
import { googleSource } from './google.ts';
import { type Outside, outsideServices } from './outside.ts';
import { type ProcessorSource, processorSource } from './processors.ts';

export type Running = {
  /** Of the API; null in a worker. */
  url: string | null;
  /** Addresses of our stand-ins; null where the real service is asked. */
  sandboxes: Outside['shown'] & { google: string | null } & ProcessorSource['sandboxUrls'];
  database: 'embedded' | 'external';
  databaseUrl: string;
  app: App;
  stop(): Promise<void>;
};

/** Starts everything that this configuration asks for: database, stand-ins, the app. Undoes all of it when a part fails. */
export async function startServer(config: Config, logger: Logger): Promise<Running> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    // One part that can't end in peace must not keep the others running.
    for (const end of undo.splice(0).reverse()) await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'the server did not end cleanly');
  };
  try {
    const database = await openDatabase(config, undo);
    const migrations = await applyMigrations(database.url);
    if (migrations.length > 0) logger.info({ count: migrations.length }, 'migrations applied');
    const outside = await outsideServices(config, undo);
    const google = await googleSource(config, undo);
    const processors = await processorSource(config, undo);
    const given = { databaseUrl: database.url, logger, googleClient: google.client, processors: processors.connections };
    const app = await createApp(config, { ...given, ...outside.forApp });
    undo.push(() => app.stop());
    const url = await app.start();
    if (url !== null) await processors.onListening(config.publicUrl ?? url);
    return {
      url,
      sandboxes: { ...outside.shown, google: google.sandboxUrl, ...processors.sandboxUrls },
      database: database.kind,
      databaseUrl: database.url,
      app,
      stop,
    };
  } catch (error) {
    await stop().catch((second: unknown) => logger.error({ err: second }, 'could not undo the start'));
    throw error;
  }
}

async function openDatabase(config: Config, undo: (() => Promise<void>)[]): Promise<{ url: string; kind: 'embedded' | 'external' }> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, kind: 'external' };
  const postgres = await startEmbeddedPostgres(config.dataFolder);
  undo.push(() => postgres.stop());
  return { url: postgres.url, kind: 'embedded' };
}
