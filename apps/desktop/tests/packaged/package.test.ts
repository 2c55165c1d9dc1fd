import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { FuseState, FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses';
import type { Envelope } from '@pingplex/shared/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../driver/launch.ts';
import { eventually, runToEnd } from '../e2e/security-kit.ts';
import { askExifTool } from '../engine/helpers/exiftool-oracle.ts';
import { writePicture } from '../main/helpers/media.ts';
import { type InspectedApp, inspectApp } from './inspector.ts';

const DESKTOP = path.resolve(import.meta.dirname, '../..');
const SCRIPT = path.resolve(DESKTOP, '../../scripts/package.mjs');
/** Packaging from nothing builds the app and copies some 400 MB. */
const LONG = 900_000;

/** Where electron-builder puts the parts of the app on this system, below `apps/desktop/dist`. */
function layout(): { root: string; executable: string; resources: string } {
  const dist = path.join(DESKTOP, 'dist');
  if (process.platform === 'darwin') {
    const folder = readdirSync(dist).find((name) => name.startsWith('mac')) ?? 'mac';
    return { root: path.join(dist, folder, 'pingplex.app'), executable: 'Contents/MacOS/pingplex', resources: 'Contents/Resources' };
  }
  const isWindows = process.platform === 'win32';
  return {
    root: path.join(dist, isWindows ? 'win-unpacked' : 'linux-unpacked'),
    executable: isWindows ? 'pingplex.exe' : 'pingplex',
    resources: 'resources',
  };
}

const asRoot = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let place: ReturnType<typeof layout>;
const inPackage = (...parts: string[]): string => path.join(place.root, ...parts);

beforeAll(async () => {
  folder = await temporaryFolder('packaged');
  const { code, stderr } = await runToEnd(process.execPath, [SCRIPT], { cwd: DESKTOP });
  if (code !== 0) throw new Error(`npm run package ended with ${code}: ${stderr}`);
  place = layout();
}, LONG);

afterAll(async () => {
  await folder?.done();
});

/** Starts the untouched package with one argument that ends it at once, and collects what happens. */
function startAndRefuse(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return runToEnd(inPackage(place.executable), [...asRoot, `--user-data-dir=${path.join(folder.path, 'refused')}`, ...args], {
    cwd: folder.path,
    env: { ...process.env, ...env },
  });
}

type Entries = Record<string, { files?: Entries }>;

/** What lies in an asar: its header is a JSON text whose length stands at byte 12. */
async function asarEntries(file: string): Promise<Entries> {
  const bytes = await readFile(file);
  const header = JSON.parse(bytes.subarray(16, 16 + bytes.readUInt32LE(12)).toString()) as { files: Entries };
  return header.files;
}

describe('the package as it ships', () => {
  test('row 19: every fuse is set as decided', async () => {
    const wire = await getCurrentFuseWire(inPackage(place.executable));
    const { DISABLE: off, ENABLE: on } = FuseState;
    expect(wire).toMatchObject({
      [FuseV1Options.RunAsNode]: off,
      [FuseV1Options.EnableCookieEncryption]: on,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: off,
      [FuseV1Options.EnableNodeCliInspectArguments]: off,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: on,
      [FuseV1Options.OnlyLoadAppFromAsar]: on,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: off,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: off,
    });
    // A fuse that a newer Electron adds must be decided here too; WebAssembly trap handlers stay on.
    const decided = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const fuses = Object.keys(wire).filter((key) => /^\d+$/.test(key));
    expect(fuses.filter((key) => !decided.has(Number(key)))).toEqual([]);
    if ('8' in wire) expect(wire[8 as FuseV1Options]).not.toBe(off);
  });

  test('rows 15 and 20: the app lies in the asar; the engine and its Node lie outside', async () => {
    const resources = inPackage(place.resources);
    expect(existsSync(path.join(resources, 'app.asar'))).toBe(true);
    expect(existsSync(path.join(resources, 'app'))).toBe(false);
    expect(existsSync(path.join(resources, 'app-update.yml'))).toBe(false);
    const node = path.join(resources, 'node', process.platform === 'win32' ? 'node.exe' : 'node');
    const engine = path.join(resources, 'engine');
    for (const file of [node, ...['main.mjs', 'LICENSE', 'NOTICES.md'].map((name) => path.join(engine, name))]) {
      expect(existsSync(file), file).toBe(true);
    }
    const inside = await asarEntries(path.join(resources, 'app.asar'));
    expect(Object.keys(inside).sort()).toEqual(['node_modules', 'out', 'package.json']);
    expect(Object.keys(inside['out']?.files ?? {}).sort()).toEqual(['main', 'preload', 'renderer']);
    expect(Object.keys(inside['node_modules']?.files ?? {}).sort()).toEqual(['@libsql', '@neon-rs', 'detect-libc', 'keytar', 'libsql']);
  });

  test('row 20: the shipped engine works on the shipped Node, with nothing of the checkout', async () => {
    const picture = path.join(folder.path, 'cli', 'in.jpg');
    await writePicture(picture, 4);
    const resources = inPackage(place.resources);
    const node = path.join(resources, 'node', process.platform === 'win32' ? 'node.exe' : 'node');
    const out = path.join(folder.path, 'cli', 'out');
    const cli = path.join(resources, 'engine', 'cli.mjs');
    const { code, stderr } = await runToEnd(node, [cli, 'clean', '--out', out, picture], { cwd: folder.path });
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
    expect(readdirSync(out)).toHaveLength(1);
  });

  test('row 21: remote debugging is refused before anything listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const ended = await startAndRefuse([`--remote-debugging-port=${port}`]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('pingplex does not start with --remote-debugging-port');
    expect(ended.stderr).not.toContain('DevTools listening');
    for (const given of ['--remote-debugging-pipe', '--load-extension=/tmp', '--js-flags=--expose-gc', '--renderer-cmd-prefix=true']) {
      expect((await startAndRefuse([given])).code, given).toBe(1);
    }
  });

  test('row 19: it is no Node, takes no NODE_OPTIONS and opens no inspector', async () => {
    const mark = path.join(folder.path, 'ran');
    const script = path.join(folder.path, 'mark.cjs');
    const write = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, 'ran')`;
    await writeFile(script, write);
    // The last argument ends the app at once when it is the app that starts.
    const end = '--remote-debugging-port=0';
    const asNode = await startAndRefuse([end, '-e', write], { ELECTRON_RUN_AS_NODE: '1' });
    const withOptions = await startAndRefuse([end], { NODE_OPTIONS: `--require ${script}` });
    const inspected = await startAndRefuse([end, '--inspect=0']);
    expect([asNode.code, withOptions.code, inspected.code]).toEqual([1, 1, 1]);
    expect(inspected.stderr).not.toContain('Debugger listening');
    expect(existsSync(mark)).toBe(false);
  });
});

describe('a copy of the package in which only the inspect fuse was opened', () => {
  let app: InspectedApp;
  let copy: string;

  beforeAll(async () => {
    copy = path.join(folder.path, path.basename(place.root));
    await cp(place.root, copy, { recursive: true, verbatimSymlinks: true });
    await flipFuses(path.join(copy, place.executable), {
      version: FuseVersion.V1,
      [FuseV1Options.EnableNodeCliInspectArguments]: true,
      resetAdHocDarwinSignature: process.platform === 'darwin',
    });
    await writePicture(path.join(folder.path, 'media', 'holiday.jpg'), 9, 640, 480);
    const { NODE_OPTIONS: _dropped, ...env } = process.env;
    const args = [
      ...asRoot,
      `--user-data-dir=${path.join(folder.path, 'data')}`,
      '--lang=en',
      path.join(folder.path, 'media', 'holiday.jpg'),
    ];
    app = await inspectApp(path.join(copy, place.executable), args, env);
    await eventually(() => app.main<number>('electron.BrowserWindow.getAllWindows().length'), 1);
    await eventually(
      () => app.page<boolean>("document.readyState === 'complete' && document.getElementById('root').childElementCount > 0"),
      true,
    );
  }, LONG);

  afterAll(async () => {
    await app?.close();
    await rm(copy, { recursive: true, force: true });
  });

  /** Calls main as the page does. */
  async function call<T>(route: string, input: object): Promise<T> {
    const answer = await app.page<Envelope<T>>(`window.pingplex.invoke(${JSON.stringify(route)}, ${JSON.stringify(input)})`);
    if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
    return answer.data;
  }

  test('row 21: it starts as a packaged app, sandboxed and without developer tools', async () => {
    expect(await app.main<boolean>('electron.app.isPackaged')).toBe(true);
    expect(await app.main<string>('electron.app.getAppPath()')).toMatch(/app\.asar$/);
    const contents = 'electron.BrowserWindow.getAllWindows()[0].webContents';
    expect(await app.main<object>(`${contents}.getLastWebPreferences()`)).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    });
    expect(await app.main<boolean>(`(${contents}.openDevTools(), ${contents}.isDevToolsOpened())`)).toBe(false);
    expect(await app.page<string>('location.href')).toBe('app://pingplex/index.html');
    expect(await app.page<number>("document.getElementById('root').childElementCount")).toBeGreaterThan(0);
  });

  test('row 15: it cleans a file with its own engine, and ExifTool finds nothing left', async () => {
    const out = path.join(folder.path, 'results');
    await mkdir(out);
    const rows = async () =>
      (await call<{ files: { name: string; state: string }[] }>('library.page', {})).files.map(({ name, state }) => `${name} ${state}`);
    await eventually(rows, ['holiday.jpg ready']);
    const { files } = await call<{ files: { id: string }[] }>('library.page', {});
    await app.main(`(electron.dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [${JSON.stringify(out)}] })) && true`);
    const chosen = await call<{ id: string }>('app.chooseOutputFolder', {});
    const { batchId } = await call<{ batchId: string }>('batches.start', {
      name: 'Packaged',
      fileIds: files.map(({ id }) => id),
      steps: [{ verb: 'clean' }],
      output: { folderId: chosen.id, template: '{name}-clean', conflict: 'number', keepTree: false },
      rightsConfirmed: true,
    });
    const state = async () =>
      (await call<{ batches: { id: string; state: string }[] }>('batches.list', {})).batches.find(({ id }) => id === batchId)?.state;
    await eventually(state, 'finished');
    expect(readdirSync(out)).toEqual(['holiday-clean.jpg']);
    const before = await askExifTool(path.join(folder.path, 'media', 'holiday.jpg'));
    const after = await askExifTool(path.join(out, 'holiday-clean.jpg'));
    const told = (tags: Record<string, unknown>): string[] => Object.keys(tags).filter((key) => /GPS|Artist|Make|Model/.test(key));
    expect(told(before).length).toBeGreaterThan(3);
    expect(told(after)).toEqual([]);
    expect(after['File:ImageWidth'] ?? after['File:ImageSize']).toBeDefined();
    const { results } = await call<{ results: { name: string; measurements: { clean?: { verified: boolean } } }[] }>('batches.results', {});
    expect(results.map(({ name, measurements }) => [name, measurements.clean?.verified])).toEqual([['holiday-clean.jpg', true]]);
  });
});
