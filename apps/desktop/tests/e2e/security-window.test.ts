import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchApp, type RunningApp, temporaryFolder } from '../driver/launch.ts';
import { writePicture } from '../main/helpers/media.ts';
import { addByDialog, call, codeOf, data, eventually, forbiddenServer, library, raw } from './security-kit.ts';

const PAGE = 'app://pingplex/index.html';
const PRELOAD = path.resolve(import.meta.dirname, '../../out/preload/index.cjs');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let outside: Awaited<ReturnType<typeof forbiddenServer>>;
let running: RunningApp;
let picture: string;

beforeAll(async () => {
  folder = await temporaryFolder('window');
  outside = await forbiddenServer();
  picture = path.join(folder.path, 'media', 'dropped.jpg');
  await writePicture(picture, 1);
  running = await launchApp({ userData: path.join(folder.path, 'data') });
  await running.window.getByTestId('drop-area').first().waitFor({ state: 'attached' });
});

afterAll(async () => {
  await running?.close();
  await outside?.close();
  await folder?.done();
});

/** Runs a script in the page the way hostile markup would, not through the test driver, which the content security policy exempts. */
function inPage<T>(script: string): Promise<T> {
  return running.window.evaluate(`new Promise((resolve) => setTimeout(async () => resolve(await (async () => { ${script} })())))`);
}

/** What happens to a request from the page, whatever way it fails. */
function outcome(expression: string): Promise<string> {
  return inPage(`try { return 'done: ' + (await (${expression})); } catch (error) { return 'refused: ' + error.name; }`);
}

