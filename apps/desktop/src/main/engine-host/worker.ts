import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority, tmpdir } from 'node:os';
import { FromEngine, type ToEngine } from '@pingplex/shared/contracts/engine';

export type WorkerOptions = {
  /** A plain Node binary, absolute; Electron's own can't run the media libraries. */
  readonly nodeBinary: string;
  /** Entry of the engine, absolute. */
  readonly entry: string;
  /** Ceiling of the JavaScript heap in MB. */
  readonly heapMb: number;
};

export type WorkerEvents = {
  readonly onMessage: (message: FromEngine) => void;
  /** The process is gone, whatever the reason; called once. `stderr` is its last words, for the log. */
  readonly onGone: (how: { readonly code: number | null; readonly signal: string | null; readonly stderr: string }) => void;
};

export type EngineWorker = {
  readonly pid: number | undefined;
  send(message: ToEngine): void;
  /** Ends the process and everything that it started, at once. */
  kill(): void;
  /** Closes the channel; the engine ends by itself. */
  disconnect(): void;
};

const STDERR_KEPT = 4000;
/** All that a worker may know of the world: no home folder, no tokens, no proxy, no NODE_OPTIONS. */
const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TEMP', 'TMP', 'TMPDIR', 'SystemRoot', 'SYSTEMROOT', 'PATHEXT', 'windir', 'PINGPLEX_FFMPEG'];

function workerEnv(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { NODE_NO_WARNINGS: '1' };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** On POSIX the worker leads a process group of its own, so that its helpers (ExifTool) end with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined && process.platform !== 'win32') {
    try {
      process.kill(-child.pid, 'SIGKILL');
      return;
    } catch {
      // The group is gone already, or the process never became its leader.
    }
  }
  child.kill('SIGKILL');
}

/** Media work takes what the window and other programs leave: a busy machine must not make the list stutter. */
function stepBack(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, process.platform === 'win32' ? constants.priority.PRIORITY_BELOW_NORMAL : 5);
  } catch {
    // Gone already, or the system doesn't allow it: then it works as everything else does.
  }
}

/** Starts one engine process. It gets messages over the child process channel and ends when the channel closes. */
export function startWorker(options: WorkerOptions, events: WorkerEvents): EngineWorker {
  const child = spawn(options.nodeBinary, [`--max-old-space-size=${options.heapMb}`, options.entry], {
    cwd: tmpdir(),
    env: workerEnv(),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  stepBack(child.pid);
  let stderr = '';
  let gone = false;
  const end = (code: number | null, signal: string | null): void => {
    if (gone) return;
    gone = true;
    // A helper of a worker that died alone must not live on.
    if (code !== 0) killGroup(child);
    events.onGone({ code, signal, stderr });
  };
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.on('message', (raw: unknown) => {
    const parsed = FromEngine.safeParse(raw);
    if (parsed.success && !gone) events.onMessage(parsed.data);
  });
  child.on('error', (error) => {
    stderr = (stderr + error.message).slice(-STDERR_KEPT);
    if (child.pid === undefined) end(null, null);
  });
  child.on('exit', end);
  return {
    pid: child.pid,
    send: (message) => {
      // A send to a process that just died fails; its exit is reported by itself.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => killGroup(child),
    disconnect: () => {
      if (child.connected) child.disconnect();
    },
  };
}
