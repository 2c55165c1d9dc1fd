import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchApp, type RunningApp, temporaryFolder } from '../driver/launch.ts';
import { askExifTool } from '../engine/helpers/exiftool-oracle.ts';
import { writePicture, writeTone } from '../main/helpers/media.ts';
import { batchState, call, data, eventually, filesRead, forbiddenServer, launchAgain, library, startBatch } from './security-kit.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (...parts: string[]): string => path.join(folder.path, ...parts);

beforeAll(async () => {
  folder = await temporaryFolder('files');
});

afterAll(async () => {
  await folder?.done();
});

/** Names that a shell or a careless command line would take for something else. */
const HOSTILE = ['-i.jpg', '$(x).png', '--help.jpg', '@list.jpg', '`id`.jpg', 'a;b &c|d.jpg', "quo'te.jpg", '%s%n.jpg', '日本 é.jpg'];

describe('local work', () => {
  test('rows 14 and 5: hostile names are cleaned through the engine, by name and without any connection', async () => {
    const outside = await forbiddenServer();
    for (const [n, name] of HOSTILE.entries()) await writePicture(at('hostile', name), n);
    await writeTone(at('hostile', '-tone.wav'), 440, 1);
    const names = [...HOSTILE, '-tone.wav'];
    const proxy = {
      http_proxy: outside.url,
      https_proxy: outside.url,
      HTTP_PROXY: outside.url,
      HTTPS_PROXY: outside.url,
      ALL_PROXY: outside.url,
    };
    const running = await launchApp({
      userData: at('hostile-data'),
      openWith: [at('hostile')],
      // The only server that it knows takes part in no local step.
      serverUrl: 'http://127.0.0.1:9',
      env: { ...proxy, NO_PROXY: undefined, no_proxy: undefined },
    });
    try {
      await filesRead(running.window, names.length);
      const id = await startBatch(running, at('hostile-out'), [{ verb: 'clean' }], '{name}');
      await eventually(() => batchState(running.window, id), 'finished');
      const { results } = await data(call(running.window, 'batches.results', {}));
      // Results get names that no program takes for an option or a pipe.
      const made = (name: string): string => name.replace(/^-/, '_').replaceAll('|', '_');
      expect(results.map(({ name }) => name).sort()).toEqual(names.map(made).sort());
      expect((await readdir(at('hostile-out'))).sort()).toEqual(names.map(made).sort());
      expect((await readdir(at('hostile'))).sort()).toEqual([...names].sort());
      for (const name of HOSTILE) {
        const tags = await askExifTool(at('hostile-out', made(name)));
        expect(
          Object.keys(tags).filter((key) => /GPS|Artist|Model/.test(key)),
          name,
        ).toEqual([]);
      }
      // The app may look whether its own server is there. Chromium, which would fetch dictionaries and components, asks nothing.
      expect(outside.asked().filter((request) => !/^GET http:\/\/127\.0\.0\.1:9\/v1\/(info|models)$/.test(request))).toEqual([]);
    } finally {
      await running.close();
      await outside.close();
    }
  });
});

