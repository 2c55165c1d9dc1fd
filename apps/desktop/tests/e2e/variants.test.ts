import { cp, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ResultView } from '@pingplex/shared/contracts/ipc';
import { RIGHTS } from '@pingplex/shared/text';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSamples } from '../../samples/make-samples.ts';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, hashesBelow, sha256Of } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { makeMusic } from '../engine/helpers/photo.ts';

const NAMES = ['Poppies.jpg', 'Evening (vertical).mp4', 'Music.flac'];
const VARIANTS = 3;
const SEED = 20261123;

let desk: Desk;
let studio: Studio;
let first: readonly ResultView[];

beforeAll(async () => {
  desk = await openDesk('variants');
  studio = desk.studio();
  const folder = path.join(desk.root, 'samples');
  const samples = await makeSamples(folder, { only: ['jpeg', 'mp4'], isSmall: true });
  for (const { path: file } of samples) if (NAMES.includes(path.basename(file))) await cp(file, path.join(desk.input, path.basename(file)));
  // Two seconds of sound are too few for a fingerprint; this is long enough to be told apart.
  makeMusic(path.join(desk.input, 'Music.flac'), 'flac', 15);
});
afterAll(async () => {
  await desk?.done();
});

/** Puts the recipe together by hand, runs it into a folder of its own and checks the folder. */
async function runVariants(folder: string, seed: number): Promise<readonly ResultView[]> {
  await clearDesk(studio);
  await studio.addFolder(desk.input);
  await studio.filesReady(NAMES.length);
  await studio.addStep('unicalize');
  await studio.editStep(0, async (page) => {
    await page.getByLabel('Variants per file').fill(String(VARIANTS));
    await page.getByLabel('Seed', { exact: true }).fill(String(seed));
  });
  const output = path.join(desk.output, folder);
  await mkdir(output);
  await studio.chooseOutput(output, '{name}-{variant}');
  await studio.confirmRights();
  const { items, results } = await studio.finished(await studio.run());
  expect(items.map(({ name, state, error }) => [name, state, error])).toEqual(items.map(({ name }) => [name, 'done', null]));
  expect(await filesBelow(output)).toEqual(results.map(({ name }) => name).sort());
  for (const result of results) expect(await sha256Of(path.join(output, result.name))).toBe(result.sha256);
  return results;
}

const hashes = (results: readonly ResultView[]): Record<string, string> =>
  Object.fromEntries(results.map(({ name, sha256 }) => [name, sha256]).sort());

/** Opens a result in the library and reads its figures as the window shows them. */
async function figuresOf(name: string): Promise<Record<string, string>> {
  await studio.page.locator(`[data-testid=result-card][data-result-name="${name}"]`).first().click();
  await studio.page.getByTestId('result-detail').waitFor();
  const figures = await studio.page.evaluate<Record<string, string>>(`Object.fromEntries(
    [...document.querySelectorAll('[data-testid=result-detail] dl > div')].map((row) => [row.children[0].textContent, row.children[1].textContent]))`);
  await studio.page.keyboard.press('Escape');
  await studio.page.getByTestId('result-detail').waitFor({ state: 'detached' });
  return figures;
}

