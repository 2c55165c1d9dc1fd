import { type EngineJob, type FromEngine, ToEngine } from '@pingplex/shared/contracts/engine';
import { AppError, toAppError } from '@pingplex/shared/errors';
import { answerProbe, PROBE_FLAG } from './binaries/hardware-probe.ts';
import { shutdownBinaries } from './binaries/shutdown.ts';
import { runJob } from './jobs.ts';
import { Reporter } from './reporter.ts';
import { ENGINE_VERSION } from './version.ts';

/**
 * The engine as a process of its own: jobs come over the child process channel, one at a time; the process ends when the
 * channel closes. Nothing is read from standard input or written to standard output.
 */
let running: { readonly id: string; readonly abort: AbortController } | undefined;

function send(message: FromEngine): void {
  // Nobody may be listening any more; then `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function work(id: string, job: EngineJob): Promise<void> {
  const abort = new AbortController();
  running = { id, abort };
  const reporter = new Reporter(id, send);
  try {
    const outcome = await runJob(job, { signal: abort.signal, progress: (fraction) => reporter.progress(fraction) });
    reporter.stop();
    send({ type: 'done', id, outcome });
  } catch (thrown) {
    reporter.stop();
    if (abort.signal.aborted) send({ type: 'canceled', id });
    else send({ type: 'failed', id, error: toAppError(thrown).toData() });
  } finally {
    running = undefined;
  }
}

/** Names the job that a malformed message was about, so that its sender isn't left waiting. */
function idOf(message: unknown): string | undefined {
  const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : undefined;
  return typeof id === 'string' && id.length > 0 && id.length <= 64 ? id : undefined;
}

function refuse(id: string | undefined, error: AppError): void {
  if (id !== undefined) send({ type: 'failed', id, error: error.toData() });
}

process.on('message', (raw: unknown) => {
  const parsed = ToEngine.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    refuse(idOf(raw), new AppError('engine.usage', issue ? `${issue.path.join('.')}: ${issue.message}` : 'malformed message'));
    return;
  }
  const message = parsed.data;
  if (message.type === 'cancel') {
    if (running?.id === message.id) running.abort.abort(new DOMException('canceled', 'AbortError'));
    return;
  }
  if (running) refuse(message.id, new AppError('request.busy', 'this worker is busy with another job'));
  else void work(message.id, message.job);
});

process.on('disconnect', () => {
  running?.abort.abort(new DOMException('the caller is gone', 'AbortError'));
  void shutdownBinaries().finally(() => process.exit(0));
});

const [, , flag, encoder] = process.argv;
if (flag === PROBE_FLAG && encoder !== undefined) void answerProbe(encoder).finally(() => process.exit(0));
else send({ type: 'ready', version: ENGINE_VERSION, pid: process.pid });