describe('a second launch', () => {
  let running: RunningApp;
  beforeAll(async () => {
    for (const n of [1, 2, 3]) await writePicture(at('second', `${n}.jpg`), n);
    running = await launchApp({ userData: at('second-data') });
  });
  afterAll(async () => {
    await running?.close();
  });

  /** What the window is told about the next files that come from outside. */
  function nextReport(): Promise<{ added: number; refusedTotal: number }> {
    return running.window.evaluate(
      `new Promise((resolve) => { const end = window.pingplex.on('library.added', (report) => { end(); resolve(report); }); })`,
    );
  }

  test('row 22, feature row 2: "Open with" adds to the window that is open', async () => {
    const ended = await launchAgain(
      at('second-data'),
      ['--some-switch', '--load-extension=/tmp', 'pingplex://delete/all', '1.jpg', at('second', '2.jpg')],
      at('second'),
    );
    expect(ended.code).toBe(0);
    const files = await filesRead(running.window, 2);
    expect(files.map(({ name }) => name).sort()).toEqual(['1.jpg', '2.jpg']);
    expect(await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  test('row 22: a file: address, as some desktops give it, is a path', async () => {
    await launchAgain(
      at('second-data'),
      [`file://${at('second', '3.jpg')}`, 'file://server/share/4.jpg', 'https://pingplex.io/5.jpg'],
      '/',
    );
    await filesRead(running.window, 3);
  });

  test('row 22: a command line of any length leaves the app that runs alive', async () => {
    const cwd = at('second', 'deep'.repeat(50), 'Ж'.repeat(100));
    await mkdir(cwd, { recursive: true });
    for (const count of [25, 80, 300]) {
      const missing = Array.from({ length: count }, (_, n) => at('second', 'Папка с довольно длинным именем', `${n} is not there.jpg`));
      const heard = nextReport();
      expect((await launchAgain(at('second-data'), missing, cwd)).code).toBe(0);
      expect(await heard).toMatchObject({ added: 0, refusedTotal: count });
    }
  });

  test('row 22: 5,000 paths and switches arrive, and the app that runs survives them', async () => {
    const missing = Array.from({ length: 4996 }, (_, n) => at('second', 'a folder with a rather long name', `${n} is not there.jpg`));
    const switches = Array.from({ length: 40 }, (_, n) => `--switch-${n}=${'x'.repeat(50)}`);
    for (const n of [5, 6, 7, 8]) await writePicture(at('second', `${n}.jpg`), n);
    const heard = nextReport();
    const ended = await launchAgain(at('second-data'), [...switches, '5.jpg', ...missing, '6.jpg', '7.jpg', '8.jpg'], at('second'));
    expect(ended.code).toBe(0);
    expect(await heard).toMatchObject({ added: 4, refusedTotal: 4996 });
    await filesRead(running.window, 7);
    expect(running.app.process().exitCode).toBeNull();
    expect(await readdir(at('second-data', 'open-lists'))).toEqual([]);
  });
});

describe('crashes of the window', () => {
  test('rows 25 and 26: the renderer is killed in a batch; the window comes back, the batch goes on, sleep is held no longer than it runs', async () => {
    for (let n = 0; n < 8; n += 1) await writePicture(at('crash', `${n}.jpg`), n, 900, 700);
    const running = await launchApp({ userData: at('crash-data'), openWith: [at('crash')] });
    try {
      const holdsSleep = () =>
        running.app.evaluate(({ powerSaveBlocker }) =>
          Array.from({ length: 50 }, (_, id) => powerSaveBlocker.isStarted(id)).includes(true),
        );
      await filesRead(running.window, 8);
      expect(await holdsSleep()).toBe(false);
      const id = await startBatch(running, at('crash-out'), [{ verb: 'unicalize', variants: 2 }]);
      await eventually(holdsSleep, true);
      const pid = await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId() ?? 0);
      process.kill(pid, 'SIGKILL');
      const ask = (expression: string): Promise<unknown> =>
        running.app.evaluate(async ({ BrowserWindow }, text) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          if (contents === undefined || contents.isCrashed() || contents.isLoading()) return 'not there';
          // A call into a renderer that is just dying is never answered.
          const late = new Promise<string>((resolve) => setTimeout(() => resolve('no answer'), 2000));
          return await Promise.race([contents.executeJavaScript(text), late]);
        }, expression);
      await eventually(() => ask(`document.getElementById('root').childElementCount > 0`), true);
      expect(await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId())).not.toBe(
        pid,
      );
      const state = `window.pingplex.invoke('batches.list', {}).then(({ data }) => data.batches.find(({ id }) => id === '${id}').state)`;
      await eventually(() => ask(state), 'finished');
      await eventually(holdsSleep, false);
      expect(await readdir(at('crash-out'))).toHaveLength(16);
      const log = await readFile(at('crash-data', 'logs', 'pingplex.log'), 'utf8');
      expect(log).toContain('the window crashed');
    } finally {
      await running.close();
    }
  });

  test('row 25: a page that hangs while it loads is loaded again', async () => {
    const running = await launchApp({ userData: at('hang-data') });
    try {
      const rendererPid = () =>
        running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId() ?? 0);
      const pid = await rendererPid();
      process.kill(pid, 'SIGSTOP');
      await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.reload());
      const log = () => readFile(at('hang-data', 'logs', 'pingplex.log'), 'utf8');
      await eventually(async () => (await log()).includes('page has loaded'), true);
      expect(await log()).toContain('page does not load');
      expect(await rendererPid()).not.toBe(pid);
    } finally {
      await running.close();
    }
  });

  test('row 25: a damaged settings file does not keep the app from starting', async () => {
    await mkdir(at('damaged-data'));
    await writeFile(at('damaged-data', 'settings.json'), '{"version": 1, "settings": {"theme": ');
    const running = await launchApp({ userData: at('damaged-data') });
    try {
      expect((await library(running.window)).total).toBe(0);
      const kept = (await readdir(at('damaged-data'))).filter((name) => name.startsWith('settings.json.damaged-'));
      expect(kept).toHaveLength(1);
    } finally {
      await running.close();
    }
  });
});