async function stillOurPage(): Promise<void> {
  expect(running.window.url()).toBe(PAGE);
  expect(await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  expect(await call(running.window, 'app.getState', {})).toMatchObject({ ok: true });
}

/** Drops files on a point of the window with real input events. */
async function dropFiles(x: number, y: number, files: readonly string[]): Promise<void> {
  const session = await running.window.context().newCDPSession(running.window);
  const drag = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await session.send('Input.dispatchDragEvent', { type, x, y, data: drag });
  await session.detach();
}

/** Chooses files in an `<input type="file">`, as its system dialog would. */
async function pickFiles(id: string, files: readonly string[]): Promise<void> {
  const session = await running.window.context().newCDPSession(running.window);
  const { result } = await session.send('Runtime.evaluate', { expression: `document.getElementById('${id}')` });
  await session.send('DOM.setFileInputFiles', { files: [...files], objectId: result.objectId ?? '' });
  await session.detach();
}

describe('the window has no power of its own', () => {
  test('row 1: every window is sandboxed, isolated and without Node', async () => {
    const all = await running.app.evaluate(({ webContents }) =>
      webContents.getAllWebContents().map((contents) => {
        const known = contents as unknown as { getLastWebPreferences(): Record<string, unknown> };
        return { type: contents.getType(), preferences: known.getLastWebPreferences() };
      }),
    );
    const windows = all.filter(({ type }) => type === 'window');
    expect(windows).toHaveLength(1);
    for (const { preferences } of windows) {
      expect(preferences).toMatchObject({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        webviewTag: false,
      });
      // Electron reports these only when they are on.
      for (const off of [
        'nodeIntegrationInWorker',
        'navigateOnDragDrop',
        'experimentalFeatures',
        'allowRunningInsecureContent',
        'plugins',
      ]) {
        expect(preferences[off] ?? false, off).toBe(false);
      }
      expect(preferences['enableBlinkFeatures'] ?? '').toBe('');
    }
    const globals = ['require', 'process', 'module', 'Buffer', 'global', 'electron', 'ipcRenderer'];
    expect(await inPage(`return ${JSON.stringify(globals)}.filter((name) => name in window)`)).toEqual([]);
  });

  test('row 21: no menu and no developer tools', async () => {
    const { menu, opened } = await running.app.evaluate(({ BrowserWindow, Menu }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      contents?.openDevTools();
      return { menu: Menu.getApplicationMenu() === null, opened: contents?.isDevToolsOpened() };
    });
    expect(opened).toBe(false);
    if (process.platform !== 'darwin') expect(menu).toBe(true);
  });

  test('row 4: injected scripts and eval do not run', async () => {
    const violations = await inPage<string[]>(`
      const seen = [];
      document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'window.wasInjected = true';
      document.head.append(script);
      const image = document.createElement('div');
      image.innerHTML = '<img src="data:," onerror="window.wasInjected = true"><style>body { color: red }</style>';
      document.body.append(image);
      try { eval('window.wasInjected = true'); } catch {}
      try { new Function('window.wasInjected = true')(); } catch {}
      try { setTimeout('window.wasInjected = true'); } catch {}
      const worker = await new Promise((resolve) => {
        try { new Worker(URL.createObjectURL(new Blob(['0']))).onerror = () => resolve(); } catch { resolve(); }
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      image.remove();
      script.remove();
      return [...new Set(seen)].sort();
    `);
    expect(await inPage('return window.wasInjected === undefined')).toBe(true);
    expect(violations).toEqual(
      expect.arrayContaining(['script-src', 'script-src-attr', 'script-src-elem', 'style-src-elem', 'worker-src']),
    );
  });

  test('row 5: the page has no network', async () => {
    const { url, port } = outside;
    for (const attempt of [
      `fetch('https://pingplex.io/').then((answer) => answer.status)`,
      `fetch('${url}/fetch').then((answer) => answer.status)`,
      `fetch('${url}/opaque', { mode: 'no-cors' }).then((answer) => answer.type)`,
      `new Promise((resolve, reject) => { const image = new Image(); image.onload = () => resolve('loaded'); image.onerror = () => reject(new Error()); image.src = '${url}/image.png'; })`,
      `new Promise((resolve, reject) => { const socket = new WebSocket('ws://127.0.0.1:${port}/'); socket.onopen = () => resolve('open'); socket.onerror = () => reject(new Error()); })`,
      `new Promise((resolve, reject) => { const source = new EventSource('${url}/events'); source.onopen = () => resolve('open'); source.onerror = () => reject(new Error()); })`,
    ]) {
      expect(await outcome(attempt), attempt).toMatch(/^refused/);
    }
    await inPage(
      `navigator.sendBeacon('${url}/beacon', 'x'); const link = document.createElement('link'); link.rel = 'prefetch'; link.href = '${url}/prefetch'; document.head.append(link); link.remove();`,
    );
    expect(outside.visits()).toEqual([]);
  });

  test('row 5: the session refuses the network even where no policy of a page stands in the way', async () => {
    const answer = await running.app.evaluate(async ({ BrowserWindow }, address) => {
      const bare = new BrowserWindow({ show: false });
      const failed = await bare.loadURL(address).then(
        () => 'loaded',
        (error: Error) => error.message,
      );
      bare.destroy();
      return failed;
    }, `${outside.url}/page`);
    expect(answer).toContain('ERR_BLOCKED_BY_CLIENT');
    expect(outside.visits()).toEqual([]);
  });

  test('row 6: camera, position, notifications, devices and screen are refused', async () => {
    for (const attempt of [
      'navigator.mediaDevices.getUserMedia({ video: true })',
      'navigator.mediaDevices.getUserMedia({ audio: true })',
      'navigator.mediaDevices.getDisplayMedia({ video: true })',
      'new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, () => reject(new Error())))',
      'navigator.usb.requestDevice({ filters: [{}] })',
      'navigator.clipboard.readText()',
      'navigator.requestMIDIAccess({ sysex: true })',
    ]) {
      expect(await outcome(attempt), attempt).toMatch(/^refused/);
    }
    expect(await outcome('Notification.requestPermission()')).toBe('done: denied');
    expect(await outcome("navigator.permissions.query({ name: 'camera' }).then(({ state }) => state)")).toBe('done: denied');
    await stillOurPage();
  });
});

describe('the window shows our page and nothing else', () => {
  test('row 7: no way of navigating leads anywhere', async () => {
    const opened = await inPage<(string | null)[]>(`
      return ['https://pingplex.io/', '${outside.url}/', 'file:///etc/hosts', 'about:blank', 'app://pingplex/index.html'].map((url) => window.open(url) && url);
    `);
    expect(opened.every((url) => url === null)).toBe(true);
    for (const address of [
      'https://pingplex.io/',
      `${outside.url}/`,
      'file:///etc/hosts',
      'data:text/html,hello',
      'app://other/index.html',
    ]) {
      await inPage(`location.href = ${JSON.stringify(address)};`);
      await inPage(
        `const link = document.createElement('a'); link.href = ${JSON.stringify(address)}; document.body.append(link); link.click(); link.target = '_blank'; link.click(); link.remove();`,
      );
      await inPage(
        `const form = document.createElement('form'); form.action = ${JSON.stringify(address)}; document.body.append(form); try { form.submit(); } catch {} form.remove();`,
      );
      await stillOurPage();
    }
    await inPage(
      `const frame = document.createElement('iframe'); frame.src = '${outside.url}/frame'; document.body.append(frame); await new Promise((resolve) => { frame.onload = resolve; setTimeout(resolve, 500); }); frame.remove();`,
    );
    await stillOurPage();
    expect(outside.visits()).toEqual([]);
  });

  test('rows 7 and 8: a file dropped beside the target replaces nothing and adds nothing', async () => {
    const page = path.join(folder.path, 'page.html');
    await writeFile(page, '<h1>not ours</h1>');
    await inPage('window.mark = 7;');
    await dropFiles(4, 4, [page]);
    await dropFiles(4, 4, [picture]);
    await stillOurPage();
    expect(await inPage('return window.mark')).toBe(7);
    expect((await library(running.window)).total).toBe(0);
  });

  test('row 12: a file dropped on the target becomes an id; its path stays out of the page', async () => {
    const { x, y } = await inPage<{ x: number; y: number }>(`
      const { left, top, width, height } = document.querySelector('[data-testid=drop-area]').getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    `);
    await dropFiles(x, y, [picture]);
    await eventually(async () => (await library(running.window)).files.map(({ name }) => name), ['dropped.jpg']);
    const [file] = (await library(running.window)).files;
    expect(Object.keys(file ?? {})).not.toContain('path');
    expect(file?.id).toMatch(/^[A-Za-z0-9_-]{16}$/);
  });

  test('row 12: something that is not on disk gets a clear error, also beside real files', async () => {
    const memory = `new File(['x'], 'memory.jpg', { type: 'image/jpeg' })`;
    const alone = await inPage(`return await window.pingplex.addDropped([${memory}]);`);
    expect(alone).toEqual({
      ok: false,
      error: { code: 'file.notFound', message: 'what was dropped is not a file on this disk', retryable: false },
    });
    await inPage(`const input = document.createElement('input'); input.type = 'file'; input.id = 'picker'; document.body.append(input);`);
    const other = path.join(folder.path, 'media', 'other.jpg');
    await writePicture(other, 2);
    await pickFiles('picker', [other]);
    const mixed = await inPage(`return await window.pingplex.addDropped([...document.getElementById('picker').files, ${memory}]);`);
    await inPage(`document.getElementById('picker').remove();`);
    expect(mixed).toMatchObject({
      ok: true,
      data: { added: 1, refused: [{ name: 'memory.jpg', error: { code: 'file.notFound' } }], refusedTotal: 1 },
    });
    expect((await library(running.window)).files.map(({ name }) => name)).not.toContain('memory.jpg');
  });

  test('row 9: only our own pages open in the browser, and only by name', async () => {
    await running.app.evaluate(({ shell }) => {
      const opened: string[] = [];
      Object.assign(globalThis, { opened });
      shell.openExternal = (url) => {
        opened.push(url);
        return Promise.resolve();
      };
    });
    expect(await data(call(running.window, 'app.openExternal', { what: 'help' }))).toEqual({ opened: true });
    expect(await data(call(running.window, 'app.openExternal', { what: 'mailSandbox' }))).toEqual({ opened: false });
    for (const what of ['https://pingplex.io.evil.example', 'javascript:alert(1)', '\\\\evil\\share', 'file:///etc/hosts']) {
      expect(await codeOf(raw(running.window, 'app.openExternal', { what }))).toBe('request.invalid');
    }
    expect(await running.app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)).toEqual(['https://pingplex.io/help']);
  });
});