describe('rows 36 to 39: variants of an image, a video and a sound', () => {
  test('row 36: three variants of each, all different, the sources untouched, rights confirmed first', async () => {
    const before = await hashesBelow(desk.input);
    first = await runVariants('first', SEED);
    expect(first).toHaveLength(NAMES.length * VARIANTS);
    expect(new Set([...first.map(({ sha256 }) => sha256), ...Object.values(before)]).size).toBe(first.length + NAMES.length);
    for (const source of NAMES) {
      const own = first.filter(({ sourceName }) => sourceName === source);
      expect(own.map(({ measurements }) => measurements.variant?.n).sort()).toEqual([1, 2, 3]);
      const drawn = own.map(({ measurements }) => JSON.stringify(measurements.variant?.parameters));
      expect(new Set(drawn).size, `parameters of ${source}`).toBe(VARIANTS);
    }
    expect(await hashesBelow(desk.input)).toEqual(before);
  });

  test('row 38: each variant shows its distance from the source and from its nearest sister', async () => {
    await studio.go('library');
    for (const result of first) {
      const { fromSource, nearestSister } = result.measurements;
      expect(fromSource?.score, result.name).toBeGreaterThan(0);
      expect(nearestSister?.score, result.name).toBeGreaterThan(0);
      const shown = await figuresOf(result.name);
      expect(shown['Distance'], result.name).toMatch(/^(close|distinct|far apart|the same) · \d+(\.\d+)? of 100/);
      expect(shown['Distance']).toContain(`${new Intl.NumberFormat('en', { maximumFractionDigits: 0 }).format(fromSource?.score ?? 0)}`);
      expect(shown['Nearest sister'], result.name).toMatch(/of 100/);
      expect(shown['Variant']).toContain(`no. ${result.measurements.variant?.n}`);
      if (result.kind === 'image') expect(shown['Distance']).toContain('PDQ');
      if (result.kind === 'audio') expect(shown['Distance']).toContain('similar sound');
    }
  });

  test('row 39: each variant shows its quality: structure for pictures, loudness and spectrum for sound', async () => {
    for (const result of first) {
      const { quality } = result.measurements;
      const shown = (await figuresOf(result.name))['Quality'] ?? '';
      if (result.kind === 'audio') {
        expect(quality?.spectral, result.name).toBeGreaterThan(0.5);
        expect(shown).toMatch(/spectrum \d/);
        expect(shown).toMatch(/LU/);
      } else {
        expect(quality?.ssim, result.name).toBeGreaterThan(0.8);
        expect(shown).toContain('SSIM');
      }
    }
  });

  test('row 37: the same seed gives the same bytes in a second run, another seed gives others', async () => {
    const second = await runVariants('second', SEED);
    expect(hashes(second)).toEqual(hashes(first));
    const other = await runVariants('other', SEED + 1);
    const known = new Set(first.map(({ sha256 }) => sha256));
    expect(other.filter(({ sha256 }) => known.has(sha256))).toEqual([]);
  });
});

describe('rows 40 to 42: a named distance, the report, the confirmation', () => {
  /** Runs two variants of the picture with a distance of their own. */
  async function runAimed(folder: string, minDistance: number): Promise<readonly ResultView[]> {
    await clearDesk(studio);
    await studio.addFiles([path.join(desk.input, 'Poppies.jpg')]);
    await studio.filesReady(1);
    await studio.addStep('unicalize');
    await studio.editStep(0, async (page) => {
      await page.getByLabel('Variants per file').fill('2');
      await page.getByLabel('Distance at least').fill(String(minDistance));
      await page.getByText('The weakest cut that reaches this distance').waitFor();
    });
    const output = path.join(desk.output, folder);
    await mkdir(output);
    await studio.chooseOutput(output, '{name}-{variant}');
    await studio.confirmRights();
    return (await studio.finished(await studio.run())).results;
  }

  test('row 40: variants reach the distance that was asked, and say what they missed when none can', async () => {
    for (const { measurements } of await runAimed('aimed', 60)) {
      expect(measurements.variant?.targetReached).toBe(true);
      expect(measurements.fromSource?.pdq).toBeGreaterThanOrEqual(60);
      expect(measurements.nearestSister?.pdq).toBeGreaterThanOrEqual(60);
      expect(measurements.quality?.ssim).toBeGreaterThanOrEqual(0.95);
    }
    const [far] = await runAimed('too far', 250);
    expect(far?.measurements.variant?.missed).toContain('source');
    await studio.go('library');
    expect((await figuresOf(String(far?.name)))['Variant']).toContain('not reached: too near to the source');
  });

  test('rows 41 and 42: row 41: the report is saved from the queue; row 42: with the confirmation in its words', async () => {
    await studio.go('queue');
    for (const ending of ['html', 'csv', 'json']) {
      const file = path.join(desk.root, `report.${ending}`);
      await studio.app.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      }, file);
      await studio.page.getByTestId('save-report').first().click();
      await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toContain('Poppies');
    }
    const html = await readFile(path.join(desk.root, 'report.html'), 'utf8');
    expect(html).toContain(RIGHTS.en);
    expect(html.match(/data:image\/webp/gu)).toHaveLength(2);
    expect(html).not.toContain(desk.root);
  });
});
