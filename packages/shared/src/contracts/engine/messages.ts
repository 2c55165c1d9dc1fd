import { z } from 'zod';
import { AppErrorData } from '../../errors/app-error.ts';
import { EngineJob } from './jobs.ts';

const jobId = z.string().min(1).max(64);

/** Main → worker, over the child process channel. A worker does one job at a time. */
export const ToEngine = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('job'), id: jobId, job: EngineJob }),
  /** Ask politely; main kills the worker when it doesn't answer in time. */
  z.strictObject({ type: z.literal('cancel'), id: jobId }),
]);
export type ToEngine = z.infer<typeof ToEngine>;

/** Worker → main. While a job runs, some message comes at least every 10 s; silence is a hang. */
export const FromEngine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.string(), pid: z.int() }),
  z.object({
    type: z.literal('progress'),
    id: jobId,
    /** 0–1 over the whole job. */
    fraction: z.number().min(0).max(1),
    rssBytes: z.int(),
  }),
  z.object({ type: z.literal('done'), id: jobId, outcome: z.unknown() }),
  z.object({ type: z.literal('failed'), id: jobId, error: AppErrorData }),
  z.object({ type: z.literal('canceled'), id: jobId }),
]);
export type FromEngine = z.infer<typeof FromEngine>;
