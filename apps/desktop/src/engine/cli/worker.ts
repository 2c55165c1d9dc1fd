import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type EngineJob, FromEngine, OUTCOMES, type ToEngine } from '@pingplex/shared/contracts/engine';
import { AppError } from '@pingplex/shared/errors';

/** The worker's entry: a source file in a checkout; in the package both programs are bundles that lie side by side. */
const ENTRY = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : './main.mjs', import.meta.url));
/** Longest silence of a busy worker. Heartbeats come four times a second, but one long call into a library may hold them up. */
const SILENCE_MS = 30_000;
const RSS_LIMIT_BYTES = 2 * 1024 ** 3;
const JOB_ID = 'job';
/** All that a worker may know of the world. */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TMPDIR', 'TMP', 'TEMP', 'SystemRoot', 'PATHEXT', 'PINGPLEX_FFMPEG'];

function start(): ChildProcess {
  const env: NodeJS.ProcessEnv = {};
  for (const name of PASSED_ON) if (process.env[name] !== undefined) env[name] = process.env[name];
  return fork(ENTRY, [], {
    env,
    serialization: 'advanced',
    execArgv: ['--max-old-space-size=1024'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // A group of its own, so that killing it also ends the programs that it started.
    detached: process.platform !== 'win32',
  });
}

function kill(child: ChildProcess): void {
  if (child.pid !== undefined && process.platform !== 'win32') {
    try {
      process.kill(-child.pid, 'SIGKILL');
      return;
    } catch {
      // It is gone already.
    }
  }
  child.kill('SIGKILL');
}

/** What one job needs of the outside while it runs. */
type JobWatch = { readonly deadlineMs: number; readonly onProgress: (fraction: number) => void };

/** One engine process of the command line. A process that died or had to be killed is replaced for the next job. */
export class CliWorker {
  private child: ChildProcess | undefined;
  private jobs = 0;

  /**
   * Does one job.
   * @returns the outcome, checked against the contract
   * @throws AppError the job's own; engine.crashed, engine.timedOut or engine.memory when the process had to go
   */
  async run(job: EngineJob, watch: JobWatch): Promise<unknown> {
    this.child ??= start();
    this.jobs += 1;
    try {
      return await this.converse(this.child, job, watch);
    } finally {
      // Native libraries leak a little; fifty jobs are well before it matters.
      if (this.jobs >= 50) this.end();
    }
  }

  /** Lets the process end by itself. */
  end(): void {
    if (this.child?.connected) this.child.disconnect();
    this.child = undefined;
    this.jobs = 0;
  }

  /** Ends the process and all that it started, at once. */
  kill(): void {
    if (this.child) kill(this.child);
    this.child = undefined;
    this.jobs = 0;
  }

  private converse(child: ChildProcess, job: EngineJob, watch: JobWatch): Promise<unknown> {
    return new Promise((fulfil, reject) => {
      const { verb } = job;
      let heard = performance.now();
      const done = (settle: () => void) => {
        clearInterval(watchdog);
        child.off('message', onMessage);
        child.off('exit', onExit);
        child.off('error', onError);
        settle();
      };
      const giveUp = (error: AppError) =>
        done(() => {
          this.kill();
          reject(error);
        });
      const begun = heard;
      const watchdog = setInterval(() => {
        const now = performance.now();
        if (now - heard > SILENCE_MS) giveUp(new AppError('engine.timedOut', 'the worker fell silent'));
        else if (now - begun > watch.deadlineMs) giveUp(new AppError('engine.timedOut', 'the job took too long'));
      }, 500);
      const onMessage = (raw: unknown) => {
        heard = performance.now();
        const parsed = FromEngine.safeParse(raw);
        if (!parsed.success || parsed.data.type === 'ready' || parsed.data.id !== JOB_ID) return;
        const message = parsed.data;
        if (message.type === 'progress') {
          if (message.rssBytes > RSS_LIMIT_BYTES) giveUp(new AppError('engine.memory', 'the job needed too much memory'));
          else watch.onProgress(message.fraction);
        } else if (message.type === 'done') {
          const outcome = OUTCOMES[verb].safeParse(message.outcome);
          const wrong = () => reject(new AppError('internal.unexpected', `malformed outcome of ${verb}: ${outcome.error?.message ?? ''}`));
          done(outcome.success ? () => fulfil(outcome.data) : wrong);
        } else if (message.type === 'failed') done(() => reject(AppError.fromData(message.error)));
        else done(() => reject(new AppError('engine.crashed', 'the job was canceled')));
      };
      const onExit = (code: number | null, signal: string | null) => {
        this.child = undefined;
        this.jobs = 0;
        done(() => reject(new AppError('engine.crashed', `the worker ended with ${signal ?? code}`)));
      };
      const onError = (error: Error) => giveUp(new AppError('engine.unavailable', error.message, { cause: error }));
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.on('error', onError);
      child.send({ type: 'job', id: JOB_ID, job } satisfies ToEngine, () => undefined);
    });
  }
}
