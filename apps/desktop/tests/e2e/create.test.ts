import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BatchId } from '@pingplex/shared/domain';
import { TEXTS } from '@pingplex/shared/text';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { transcode } from '../../src/engine/binaries/transcode.ts';
import { type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, sha256Of } from '../driver/disk.ts';
import { temporaryFolder } from '../driver/launch.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import type { Studio } from '../driver/studio.ts';
import { clockFilm, pictureSays } from '../engine/helpers/clock-film.ts';
import { context } from '../engine/helpers/context.ts';
import { writePicture } from '../main/helpers/media.ts';
import { admin, controlProvider, paidCalls } from './kit.ts';

const EMAIL = 'create@studio.example';
const LONG = { timeout: 100_000 };
let data: Awaited<ReturnType<typeof temporaryFolder>>;
let server: RunningServer;
let desk: Desk;
let studio: Studio;

const at = (name: string): string => path.join(desk.input, name);
const out = (name: string): string => path.join(desk.output, name);
const generate = () => studio.page.getByTestId('generate');
const runs = () => studio.page.getByTestId('create-run');
const tab = (name: RegExp) => studio.page.getByTestId('create-panel').getByRole('tab', { name });

/** Sends everything that follows into a fresh folder. */
async function into(folder: string, template = '{name}-{index}-{variant}'): Promise<string> {
  await mkdir(out(folder));
  await studio.go('create');
  await studio.chooseOutput(out(folder), template);
  return out(folder);
}

/** Chooses how many, the kind and the model. */
async function choose(mode: 'One' | 'Many' | 'Table', kind: 'Image' | 'Video' | 'Sound' | 'Text', model: string): Promise<void> {
  await studio.go('create');
  const { page } = studio;
  await page.getByRole('radiogroup', { name: 'What to make' }).getByText(kind, { exact: true }).click();
  await page.getByTestId('create-model').selectOption(model);
  await page.getByRole('radiogroup', { name: 'Number of requests' }).getByText(mode, { exact: true }).click();
}

const cardOf = (id: string) => studio.page.locator(`[data-testid=create-run][data-batch-id="${id}"]`);

/** Presses Generate as soon as the window allows it. @returns the new run's card */
async function press() {
  const known = new Set((await studio.call('batches.list', {})).batches.map(({ id }) => id));
  await studio.page.locator('[data-testid=generate]:not([disabled])').click();
  const fresh = async () => (await studio.call('batches.list', {})).batches.find(({ id }) => !known.has(id))?.id;
  await expect.poll(fresh, LONG).toBeDefined();
  return cardOf((await fresh()) ?? '');
}

/** Waits for the end of a run. @returns why items failed, with their prompts */
async function over(card: Awaited<ReturnType<typeof press>>, state: 'finished' | 'canceled' = 'finished'): Promise<readonly string[]> {
  await expect.poll(() => card.getAttribute('data-state'), LONG).toBe(state);
  const { items } = await studio.call('batches.items', { batchId: BatchId.parse(await card.getAttribute('data-batch-id')) });
  return items.flatMap(({ error, prompt }) => (error === null ? [] : [`${prompt}: ${error.code} ${error.message}`]));
}

beforeAll(async () => {
  data = await temporaryFolder('server');
  server = await startServer(data.path);
  desk = await openDesk('create', { serverUrl: server.url });
  studio = desk.studio();
  await writePicture(at('boat.png'), 3, 480, 360);
  // Lies on its side: 480 × 360 pixels that are shown as 360 × 480.
  await sharp(await sharp(at('boat.png')).toBuffer())
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(at('side.jpg'));
  // Films are given frames of 300 pixels at least; the clock film is smaller.
  const video = { filter: 'scale=640:480:flags=neighbor,format=yuv420p', encoder: 'libx264', gopSize: 10, options: { crf: 8 } } as const;
  const small = await clockFilm(desk.root);
  await transcode({ input: small, output: at('clock.mp4'), container: 'mp4', video }, context());
});
afterAll(async () => {
  await desk?.done();
  await server?.stop();
  await data?.done();
});
beforeEach(() => studio.go('create'));

