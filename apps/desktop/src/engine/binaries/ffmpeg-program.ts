import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { AppError } from '@pingplex/shared/errors';

/** An `ffmpeg` executable that answered. */
export type FfmpegProgram = {
  /** Absolute path. */
  readonly path: string;
  /** As it names itself, for example `5.1.9` or `N-120000-g…` (a build between releases, taken for the newest). */
  readonly version: string;
  readonly major: number;
  readonly minor: number;
};

/** Names the executable to use, absolute; then node-av isn't used for encoding at all. */
export const FFMPEG_VARIABLE = 'PINGPLEX_FFMPEG';
/** Older programs lack filters and options that our strings use. */
const OLDEST_MAJOR = 4;
/** Last words of a program, in characters. */
const KEPT_WORDS = 8000;
const NEWEST = 99;

export type Spoken = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** What may be passed on to the program: Windows needs its own folder to load anything, the rest needs nothing. */
function childEnv(): NodeJS.ProcessEnv {
  const { SystemRoot, TMPDIR } = process.env;
  return { AV_LOG_FORCE_NOCOLOR: '1', LC_ALL: 'C', ...(SystemRoot ? { SystemRoot } : {}), ...(TMPDIR ? { TMPDIR } : {}) };
}

/**
 * Runs a program without a shell; every argument arrives as it is.
 * @param signal kills it; the promise is then rejected with the signal's reason, after the program is gone
 * @param onLine hears every line of its standard output
 * @returns exit code and the last words of both outputs
 * @throws AppError engine.unavailable when it can't be started
 */
export function speak(path: string, args: readonly string[], signal: AbortSignal, onLine?: (line: string) => void): Promise<Spoken> {
  return new Promise((fulfil, reject) => {
    signal.throwIfAborted();
    const child: ChildProcess = spawn(path, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: childEnv(), windowsHide: true });
    let stdout = '';
    let stderr = '';
    let half = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT_WORDS);
      if (!onLine) return;
      const lines = (half + text).split('\n');
      half = (lines.pop() ?? '').slice(-KEPT_WORDS);
      for (const line of lines) onLine(line.trimEnd());
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_WORDS);
    });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    const over = (settle: () => void) => {
      signal.removeEventListener('abort', kill);
      settle();
    };
    child.once('error', (error) =>
      over(() => reject(new AppError('engine.unavailable', error.message, { params: { what: 'FFmpeg' }, cause: error }))),
    );
    child.once('close', (code) => over(() => (signal.aborted ? reject(signal.reason) : fulfil({ code, stdout, stderr }))));
  });
}

/** Version from the first line of `ffmpeg -version`. @returns undefined when it isn't FFmpeg, or too old */
export function parseVersion(words: string): Pick<FfmpegProgram, 'version' | 'major' | 'minor'> | undefined {
  const version = /^ffmpeg version (\S+)/u.exec(words)?.[1];
  if (version === undefined) return undefined;
  const numbers = /^n?(\d+)\.(\d+)/u.exec(version);
  const major = numbers ? Number(numbers[1]) : NEWEST;
  return major < OLDEST_MAJOR ? undefined : { version, major, minor: numbers ? Number(numbers[2]) : 0 };
}

/** Asks an executable who it is. @returns undefined when it isn't a usable FFmpeg */
export async function askFfmpeg(path: string, signal: AbortSignal): Promise<FfmpegProgram | undefined> {
  if (!isAbsolute(path)) return undefined;
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!executable) return undefined;
  const { stdout } = await speak(path, ['-hide_banner', '-version'], signal);
  const version = parseVersion(stdout);
  return version && { path, ...version };
}

/** Where an executable may lie that nobody named: beside the engine's own run-time, then in PATH. */
export async function findFfmpeg(signal: AbortSignal): Promise<FfmpegProgram | undefined> {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  const folders = [dirname(process.execPath), ...(process.env['PATH'] ?? '').split(delimiter)].filter((folder) => isAbsolute(folder));
  for (const folder of folders) {
    const found = await askFfmpeg(join(folder, name), signal).catch(() => undefined);
    if (found) return found;
  }
  return undefined;
}
