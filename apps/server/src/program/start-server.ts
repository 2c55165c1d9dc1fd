import { type App, createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { applyMigrations } from '../db/migrate.ts';
import type { Logger } from '../observability/logger.ts';
import { SANDBOX_API_KEY, startSandboxes } from './sandboxes.ts';

export type Running = {
  /** Of the API; null in a worker. */
  url: string | null;
  sandboxes: { openai: string | null; mail: string | null };
  database: 'embedded' | 'external';
  databaseUrl: string;
  app: App;
  stop(): Promise<void>;
};

const OPENAI_URL = 'https://api.openai.com/v1';

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
    const app = await createApp(config, { databaseUrl: database.url, logger, ...outside.forApp });
    undo.push(() => app.stop());
    const url = await app.start();
    return { url, sandboxes: outside.shown, database: database.kind, databaseUrl: database.url, app, stop };
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

/** Real services by their keys; in sandbox mode our stand-ins, except where the configuration names another address. */
async function outsideServices(config: Config, undo: (() => Promise<void>)[]) {
  const { smtpUrl, sandboxPageUrl } = config.mail;
  if (!config.sandbox) {
    const openai = { apiKey: config.openai.apiKey ?? '', baseUrl: config.openai.baseUrl ?? OPENAI_URL };
    if (smtpUrl !== null) return { forApp: { openai, smtpUrl, mailSandboxUrl: null }, shown: { openai: null, mail: null } };
    // A developer with a real provider's key and no mail server still has to be able to sign up.
    const { urls, stop } = await startSandboxes(config.dataFolder);
    undo.push(stop);
    return { forApp: { openai, smtpUrl: urls.smtp, mailSandboxUrl: urls.mail }, shown: { openai: null, mail: urls.mail } };
  }
  const given = { openai: config.openai.baseUrl, mail: sandboxPageUrl, smtp: smtpUrl };
  let urls = { openai: given.openai ?? '', mail: given.mail ?? '', smtp: given.smtp ?? '' };
  if (given.openai === null || given.smtp === null) {
    const sandboxes = await startSandboxes(config.dataFolder);
    undo.push(() => sandboxes.stop());
    const openai = given.openai ?? sandboxes.urls.openai;
    urls = given.smtp === null ? { openai, mail: sandboxes.urls.mail, smtp: sandboxes.urls.smtp } : { ...urls, openai };
  }
  const baseUrl = urls.openai.endsWith('/v1') ? urls.openai : `${urls.openai}/v1`;
  const mail = urls.mail === '' ? null : urls.mail;
  return {
    forApp: { openai: { apiKey: SANDBOX_API_KEY, baseUrl }, smtpUrl: urls.smtp, mailSandboxUrl: mail },
    shown: { openai: urls.openai, mail },
  };
}