test('row 54: signed out, the price is told and the way to an account; nothing can be spent', async () => {
  const { page } = studio;
  await into('signed-out');
  await choose('One', 'Image', 'openai/gpt-image-2.6-flare');
  await page.getByTestId('create-panel').getByText('Nothing made yet').waitFor();
  expect(await generate().isDisabled()).toBe(true);
  await page.getByTestId('create-prompt').fill('A red fox in fresh snow');
  await page.getByTestId('create-bar').getByTestId('finding').getByText(TEXTS.en.errors['auth.required'].title).waitFor();
  await generate()
    .getByText(/^Generate · 4 credits$/)
    .waitFor();
  expect(await generate().isDisabled()).toBe(true);
  await studio.signUp(EMAIL, 'a few words to remember', server.sandboxes.mail);
  await admin(data.path, 'credits', 'grant', EMAIL, '6000', '--reason', 'for the test', '--key', 'create-test');
  await studio.call('wallet.refresh', {});
});

test('row 47: every model of the catalogue is offered by kind and capability; row 52: its form is drawn from its schema in both languages', async () => {
  const { page } = studio;
  const { models } = await studio.call('models.list', {});
  for (const kind of ['image', 'video', 'audio', 'text'] as const) {
    const name = TEXTS.en.words.kind[kind];
    await page.getByRole('radiogroup', { name: 'What to make' }).getByText(name, { exact: true }).click();
    const options = page.getByTestId('create-model').locator('option');
    const wanted = models.filter(({ resultKind }) => resultKind === kind).map(({ id }) => id);
    await expect.poll(() => options.evaluateAll((all) => all.map((one) => one.getAttribute('value')).sort())).toEqual(wanted.sort());
  }
  await choose('One', 'Image', 'openai/gpt-image-2.6-flare');
  await page.getByTestId('model-facts').getByText('works from the prompt alone').waitFor();
  const form = page.getByTestId('create-form');
  expect(await form.getByLabel('Quality').locator('option').allTextContents()).toEqual(['Low', 'Medium', 'High']);
  await form.getByLabel('Quality').selectOption({ label: 'Low' });
  await form.getByLabel('How many', { exact: true }).fill('2');
  await generate()
    .getByText(/^Generate · 2 credits$/)
    .waitFor();
  await studio.setLanguage('ru');
  expect(await form.getByLabel('Качество').locator('option').allTextContents()).toEqual(['Низкое', 'Среднее', 'Высокое']);
  await generate()
    .getByText(/^Создать · 2 кредита$/)
    .waitFor();
  await studio.setLanguage('en');
});

