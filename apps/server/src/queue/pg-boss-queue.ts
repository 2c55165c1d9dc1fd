import { AppError } from '@pingplex/shared/errors';
import { fromPrisma, PgBoss } from 'pg-boss';
import type { EnqueueOptions, Job, Queue, QueueRules } from './queue.ts';

export type QueueOptions = {
  databaseUrl: string;
  /** False in a process that only sends: it then neither polls nor keeps house. */
  works: boolean;
  onError: (error: Error) => void;
};

type Handler = (job: Job) => Promise<void>;

/** The queue on PostgreSQL through pg-boss: `fromPrisma(tx)` puts a job into the caller's own transaction. */
export function createQueue(options: QueueOptions): Queue {
  const boss = new PgBoss({
    connectionString: options.databaseUrl,
    application_name: 'pingplex-queue',
    max: options.works ? 4 : 2,
    // Workers hear of a job on commit (about 8 ms) and look by themselves every half second in case the message is lost.
    useListenNotify: options.works,
    supervise: options.works,
    schedule: options.works,
  });
  boss.on('error', options.onError);
  const declared = new Map<string, QueueRules>();
  const handlers = new Map<string, Handler>();
  const schedules = new Map<string, string>();

  const rulesOf = (name: string): QueueRules => {
    const rules = declared.get(name);
    if (!rules) throw new AppError('internal.unexpected', `queue ${name} was not declared`);
    return rules;
  };

  return {
    declare(name, rules) {
      declared.set(name, rules);
    },

    async enqueue(name, data, given: EnqueueOptions = {}) {
      rulesOf(name);
      const id = await boss.send(name, data, {
        ...(given.tx ? { db: fromPrisma(given.tx) } : {}),
        ...(given.key === undefined ? {} : { singletonKey: given.key }),
        ...(given.delayS === undefined ? {} : { startAfter: given.delayS }),
      });
      return id !== null;
    },

    handle(name, handler) {
      rulesOf(name);
      handlers.set(name, handler);
    },

    schedule(name, cron) {
      rulesOf(name);
      schedules.set(name, cron);
    },

    async start() {
      await boss.start();
      for (const [name, rules] of declared) await ensureQueue(boss, name, rules);
      if (!options.works) return;
      for (const [name, cron] of schedules) await boss.schedule(name, cron);
      for (const [name, handler] of handlers) {
        const { concurrency } = rulesOf(name);
        const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5, batchSize: 1, localConcurrency: concurrency };
        await boss.work<Job['data']>(name, { ...polling, burstWhenBatchFull: true }, async (jobs) => {
          // One job per call: a slow one never holds others back. pg-boss settles it by attempt, so a stale run changes nothing.
          for (const job of jobs) await handler({ id: job.id, data: job.data ?? {}, signal: job.signal });
        });
      }
    },

    async stop(timeoutMs) {
      await boss.stop({ graceful: timeoutMs > 0, timeout: timeoutMs, close: true });
    },

    async isReady() {
      return boss.isInstalled().catch(() => false);
    },
  };
}

async function ensureQueue(boss: PgBoss, name: string, rules: QueueRules): Promise<void> {
  const numbers = { expireInSeconds: rules.expireInS, retryLimit: rules.retryLimit, retryDelay: 1, retryBackoff: true, notify: true };
  const old = await boss.getQueue(name);
  // Two processes that start at once both find nothing; creating a queue that is there already is no error to pg-boss.
  if (!old) await boss.createQueue(name, { ...numbers, policy: rules.policy, deleteAfterSeconds: 24 * 3600 });
  else await boss.updateQueue(name, numbers);
}
