import { freemem } from 'node:os';
import type { EngineJob, FromEngine, OutcomeOf } from '@pingplex/shared/contracts/engine';
import { OUTCOMES } from '@pingplex/shared/contracts/engine';
import { AppError, toAppError } from '@pingplex/shared/errors';
import type { Logger } from '../logging/logger-port.ts';
import { type BusyJob, EXTRA_WORKERS, roomBeside } from './capacity.ts';
import { JobQueue, type Lane, type Room } from './job-queue.ts';
import { deadlineFor, ENGINE_LIMITS, type EngineLimits, type MediaSize, wearOf } from './limits.ts';
import { memoryNeed } from './memory-need.ts';
import { removeJobFiles } from './remove-job-files.ts';
import { type EngineWorker, startWorker } from './worker.ts';

type RunOptions = MediaSize & {
  readonly signal?: AbortSignal;
  /** 0–1 over the whole job. */
  readonly onProgress?: (fraction: number) => void;
  readonly lane?: Lane;
  /** Name under which `bump` finds a waiting interactive job. */
  readonly key?: string;
  readonly deadlineMs?: number;
};

type EngineState = { readonly ready: boolean; readonly version: string | null };

export type EngineHost = {
  /** Number of batch jobs that run at once. */
  readonly workers: number;
  /**
   * Does one job in some worker. A crash is tried once more in a fresh worker.
   * @throws AppError the engine's own, or `engine.crashed`, `engine.timedOut`, `engine.memory`, `engine.unavailable`;
   *   the signal's reason when it was aborted
   */
  run<J extends EngineJob>(job: J, options?: RunOptions): Promise<OutcomeOf<J['verb']>>;
  bump(key: string): boolean;
  state(): EngineState;
  onState(listener: (state: EngineState) => void): () => void;
  /** Starts the first worker ahead of the first job. */
  warmUp(): void;
  /** Process ids of the living workers, for diagnostics. */
  pids(): number[];
  /** Ends every worker; what runs is aborted. */
  close(): Promise<void>;
};

type EngineHostOptions = {
  readonly nodeBinary: string;
  readonly entry: string;
  /**
   * Batch jobs at once: the number of cores. While batches keep all of them busy, one worker more does quick inspections and another one
   * what the user looks at, so that none of the three waits for the others.
   */
  readonly workers: number;
  /** Bytes of memory that are free on this machine now. */
  readonly freeMemory?: () => number;
  readonly logger: Logger;
  readonly limits?: Partial<EngineLimits>;
};

type Waiting = {
  readonly job: EngineJob;
  readonly lane: Lane;
  readonly key: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((fraction: number) => void) | undefined;
  readonly deadlineMs: number;
  /** Memory that it is expected to take, in bytes. */
  readonly needBytes: number;
  readonly settle: (result: { ok: true; outcome: unknown } | { ok: false; error: unknown }) => void;
  crashes: number;
};

type Running = {
  readonly id: string;
  readonly task: Waiting;
  readonly timers: Set<NodeJS.Timeout>;
  verdict: unknown;
  silence: NodeJS.Timeout;
  rssBytes: number;
};
type Slot = {
  worker: EngineWorker;
  state: 'starting' | 'idle' | 'busy' | 'ending';
  jobs: number;
  running: Running | undefined;
  /** The job of a worker that died, for which this worker was started. It gets no other one before. */
  reserved: { readonly task: Waiting; readonly cleaned: Promise<void> } | undefined;
  start: NodeJS.Timeout;
};

