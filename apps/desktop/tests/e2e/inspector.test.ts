import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { TEXTS } from '@pingplex/shared/text';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSamples, type SampleFile } from '../../samples/make-samples.ts';
import { chooseFile, type Desk, openDesk } from '../driver/desk.ts';
import type { Studio } from '../driver/studio.ts';
import { sharedMedia } from '../engine/helpers/context.ts';
import { askExifTool } from '../engine/helpers/exiftool-oracle.ts';
import { askPrinted, type Printed } from '../engine/helpers/exiftool-printed.ts';

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

const fromShared = (name: string) => sharedMedia().find((file) => file.endsWith(`/c2pa-rs/${name}`));
const SIGNED = ['CA.jpg', 'XCA.jpg'].flatMap((name) => fromShared(name) ?? []);

/** What ExifTool itself says about a file, by `Group:Name`. */
async function known(file: string): Promise<Printed> {
  const printed = (await askPrinted([file])).get(file);
  if (printed === undefined) throw new Error(`ExifTool says nothing about ${file}`);
  return printed;
}
const baseKey = (key: string) => key.replace(/:Copy\d+:/, ':');

beforeAll(async () => {
  desk = await openDesk('inspector');
  studio = desk.studio();
  samples = await makeSamples(desk.input, { only: ['jpeg', 'png', 'heic', 'mov', 'mp3', 'flac'], isSmall: true });
  for (const file of SIGNED) await copyFile(file, path.join(desk.input, path.basename(file)));
  await studio.addFolder(desk.input);
  await studio.filesReady(samples.length + SIGNED.length);
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
    const { values, lines } = await known(file);
    const expected = [...values].filter(([key]) => key !== 'SourceFile');
    expect(expected.length).toBeGreaterThan(25);
    const byKey = new Map(shown.map((tag) => [tag.key, tag]));
    // Reading a file changes the time of its last access; each reader sees its own.
    const differing = expected
      .filter(([key, value]) => key !== 'System:FileAccessDate' && byKey.get(key)?.value !== (value === '' ? '–' : value))
      .map(([key, value]) => `${key}: ${value} / ${byKey.get(key)?.value}`);
    expect(differing).toEqual([]);
    for (const [key] of expected) expect(byKey.get(key)?.source).toBe('ExifTool');
    // Names that come again in the file are all there.
    const counts = Map.groupBy(shown, (tag) => baseKey(tag.key));
    for (const [key, count] of lines) expect(counts.get(key)?.length, key).toBe(count);
    const others = shown.filter((tag) => !values.has(baseKey(tag.key)) && !lines.has(baseKey(tag.key)));
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
    const all = [...samples.map(({ path: file }) => file), ...SIGNED];
    await together.getByText(`In the ${all.length} selected files`).waitFor();
    let withPlace = 0;
    for (const file of all) {
      const tags = Object.keys(await askExifTool(file));
      if (tags.some((key) => /:GPS(Latitude|Coordinates|Position)(-\w+)?$/.test(key))) withPlace += 1;
    }
    expect(withPlace).toBeGreaterThan(2);
    expect(withPlace).toBeLessThan(all.length);
    expect(pictures.length).toBeGreaterThan(withPlace / 2);
    await together.locator('[data-flag=gps]').getByText(`${withPlace} of ${all.length} files`).waitFor();
    await studio.page.getByTestId('file-grid').focus();
    await studio.page.keyboard.press('Escape');
  });
});

describe('row 23: what a generator left behind', () => {
  test('row 23: the prompt can be read and copied', async () => {
    await chooseFile(studio, 'Aurora (generated).png');
    await tab('Privacy').click();
    const card = studio.page.getByTestId('generation');
    const text = String((await askExifTool(sample('Aurora (generated).png').path))['PNG:Parameters']);
    const [prompt = ''] = text.split(/\.?\n|\.\.?Negative prompt/);
    await card.getByText(prompt.slice(0, 40)).waitFor();
    await card.getByRole('button', { name: 'Copy the prompt' }).click();
    await studio.page.getByText('The prompt was copied').waitFor();
    const copied = await studio.app.evaluate(({ clipboard }) => clipboard.readText());
    expect(text.startsWith(copied.slice(0, 40))).toBe(true);
    await tab('Summary').click();
  });
});

