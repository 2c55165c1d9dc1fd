import type { ProcessorId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from '../../db/client.ts';
import type { Processor } from '../../processors/port.ts';
import type { Queue } from '../../queue/queue.ts';

export type Processors = Readonly<Partial<Record<ProcessorId, Processor>>>;

type Log = { info(facts: object, text: string): void; warn(facts: object, text: string): void; error(facts: object, text: string): void };

export type PaymentDeps = {
  db: Db;
  queue: Queue;
  processors: Processors;
  /** Start of the addresses that processors send browsers back to. */
  publicUrl: () => string;
  now: () => Date;
  log: Log;
  ports: {
    /** Somebody's plan allows so many AI generations at once from now on. */
    onPlanChanged(tx: Tx, userId: string, parallel: number): Promise<void>;
  };
};

export const QUEUES = { apply: 'billing.apply', act: 'billing.act' } as const;

export const LIVE = ['active', 'grace', 'paused'];
/** A late renewal finds the credits of the month before still there, and the plan's limits hold as long. */
export const GRACE_DAYS = 3;
export const DAY_MS = 24 * 3600 * 1000;

/** @throws AppError `billing.processorUnavailable` */
export function requireProcessor(deps: Pick<PaymentDeps, 'processors'>, id: string): Processor {
  const processor = deps.processors[id as ProcessorId];
  if (!processor) throw new AppError('billing.processorUnavailable', `${id} is not set up`);
  return processor;
}

/** The same day of a later month; the 31st becomes the month's last day. UTC. */
export function addMonths(date: Date, months: number): Date {
  const target = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1, date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()),
  );
  const days = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  target.setUTCDate(Math.min(date.getUTCDate(), days));
  return target;
}