test('row 57: from a prompt to a file under the template, by the keyboard; asked again with the same settings, also after a restart', async () => {
  const { page } = studio;
  const folder = await into('one');
  const prompt = `a lighthouse at dusk ${crypto.randomUUID()}`;
  await page.getByTestId('create-prompt').fill(prompt);
  await page.locator('[data-testid=generate]:not([disabled])').waitFor();
  await page.keyboard.press('Control+Enter');
  await expect.poll(() => runs().count(), LONG).toBe(1);
  const card = runs().first();
  expect(await over(card)).toEqual([]);
  const names = await filesBelow(folder);
  expect(names).toEqual([expect.stringMatching(/^a lighthouse at dusk .*-001-1\.png$/), expect.stringMatching(/-001-2\.png$/)]);
  await expect.poll(() => card.getByTestId('create-result').count(), LONG).toBe(2);
  const { results } = await studio.call('batches.results', { limit: 10 });
  expect(await sha256Of(path.join(folder, names[0] ?? ''))).toBe(results.find(({ name }) => name === names[0])?.sha256);
  expect((await paidCalls(server.sandboxes.openai)).filter((one) => one.prompt === prompt)).toHaveLength(1);

  // Everything but the history is emptied by hand, then the history brings it back.
  await page.getByTestId('create-prompt').fill('');
  await page.getByTestId('create-form').getByLabel('Quality').selectOption({ label: 'High' });
  await tab(/^History$/).click();
  await page.getByTestId('history-search').fill('LIGHTHOUSE nothing');
  await page.getByTestId('history-count').getByText('0 requests').waitFor();
  await page.getByTestId('history-search').fill('Lighthouse FLARE');
  await page.getByTestId('history-count').getByText('1 request').waitFor();
  const entry = page.getByTestId('history-entry');
  await entry
    .getByTestId('expires')
    .getByText(/can be fetched again until/)
    .waitFor();
  await entry.getByTestId('history-again').click();
  await expect.poll(() => page.getByTestId('create-prompt').inputValue()).toBe(prompt);
  expect(await page.getByTestId('create-form').getByLabel('Quality').inputValue()).toBe('low');
  expect(await page.getByTestId('create-form').getByLabel('How many', { exact: true }).inputValue()).toBe('2');

  // The form is remembered.
  await expect.poll(() => page.evaluate(`localStorage.getItem('pingplex.create')`)).toContain(prompt);
  await desk.running().close();
  studio = await desk.reopen({ serverUrl: server.url });
  await studio.go('create');
  await expect.poll(() => studio.page.getByTestId('create-prompt').inputValue(), LONG).toBe(prompt);
});

test('row 60: what was deleted is fetched again under its name, whole, until the day that is shown', async () => {
  const { page } = studio;
  const folder = out('one');
  const [first = ''] = await filesBelow(folder);
  const hash = await sha256Of(path.join(folder, first));
  await rm(path.join(folder, first));
  await tab(/^History$/).click();
  await page.getByTestId('history-entry').getByTestId('fetch-again').click();
  await expect.poll(() => filesBelow(folder), LONG).toContain(first);
  expect(await sha256Of(path.join(folder, first))).toBe(hash);
  expect(await filesBelow(folder)).toHaveLength(2);
});

test('row 58: what the provider refused says why, offers to edit the prompt and no paid retry; row 55: nothing was paid', async () => {
  const { page } = studio;
  await into('refused');
  const before = (await studio.call('wallet.refresh', {})).available;
  await page.getByTestId('create-prompt').fill('[[moderation]] something bad');
  const card = await press();
  expect(await over(card)).toEqual([expect.stringContaining('generation.refused')]);
  const failure = card.getByTestId('create-failure');
  await failure.getByText(TEXTS.en.errors['generation.refused'].title).waitFor();
  expect(await failure.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await page.getByTestId('create-prompt').fill('');
  await failure.getByRole('button', { name: 'Edit the prompt' }).click();
  await expect.poll(() => page.getByTestId('create-prompt').inputValue()).toBe('[[moderation]] something bad');
  await expect.poll(async () => (await studio.call('wallet.refresh', {})).available, LONG).toBe(before);
  expect(await readdir(out('refused'))).toEqual([]);
});

test('row 48: a source from the workspace, a mask painted over a photo that lies on its side, and the result as the next source', async () => {
  const { page } = studio;
  const folder = await into('masked');
  await studio.go('workspace');
  await studio.addFiles([at('side.jpg'), at('boat.png')]);
  await studio.filesReady(2);
  await choose('One', 'Image', 'openai/gpt-image-2.6-flare:edit');
  await page.getByTestId('create-prompt').fill('a blue sky');
  await page.locator('[data-testid=tray-file][data-file-name="side.jpg"]').dragTo(page.getByTestId('source-drop'));
  const sources = page.getByTestId('source');
  await expect.poll(() => sources.count()).toBe(1);
  await page.getByTestId('paint-mask').click();
  const canvas = page.getByTestId('mask-canvas');
  await canvas.waitFor();
  const box = await canvas.boundingBox();
  if (box === null) throw new Error('there is nothing to paint on');
  const alphaSum = (): Promise<number> =>
    canvas.evaluate((one) => {
      const { width, height } = one as HTMLCanvasElement;
      const { data: pixels } = (one as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height) ?? { data: [] };
      let painted = 0;
      for (let n = 3; n < pixels.length; n += 4) if ((pixels[n] ?? 0) > 128) painted += 1;
      return painted / (width * height);
    });
  const save = page.getByTestId('save-mask');
  expect(await save.isDisabled()).toBe(true);
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.3, { steps: 5 });
  await page.mouse.up();
  await expect.poll(alphaSum).toBeGreaterThan(0.02);
  const painted = await alphaSum();
  await page.getByRole('button', { name: 'Invert' }).click();
  await expect.poll(alphaSum).toBeCloseTo(1 - painted, 2);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(alphaSum).toBeCloseTo(painted, 3);
  await canvas.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await expect.poll(alphaSum).toBeGreaterThan(painted);
  await save.click();
  await page.getByTestId('mask-dialog').waitFor({ state: 'detached' });
  await expect.poll(() => sources.evaluateAll((all) => all.map((one) => one.getAttribute('data-role')))).toEqual(['image', 'mask']);
  const card = await press();
  expect(await over(card)).toEqual([]);
  expect(await filesBelow(folder)).toEqual(['side-001-1.png']);

  await card.getByTestId('create-result').click();
  await page.getByTestId('use-as-source').click();
  await expect
    .poll(() => sources.evaluateAll((all) => all.map((one) => one.getAttribute('data-source-name'))), LONG)
    .toContain('side-001-1.png');
  expect((await studio.call('library.page', {})).files.map(({ name }) => name)).toContain('side-001-1.png');
});

