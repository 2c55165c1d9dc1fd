import path from 'node:path';
import type { Db, Tx } from './db/client.ts';
import type { Handlers, RawRoute } from './http/handlers.ts';
import { errorOf, problemOf } from './http/problem.ts';
import { catalogueRoutes } from './modules/catalogue/routes.ts';
import { createCatalogue } from './modules/catalogue/service.ts';
import { creditsRoutes } from './modules/credits/routes.ts';
import { grantTrial, readWallet } from './modules/credits/service.ts';
import { eventRawRoutes } from './modules/events/routes.ts';
import { appendEvents, createWake } from './modules/events/service.ts';
import { filesRawRoutes, filesRoutes } from './modules/files/routes.ts';
import { createTus } from './modules/files/service.ts';
import { generationRoutes } from './modules/generations/routes.ts';
import {
  declareQueues,
  type GenerationDeps,
  type GenerationSettings,
  handleJobs,
  type Log,
  readGeneration,
  startSweeping,
} from './modules/generations/service.ts';
import { usageRoutes } from './modules/usage/routes.ts';
import { createOpenAiProvider } from './providers/openai/adapter.ts';
import { createQueue } from './queue/pg-boss-queue.ts';
import type { Queue } from './queue/queue.ts';
import { createLocalStorage } from './storage/local-folder.ts';

export type GenerationServicesOptions = {
  db: Db;
  databaseUrl: string;
  dataFolder: string;
  role: 'all' | 'api' | 'worker';
  /** `sandbox`: our stand-in answers at `baseUrl`. */
  openai: { apiKey: string; baseUrl: string; sandbox: boolean };
  settings: GenerationSettings;
  log: Log;
  /** Asked while an event stream is open: does this device session still live? */
  isSessionAlive: (sessionId: string) => Promise<boolean>;
};

type Ids =
  | 'wallet.get'
  | 'wallet.movements'
  | 'models.list'
  | 'uploads.findByHash'
  | 'generations.create'
  | 'generations.get'
  | 'generations.list'
  | 'generations.cancel'
  | 'usage.report';

export type GenerationServices = {
  handlers: Handlers<Ids>;
  rawRoutes: RawRoute[];
  queue: Queue;
  /** Gives the trial credits; in the transaction that confirms the address. Safe to repeat. */
  onUserVerified(tx: Tx, userId: string): Promise<void>;
  /** Starts the queue and, in a worker, the work. */
  start(): Promise<void>;
  /** Ends event streams and lets running jobs end for at most `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  isReady(): Promise<boolean>;
};

/** No answer of a picture takes longer; what does is treated as lost. */
const PROVIDER_TIMEOUT_MS = 5 * 60 * 1000;

/** Joins credits, catalogue, files, generations, events and usage with their technology: the second half of the composition root. */
export function createGenerationServices(options: GenerationServicesOptions): GenerationServices {
  const { db, log } = options;
  const works = options.role !== 'api';
  const queue = createQueue({
    databaseUrl: options.databaseUrl,
    works,
    onError: (err) => log.error({ err }, 'the queue reports an error'),
  });
  const storage = createLocalStorage(path.join(options.dataFolder, 'objects'));
  const catalogue = createCatalogue({ openai: { available: true, sandbox: options.openai.sandbox } });
  const provider = createOpenAiProvider({ ...options.openai, timeoutMs: PROVIDER_TIMEOUT_MS });
  const deps: GenerationDeps = { db, queue, storage, catalogue, providers: { openai: provider }, settings: options.settings, log };
  const tus = createTus({
    db,
    storage,
    folder: path.join(options.dataFolder, 'uploads'),
    toProblem: (error) => problemOf(errorOf(error), ''),
  });
  const wake = createWake(options.databaseUrl, (err) => log.warn({ err }, 'events are not announced at the moment'));
  const closing = new AbortController();
  let stopSweeping = (): void => undefined;
  declareQueues(queue);
  if (works) handleJobs(deps, () => tus.sweep());

  return {
    handlers: {
      ...creditsRoutes({ db }),
      ...catalogueRoutes({ catalogue }),
      ...filesRoutes({ db, storage, tus }),
      ...generationRoutes(deps),
      ...usageRoutes({ db }),
    },
    rawRoutes: [
      ...filesRawRoutes({ db, storage, tus }),
      ...eventRawRoutes({
        db,
        wake,
        closing: closing.signal,
        isStillAllowed: options.isSessionAlive,
        renderers: {
          'generation.changed': (userId, subject) => readGeneration(db, userId, subject),
          'wallet.changed': (userId) => readWallet(db, userId),
        },
      }),
    ],
    queue,

    async onUserVerified(tx, userId) {
      const outcome = await grantTrial(tx, userId);
      if (outcome.code === 'granted') await appendEvents(tx, userId, [{ type: 'wallet.changed' }]);
    },

    async start() {
      await queue.start();
      if (works) stopSweeping = await startSweeping(deps);
    },

    async stop(timeoutMs) {
      closing.abort();
      stopSweeping();
      await queue.stop(timeoutMs);
      await wake.stop();
    },

    isReady: () => queue.isReady(),
  };
}