/** The pool of engine processes: one job at a time each, watched, replaced when they die. */
export function createEngineHost(options: EngineHostOptions): EngineHost {
  const limits: EngineLimits = { ...ENGINE_LIMITS, ...options.limits };
  const { logger } = options;
  const freeMemory = options.freeMemory ?? freemem;
  const queue = new JobQueue<Waiting>();
  const slots = new Set<Slot>();
  const listeners = new Set<(state: EngineState) => void>();
  let engineState: EngineState = { ready: false, version: null };
  let jobNumber = 0;
  let failedStarts = 0;
  let isClosed = false;
  let onEmpty: (() => void) | undefined;

  function setState(next: EngineState): void {
    if (next.ready === engineState.ready && next.version === engineState.version) return;
    engineState = next;
    for (const listener of listeners) listener(next);
  }

  function addSlot(reserved?: Slot['reserved']): void {
    const slot: Slot = {
      reserved,
      state: 'starting',
      jobs: 0,
      running: undefined,
      worker: startWorker(
        { nodeBinary: options.nodeBinary, entry: options.entry, heapMb: limits.heapMb },
        { onMessage: (message) => onMessage(slot, message), onGone: (how) => onGone(slot, how) },
      ),
      start: setTimeout(() => slot.worker.kill(), limits.startMs),
    };
    slots.add(slot);
  }

  function onMessage(slot: Slot, message: FromEngine): void {
    if (message.type === 'ready') {
      clearTimeout(slot.start);
      failedStarts = 0;
      if (slot.state === 'starting') slot.state = 'idle';
      setState({ ready: true, version: message.version });
      void slot.reserved?.cleaned.then(() => beginReserved(slot));
      pump();
      return;
    }
    const running = slot.running;
    if (running === undefined || message.id !== running.id) return;
    running.silence.refresh();
    switch (message.type) {
      case 'progress':
        running.rssBytes = message.rssBytes;
        if (message.rssBytes > limits.rssBytes) {
          endBy(slot, running, new AppError('engine.memory', `the engine took ${Math.round(message.rssBytes / 2 ** 20)} MB`));
        } else if (running.verdict === undefined) running.task.onProgress?.(message.fraction);
        return;
      case 'done': {
        const parsed = OUTCOMES[running.task.job.verb].safeParse(message.outcome);
        if (running.verdict !== undefined) finish(slot, running, { ok: false, error: running.verdict });
        else if (parsed.success) finish(slot, running, { ok: true, outcome: parsed.data });
        else {
          logger.error(
            { verb: running.task.job.verb, issues: parsed.error.issues.slice(0, 5) },
            'outcome of the engine is not what was agreed',
          );
          finish(slot, running, { ok: false, error: new AppError('internal.unexpected', 'the engine answered in an unknown form') });
        }
        return;
      }
      case 'failed':
        finish(slot, running, { ok: false, error: running.verdict ?? AppError.fromData(message.error) });
        return;
      case 'canceled':
        finish(slot, running, { ok: false, error: running.verdict ?? new AppError('internal.unexpected', 'canceled by itself') });
    }
  }

  /** Kills the worker of a job; the job then fails with `verdict`, which is never tried again. */
  function endBy(slot: Slot, running: Running, verdict: unknown): void {
    running.verdict ??= verdict;
    slot.worker.kill();
  }

  function release(running: Running): void {
    for (const timer of running.timers) clearTimeout(timer);
    clearTimeout(running.silence);
  }

  function finish(slot: Slot, running: Running, result: Parameters<Waiting['settle']>[0]): void {
    release(running);
    slot.running = undefined;
    if (slot.jobs >= limits.jobsPerWorker || isClosed) {
      slot.state = 'ending';
      slot.worker.disconnect();
      const timer = setTimeout(() => slot.worker.kill(), 2000);
      timer.unref();
    } else slot.state = 'idle';
    if (result.ok) running.task.settle(result);
    else cleanUpThenSettle(running.task, result.error);
    pump();
  }

  /** Nothing that the job wrote stays behind when it didn't end well. */
  function cleanUpThenSettle(task: Waiting, error: unknown): void {
    removeJobFiles(task.job).then(
      () => task.settle({ ok: false, error }),
      (thrown: unknown) => {
        logger.warn({ err: thrown }, 'temporary files of a job could not be removed');
        task.settle({ ok: false, error });
      },
    );
  }

  function onGone(slot: Slot, how: { readonly code: number | null; readonly signal: string | null; readonly stderr: string }): void {
    clearTimeout(slot.start);
    slots.delete(slot);
    const { running, reserved } = slot;
    slot.reserved = undefined;
    // It died before it had the job: that says nothing about the file.
    if (reserved !== undefined) queue.addFirst(reserved.task);
    if (running !== undefined) {
      release(running);
      slot.running = undefined;
      if (running.verdict !== undefined) cleanUpThenSettle(running.task, running.verdict);
      else {
        logger.warn({ verb: running.task.job.verb, ...how }, 'an engine worker died');
        afterCrash(running.task, how);
      }
    } else if (slot.state === 'starting' && !isClosed) {
      failedStarts += 1;
      logger.error({ ...how }, 'an engine worker did not start');
      if (failedStarts >= 3) {
        setState({ ready: false, version: engineState.version });
        for (const task of queue.drain())
          task.settle({ ok: false, error: new AppError('engine.unavailable', 'the engine does not start') });
        failedStarts = 0;
      }
    }
    if (slots.size === 0) onEmpty?.();
    pump();
  }

  function afterCrash(task: Waiting, how: { readonly code: number | null; readonly signal: string | null }): void {
    task.crashes += 1;
    const error = new AppError('engine.crashed', `the engine ended with ${how.signal ?? how.code ?? 'nothing'} on this file`);
    if (task.crashes > 1 || task.signal?.aborted === true || isClosed) {
      cleanUpThenSettle(task, task.signal?.aborted === true ? task.signal.reason : error);
      return;
    }
    // A worker that is there already may be dying of the same cause, and the job has only this one try more.
    const cleaned = removeJobFiles(task.job).catch((thrown: unknown) =>
      logger.warn({ err: thrown }, 'temporary files of a crashed job could not be removed'),
    );
    addSlot({ task, cleaned });
  }

  function beginReserved(slot: Slot): void {
    const task = slot.reserved?.task;
    slot.reserved = undefined;
    if (task === undefined) pump();
    else begin(slot, task);
  }

  function begin(slot: Slot, task: Waiting): void {
    jobNumber += 1;
    const id = String(jobNumber);
    const running: Running = {
      id,
      task,
      timers: new Set(),
      verdict: undefined,
      rssBytes: 0,
      silence: setTimeout(() => endBy(slot, running, new AppError('engine.timedOut', 'the engine stopped answering')), limits.silenceMs),
    };
    const deadline = new AppError('engine.timedOut', `not done within ${task.deadlineMs} ms`);
    running.timers.add(setTimeout(() => endBy(slot, running, deadline), task.deadlineMs));
    slot.state = 'busy';
    slot.jobs += wearOf(task.job);
    slot.running = running;
    slot.worker.send({ type: 'job', id, job: task.job });
  }

  function cancel(task: Waiting): void {
    if (queue.remove(task)) {
      task.settle({ ok: false, error: task.signal?.reason });
      return;
    }
    for (const slot of slots) {
      const { running } = slot;
      if (slot.reserved?.task === task) {
        slot.reserved = undefined;
        task.settle({ ok: false, error: task.signal?.reason });
        pump();
        return;
      }
      if (running?.task !== task) continue;
      running.verdict ??= task.signal?.reason ?? new AppError('internal.unexpected', 'aborted');
      slot.worker.send({ type: 'cancel', id: running.id });
      running.timers.add(setTimeout(() => slot.worker.kill(), limits.cancelGraceMs));
    }
  }

  /** Gives waiting jobs to idle workers; starts workers while there is work for them. */
  function pump(): void {
    if (isClosed) return;
    let starting = 0;
    for (const slot of slots) if (slot.state === 'starting' && slot.reserved === undefined) starting += 1;
    for (const slot of slots) {
      if (slot.state !== 'idle' || slot.reserved !== undefined) continue;
      const task = queue.next(room());
      if (task === undefined) return;
      begin(slot, task);
    }
    let wanted = queue.waiting(room()) - starting;
    const living = [...slots].filter((slot) => slot.state !== 'ending').length;
    for (let places = options.workers + EXTRA_WORKERS - living; places > 0 && wanted > 0; places -= 1, wanted -= 1) addSlot();
  }

  function room(): Room {
    const busy = [...slots].flatMap((slot): BusyJob[] => {
      const task = (slot.running ?? slot.reserved)?.task;
      return task === undefined ? [] : [{ lane: task.lane, needBytes: task.needBytes, rssBytes: slot.running?.rssBytes ?? 0 }];
    });
    return roomBeside(busy, options.workers, queue.nextOfBatch(), freeMemory);
  }

  return {
    workers: options.workers,
    run: async <J extends EngineJob>(job: J, runOptions: RunOptions = {}): Promise<OutcomeOf<J['verb']>> => {
      const { signal } = runOptions;
      signal?.throwIfAborted();
      if (isClosed) throw new AppError('engine.unavailable', 'the engine was shut down');
      const { promise, resolve } = Promise.withResolvers<Parameters<Waiting['settle']>[0]>();
      const task: Waiting = {
        job,
        lane: runOptions.lane ?? 'batch',
        key: runOptions.key,
        signal,
        onProgress: runOptions.onProgress,
        deadlineMs: runOptions.deadlineMs ?? deadlineFor(job, runOptions),
        needBytes: memoryNeed(job, runOptions),
        settle: resolve,
        crashes: 0,
      };
      const onAbort = (): void => cancel(task);
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.add(task);
      pump();
      const result = await promise;
      signal?.removeEventListener('abort', onAbort);
      if (result.ok) return result.outcome as OutcomeOf<J['verb']>;
      throw signal?.aborted === true ? result.error : toAppError(result.error);
    },
    bump: (key) => queue.bump(key),
    state: () => engineState,
    onState: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    warmUp: () => {
      if (slots.size === 0 && !isClosed) addSlot();
    },
    pids: () => [...slots].flatMap((slot) => (slot.worker.pid === undefined ? [] : [slot.worker.pid])),
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      const closed = new AppError('engine.unavailable', 'the engine was shut down');
      for (const task of queue.drain()) task.settle({ ok: false, error: closed });
      for (const slot of slots) {
        if (slot.running !== undefined) slot.running.verdict ??= closed;
        slot.reserved?.task.settle({ ok: false, error: closed });
        slot.reserved = undefined;
        slot.worker.kill();
      }
      if (slots.size === 0) return;
      await new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
    },
  };
}