describe('the door between page and main is narrow', () => {
  test('row 11: preload exposes three functions and no Electron', async () => {
    expect(await inPage('return Object.keys(window.pingplex).sort()')).toEqual(['addDropped', 'invoke', 'on']);
    const heard = inPage<unknown[]>(`
      return await new Promise((resolve) => {
        const end = window.pingplex.on('app.changed', (...args) => { end(); resolve([args.length, Object.keys(args[0])]); });
        window.pingplex.invoke('app.setSettings', { gridSize: 160 });
      });
    `);
    expect(await heard).toEqual([1, ['settings']]);
  });

  test('row 11: unknown routes, unknown fields and giants are refused with a code', async () => {
    const page = running.window;
    for (const route of ['nothing.here', 'constructor', '__proto__', 'toString', '', 5, null, ['app.getState'], { id: 'app.getState' }]) {
      expect(await codeOf(raw(page, route, {})), JSON.stringify(route)).toBe('ipc.unknownRoute');
    }
    expect(await codeOf(raw(page, 'app.getState', { extra: 1 }))).toBe('request.invalid');
    expect(await codeOf(raw(page, 'app.setSettings', { theme: 'dark', __proto__: null, more: true }))).toBe('request.invalid');
    expect(await codeOf(raw(page, 'library.page', { limit: 1e9 }))).toBe('request.invalid');
    expect(await codeOf(raw(page, 'library.remove', { ids: 'all' }))).toBe('request.invalid');
    expect(
      await inPage(`return (await window.pingplex.invoke('recipes.save', { name: 'x'.repeat(10_000_000), steps: [] })).error.code`),
    ).toBe('request.tooLarge');
    expect(await codeOf(raw(page, 'app.getState', undefined))).toBe('request.invalid');
  });

  test('row 11: the page cannot make up paths', async () => {
    expect(await codeOf(raw(running.window, 'library.addPaths', { paths: [picture] }))).toBe('ipc.refused');
    const folders = await codeOf(raw(running.window, 'app.setSettings', { outputFolderId: folder.path }));
    expect(folders).toBe('ok');
    expect((await data(call(running.window, 'app.getState', {}))).outputFolder).toBeNull();
    await call(running.window, 'app.setSettings', { outputFolderId: null });
  });

  test('row 10: another window with our preload and our page is refused', async () => {
    const code = await running.app.evaluate(
      async ({ BrowserWindow }, { url, preload }) => {
        const stranger = new BrowserWindow({ show: false, webPreferences: { preload } });
        await stranger.loadURL(url);
        const answer = await stranger.webContents.executeJavaScript(`window.pingplex.invoke('app.getState', {})`);
        stranger.destroy();
        return answer.error?.code ?? 'answered';
      },
      { url: PAGE, preload: PRELOAD },
    );
    expect(code).toBe('ipc.refused');
  });

  test('row 10: a call from a sub-frame of our own window is refused', async () => {
    await inPage(
      `const frame = document.createElement('iframe'); frame.id = 'sub'; frame.srcdoc = '<p>sub</p>'; const loaded = new Promise((resolve) => { frame.onload = resolve; }); document.body.append(frame); await loaded;`,
    );
    expect(await inPage(`return 'pingplex' in document.getElementById('sub').contentWindow`)).toBe(false);
    // No preload runs in sub-frames, so the call is handed in where Electron would hand it in.
    const codes = await running.app.evaluate(async ({ BrowserWindow, ipcMain }) => {
      const sender = BrowserWindow.getAllWindows()[0]?.webContents;
      const [frame] = sender?.mainFrame.frames ?? [];
      const doors = (
        ipcMain as unknown as { _invokeHandlers: Map<string, (...args: unknown[]) => Promise<{ ok: boolean; error?: { code: string } }>> }
      )._invokeHandlers;
      const ask = async (senderFrame: unknown): Promise<string[]> => {
        const answers = [...doors.values()].map((door) => door({ sender, senderFrame }, 'app.getState', {}));
        return (await Promise.all(answers)).map((answer) => answer.error?.code ?? 'answered');
      };
      return {
        doors: [...doors.keys()],
        main: await ask(sender?.mainFrame),
        sub: await ask(frame),
        none: await ask(null),
        has: frame !== undefined,
      };
    });
    await inPage(`document.getElementById('sub').remove()`);
    expect(codes).toEqual({
      doors: ['pingplex:invoke', 'pingplex:preload-invoke'],
      has: true,
      main: ['answered', 'answered'],
      sub: ['ipc.refused', 'ipc.refused'],
      none: ['ipc.refused', 'ipc.refused'],
    });
  });
});

