import { AppError } from '@pingplex/shared/errors';
import type { Job, Queue } from '../../queue/queue.ts';
import { pollGeneration } from './poll.ts';
import { pump } from './pump.ts';
import { storeResults } from './store.ts';
import * as sweep from './sweepers.ts';
import { type Deps, QUEUES } from './types.ts';
import { submitGeneration } from './work.ts';

const SWEEPERS = {
  'sweep.leases': sweep.sweepLeases,
  'sweep.unknown': sweep.sweepUnknown,
  'sweep.polls': sweep.sweepPolls,
  'sweep.deadlines': sweep.sweepDeadlines,
  'sweep.holds': sweep.sweepHolds,
  'sweep.grants': sweep.sweepGrants,
  'sweep.lanes': sweep.sweepLanes,
  'sweep.bells': sweep.sweepBells,
  'sweep.old': sweep.sweepOld,
} as const satisfies Record<string, (deps: Deps) => Promise<number>>;
type Sweeper = keyof typeof SWEEPERS;

/** Cron counts in minutes. What must be quicker is rung by a timer in every worker; the queue keeps one of each. */
const CRON: Partial<Record<Sweeper, string>> = {
  'sweep.deadlines': '* * * * *',
  'sweep.grants': '* * * * *',
  'sweep.bells': '* * * * *',
  'sweep.holds': '*/5 * * * *',
  'sweep.lanes': '*/5 * * * *',
  'sweep.old': '7 * * * *',
};
const OFTEN: readonly Sweeper[] = ['sweep.leases', 'sweep.unknown', 'sweep.polls'];

/** Declares this module's queues; in every process, before the queue starts. */
export function declareQueues(queue: Queue): void {
  queue.declare(QUEUES.pump, { policy: 'standard', expireInS: 60, retryLimit: 5, concurrency: 1 });
  queue.declare(QUEUES.pumpLater, { policy: 'short', expireInS: 60, retryLimit: 1, concurrency: 1 });
  queue.declare(QUEUES.submit, { policy: 'exclusive', expireInS: 900, retryLimit: 2, concurrency: 8 });
  queue.declare(QUEUES.poll, { policy: 'short', expireInS: 120, retryLimit: 2, concurrency: 8 });
  // `short`, not `exclusive`: the job of a killed worker stays active until it expires and must keep nobody from doing its work.
  queue.declare(QUEUES.store, { policy: 'short', expireInS: 120, retryLimit: 5, concurrency: 2 });
  for (const name of Object.keys(SWEEPERS)) queue.declare(name, { policy: 'short', expireInS: 300, retryLimit: 0, concurrency: 1 });
}

/**
 * Takes up this module's work in a worker process; before the queue starts.
 * @param sweepUploads removes parts of uploads that nobody came back for
 */
export function handleJobs(deps: Deps, sweepUploads: () => Promise<number>): void {
  const { queue } = deps;
  for (const bell of [QUEUES.pump, QUEUES.pumpLater]) {
    queue.handle(bell, async ({ data }) => {
      await pump(deps, text(data, 'provider'));
    });
  }
  queue.handle(QUEUES.submit, ({ data, signal }) => submitGeneration(deps, text(data, 'id'), whole(data, 'epoch'), signal));
  queue.handle(QUEUES.poll, ({ data, signal }) => pollGeneration(deps, text(data, 'id'), whole(data, 'epoch'), signal));
  queue.handle(QUEUES.store, ({ data }) => storeResults(deps, text(data, 'id'), whole(data, 'epoch')));
  for (const [name, run] of Object.entries(SWEEPERS)) {
    queue.handle(name, async () => {
      await run(deps);
      if (name === 'sweep.old') await sweepUploads();
    });
  }
  for (const [name, cron] of Object.entries(CRON)) queue.schedule(name, cron);
}

/**
 * Starts what a worker does by itself once the queue runs: slots, a first round of every sweeper (what a crash left behind), and the
 * frequent ones by timer. Answers the function that ends it.
 */
export async function startSweeping(deps: Deps): Promise<() => void> {
  await sweep.sweepLanes(deps);
  for (const name of Object.keys(SWEEPERS)) await deps.queue.enqueue(name, {}, { key: name });
  const everyMs = (Math.min(deps.settings.leaseS, deps.settings.unknownGraceS, 30) * 1000) / 2;
  const timer = setInterval(() => {
    for (const name of OFTEN) {
      deps.queue.enqueue(name, {}, { key: name }).catch((error: unknown) => {
        deps.log.warn({ job: name, err: error }, 'a sweeper could not be sent');
      });
    }
  }, everyMs);
  return () => clearInterval(timer);
}

function text(data: Job['data'], name: string): string {
  const value = data[name];
  if (typeof value !== 'string') throw new AppError('internal.unexpected', `job without ${name}`);
  return value;
}

function whole(data: Job['data'], name: string): number {
  const value = data[name];
  if (typeof value !== 'number') throw new AppError('internal.unexpected', `job without ${name}`);
  return value;
}
