import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { hashesBelow } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { writePicture } from '../main/helpers/media.ts';
import { eventually } from './security-kit.ts';

let desk: Desk;
let studio: Studio;
const at = (...parts: string[]): string => path.join(desk.input, ...parts);
const out = (...parts: string[]): string => path.join(desk.output, ...parts);

beforeAll(async () => {
  desk = await openDesk('batches');
  studio = desk.studio();
});

afterAll(async () => {
  await desk?.done();
});

/** As many big pictures as keep every worker busy, so that whatever comes after them has to wait. */
const BIG = Array.from({ length: availableParallelism() + 1 }, (_, n) => `big ${String(n).padStart(3, '0')}.jpg`);

/** Puts sources and steps up and presses Run. @returns the batch's id */
async function start(sources: string, results: string, steps: (studio: Studio) => Promise<void>): Promise<string> {
  await clearDesk(studio);
  const names = (await readdir(at(sources))).sort();
  await studio.addFiles(names.map((name) => at(sources, name)));
  await studio.filesReady(names.length);
  await steps(studio);
  await studio.chooseOutput(out(results), '{name}-{variant}');
  return await studio.run();
}

const clean = (one: Studio): Promise<void> => one.addStep('clean');
const manyVariants = async (one: Studio): Promise<void> => {
  await one.addStep('unicalize');
  await one.editStep(0, (page) => page.getByLabel('Variants per file').fill('40'));
  await one.confirmRights();
};

/** Why a file failed and what next, as the queue says it. */
const reason = async (card: Locator, name: string): Promise<string | null> =>
  await (await studio.itemRow(card, name, 'failed')).getByTestId('item-reason').textContent();

/** The folder holds what the app calls results of the batch, with their hashes, and nothing else. */
async function expectExactly(batchId: string, results: string): Promise<void> {
  const made = (await studio.finished(batchId)).results;
  await eventually(() => hashesBelow(out(results)), Object.fromEntries(made.map((one) => [one.name, one.sha256])));
}

test('row 9: cancel one: the file in work and a waiting one stop, leave nothing behind, and the others are done', async () => {
  for (const name of BIG) await writePicture(at('one', name), 1, 2400, 1800);
  for (const name of ['small 1.jpg', 'small 2.jpg', 'small 3.jpg']) await writePicture(at('one', name), 2, 96, 64);
  const before = await hashesBelow(at('one'));
  await mkdir(out('one'));
  const id = await start('one', 'one', manyVariants);
  const card = await studio.showItems(id);
  await (await studio.itemRow(card, 'small 2.jpg', 'queued')).getByRole('button', { name: 'Cancel small 2.jpg' }).click();
  await studio.itemRow(card, 'small 2.jpg', 'canceled');
  for (const name of BIG) {
    await (await studio.itemRow(card, name, 'running')).getByRole('button', { name: `Cancel ${name}` }).click();
    await studio.itemRow(card, name, 'canceled');
  }
  const { batch, items } = await studio.finished(id);
  expect(batch.counts).toEqual({ queued: 0, running: 0, done: 2, failed: 0, canceled: BIG.length + 1, skipped: 0 });
  expect(items.filter(({ state }) => state === 'done').map(({ name }) => name)).toEqual(['small 1.jpg', 'small 3.jpg']);
  await expectExactly(id, 'one');
  expect(Object.keys(await hashesBelow(out('one')))).toHaveLength(80);
  expect(await hashesBelow(at('one'))).toEqual(before);
  await eventually(() => readdir(path.join(desk.userData, 'work')).catch(() => []), []);
});

