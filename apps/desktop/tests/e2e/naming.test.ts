import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { hashesBelow, sha256Of } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { writePicture } from '../main/helpers/media.ts';
import { eventually } from './security-kit.ts';

let desk: Desk;
let studio: Studio;
const at = (...parts: string[]): string => path.join(desk.input, ...parts);
const out = (...parts: string[]): string => path.join(desk.output, ...parts);

beforeAll(async () => {
  desk = await openDesk('naming');
  studio = desk.studio();
  for (const [n, name] of ['a.jpg', 'b.jpg', 'other/A.jpg'].entries()) await writePicture(at(...name.split('/')), n, 120, 80);
});

beforeEach(async () => {
  await clearDesk(studio);
});

afterAll(async () => {
  await desk?.done();
});

/** Puts these files and a clean step up, with a fresh folder for results. */
async function prepare(files: readonly string[], results: string, template: string): Promise<void> {
  await mkdir(out(results), { recursive: true });
  await studio.addFiles(files.map((name) => at(...name.split('/'))));
  await studio.filesReady(files.length);
  await studio.addStep('clean');
  await studio.chooseOutput(out(results), template);
}

const conflict = (rule: 'number' | 'skip' | 'replace'): Promise<void> =>
  studio.editOutput(async (dialog) => {
    const field = dialog.getByLabel('When a name is taken');
    await field.selectOption(rule);
    await eventually(() => field.inputValue(), rule);
  });

const preview = (dialog: Locator): Promise<string[]> => dialog.getByTestId('name-preview').locator('.selectable').allTextContents();
const cannotRun = (): Promise<void> => studio.page.locator('[data-testid=run][disabled]').waitFor();
const canRun = (): Promise<void> => studio.page.locator('[data-testid=run]:not([disabled])').waitFor();

