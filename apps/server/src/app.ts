/** The composition root: every part is made here once and given what it needs. Nothing else reaches across modules. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config, GoogleClient } from './config/config.ts';
import { createDb, type Db } from './db/client.ts';
import { createHttpApp } from './http/http-app.ts';
import { createHttpServer, type HttpServer } from './http/http-server.ts';
import { errorOf, problemOf } from './http/problem.ts';
import { systemRoutes } from './http/system.ts';
import { createOutbox, startSending } from './mail/outbox.ts';
import { createMailTransport } from './mail/transport.ts';
import { accountRoutes } from './modules/account/routes.ts';
import { createAccounts } from './modules/auth/accounts.ts';
import { catalogueRoutes } from './modules/catalogue/routes.ts';
import { createCatalogue, readChanges } from './modules/catalogue/service.ts';
import { creditsRoutes } from './modules/credits/routes.ts';
import { grantTrial, readWallet } from './modules/credits/service.ts';
import { eventRawRoutes } from './modules/events/routes.ts';
import { appendEvents, createWake } from './modules/events/service.ts';
import { filesRawRoutes, filesRoutes } from './modules/files/routes.ts';
import { createTus } from './modules/files/service.ts';
import { generationRoutes } from './modules/generations/routes.ts';
import {
  DEFAULT_SETTINGS,
  declareQueues,
  type GenerationDeps,
  type GenerationSettings,
  handleJobs,
  readGeneration,
  setParallel,
  startSweeping,
} from './modules/generations/service.ts';
import { paymentRawRoutes } from './modules/payments/pages.ts';
import { paymentRoutes } from './modules/payments/routes.ts';
import {
  declarePaymentQueues,
  handlePaymentJobs,
  type PaymentDeps,
  readPurchase,
  readSubscription,
  startPaymentSweeps,
} from './modules/payments/service.ts';
import { usageRoutes } from './modules/usage/routes.ts';
import type { Logger } from './observability/logger.ts';
import { createMetrics, serveMetrics } from './observability/metrics.ts';
import { createProcessors, type ProcessorConnections } from './processors/connections.ts';
import { type Connections, createProviders } from './providers/connections.ts';
import { createQueue } from './queue/pg-boss-queue.ts';
import { createLocalStorage } from './storage/local-folder.ts';

const DRAIN_MS = 10_000;

type Services = { db: Db; queue: ReturnType<typeof createQueue>; accounts: ReturnType<typeof createAccounts> };

export type App = {
  /** Opens the door; answers the address of the API, or null in a worker. */
  start(): Promise<string | null>;
  /** Takes no more requests, lets running ones end for up to 10 s, then the queue, then the database. */
  stop(): Promise<void>;
  services: Services;
};

export type AppDeps = {
  databaseUrl: string;
  logger: Logger;
  /** The providers that are offered, and how they are reached. */
  connections: Connections;
  /** Who takes money, and how they are reached; absent: nothing is sold. */
  processors?: ProcessorConnections;
  smtpUrl: string;
  mailSandboxUrl: string | null;
  /** Who answers for sign-ins with Google; absent: not offered. */
  googleClient?: GoogleClient | null;
  generationSettings?: Partial<GenerationSettings>;
};

