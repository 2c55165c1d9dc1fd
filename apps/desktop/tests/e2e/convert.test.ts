import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ResultView } from '@pingplex/shared/contracts/ipc';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { clockFilm } from '../engine/helpers/clock-film.ts';

let desk: Desk;
let studio: Studio;

beforeAll(async () => {
  desk = await openDesk('convert');
  studio = desk.studio();
  const made = path.join(desk.root, 'made');
  await mkdir(made);
  const film = await clockFilm(made);
  await copyFile(film, path.join(desk.input, 'Clock.mp4'));
  await writeFile(path.join(desk.input, 'Clock.srt'), '1\n00:00:00,500 --> 00:00:02,000\nHello\n');
  await sharp({ create: { width: 600, height: 400, channels: 3, background: '#c04020' } })
    .jpeg()
    .toFile(path.join(desk.input, 'Product.jpg'));
});
afterAll(async () => {
  await desk?.done();
});

/** Runs what is on the bar into a folder of its own. @returns what became of one source, which must not fail */
async function runInto(folder: string, source: string): Promise<readonly ResultView[]> {
  const output = path.join(desk.output, folder);
  await mkdir(output);
  await studio.chooseOutput(output, '{name}-{variant}');
  const { items, results } = await studio.finished(await studio.run());
  expect(items.filter(({ name }) => name === source)).toMatchObject([{ state: 'done', error: null }]);
  expect(await filesBelow(output)).toEqual(results.map(({ name }) => name).sort());
  return results.filter(({ sourceName }) => sourceName === source);
}

describe('converting in the window', () => {
  test('row 43: a destination is picked with the date of its rules; files of another kind are left alone', async () => {
    await studio.addFolder(desk.input);
    await studio.filesReady(2);
    await studio.addStep('convert');
    await studio.editStep(0, async (page) => {
      await page.getByLabel('For', { exact: true }).selectOption('ozon-product');
      const rules = page.getByTestId('destination-rules');
      await rules.getByText('1200 × 1600').waitFor();
      await rules.getByText('2026-11').waitFor();
    });
    await expect.poll(() => studio.page.getByTestId('step-chip').textContent()).toContain('Shops: Ozon, 3:4');
    const results = await runInto('shop', 'Product.jpg');
    expect(results).toMatchObject([{ measurements: { width: 1200, height: 1600 } }]);
    // The film was no product picture: nothing was made of it.
    expect(await filesBelow(path.join(desk.output, 'shop'))).toHaveLength(1);
  });

  test('row 44: a lossless cut says where it begins, frames come out one by one, subtitles come from beside the film', async () => {
    await clearDesk(studio);
    await studio.addFolder(desk.input);
    await studio.filesReady(2);
    await studio.addStep('convert');
    await studio.editStep(0, async (page) => {
      await page.getByLabel('Format', { exact: true }).selectOption('mkv');
      await page.getByLabel('Start (m:ss.mmm)').fill('0:01.600');
      await page.getByLabel('End (m:ss.mmm)').fill('0:99');
      await page.getByText('Write a time like 1:02.500.').waitFor();
      await page.getByLabel('End (m:ss.mmm)').fill('3');
      await page.getByText('Lossless', { exact: true }).click();
      await page.getByLabel('Subtitles', { exact: true }).selectOption('track');
    });
    await desk.running().window.waitForFunction(`localStorage.getItem('pingplex.draft')?.includes('"trimStartMs":1600')`);
    const [cut] = await runInto('cut', 'Clock.mp4');
    expect(cut?.measurements.notes).toEqual(expect.arrayContaining(['streamsCopied', 'cutAtKeyFrame:1']));
    await studio.go('workspace');
    await studio.editStep(0, async (page) => {
      await page.getByText('Exact', { exact: true }).click();
      await page.getByLabel('Subtitles', { exact: true }).selectOption('');
      await page.getByLabel('Start (m:ss.mmm)').fill('');
      await page.getByLabel('End (m:ss.mmm)').fill('');
      await page.getByLabel('Format', { exact: true }).selectOption('png');
      await page.getByLabel('Pictures out of a video').selectOption('count');
      await page.getByLabel('How many').fill('3');
    });
    const frames = await runInto('frames', 'Clock.mp4');
    expect(frames.map(({ name }) => name).sort()).toEqual(['Clock-1.png', 'Clock-2.png', 'Clock-3.png']);
  });
});