test('row 49: first and last frame chosen by scrubbing a film of the workspace', async () => {
  const { page } = studio;
  const folder = await into('frames');
  await studio.go('workspace');
  await studio.addFiles([at('clock.mp4')]);
  await studio.filesReady(4);
  await choose('One', 'Video', 'kling/kling-3.0:image');
  await page.getByTestId('create-prompt').fill('the boat sails away');
  await page.getByTestId('create-form').getByLabel('Seconds').fill('3');
  for (const source of await page.getByTestId('source').all()) await source.getByRole('button', { name: /^Remove/ }).click();
  const frame = async (which: 'take-first' | 'take-last', steps: number): Promise<void> => {
    await page.getByTestId('from-film').click();
    await page.getByTestId('video-preview').locator('video').waitFor();
    await expect
      .poll(
        () =>
          page
            .getByTestId('video-preview')
            .locator('video')
            .evaluate((one) => (one as HTMLVideoElement).readyState),
        LONG,
      )
      .toBeGreaterThan(1);
    await page.getByTestId('video-preview').focus();
    for (let n = 0; n < steps; n += 1) await page.keyboard.press('ArrowRight');
    await page.getByTestId(which).click();
    await page.getByTestId('frame-dialog').waitFor({ state: 'detached' });
  };
  await frame('take-first', 0);
  await frame('take-last', 1);
  await expect
    .poll(() => page.getByTestId('source').evaluateAll((all) => all.map((one) => one.getAttribute('data-role'))))
    .toEqual(['image', 'lastFrame']);
  const card = await press();
  expect(await over(card)).toEqual([]);
  expect(await filesBelow(folder)).toEqual([expect.stringMatching(/\.mp4$/)]);
  // The frames are those that were on screen, at the film's own size.
  const made = path.join(desk.userData, 'made');
  const says = async (seconds: string): Promise<number> => {
    const [name = ''] = (await readdir(made)).filter((one) => one.endsWith(` clock ${seconds}s.png`));
    const little = path.join(desk.root, 'little.png');
    await sharp(path.join(made, name)).resize(128, 96, { kernel: 'nearest' }).toFile(little);
    expect((await sharp(path.join(made, name)).metadata()).width).toBe(640);
    return await pictureSays(little);
  };
  expect(await says('0.05')).toBe(0);
  expect(await says('1.05')).toBe(1000);
});

