import path from 'node:path';
import { TEXTS } from '@pingplex/shared/text';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSamples, type SampleFile } from '../../samples/make-samples.ts';
import { chooseFile, type Desk, openDesk } from '../driver/desk.ts';
import type { Studio } from '../driver/studio.ts';
import { askExifTool } from '../engine/helpers/exiftool-oracle.ts';

type ShownTag = { readonly key: string; readonly value: string; readonly raw: string; readonly source: string };

let desk: Desk;
let studio: Studio;
let samples: readonly SampleFile[];

const sample = (name: string): SampleFile => {
  const found = samples.find((one) => path.basename(one.path) === name);
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found;
};
const tab = (name: string) => studio.page.getByRole('tab', { name });
const inspector = () => studio.page.getByTestId('inspector');

/** Opens every value of the metadata tree and reads what the window shows for it. */
async function shownTags(): Promise<readonly ShownTag[]> {
  await studio.page.getByTestId('tag').first().waitFor();
  await studio.page.evaluate(`for (const row of document.querySelectorAll('[data-testid=tag] > button[aria-expanded=false]')) row.click()`);
  await studio.page.locator('[data-testid=tag] > button[aria-expanded=false]').first().waitFor({ state: 'detached' });
  return await studio.page.evaluate<readonly ShownTag[]>(`[...document.querySelectorAll('[data-testid=tag]')].map((row) => {
    const [name, value] = row.querySelectorAll(':scope > button > span');
    const more = row.querySelectorAll(':scope > div > span');
    return { key: row.dataset.key, value: value.textContent, raw: more[1].textContent, source: more[5].textContent.trim() };
  })`);
}

/** A value of ExifTool's JSON as its own lines print it. */
function printed(value: unknown): string {
  if (Array.isArray(value)) return value.map(printed).join(', ');
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text === '' ? '–' : text;
}

beforeAll(async () => {
  desk = await openDesk('inspector');
  studio = desk.studio();
  samples = await makeSamples(desk.input, { only: ['jpeg', 'png', 'heic', 'mov', 'mp3', 'flac'], isSmall: true });
  await studio.addFolder(desk.input);
  await studio.filesReady(samples.length);
});
afterAll(async () => {
  await desk?.done();
});

describe('row 21: the window shows all that ExifTool knows, and who found each value', () => {
  test.each([
    'Закат над Батуми.jpg',
    'Night harbour (edited).jpg',
    'Aurora (generated).png',
    'Islands.heic',
    'Dunes at dusk.mov',
    'Morning Lake.mp3',
  ])('row 21: %s', async (name) => {
    const { path: file } = sample(name);
    await chooseFile(studio, name);
    await tab('Metadata').click();
    const shown = await shownTags();
    const known = await askExifTool(file);
    const expected = Object.entries(known).filter(([key]) => key !== 'SourceFile');
    expect(expected.length).toBeGreaterThan(25);
    const byKey = new Map(shown.map((tag) => [tag.key, tag]));
    // Reading a file changes the time of its last access; each reader sees its own.
    const differing = expected
      .filter(([key, value]) => key !== 'System:FileAccessDate' && byKey.get(key)?.value !== printed(value))
      .map(([key, value]) => `${key}: ${printed(value)} / ${byKey.get(key)?.value}`);
    expect(differing).toEqual([]);
    for (const [key] of expected) expect(byKey.get(key)?.source).toBe('ExifTool');
    const others = shown.filter((tag) => !(tag.key in known));
    for (const tag of others) expect(tag.source, tag.key).toBe('the container probe');
    // A container's streams are listed beside what ExifTool says; a picture has none.
    expect(others.some((tag) => tag.key === 'Stream0:Codec')).toBe(/\.(mov|mp3)$/.test(name));
    await tab('Summary').click();
  });
});