/** Puts the server together; nothing runs before `start`. The database must have its migrations. */
export async function createApp(config: Config, deps: AppDeps): Promise<App> {
  const { logger } = deps;
  const servesApi = config.role !== 'worker';
  const works = config.role !== 'api';
  const { version } = JSON.parse(await readFile(path.join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string };
  const onLost = (error: Error): void => logger.warn({ err: error }, 'a database connection broke');
  const db = createDb(deps.databaseUrl, { max: config.databasePool, applicationName: `pingplex-${config.role}`, onConnectionLost: onLost });
  const queue = createQueue({ databaseUrl: deps.databaseUrl, works, onError: onLost });
  const metrics = createMetrics();
  const closing = new AbortController();
  let publicUrl = config.publicUrl;

  const outbox = createOutbox(queue, () => publicUrl);
  const accounts = createAccounts({
    config,
    db,
    databaseUrl: deps.databaseUrl,
    queue,
    outbox,
    metrics,
    google: deps.googleClient ?? null,
    publicUrl: () => publicUrl,
    logger,
    ports: {
      onUserVerified: async (tx, userId) => {
        await grantTrial(tx, userId);
        await appendEvents(tx, userId, [{ type: 'wallet.changed' }]);
      },
      onSessionsEnded: (tx, userId, ids) =>
        appendEvents(
          tx,
          userId,
          ids.map((subject) => ({ type: 'session.ended' as const, subject })),
        ),
    },
  });

  const storage = createLocalStorage(path.join(config.dataFolder, 'objects'));
  const providers = createProviders(deps.connections);
  const catalogue = createCatalogue(
    Object.fromEntries(Object.keys(providers).map((name) => [name, { available: true, sandbox: config.sandbox }])),
    undefined,
    undefined,
    () => readChanges(db),
  );
  const settings = { ...DEFAULT_SETTINGS, ...deps.generationSettings };
  const generations: GenerationDeps = { db, queue, storage, catalogue, providers, settings, log: logger };
  const tus = createTus({
    db,
    storage,
    folder: path.join(config.dataFolder, 'uploads'),
    toProblem: (error) => problemOf(errorOf(error), ''),
  });
  const files = { db, storage, tus };
  declareQueues(queue);
  const payments: PaymentDeps = {
    db,
    queue,
    processors: createProcessors(deps.processors ?? {}),
    publicUrl: () => publicUrl ?? '',
    now: () => new Date(),
    log: logger,
    ports: { onPlanChanged: setParallel },
  };
  declarePaymentQueues(queue);

  const transport = createMailTransport(deps.smtpUrl, config.mail.from);
  if (works) {
    startSending({ db, queue, transport, logger, composers: accounts.composers });
    accounts.startHousekeeping();
    handleJobs(generations, () => tus.sweep());
    handlePaymentJobs(payments);
  }

  let server: HttpServer | undefined;
  const undo: (() => Promise<void> | void)[] = [];

  return {
    services: { db, queue, accounts },
    async start() {
      await queue.start();
      if (config.metricsPort !== null) undo.push(await serveMetrics(metrics, config.metricsPort));
      if (works) undo.push(await startSweeping(generations));
      if (works) await startPaymentSweeps(queue);
      if (!servesApi) return null;
      await accounts.keys.current();
      const wake = createWake(deps.databaseUrl, onLost);
      undo.push(() => wake.stop());
      const app = createHttpApp({
        handlers: {
          ...systemRoutes({
            checks: [() => db.$queryRaw`SELECT 1`, () => queue.isReady()],
            version,
            sandbox: config.sandbox,
            mailSandboxUrl: deps.mailSandboxUrl,
            google: deps.googleClient != null,
            isDraining: () => closing.signal.aborted,
          }),
          ...accounts.handlers,
          ...accountRoutes(db),
          ...creditsRoutes({ db }),
          ...catalogueRoutes({ catalogue }),
          ...filesRoutes(files),
          ...generationRoutes(generations),
          ...paymentRoutes(payments),
          ...usageRoutes({ db }),
        },
        rawRoutes: [
          ...accounts.rawRoutes,
          ...filesRawRoutes(files),
          ...paymentRawRoutes(payments),
          ...eventRawRoutes({
            db,
            wake,
            closing: closing.signal,
            renderers: {
              'generation.changed': (userId, id) => readGeneration(db, userId, id),
              'wallet.changed': (userId) => readWallet(db, userId),
              'purchase.changed': (userId, id) => readPurchase(db, userId, id),
              'subscription.changed': async (userId) => ({ subscription: await readSubscription(db, userId) }),
            },
            isStillAllowed: (sessionId) => accounts.sessions.isAlive(sessionId),
          }),
        ],
        authenticator: accounts.authenticator,
        limitWrites: accounts.limitWrites,
        logger,
        metrics,
        trustProxy: config.trustProxy,
        version,
        isDraining: () => closing.signal.aborted,
      });
      server = await createHttpServer(app, config.host, config.port);
      publicUrl ??= server.url;
      return server.url;
    },
    async stop() {
      closing.abort();
      await server?.stop(DRAIN_MS);
      for (const end of undo.reverse()) await end();
      await queue.stop(DRAIN_MS);
      transport.close();
      await accounts.close();
      await db.$disconnect();
    },
  };
}