test('row 51: a text is seen while it is written, lands as a file, and is priced by its bound', async () => {
  const { page } = studio;
  const folder = await into('text');
  await choose('One', 'Text', 'openai/gpt-6-luna');
  await page.getByTestId('create-prompt').fill('Three lines about a red fox');
  await page.getByTestId('create-form').getByLabel('Longest answer, tokens').fill('400');
  await generate()
    .getByText(/^Generate · up to \d+ credits?$/)
    .waitFor();
  await controlProvider(server.sandboxes.openai, { wordMs: 400 });
  const card = await press();
  await card
    .getByTestId('live-text')
    .getByText(/\S+ \S+/)
    .waitFor(LONG);
  await controlProvider(server.sandboxes.openai, {});
  expect(await over(card)).toEqual([]);
  expect(await filesBelow(folder)).toEqual(['Three lines about a red fox-001-1.txt']);
  const written = await readFile(path.join(folder, 'Three lines about a red fox-001-1.txt'), 'utf8');
  await card.getByTestId('create-result').click();
  await expect.poll(() => page.getByTestId('result-text').textContent(), LONG).toContain(written.trim().slice(0, 40));
  await studio.closeDialog();
});

test('row 50: speech by a chosen voice lands as sound; what it says lands as subtitles under its name', async () => {
  const { page } = studio;
  const folder = await into('speech', '{name}');
  await choose('One', 'Sound', 'openai/gpt-4o-mini-tts');
  await page.getByTestId('create-prompt').fill('The fox is asleep');
  await page.getByTestId('create-form').getByLabel('Voice').selectOption('coral');
  const spoken = await press();
  expect(await over(spoken)).toEqual([]);
  const [sound = ''] = await filesBelow(folder);
  expect(sound).toMatch(/^The fox is asleep\.(mp3|wav|m4a)$/);
  await choose('One', 'Text', 'openai/whisper-1');
  await page.getByTestId('create-prompt').fill('');
  await tab(/^Results$/).click();
  await spoken.getByTestId('create-result').click();
  await page.getByTestId('use-as-source').click();
  await expect.poll(() => page.getByTestId('source').getAttribute('data-source-name'), LONG).toBe(sound);
  const heard = await press();
  expect(await over(heard)).toEqual([]);
  expect(await filesBelow(folder)).toEqual([sound, 'The fox is asleep.srt'].sort());
  expect(await readFile(path.join(folder, 'The fox is asleep.srt'), 'utf8')).toMatch(/\d\d:\d\d:\d\d,\d{3} --> /);
});

test('row 53: prompts over files: every pair with its price before, every pair on disk after', async () => {
  const { page } = studio;
  const folder = await into('pairs');
  await choose('Many', 'Image', 'openai/gpt-image-2.6-flare:edit');
  await page.getByTestId('create-form').getByLabel('Quality').selectOption({ label: 'Low' });
  await page.getByTestId('create-prompt').fill('in winter\n\nin summer');
  for (const name of ['boat.png', 'side.jpg']) await page.locator(`[data-testid=tray-file][data-file-name="${name}"]`).click();
  const rows = page.getByTestId('create-row');
  await expect.poll(() => rows.count()).toBe(4);
  await expect.poll(() => rows.nth(3).textContent(), LONG).toMatch(/in summer.*side\.jpg.*side-004-1\.png.*1$/);
  await generate()
    .getByText(/^Generate · 4 credits$/)
    .waitFor();
  const card = await press();
  expect(await over(card)).toEqual([]);
  expect(await filesBelow(folder)).toEqual(['boat-001-1.png', 'boat-003-1.png', 'side-002-1.png', 'side-004-1.png']);
});