describe('row 22: a readable summary first, the searchable tree behind it, raw values one click away', () => {
  const facts = (): Promise<Record<string, string>> =>
    studio.page.evaluate(`Object.fromEntries([...document.querySelectorAll('[data-testid=inspector] [role=tabpanel] dl > div')].map(
      (row) => [row.children[0].textContent, row.children[1].textContent]))`);

  test('row 22: the summary opens first and reads well in English and in Russian', async () => {
    const file = await chooseFile(studio, 'Закат над Батуми.jpg');
    expect(await tab('Summary').getAttribute('aria-selected')).toBe('true');
    const english = await facts();
    const { width, height } = file.summary ?? {};
    expect(english['Image']).toContain(`${width} × ${height}`);
    expect(english).toMatchObject({ File: 'Закат над Батуми.jpg', Taken: '2026-08-14 20:31:07 +04:00' });
    expect(english['Place']).toMatch(/^\d+\.\d+° N, \d+\.\d+° E$/);
    expect(english['Camera']).toMatch(/sony/i);
    await studio.setLanguage('ru');
    try {
      await studio.page.getByRole('tab', { name: 'Сводка' }).waitFor();
      const russian = await facts();
      expect(Object.keys(russian).every((label) => /^[А-ЯЁ]/.test(label))).toBe(true);
      expect(Object.keys(russian)).toHaveLength(Object.keys(english).length);
      expect(Object.values(russian).some((value) => /^\d+,\d+° с\. ?ш\.?, \d+,\d+° в\. ?д\.?$/.test(value))).toBe(true);
    } finally {
      await studio.setLanguage('en');
    }
  });

  test('row 22: the tree is searched by name and by value, and a click shows the raw value', async () => {
    await chooseFile(studio, 'Закат над Батуми.jpg');
    await tab('Metadata').click();
    const rows = studio.page.getByTestId('tag');
    await studio.page.locator('[data-key="GPS:GPSLatitude"]').waitFor();
    const all = await rows.count();
    const search = inspector().getByRole('searchbox', { name: 'Search metadata' });
    await search.fill('gpslatitude');
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBeLessThan(all);
    await studio.page.locator('[data-key="GPS:GPSLatitude"]').waitFor();
    const raw = (await askExifTool(sample('Закат над Батуми.jpg').path, ['-n']))['GPS:GPSLatitude'];
    const row = studio.page.locator('[data-key="GPS:GPSLatitude"]');
    expect(await row.getByRole('button').textContent()).toContain('deg');
    await row.getByRole('button').click();
    await row.getByText(String(raw), { exact: true }).waitFor();
    await search.fill('Беридзе');
    await studio.page.locator('[data-key="IFD0:Artist"]').waitFor();
    await row.waitFor({ state: 'detached' });
    await search.fill('');
    await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(all);
    await tab('Summary').click();
  });
});

describe('row 23: privacy flags with what they mean, counted over the batch', () => {
  test.each(['en', 'ru'] as const)('row 23: each flag says its consequence (%s)', async (language) => {
    const file = await chooseFile(studio, 'Закат над Батуми.jpg');
    await studio.setLanguage(language);
    try {
      await studio.page.getByRole('tab', { name: language === 'en' ? /^Privacy/ : /^Приватность/ }).click();
      const { words } = TEXTS[language];
      expect(file.flags).toEqual(expect.arrayContaining(['gps', 'serialNumber', 'personName', 'contact', 'embeddedThumbnail']));
      for (const flag of file.flags) {
        const card = studio.page.locator(`[data-testid=privacy-flag][data-flag=${flag}]`);
        await card.getByText(words.privacy[flag].name, { exact: true }).waitFor();
        await card.getByText(words.privacy[flag].means, { exact: true }).waitFor();
      }
    } finally {
      await studio.setLanguage('en');
      await tab('Summary').click();
    }
  });

  test('row 23: counts cover the selection and agree with ExifTool', async () => {
    const pictures = samples.filter(({ kind }) => kind === 'image');
    await studio.page.getByTestId('file-grid').focus();
    await studio.page.keyboard.press('Control+a');
    await tab('Privacy').click();
    const together = studio.page.getByTestId('privacy-batch');
    await together.getByText(`In the ${samples.length} selected files`).waitFor();
    let withPlace = 0;
    for (const { path: file } of samples) {
      const tags = Object.keys(await askExifTool(file));
      if (tags.some((key) => /:GPS(Latitude|Coordinates|Position)(-\w+)?$/.test(key))) withPlace += 1;
    }
    expect(withPlace).toBeGreaterThan(2);
    expect(withPlace).toBeLessThan(samples.length);
    expect(pictures.length).toBeGreaterThan(withPlace / 2);
    await together.locator('[data-flag=gps]').getByText(`${withPlace} of ${samples.length} files`).waitFor();
    await studio.page.getByTestId('file-grid').focus();
    await studio.page.keyboard.press('Escape');
  });
});
