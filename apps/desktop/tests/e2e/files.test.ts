import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import type { Studio } from '../driver/studio.ts';
import { writePicture, writeTone } from '../main/helpers/media.ts';
import { eventually } from './security-kit.ts';

let desk: Desk;
let studio: Studio;
const at = (...parts: string[]): string => path.join(desk.input, ...parts);

beforeAll(async () => {
  desk = await openDesk('files');
  studio = desk.studio();
  // Sizes grow with the number, so that name and size give different orders where they should.
  for (const [n, name] of ['beach.jpg', 'alps.png', 'city 10.jpg', 'city 9.jpg'].entries()) {
    await writePicture(at('flat', name), n, 200 + n * 80, 160);
  }
  await writeTone(at('flat', 'voice.wav'), 330, 1);
  for (const [n, name] of ['top.jpg', 'one/middle.png', 'one/two/deep.jpg', 'one/two/three/deepest.png'].entries()) {
    await writePicture(at('tree', ...name.split('/')), 10 + n);
  }
  await writeFile(at('tree', 'notes.txt'), 'not a picture');
  await writeFile(at('tree', 'one', 'archive.zip'), 'PK');
  await writeFile(at('tree', 'one', '.DS_Store'), 'nobody means to add this');
  await mkdir(at('tree', 'empty'));
});

beforeEach(async () => {
  await clearDesk(studio);
});

afterAll(async () => {
  await desk?.done();
});

const FLAT = ['beach.jpg', 'alps.png', 'city 10.jpg', 'city 9.jpg', 'voice.wav'];
const flat = (): string[] => FLAT.map((name) => at('flat', name));
const namesOf = (files: readonly { name: string }[]): string[] => files.map(({ name }) => name).sort();

/** Names of the rows or cards on screen, in their order. */
async function onScreen(): Promise<string[]> {
  const rows = studio.page.locator('[data-testid=file-row], [data-testid=file-card]');
  return await rows.evaluateAll((all) => {
    const top = (one: Element): DOMRect => one.getBoundingClientRect();
    const inOrder = [...all].sort((a, b) => top(a).top - top(b).top || top(a).left - top(b).left);
    return inOrder.map((one) => one.getAttribute('data-file-name') ?? '');
  });
}
const selected = async (): Promise<string[]> =>
  (
    await studio.page
      .locator('[data-file-name][aria-selected=true]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-file-name') ?? ''))
  ).sort();
const row = (name: string) => studio.page.locator(`[data-file-name="${name}"]`);
const counts = () => studio.page.getByTestId('counts').textContent();

const TREE_REFUSED = [
  { name: 'archive.zip', reason: expect.stringMatching(/^This kind of file isn’t supported\. \S/) },
  { name: 'notes.txt', reason: expect.stringMatching(/^This kind of file isn’t supported\. \S/) },
];
const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);

