import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_SETTINGS } from '@pingplex/shared/contracts/ipc';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shortenHome } from '../../src/main/library/display-path.ts';
import { SettingsStore } from '../../src/main/settings/settings-store.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'pingplex-settings-'));
  file = path.join(dir, 'profile', 'settings.json');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = () => SettingsStore.open(file, (full) => shortenHome(full, '/home/anna'));

describe('settings on disk', () => {
  test('a first start has the defaults and writes nothing', async () => {
    const { store, setAside } = await open();
    expect([store.settings, store.bounds, store.currentFolder, setAside]).toEqual([DEFAULT_SETTINGS, null, null, null]);
    expect(await readdir(dir)).toEqual([]);
  });

  test('what was chosen is there after the next start, and only for its owner', async () => {
    const { store } = await open();
    for (let n = 0; n < 50; n += 1) store.set({ gridSize: 120 + n });
    store.set({ theme: 'dark', language: 'ru' });
    store.setBounds({ x: 1, y: 2, width: 900, height: 600, maximised: true });
    const folder = store.addFolder('id-1', '/home/anna/out');
    expect(folder).toEqual({ id: 'id-1', displayPath: '~/out' });
    await store.flush();
    const again = (await open()).store;
    expect(again.settings).toMatchObject({ theme: 'dark', language: 'ru', gridSize: 169, outputFolderId: 'id-1' });
    expect(again.bounds).toMatchObject({ width: 900, maximised: true });
    expect(again.folderPath('id-1')).toBe('/home/anna/out');
    expect(await readdir(path.dirname(file))).toEqual(['settings.json']);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['half of a file', '{"version":1,"settings":{"theme":'],
    ['another shape', '{"version":1,"settings":{"theme":"pink"}}'],
    ['a newer version', '{"version":2}'],
    ['no JSON', '\0\0\0'],
  ])('%s is set aside, whole, and the app starts with the defaults', async (_what, text) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    const { store, setAside } = await open();
    expect(store.settings).toEqual(DEFAULT_SETTINGS);
    expect(await readFile(setAside ?? '', 'utf8')).toBe(text);
  });

  test('the same folder keeps its id; an id that nobody gave leads nowhere', async () => {
    const { store } = await open();
    expect(store.addFolder('first', '/out').id).toBe('first');
    expect(store.addFolder('second', '/out').id).toBe('first');
    store.set({ outputFolderId: 'made-up' });
    expect(store.currentFolder).toBeNull();
    for (const id of ['made-up', '__proto__', 'constructor', '']) expect(store.folderPath(id)).toBeUndefined();
    await store.flush();
  });

  test('a folder that cannot be written costs the choice on disk, not the app', async () => {
    await writeFile(path.join(dir, 'profile'), 'a file where the folder should be');
    const { store } = await open();
    store.set({ theme: 'light' });
    await expect(store.flush()).rejects.toThrow();
    expect(store.settings.theme).toBe('light');
    await rm(path.join(dir, 'profile'));
    store.set({ gridSize: 200 });
    await store.flush();
    expect((await open()).store.settings).toMatchObject({ theme: 'light', gridSize: 200 });
  });
});
