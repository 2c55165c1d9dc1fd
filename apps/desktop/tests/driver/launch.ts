import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright';

/** The Electron that `npm test` and `npm run demo` found, and what it needs to start our app. */
function electron(): { executable: string; args: string[] } {
  const executable = process.env['PINGPLEX_ELECTRON'];
  if (executable === undefined) throw new Error('PINGPLEX_ELECTRON is not set: run this through npm test or npm run demo');
  return { executable, args: JSON.parse(process.env['PINGPLEX_ELECTRON_ARGS'] ?? '[]') as string[] };
}

export type LaunchOptions = {
  /** Where the app keeps everything; give the same folder again to see what survives. */
  readonly userData: string;
  readonly serverUrl?: string;
  /** Files named on the command line, as "Open with" does. */
  readonly openWith?: readonly string[];
  readonly language?: 'en' | 'ru';
  readonly env?: Readonly<Record<string, string | undefined>>;
};

export type RunningApp = {
  readonly app: ElectronApplication;
  readonly window: Page;
  readonly pid: number;
  /** Quits as a user would. */
  close(): Promise<void>;
  /** SIGKILL for the app's process group leader: no chance to tidy up. */
  kill(): Promise<void>;
};

async function launchOnce(options: LaunchOptions): Promise<RunningApp> {
  const { executable, args } = electron();
  const app = await _electron.launch({
    executablePath: executable,
    args: [
      ...args,
      `--user-data-dir=${options.userData}`,
      `--lang=${options.language ?? 'en'}`,
      '--force-prefers-reduced-motion',
      ...(options.openWith ?? []),
    ],
    env: cleanEnvironment({
      LANGUAGE: options.language ?? 'en',
      LANG: options.language === 'ru' ? 'ru_RU.UTF-8' : 'en_US.UTF-8',
      PINGPLEX_SERVER_URL: options.serverUrl,
      ...options.env,
    }),
    timeout: 60_000,
  });
  const child = app.process();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  let window: Page;
  try {
    window = await app.firstWindow({ timeout: 60_000 });
    // What the page holds, not an event of its loading: on a busy machine the driver may attach after the event.
    await window.locator('body *').first().waitFor({ state: 'attached', timeout: 60_000 });
  } catch (error) {
    // Nobody else knows of this process yet.
    child.kill('SIGKILL');
    throw new Error(`the app showed no window: ${said}`, { cause: error });
  }
  return {
    app,
    window,
    pid: child.pid ?? 0,
    close: async () => {
      await app.close();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Starts the real app with its own user-data folder, motion off and a pinned language. */
export async function launchApp(options: LaunchOptions): Promise<RunningApp> {
  try {
    return await launchOnce(options);
  } catch (error) {
    // Seen about once in several hundred starts on an overloaded virtual display; said aloud, so that it can be counted.
    process.stderr.write(`started the app a second time: ${error instanceof Error ? error.message : String(error)}\n`);
    return await launchOnce(options);
  }
}

function cleanEnvironment(extra: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all = { ...process.env, ...extra };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== 'NODE_OPTIONS'),
  );
}

/** A folder of its own for one test; `done` removes it. */
export async function temporaryFolder(name: string): Promise<{ path: string; done(): Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `pingplex-${name}-`));
  return { path: folder, done: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}
