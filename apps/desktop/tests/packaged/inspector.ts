import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Drives a packaged app over its main process's inspector. (playwright starts Electron with a remote-debugging port, which the packaged
 * app refuses.)
 */
export type InspectedApp = {
  readonly child: ChildProcess;
  /** Evaluates an expression in the main process; `electron` is Electron's module. Promises are awaited. */
  main<T>(expression: string): Promise<T>;
  /** Evaluates an expression in the page of the first window. */
  page<T>(expression: string): Promise<T>;
  close(): Promise<void>;
};

type Answer = {
  id?: number;
  error?: { message: string };
  result?: { result?: { value?: unknown }; exceptionDetails?: { text: string; exception?: { description?: string } } };
};

/** Starts an executable whose inspect fuse is open and connects to it. */
export async function inspectApp(executable: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<InspectedApp> {
  const child = spawn(executable, ['--inspect=0', ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    createInterface({ input: child.stderr }).on('line', (line) => {
      said += `${line}\n`;
      const found = /^Debugger listening on (ws:\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the app ended with ${code}: ${said}`)));
  });
  const socket = new WebSocket(address);
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, error, result } = JSON.parse(String(data)) as Answer;
    const one = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || one === undefined) return;
    waiting.delete(id);
    const thrown = error?.message ?? result?.exceptionDetails?.exception?.description ?? result?.exceptionDetails?.text;
    if (thrown === undefined) one.resolve(result?.result?.value);
    else one.reject(new Error(thrown));
  });
  const dead = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('the app is gone'));
    waiting.clear();
  };
  socket.addEventListener('close', dead);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error('the inspector does not answer')), { once: true });
  });
  const main = <T>(expression: string): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve: (value) => resolve(value as T), reject });
      const wrapped = `(async () => { const electron = process.getBuiltinModule('module').createRequire(process.execPath)('electron'); return ${expression}; })()`;
      socket.send(
        JSON.stringify({ id: last, method: 'Runtime.evaluate', params: { expression: wrapped, awaitPromise: true, returnByValue: true } }),
      );
    });
  return {
    child,
    main,
    page: (expression) =>
      main(`await electron.BrowserWindow.getAllWindows()[0].webContents.executeJavaScript(${JSON.stringify(expression)})`),
    close: async () => {
      await main('setImmediate(() => electron.app.quit()) && true').catch(() => undefined);
      socket.close();
      await gone;
    },
  };
}
