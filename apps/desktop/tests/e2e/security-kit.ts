import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AddReport, IpcInput, IpcOutput, IpcRouteId, LibraryPage, MediaFileView } from '@pingplex/shared/contracts/ipc';
import type { Envelope } from '@pingplex/shared/errors';
import type { Page } from 'playwright';
import { expect, vi } from 'vitest';
import type { RunningApp } from '../driver/launch.ts';

/** How long a condition may take on a busy machine. */
const PATIENCE = { timeout: 90_000, interval: 100 } as const;

/** Waits until something reads as expected; works in hooks, too. */
export async function eventually<T>(read: () => Promise<T> | T, expected: T): Promise<void> {
  await vi.waitFor(async () => expect(await read()).toEqual(expected), PATIENCE);
}

/** Calls main as the page does. */
export function call<R extends IpcRouteId>(page: Page, route: R, input: IpcInput<R>): Promise<Envelope<IpcOutput<R>>> {
  return raw(page, route, input) as Promise<Envelope<IpcOutput<R>>>;
}

/** The same with whatever a hostile page might send. */
export function raw(page: Page, route: unknown, input: unknown): Promise<Envelope<unknown>> {
  return page.evaluate(`window.pingplex.invoke(${JSON.stringify(route)}, ${JSON.stringify(input)})`);
}

export async function data<T>(answer: Promise<Envelope<T>>): Promise<T> {
  const envelope = await answer;
  if (!envelope.ok) throw new Error(`${envelope.error.code}: ${envelope.error.message}`);
  return envelope.data;
}

export async function codeOf(answer: Promise<Envelope<unknown>>): Promise<string> {
  const envelope = await answer;
  return envelope.ok ? 'ok' : envelope.error.code;
}

export function library(page: Page): Promise<LibraryPage> {
  return data(call(page, 'library.page', { limit: 5000 }));
}

/** Waits until the workspace holds so many files and none of them is still being read. */
export async function filesRead(page: Page, count: number): Promise<readonly MediaFileView[]> {
  await eventually(async () => {
    const { files, total } = await library(page);
    return `${total} files, ${files.filter((file) => file.state === 'reading').length} being read`;
  }, `${count} files, 0 being read`);
  return (await library(page)).files;
}

/** Answers the next system dialogs of the app with these paths, as a user would. */
export async function chooseInDialogs({ app }: RunningApp, paths: readonly string[]): Promise<void> {
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: chosen });
  }, paths as string[]);
}

/** Adds files by the dialog. */
export async function addByDialog(running: RunningApp, what: 'files' | 'folder', paths: readonly string[]): Promise<AddReport> {
  await chooseInDialogs(running, paths);
  const report = await data(call(running.window, 'library.addByDialog', { what }));
  if (report === null) throw new Error('the dialog was canceled');
  return report;
}

/** Starts a batch over all files of the workspace into a folder that is chosen by the dialog; returns its id. */
export async function startBatch(
  running: RunningApp,
  outputFolder: string,
  steps: IpcInput<'batches.start'>['steps'],
  template = '{name}-{variant}',
): Promise<string> {
  await mkdir(outputFolder, { recursive: true });
  await chooseInDialogs(running, [outputFolder]);
  const folder = await data(call(running.window, 'app.chooseOutputFolder', {}));
  const { files } = await library(running.window);
  const { batchId } = await data(
    call(running.window, 'batches.start', {
      name: 'Test',
      fileIds: files.map(({ id }) => id),
      steps,
      output: { folderId: folder?.id ?? null, template, conflict: 'number', keepTree: false },
      rightsConfirmed: true,
    }),
  );
  return batchId;
}

export async function batchState(page: Page, id: string): Promise<string> {
  const { batches } = await data(call(page, 'batches.list', {}));
  return batches.find((batch) => batch.id === id)?.state ?? 'gone';
}

export type ForbiddenServer = {
  readonly url: string;
  readonly port: number;
  /** One entry per connection, whatever came over it. */
  visits(): readonly string[];
  /** What was asked for: addresses as a proxy sees them. */
  asked(): readonly string[];
  close(): Promise<void>;
};

/** A web server and proxy on this machine that nothing may reach. */
export async function forbiddenServer(): Promise<ForbiddenServer> {
  const visits: string[] = [];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  server.on('connection', (socket) => visits.push(`${socket.remotePort}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    visits: () => visits,
    asked: () => asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Ended = { readonly code: number | null; readonly signal: string | null; readonly stderr: string };

/** Starts the app a second time, beside the one that runs, and waits until that launch has ended. */
export function launchAgain(userData: string, args: readonly string[], cwd: string): Promise<Ended> {
  const executable = process.env['PINGPLEX_ELECTRON'] ?? '';
  const own = JSON.parse(process.env['PINGPLEX_ELECTRON_ARGS'] ?? '[]') as string[];
  return runToEnd(executable, [...own, `--user-data-dir=${userData}`, ...args], { cwd });
}

/** Runs a program and collects what it says on standard error. */
export function runToEnd(executable: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(executable, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stderr }));
  });
}
