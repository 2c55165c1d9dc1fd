import type { ProcessorId } from '@pingplex/shared/contracts/http';
import type { ObjectRef } from '../../processors/port.ts';
import type { Queue } from '../../queue/queue.ts';
import { act } from './act.ts';
import { applyMessages } from './inbox.ts';
import { sweepMissed, sweepMoved, sweepUnsettled } from './sweep.ts';
import { type PaymentDeps, QUEUES } from './types.ts';

const SWEEPERS = {
  'sweep.payments': { cron: '* * * * *', run: sweepUnsettled },
  'sweep.paymentsMissed': { cron: '11 * * * *', run: sweepMissed },
  'sweep.paymentsMoved': { cron: '23 4 * * *', run: sweepMoved },
} as const;

/** Declares this module's queues; in every process, before the queue starts. */
export function declarePaymentQueues(queue: Queue): void {
  // `short`: one waiting per object. A killed worker's job stays active until it expires and must keep nobody from doing its work.
  queue.declare(QUEUES.apply, { policy: 'short', expireInS: 120, retryLimit: 8, concurrency: 4 });
  queue.declare(QUEUES.act, { policy: 'short', expireInS: 120, retryLimit: 5, concurrency: 2 });
  for (const name of Object.keys(SWEEPERS)) queue.declare(name, { policy: 'short', expireInS: 600, retryLimit: 0, concurrency: 1 });
}

/** Takes up this module's work in a worker process; before the queue starts. */
export function handlePaymentJobs(deps: PaymentDeps): void {
  const { queue } = deps;
  queue.handle(QUEUES.apply, async ({ data }) => {
    await applyMessages(deps, data['processor'] as ProcessorId, { type: data['type'] as ObjectRef['type'], id: String(data['id']) });
  });
  queue.handle(QUEUES.act, ({ data }) => act(deps, String(data['what']), String(data['id'])));
  for (const [name, { cron, run }] of Object.entries(SWEEPERS)) {
    queue.handle(name, () => run(deps));
    queue.schedule(name, cron);
  }
}

/** What a crash left behind waits for no clock: a worker begins with a round of each. After the queue has started. */
export async function startPaymentSweeps(queue: Queue): Promise<void> {
  for (const name of Object.keys(SWEEPERS)) await queue.enqueue(name, {}, { key: name });
}