test('row 9: cancel all: everything stops, no partial file is left, what was finished stays', async () => {
  await writePicture(at('all', 'a small one.jpg'), 1, 96, 64);
  for (const name of BIG) await writePicture(at('all', name), 2, 2400, 1800);
  const before = await hashesBelow(at('all'));
  await mkdir(out('all'));
  const id = await start('all', 'all', manyVariants);
  const card = await studio.showItems(id);
  await studio.itemRow(card, 'a small one.jpg', 'done');
  // Big ones are at work now; which of them depends on how busy the machine is.
  const states = async () => (await studio.call('batches.items', { batchId: id })).items.map(({ state }) => state);
  await expect.poll(states, { timeout: 60_000 }).toContain('running');
  // There has to be something half-made that could be left behind.
  await eventually(async () => (await readdir(out('all'))).some((name) => name.startsWith('.pingplex-')), true);
  await card.getByRole('button', { name: 'Cancel', exact: true }).click();
  await studio.page.locator(`[data-batch-id="${id}"][data-state=canceled]`).waitFor();
  const { batch } = await studio.finished(id);
  const { done } = batch.counts;
  expect(batch.counts).toEqual({ queued: 0, running: 0, done, failed: 0, canceled: BIG.length + 1 - done, skipped: 0 });
  expect(done).toBeLessThanOrEqual(BIG.length);
  await expectExactly(id, 'all');
  expect(Object.keys(await hashesBelow(out('all')))).toHaveLength(40 * done);
  expect(await hashesBelow(at('all'))).toEqual(before);
  await eventually(() => readdir(path.join(desk.userData, 'work')).catch(() => []), []);
});

test('row 13: bad files do not stop the rest; each says why and what next, and the totals add up', async () => {
  for (const n of [1, 3, 5]) await writePicture(at('mixed', `${n}.jpg`), n);
  await writeFile(at('mixed', '2 text.jpg'), 'this is no picture at all, whatever its name says\n'.repeat(20));
  await writeFile(at('mixed', '4 empty.png'), '');
  await mkdir(out('mixed'));
  const id = await start('mixed', 'mixed', clean);
  const { batch, items, results } = await studio.finished(id);
  expect(batch.counts).toEqual({ queued: 0, running: 0, done: 3, failed: 2, canceled: 0, skipped: 0 });
  expect(Object.values(batch.counts).reduce((sum, one) => sum + one, 0)).toBe(items.length);
  expect(results.map(({ name }) => name).sort()).toEqual(['1-1.jpg', '3-1.jpg', '5-1.jpg']);
  const card = await studio.showItems(id);
  expect(await card.getByTestId('batch-counts').textContent()).toBe('3 of 5 files · 2 failed · 3 results');
  expect(await reason(card, '2 text.jpg')).toBe(
    'This kind of file isn’t supported. Pictures, video and sound in the usual formats can be added.',
  );
  expect(await reason(card, '4 empty.png')).toBe('The file is empty. It has no content at all. Copy it again from where it came.');
  await card.locator('label', { hasText: '2 failed' }).click();
  await eventually(() => card.getByTestId('item').count(), 2);
  await expectExactly(id, 'mixed');
});

test('row 10: retry works on the failed ones only; what is done is not touched', async () => {
  for (const n of [1, 2, 3]) await writePicture(at('retry', `${n}.jpg`), n);
  await mkdir(out('retry'));
  await clearDesk(studio);
  await studio.addFolder(at('retry'));
  await studio.filesReady(3);
  await clean(studio);
  await studio.chooseOutput(out('retry'), '{name}-{variant}');
  await rename(at('retry', '2.jpg'), path.join(desk.root, 'elsewhere.jpg'));
  const id = await studio.run();
  const first = await studio.finished(id);
  expect(first.batch.counts).toMatchObject({ done: 2, failed: 1 });
  const times = await Promise.all(['1-1.jpg', '3-1.jpg'].map(async (name) => (await stat(out('retry', name))).mtimeMs));
  const card = await studio.showItems(id);
  await (await studio.itemRow(card, '2.jpg', 'failed')).getByTestId('item-reason').waitFor();
  // Still gone: it fails again, with the same reason.
  await card.getByRole('button', { name: 'Retry failed' }).click();
  await (await studio.itemRow(card, '2.jpg', 'failed')).getByText('attempt 2').waitFor();
  await rename(path.join(desk.root, 'elsewhere.jpg'), at('retry', '2.jpg'));
  await card.getByRole('button', { name: 'Retry failed' }).click();
  await studio.itemRow(card, '2.jpg', 'done');
  const { batch, items } = await studio.finished(id);
  expect(batch.counts).toMatchObject({ done: 3, failed: 0 });
  expect(items.map(({ name, attempts }) => [name, attempts])).toEqual([
    ['1.jpg', 1],
    ['2.jpg', 3],
    ['3.jpg', 1],
  ]);
  expect(await Promise.all(['1-1.jpg', '3-1.jpg'].map(async (name) => (await stat(out('retry', name))).mtimeMs))).toEqual(times);
  expect(await card.getByRole('button', { name: 'Retry failed' }).count()).toBe(0);
  await expectExactly(id, 'retry');
});