describe('files', () => {
  test('row 24: cookies, spell-check downloads and caches leave nothing behind', async () => {
    await inPage(`try { document.cookie = 'kept=1; max-age=9999'; } catch {}`);
    const found = await running.app.evaluate(async ({ app, session }) => ({
      cookies: await session.defaultSession.cookies.get({}),
      spelling: session.defaultSession.isSpellCheckerEnabled(),
      bound: app.commandLine.getSwitchValue('disk-cache-size'),
    }));
    expect(found).toEqual({ cookies: [], spelling: false, bound: '50000000' });
  });

  test('row 13: a link out of the chosen folder is not followed, and the report says so', async () => {
    const chosen = path.join(folder.path, 'chosen');
    await mkdir(path.join(chosen, 'inner'), { recursive: true });
    await writePicture(path.join(chosen, 'inner', 'mine.jpg'), 3);
    await symlink(picture, path.join(chosen, 'inner', 'leads-out.jpg'));
    await symlink(path.join(folder.path, 'media'), path.join(chosen, 'whole-folder'));
    const before = (await library(running.window)).total;
    const report = await addByDialog(running, 'folder', [chosen]);
    expect(report.added).toBe(1);
    expect(report.refused.map(({ name, error }) => `${name} ${error.code}`).sort()).toEqual([
      'leads-out.jpg file.outsideFolder',
      'whole-folder file.outsideFolder',
    ]);
    expect((await library(running.window)).total).toBe(before + 1);
  });

  test('row 29: the same build runs on the oldest run-time that we support', async () => {
    const { electron, node } = await running.app.evaluate(() => ({ electron: process.versions['electron'], node: process.versions.node }));
    expect(Number(electron?.split('.')[0])).toBeGreaterThanOrEqual(33);
    expect(Number(node.split('.')[0])).toBeGreaterThanOrEqual(20);
  });
});