describe('row 15: naming', () => {
  test('row 15: the preview shows the names that the run then writes', async () => {
    await prepare(['a.jpg', 'b.jpg'], 'preview', '{name}-{variant}');
    const day = new Date();
    const date = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`;
    const expected = [`a ${date} 001 clean.jpg`, `b ${date} 002 clean.jpg`];
    await studio.editOutput(async (dialog) => {
      await dialog.getByTestId('template').fill('{name} ');
      for (const token of ['{date}', '{index}', '{step}']) {
        await dialog.getByRole('button', { name: token, exact: true }).click();
        if (token !== '{step}') await studio.page.keyboard.type(' ');
      }
      await eventually(() => preview(dialog), expected);
    });
    const { results } = await studio.finished(await studio.run());
    expect(results.map(({ name }) => name).sort()).toEqual(expected);
    expect(await readdir(out('preview'))).toEqual(expected);
  });

  test('row 15: what is wrong with a template stands under it while it is typed, and it is never used', async () => {
    await prepare(['a.jpg'], 'wrong', '{name}-{variant}');
    await studio.editOutput(async (dialog) => {
      const field = dialog.getByTestId('template');
      for (const [template, finding] of [
        ['{name}-{camera}', 'There is no token “{camera}”'],
        ['clean/{name}', 'Folders can’t be part of the template (“/”)'],
        ['what?{name}', 'The character “?” isn’t allowed in file names'],
        ['con', 'a name that Windows keeps for itself'],
        ['x'.repeat(260), 'is too long'],
        ['   ', 'The name would be empty'],
      ] as const) {
        await field.fill(template);
        await dialog.getByText(finding, { exact: false }).waitFor();
        expect(await field.getAttribute('aria-invalid')).toBe('true');
      }
      await field.fill('{name}-{variant}');
      await eventually(() => preview(dialog), ['a-1.jpg']);
      expect(await field.getAttribute('aria-invalid')).not.toBe('true');
    });
    expect((await studio.call('app.getState', {})).settings.template).toBe('{name}-{variant}');
  });

  test('row 15: names that a whole batch would share are found before the run, upper and lower case alike', async () => {
    await prepare(['a.jpg', 'other/A.jpg', 'b.jpg'], 'shared', '{name}');
    await conflict('skip');
    await cannotRun();
    await studio.editOutput((dialog) => dialog.getByText('Several results would be called “A.jpg”').waitFor());
    await conflict('number');
    await canRun();
    const { results } = await studio.finished(await studio.run());
    expect(results).toHaveLength(3);
    expect(new Set(results.map(({ name }) => name.toLowerCase())).size).toBe(3);
    expect(await readdir(out('shared'))).toHaveLength(3);
  });

  test('row 15: a result that would replace its source stops the run', async () => {
    const before = await hashesBelow(desk.input);
    await studio.addFiles([at('a.jpg')]);
    await studio.filesReady(1);
    await studio.addStep('clean');
    await studio.chooseOutput(desk.input, '{name}');
    await conflict('replace');
    await cannotRun();
    await studio.editOutput((dialog) => dialog.getByText('“a.jpg” would replace its source').waitFor());
    await conflict('number');
    await canRun();
    expect(await hashesBelow(desk.input)).toEqual(before);
  });
});

describe('row 16: a name that is taken', () => {
  const OLD = 'this was here before';

  async function runWith(rule: 'number' | 'skip'): ReturnType<Studio['finished']> {
    await prepare(['a.jpg', 'b.jpg'], rule, '{name}');
    await writeFile(out(rule, 'a.jpg'), OLD);
    await conflict(rule);
    return await studio.finished(await studio.run());
  }

  test('row 16: skip leaves the file alone and says so', async () => {
    const { batch, items, results } = await runWith('skip');
    expect(batch.counts).toMatchObject({ done: 1, skipped: 1 });
    expect(items.find(({ name }) => name === 'a.jpg')?.error?.code).toBe('output.nameTaken');
    expect(results.map(({ name }) => name)).toEqual(['b.jpg']);
    expect(await readFile(out('skip', 'a.jpg'), 'utf8')).toBe(OLD);
    const card = await studio.showItems(batch.id);
    const row = await studio.itemRow(card, 'a.jpg', 'skipped');
    expect(await row.getByTestId('item-reason').textContent()).toContain('The wanted name is already taken');
    expect(await readdir(out('skip'))).toEqual(['a.jpg', 'b.jpg']);
  });

  test('row 16: number writes beside it', async () => {
    const { results } = await runWith('number');
    expect(results.map(({ name }) => name).sort()).toEqual(['a (2).jpg', 'b.jpg']);
    expect(await readFile(out('number', 'a.jpg'), 'utf8')).toBe(OLD);
    expect(await readdir(out('number'))).toEqual(['a (2).jpg', 'a.jpg', 'b.jpg']);
  });

  test('row 16: replace swaps only a whole, verified result in; a file that fails replaces nothing', async () => {
    await writeFile(at('broken.jpg'), 'no picture at all');
    await mkdir(out('replace'));
    await writeFile(out('replace', 'broken.jpg'), OLD);
    await writeFile(out('replace', 'a.jpg'), OLD);
    await studio.addFiles([at('a.jpg'), at('broken.jpg')]);
    await studio.filesReady(2);
    await studio.addStep('clean');
    await studio.chooseOutput(out('replace'), '{name}');
    await conflict('replace');
    const { batch, results } = await studio.finished(await studio.run());
    expect(batch.counts).toMatchObject({ done: 1, failed: 1 });
    expect(results.map(({ name }) => name)).toEqual(['a.jpg']);
    expect(await sha256Of(out('replace', 'a.jpg'))).toBe(results[0]?.sha256);
    expect(await readFile(out('replace', 'broken.jpg'), 'utf8')).toBe(OLD);
    expect(await readdir(out('replace'))).toEqual(['a.jpg', 'broken.jpg']);
  });
});