test('row 53, must show 6: a thousand prompts from a CSV: errors by line and column, priced, run, cancelled half-way, resumed, nothing twice', async () => {
  const { page } = studio;
  const folder = await into('thousand', '{name}');
  const mark = crypto.randomUUID().slice(0, 8);
  const lines = Array.from({ length: 1000 }, (_, n) => `"picture ${n + 1}, ${mark}",row-${n + 1},low`);
  lines[6] = `"picture 7, ${mark}",row-7,ultra`;
  lines[499] = `,row-500,low`;
  await writeFile(at('prompts.csv'), `\uFEFFprompt,name,quality\r\n${lines.join('\r\n')}\r\nbroken,row\r\n`);
  await choose('Table', 'Image', 'openai/gpt-image-2.6-flare');
  await page.getByTestId('create-form').getByLabel('How many', { exact: true }).fill('1');
  await studio.answerDialog([at('prompts.csv')]);
  await page.getByTestId('open-table').click();
  await page.getByTestId('table-view').getByText('1,000 rows').waitFor();
  await page.getByTestId('table-problems').getByText('line 1,002, column “quality”: fewer cells than the 3 columns').waitFor();
  await page.getByTestId('bad-rows').getByText('2 rows have problems').waitFor(LONG);
  await page.getByText('2 with problems').click();
  const problems = page.getByTestId('row-problem');
  await expect
    .poll(() => problems.allTextContents())
    .toEqual(['line 8, column “quality”: “ultra” isn’t possible; low, medium, high is', 'line 501, column “prompt”: there is no prompt']);
  await page.getByText('All', { exact: true }).click();
  // A thousand rows cost a screenful of elements.
  await expect.poll(() => page.getByTestId('create-row').count()).toBeLessThan(60);
  await generate()
    .getByText(/^Generate · 998 credits$/)
    .waitFor();
  await page.getByTestId('create-price').getByText('2 rows with problems are left out').waitFor();
  const before = (await studio.call('wallet.refresh', {})).available;

  const first = await press();
  const id = (await first.getAttribute('data-batch-id')) ?? '';
  await expect.poll(async () => (await studio.batch(id)).results, LONG).toBeGreaterThan(5);
  await first.getByTestId('cancel-run').click();
  await over(first, 'canceled');
  const one = await studio.batch(id);
  const left = one.counts.canceled + one.counts.failed;
  expect(one.counts.done + left).toBe(998);

  await first.getByTestId('run-rest').click();
  const others = async () => (await studio.call('batches.list', {})).batches.find((batch) => batch.state === 'running')?.id;
  await expect.poll(others, LONG).toBeDefined();
  const restId = (await others()) ?? '';
  const rest = cardOf(restId);
  const total = async (): Promise<number> => Object.values((await studio.batch(restId)).counts).reduce((sum, n) => sum + n, 0);
  expect(await total()).toBe(left);
  await expect.poll(async () => (await studio.batch(restId)).results, LONG).toBeGreaterThan(5);
  await rest.getByTestId('cancel-run').click();
  await over(rest, 'canceled');

  // Every row is in one of the two runs, every file there once, and what was paid is what was delivered.
  await expect.poll(async () => (await studio.call('wallet.refresh', {})).held, LONG).toBe(0);
  const done = (await studio.batch(id)).counts.done + (await studio.batch(restId)).counts.done;
  const names = await filesBelow(folder);
  expect(names).toHaveLength(done);
  expect(names.every((name) => /^row-\d+\.png$/.test(name))).toBe(true);
  const { entries } = await studio.call('create.history', { text: mark, limit: 500 });
  // What was canceled while the provider worked may have been made and paid all the same; then it is there to be fetched, once.
  const alive = entries.filter(({ state }) => state !== 'ended').map(({ prompt }) => prompt);
  expect(new Set(alive).size).toBe(alive.length);
  const after = (await studio.call('wallet.refresh', {})).available;
  expect(before - after).toBeGreaterThanOrEqual(done);
  expect(before - after).toBeLessThanOrEqual(alive.length);
  expect(await admin(data.path, 'ledger', 'check')).toMatchObject({ violations: [] });
}, 240_000);