describe('row 1: adding', () => {
  test('row 1: files by the dialog; those that are there already are not added again', async () => {
    await studio.addFiles(flat().slice(0, 3));
    expect(namesOf(await studio.filesReady(3))).toEqual(FLAT.slice(0, 3).sort());
    expect((await studio.addReport()).text).toBe('3 files added');
    await studio.addFiles(flat());
    await studio.filesReady(5);
    await eventually(async () => (await studio.addReport()).text, '2 files added · 3 were already there');
  });

  test('row 1: a folder by the dialog, down to the deepest file; what is not supported is listed with its reason', async () => {
    await studio.addFolder(at('tree'));
    expect(namesOf(await studio.filesReady(4))).toEqual(['deep.jpg', 'deepest.png', 'middle.png', 'top.jpg']);
    await eventually(async () => (await studio.addReport()).text, '4 files added · 2 left out');
    expect([...(await studio.addReport()).refused].sort(byName)).toEqual(TREE_REFUSED);
  });

  test('row 1: files and folders dropped together from outside, mixed and recursive', async () => {
    await studio.drop([at('flat', 'beach.jpg'), at('tree'), at('tree', 'notes.txt')]);
    expect(namesOf(await studio.filesReady(5))).toEqual(['beach.jpg', 'deep.jpg', 'deepest.png', 'middle.png', 'top.jpg']);
    await eventually(async () => (await studio.addReport()).text, '5 files added · 3 left out');
  });

  /** Hands files, as an <input> of the page holds them, over in an event of the page. */
  async function handOver(files: readonly string[], event: 'drop' | 'paste'): Promise<void> {
    await studio.page.evaluate(`(() => {
      document.body.append(Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'from-outside' }));
    })()`);
    await studio.page.setInputFiles('#from-outside', [...files]);
    await studio.page.evaluate(`(() => {
      const input = document.getElementById('from-outside');
      const data = new DataTransfer();
      for (const file of input.files) data.items.add(file);
      const more = { bubbles: true, cancelable: true };
      const place = document.querySelector('[data-testid=drop-area]');
      if ('${event}' === 'drop') place.dispatchEvent(new DragEvent('drop', { ...more, dataTransfer: data }));
      else place.dispatchEvent(new ClipboardEvent('paste', { ...more, clipboardData: data }));
      input.remove();
    })()`);
  }

  test.each(['drop', 'paste'] as const)('row 1: files of an <input> handed over in a DataTransfer (%s)', async (event) => {
    await handOver([at('flat', 'alps.png'), at('flat', 'voice.wav'), at('tree', 'notes.txt')], event);
    expect(namesOf(await studio.filesReady(2))).toEqual(['alps.png', 'voice.wav']);
    await eventually(async () => (await studio.addReport()).text, '2 files added · 1 left out');
  });

  test('row 1: a file dropped anywhere else never replaces the page', async () => {
    const address = studio.page.url();
    await studio.page.evaluate(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'x.html', { type: 'text/html' }));
      const over = new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer: data });
      globalThis.wasRefused = !document.querySelector('nav').dispatchEvent(over);
    })()`);
    expect(await studio.page.evaluate('globalThis.wasRefused')).toBe(true);
    expect(studio.page.url()).toBe(address);
  });
});

describe('row 5: the list', () => {
  beforeEach(async () => {
    await studio.page.getByRole('searchbox').fill('');
    await studio.call('app.setSettings', { view: 'grid', sort: { by: 'added', descending: false } });
    for (const [n, file] of flat().entries()) {
      await studio.addFiles([file]);
      await studio.filesReady(n + 1);
    }
    await eventually(onScreen, FLAT);
  });

  const see = async (view: 'Grid' | 'Table'): Promise<void> => {
    await studio.page.locator('label', { hasText: new RegExp(`^${view}$`) }).click();
    await studio.page.getByTestId(view === 'Grid' ? 'file-grid' : 'file-table').waitFor();
  };

  test('row 5: grid and table show the same files; a click on a column head sorts up, down and back', async () => {
    await see('Table');
    await eventually(onScreen, FLAT);
    const head = (name: string) => studio.page.getByRole('columnheader', { name }).getByRole('button');
    const natural = ['alps.png', 'beach.jpg', 'city 9.jpg', 'city 10.jpg', 'voice.wav'];
    await head('Name').click();
    await eventually(onScreen, natural);
    await head('Name').click();
    await eventually(onScreen, natural.toReversed());
    await head('Name').click();
    await eventually(onScreen, FLAT);
    const sizes = new Map((await studio.filesReady(5)).map(({ name, sizeBytes }) => [name, sizeBytes]));
    await head('Size').click();
    await eventually(
      onScreen,
      FLAT.toSorted((a, b) => (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0)),
    );
    await head('Name').click();
    await see('Grid');
    await eventually(onScreen, natural);
  });

  test.each(['Grid', 'Table'] as const)('row 5: several files chosen by mouse, with Ctrl and Shift (%s)', async (view) => {
    await see(view);
    await row('alps.png').click();
    expect(await selected()).toEqual(['alps.png']);
    await row('city 9.jpg').click({ modifiers: ['Shift'] });
    expect(await selected()).toEqual(['alps.png', 'city 10.jpg', 'city 9.jpg']);
    await row('city 10.jpg').click({ modifiers: ['ControlOrMeta'] });
    await row('beach.jpg').click({ modifiers: ['ControlOrMeta'] });
    expect(await selected()).toEqual(['alps.png', 'beach.jpg', 'city 9.jpg']);
    expect(await counts()).toContain('3 selected');
    await row('voice.wav').click();
    expect(await selected()).toEqual(['voice.wav']);
  });

  test.each(['Grid', 'Table'] as const)('row 5: several files chosen by keyboard alone (%s)', async (view) => {
    await see(view);
    const next = view === 'Grid' ? 'ArrowRight' : 'ArrowDown';
    const keys = studio.page.keyboard;
    await studio.page.getByRole(view === 'Grid' ? 'listbox' : 'grid').focus();
    await keys.press('Home');
    expect(await selected()).toEqual(['beach.jpg']);
    await keys.press(next);
    expect(await selected()).toEqual(['alps.png']);
    await keys.press(`Shift+${next}`);
    expect(await selected()).toEqual(['alps.png', 'city 10.jpg']);
    await keys.press(`ControlOrMeta+${next}`);
    await keys.press(`ControlOrMeta+${next}`);
    await keys.press('ControlOrMeta+Space');
    expect(await selected()).toEqual(['alps.png', 'city 10.jpg', 'voice.wav']);
    await keys.press('Shift+Home');
    expect(await selected()).toEqual(FLAT.toSorted());
    await keys.press('Escape');
    expect(await selected()).toEqual([]);
    await keys.press('ControlOrMeta+a');
    expect(await selected()).toEqual(FLAT.toSorted());
    await keys.press('v');
    expect(await selected()).toEqual(['voice.wav']);
    await keys.press('Delete');
    await eventually(onScreen, FLAT.slice(0, 4));
  });

  test('row 5: search filters, the selection is kept under the filter, and a run works on the selection', async () => {
    await row('beach.jpg').click();
    await row('voice.wav').click({ modifiers: ['ControlOrMeta'] });
    const search = studio.page.getByRole('searchbox');
    await search.fill('city');
    await eventually(onScreen, ['city 10.jpg', 'city 9.jpg']);
    expect(await counts()).toMatch(/5 files .* 2 shown · 2 selected/);
    await row('city 9.jpg').click({ modifiers: ['ControlOrMeta'] });
    await search.fill('sound');
    await eventually(onScreen, ['voice.wav']);
    await search.fill('no such thing');
    await studio.page.getByText('Nothing matches “no such thing”').waitFor();
    await studio.page.getByRole('button', { name: 'Clear search' }).click();
    await eventually(onScreen, FLAT);
    expect(await selected()).toEqual(['beach.jpg', 'city 9.jpg', 'voice.wav']);
    await studio.addStep('clean');
    await studio.page.getByTestId('estimate-basis').filter({ hasText: '3 selected files' }).waitFor();
    await studio.page.getByRole('listbox').press('Escape');
    await search.fill('city');
    await studio.page.getByTestId('estimate-basis').filter({ hasText: '2 shown files' }).waitFor();
  });
});

describe('row 4: thousands of files', () => {
  const COUNT = 1600;
  const thousands = COUNT.toLocaleString('en');

  test('row 4: the first rows are there at once; all are read, sorted by every column, searched, chosen and estimated', async () => {
    await studio.page.getByRole('searchbox').fill('');
    await studio.call('app.setSettings', { view: 'table', sort: { by: 'added', descending: false } });
    await mkdir(at('many'), { recursive: true });
    const picture = await readFile(at('flat', 'beach.jpg'));
    for (let n = 0; n < COUNT; n += 1) {
      // Bytes after the end of a picture belong to nobody; they make each file its own, and of its own size.
      const bytes = Buffer.concat([picture, Buffer.alloc(1 + ((n * 7) % COUNT))]);
      await writeFile(at('many', `photo ${(n * 37) % COUNT}.jpg`), bytes);
    }
    await studio.addFolder(at('many'));
    await studio.page.getByTestId('file-row').first().waitFor();
    await studio.page
      .getByTestId('counts')
      .filter({ hasText: `${thousands} files` })
      .waitFor();
    await studio.page.getByTestId('reading').waitFor({ state: 'detached', timeout: 120_000 });
    const first = async (): Promise<string | undefined> => (await onScreen())[0];
    const head = (name: string) => studio.page.getByRole('columnheader', { name }).getByRole('button');
    await head('Name').click();
    await eventually(first, 'photo 0.jpg');
    await head('Name').click();
    await eventually(first, `photo ${COUNT - 1}.jpg`);
    const files = await studio.filesReady(COUNT);
    const smallest = files.toSorted((a, b) => a.sizeBytes - b.sizeBytes);
    await head('Size').click();
    await eventually(first, smallest[0]?.name);
    for (const column of ['Format', 'Dimensions', 'Length', 'Changed', 'State']) {
      await head(column).click();
      await studio.page.locator('th[aria-sort=ascending]').filter({ hasText: column }).waitFor();
    }
    const search = studio.page.getByRole('searchbox');
    await search.fill('photo 159');
    await studio.page.getByTestId('counts').filter({ hasText: '12 shown' }).waitFor();
    await search.fill('');
    await studio.page.getByTestId('counts').filter({ hasNotText: 'shown' }).waitFor();
    await studio.page.getByRole('grid').press('ControlOrMeta+a');
    await studio.page
      .getByTestId('counts')
      .filter({ hasText: `${thousands} selected` })
      .waitFor();
    await studio.addStep('clean');
    await studio.page
      .getByTestId('estimate-basis')
      .filter({ hasText: `${thousands} selected files` })
      .waitFor();
    await studio.page
      .getByTestId('estimate')
      .filter({ hasText: `${thousands} results` })
      .waitFor();
  });

  test('row 35: the settings say how much thumbnails take on disk, and empty them', async () => {
    await studio.go('account');
    const cache = studio.page.getByTestId('cache');
    await cache.filter({ hasText: /^[\d.]+ [kM]B on this disk, 1 GB at most/ }).waitFor();
    await cache.getByRole('button', { name: 'Clear' }).click();
    await cache.filter({ hasText: /^0 byte on this disk/ }).waitFor();
    expect(await studio.call('library.cache', {})).toMatchObject({ bytes: 0, files: 0 });
  });
});
