import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSamples } from '../../samples/make-samples.ts';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, hashesBelow, sha256Of } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';

/** A port that nothing listens on: every call of the app is refused at once. */
const DEAD_SERVER = 'http://127.0.0.1:9';
const NAMES = ['Poppies.jpg', 'Morning Lake.mp3'];

let desk: Desk;
let studio: Studio;

beforeAll(async () => {
  desk = await openDesk('offline', { serverUrl: DEAD_SERVER });
  studio = desk.studio();
  const samples = await makeSamples(path.join(desk.root, 'samples'), { only: ['jpeg', 'mp3'], isSmall: true });
  for (const { path: file } of samples) if (NAMES.includes(path.basename(file))) await cp(file, path.join(desk.input, path.basename(file)));
});
afterAll(async () => {
  await desk?.done();
});

describe('row 62: everything local works without an account and with the network dead', () => {
  test('row 62: the window says that the server is out of reach and that local steps work', async () => {
    await studio.page.getByText('Server out of reach').waitFor();
    await studio.go('account');
    await studio.page.getByText('The server can’t be reached').waitFor();
    await studio.page.getByText('Local steps work as usual.').first().waitFor();
    expect((await studio.call('app.getState', {})).account).toBeNull();
  });

  test('row 62: clean, variants and conversion run to the end', async () => {
    await clearDesk(studio);
    await studio.addFolder(desk.input);
    await studio.filesReady(NAMES.length);
    const before = await hashesBelow(desk.input);
    await studio.addStep('clean');
    await studio.addStep('unicalize');
    await studio.editStep(1, async (page) => {
      await page.getByLabel('Variants per file').fill('2');
      await page.getByText('Light', { exact: true }).click();
    });
    await studio.addStep('convert');
    await studio.page.keyboard.press('Escape');
    const output = path.join(desk.output, 'all');
    await mkdir(output);
    await studio.chooseOutput(output, '{name}-{variant}');
    await studio.confirmRights();
    const { items, results } = await studio.finished(await studio.run());
    expect(items.map(({ state, error }) => [state, error])).toEqual(NAMES.map(() => ['done', null]));
    expect(results).toHaveLength(NAMES.length * 2);
    expect(await filesBelow(output)).toEqual(results.map(({ name }) => name).sort());
    for (const result of results) expect(await sha256Of(path.join(output, result.name))).toBe(result.sha256);
    expect(await hashesBelow(desk.input)).toEqual(before);
  });

  test('row 62: signing in says what is wrong and what to do, and nothing hangs', async () => {
    await studio.signIn('someone@studio.example', 'whatever it may be');
    const form = studio.page.getByRole('form', { name: 'Sign in or create an account' });
    await form.getByRole('alert').waitFor();
    await studio.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(await studio.page.getByLabel('E-mail').inputValue()).toBe('someone@studio.example');
  });
});
