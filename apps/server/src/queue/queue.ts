import type { Tx } from '../db/client.ts';

/** A job as a handler receives it. Jobs are hints to look at the database; they carry ids, never state. */
export type Job = { id: string; data: Record<string, string | number>; signal: AbortSignal };

export type QueueRules = {
  /**
   * `short`: one waiting per key (a bell); `exclusive`: one waiting or active per key; `standard`: as many as are sent.
   */
  policy: 'short' | 'exclusive' | 'standard';
  /** Longest run of one job in seconds; then another worker may start it again. */
  expireInS: number;
  retryLimit: number;
  /** Jobs of this queue that one process works on at once. */
  concurrency: number;
};

export type EnqueueOptions = {
  /** The job exists exactly when this transaction commits. */
  tx?: Tx;
  /** What the policy counts by, for example a generation's id. */
  key?: string;
  /** Not before so many seconds from now. */
  delayS?: number;
};

/**
 * Our door to the job queue. At least once: every handler must bear being run again. Nothing else may know the queue's library.
 */
export type Queue = {
  /** Makes the queue known; call before `start`, in every process that sends to it or works on it. */
  declare(name: string, rules: QueueRules): void;
  /** @returns false when the policy found it already there */
  enqueue(name: string, data: Record<string, string | number>, options?: EnqueueOptions): Promise<boolean>;
  /** Works on a declared queue in this process from `start` on. */
  handle(name: string, handler: (job: Job) => Promise<void>): void;
  /** Sends a job to `name` on a cron schedule (UTC), once however many processes run. */
  schedule(name: string, cron: string): void;
  start(): Promise<void>;
  /** Lets running jobs end for at most `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  /** True when the queue's database answers. */
  isReady(): Promise<boolean>;
};