describe('row 24: two files compared', () => {
  test('row 24: with two files selected the inspector shows only what differs', async () => {
    const [a, b] = ['Закат над Батуми.jpg', 'Night harbour (edited).jpg'];
    await chooseFile(studio, a);
    await studio.page.locator(`[data-testid=file-card][data-file-name="${b}"]`).click({ modifiers: ['Control'] });
    await inspector().getByRole('button', { name: 'Compare two files' }).click();
    const rows = studio.page.getByTestId('difference');
    await rows.first().waitFor();
    const [ofA, ofB] = [(await known(sample(a).path)).values, (await known(sample(b).path)).values];
    const isAboutDisk = (key: string) => /^(System|ExifTool):|^SourceFile$/.test(key);
    const keys = [...new Set([...ofA.keys(), ...ofB.keys()])].filter((key) => !isAboutDisk(key));
    const shown = new Set(
      await studio.page.evaluate<string[]>(`[...document.querySelectorAll('[data-testid=difference]')].map((row) => row.dataset.key)`),
    );
    const wanted = keys.filter((key) => ofA.get(key) !== ofB.get(key));
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.filter((key) => !shown.has(key))).toEqual([]);
    expect(keys.filter((key) => ofA.get(key) === ofB.get(key) && shown.has(key))).toEqual([]);
    const artist = studio.page.locator('[data-testid=difference][data-key="IFD0:Artist"]');
    await artist.getByText(ofA.get('IFD0:Artist') ?? '', { exact: true }).waitFor();
    await inspector().getByRole('button', { name: 'Compare two files' }).click();
    await tab('Summary').waitFor();
  });
});

describe('row 25: metadata exported', () => {
  test('row 25: of everything that is selected, in the form that was chosen; nothing half-written', async () => {
    const count = samples.length + SIGNED.length;
    await studio.page.getByTestId('file-grid').focus();
    await studio.page.keyboard.press('Control+a');
    await studio.answerSaveDialog(path.join(desk.output, 'all.ndjson'));
    await studio.page.keyboard.press('Control+Shift+e');
    const dialog = studio.page.getByTestId('export-dialog');
    await dialog.getByText(`Of ${count} files`).waitFor();
    await dialog.getByRole('radio', { name: /^NDJSON/ }).click();
    await dialog.getByRole('button', { name: 'Choose where to save…' }).click();
    await studio.page.getByText(`Metadata of ${count} files saved`).waitFor();
    await dialog.waitFor({ state: 'detached' });
    const lines = (await readFile(path.join(desk.output, 'all.ndjson'), 'utf8')).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as { file: string; tags: Record<string, string> });
    expect(records).toHaveLength(count);
    const one = records.find(({ file }) => file.endsWith('Закат над Батуми.jpg'));
    const { values } = await known(sample('Закат над Батуми.jpg').path);
    expect(one?.tags['IFD0:Artist']).toBe(values.get('IFD0:Artist'));

    // The form is remembered while the window is open; a name without its ending gets it.
    await studio.answerSaveDialog(path.join(desk.output, 'facts'));
    await studio.page.keyboard.press('Control+Shift+e');
    await dialog.getByRole('radio', { name: /^CSV, one line per file/ }).click();
    await dialog.getByRole('button', { name: 'Choose where to save…' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => readdir(desk.output), { timeout: 30_000 }).toEqual(['all.ndjson', 'facts.csv']);
    await studio.page.getByTestId('file-grid').focus();
    await studio.page.keyboard.press('Escape');
  });
});

describe('row 30: Content Credentials', () => {
  test.runIf(SIGNED.length > 0).each(['en', 'ru'] as const)(
    'row 30: who signed what and when, and whether it still holds (%s)',
    async (language) => {
      const { words } = TEXTS[language];
      const card = studio.page.getByTestId('credentials');
      await studio.setLanguage(language);
      try {
        await chooseFile(studio, 'CA.jpg');
        await card.getByText(words.credentials.valid.name, { exact: true }).waitFor();
        for (const text of ['C2PA Signer, C2PA Test Signing Cert', 'John Doe', words.action['color_adjustments'] ?? '', 'A.jpg'])
          await card.getByText(text).first().waitFor();
        await chooseFile(studio, 'XCA.jpg');
        await card.getByText(words.credentials.changed.name, { exact: true }).waitFor();
        await card.getByText(words.credentials.changed.means, { exact: true }).waitFor();
      } finally {
        await studio.setLanguage('en');
      }
    },
  );
});
