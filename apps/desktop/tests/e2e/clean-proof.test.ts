import { cp, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ItemView, ResultView } from '@pingplex/shared/contracts/ipc';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeSamples, type SampleFile } from '../../samples/make-samples.ts';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, hashesBelow, sha256Of } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { askExifTool } from '../engine/helpers/exiftool-oracle.ts';
import { fillJpeg } from '../engine/helpers/plant/pictures.ts';

let desk: Desk;
let studio: Studio;
let samples: readonly SampleFile[];

/** What says who, where or with what; matched against ExifTool's names. */
const PRIVATE =
  /:(GPS\w*|\w*SerialNumber|Make|Model|Artist|Creator|By-line|OwnerName|UserComment|HistoryAction|DocumentID|Parameters|Comment|Title|Software|DateTimeOriginal|Picture|ThumbnailImage)$/;

beforeAll(async () => {
  desk = await openDesk('clean');
  studio = desk.studio();
  samples = await makeSamples(path.join(desk.root, 'samples'), { only: ['jpeg', 'png', 'webp', 'mp3', 'mp4', 'flac'], isSmall: true });
});
afterAll(async () => {
  await desk?.done();
});
beforeEach(async () => {
  await clearDesk(studio);
});

/** Copies samples into a folder of their own and adds that folder. @returns paths of the copies by name */
async function bring(folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const to = path.join(desk.input, folder);
  await mkdir(to);
  const copies = new Map<string, string>();
  for (const name of names) {
    const from = samples.find((one) => path.basename(one.path) === name);
    if (from === undefined) throw new Error(`no sample ${name}`);
    const copy = path.join(to, name);
    await cp(from.path, copy);
    copies.set(name, copy);
  }
  await studio.addFolder(to);
  await studio.filesReady(names.length);
  return copies;
}

type Ran = { readonly output: string; readonly items: readonly ItemView[]; readonly results: ReadonlyMap<string, ResultView> };

/** Runs the recipe on the bar into a folder of its own; results are named like their sources. */
async function runInto(folder: string): Promise<Ran> {
  const output = path.join(desk.output, folder);
  await mkdir(output);
  await studio.chooseOutput(output, '{name}');
  const { items, results } = await studio.finished(await studio.run());
  expect(items.map(({ state, error }) => [state, error])).toEqual(items.map(() => ['done', null]));
  const byName = new Map(results.map((result) => [result.name, result]));
  expect(await filesBelow(output)).toEqual([...byName.keys()].sort());
  for (const [name, result] of byName) expect(await sha256Of(path.join(output, name))).toBe(result.sha256);
  return { output, items, results: byName };
}

/** Opens a result from the library and reads its figures as the window shows them. */
async function figuresOf(name: string): Promise<Record<string, string>> {
  await studio.go('library');
  const search = studio.page.getByRole('searchbox', { name: 'Search results' });
  await search.fill(name.replace(/[()]/g, ' '));
  await studio.page.locator(`[data-testid=result-card][data-result-name="${name}"]`).first().click();
  await studio.page.getByTestId('result-detail').waitFor();
  const figures = await studio.page.evaluate<Record<string, string>>(`Object.fromEntries(
    [...document.querySelectorAll('[data-testid=result-detail] dl > div')].map((row) => [row.children[0].textContent, row.children[1].textContent]))`);
  await studio.page.keyboard.press('Escape');
  await studio.page.getByTestId('result-detail').waitFor({ state: 'detached' });
  return figures;
}

const privateKeys = async (file: string): Promise<string[]> => Object.keys(await askExifTool(file)).filter((key) => PRIVATE.test(key));
const pixels = (file: string): Promise<Buffer> => sharp(file).raw().toBuffer();

describe('row 26: clean with proof', () => {
  const NAMES = [
    'Закат над Батуми.jpg',
    'Night harbour (edited).jpg',
    'Aurora (generated).png',
    'Evening portrait.webp',
    'Morning Lake.mp3',
    'Contour Lines.flac',
    'Flight over the lake.mp4',
  ];
  let sources: Map<string, string>;
  let ran: Ran;

  test('row 26: everything private is gone for ExifTool, the sources are untouched', async () => {
    sources = await bring('proof', NAMES);
    const before = await hashesBelow(path.join(desk.input, 'proof'));
    await studio.addStep('clean');
    ran = await runInto('proof');
    expect([...ran.results.keys()].sort()).toEqual([...NAMES].sort());
    expect(await hashesBelow(path.join(desk.input, 'proof'))).toEqual(before);
    for (const [name, source] of sources) {
      expect(await privateKeys(source), name).not.toEqual([]);
      expect(await privateKeys(path.join(ran.output, name)), name).toEqual([]);
    }
    const bytes = await readFile(path.join(ran.output, 'Закат над Батуми.jpg'));
    for (const secret of ['Беридзе', 'nino.beridze', 'Batumi']) expect(bytes.includes(secret), secret).toBe(false);
  });

  test('row 26: picture and sound are bit for bit the source’s, measured outside of the app', async () => {
    for (const [name, source] of sources) {
      const result = path.join(ran.output, name);
      if (/\.(jpg|png|webp)$/.test(name)) expect((await pixels(result)).equals(await pixels(source)), name).toBe(true);
      if (name.endsWith('.flac')) {
        const [a, b] = await Promise.all([askExifTool(source), askExifTool(result)]);
        expect(b['FLAC:MD5Signature']).toBe(a['FLAC:MD5Signature']);
      }
      if (name.endsWith('.mp3')) {
        const [a, b] = await Promise.all([readFile(source), readFile(result)]);
        const firstFrame = b.indexOf(Buffer.from([0xff, 0xfb]));
        expect(a.includes(b.subarray(firstFrame, b.length))).toBe(true);
      }
    }
  });

  test('row 26: the window shows the proof: what was removed, read again, bit for bit', async () => {
    for (const name of NAMES) {
      const measured = ran.results.get(name)?.measurements.clean;
      expect(measured, name).toMatchObject({ outcome: 'cleaned', verified: true, bitIdentical: true });
      const shown = Object.values(await figuresOf(name));
      expect(shown).toContain(`${measured?.removed.length} values removed · checked by reading it again`);
      expect(shown).toContain('bit for bit like the source');
    }
  });
});

describe('row 27: the user chooses what to keep', () => {
  test('row 27: author and place stay when asked for, the rest goes, and the figures say so', async () => {
    const name = 'Закат над Батуми.jpg';
    const sources = await bring('keep', [name]);
    await studio.addStep('clean');
    await studio.editStep(0, async (page) => {
      await page.getByRole('checkbox', { name: 'Author and copyright' }).check();
      await page.getByLabel('Place', { exact: true }).selectOption('keep');
      expect(await page.getByLabel('What for').inputValue()).toBe('own');
    });
    await studio.page.getByTestId('step-chip').getByText('keeps 2 groups').waitFor();
    const { output, results } = await runInto('keep');
    const [before, after] = await Promise.all([askExifTool(sources.get(name) ?? ''), askExifTool(path.join(output, name))]);
    for (const key of ['IFD0:Artist', 'GPS:GPSLatitude', 'GPS:GPSLongitude']) expect(after[key], key).toBe(before[key]);
    const left = Object.keys(after).filter((key) => /SerialNumber|DateTimeOriginal|:Make$|:Model$|Thumbnail|LensModel/.test(key));
    expect(left).toEqual([]);
    const kept = results.get(name)?.measurements.clean?.kept ?? [];
    expect(kept).toEqual(expect.arrayContaining(['IFD0:Artist', 'GPS:GPSLatitude']));
    expect((await figuresOf(name))['Kept']).toContain('GPS:GPSLatitude');
  });
});

describe('row 27: less exact, by purpose', () => {
  test('row 27: “for a client” keeps the author, tells the town and the day, and drops the rest', async () => {
    const name = 'Закат над Батуми.jpg';
    await bring('client', [name]);
    await studio.addStep('clean');
    await studio.editStep(0, async (page) => {
      await page.getByLabel('What for').selectOption('client');
      expect(await page.getByLabel('Place', { exact: true }).inputValue()).toBe('city');
      expect(await page.getByLabel('Dates', { exact: true }).inputValue()).toBe('day');
    });
    await studio.page.getByTestId('step-chip').getByText('less exact: Town, Only the day').waitFor();
    const { output, results } = await runInto('client');
    const after = await askExifTool(path.join(output, name), ['-n']);
    expect(after['IFD0:Artist']).toBeDefined();
    expect(String(after['Composite:GPSLatitude'])).toMatch(/^\d+\.\d{1,2}$/);
    expect(String(after['XMP-photoshop:DateCreated'])).toMatch(/^\d{4}:\d\d:\d\d$/);
    expect(Object.keys(after).filter((key) => /SerialNumber|DateTimeOriginal|Altitude|:Model$/.test(key))).toEqual([]);
    expect(results.get(name)?.measurements.clean?.notes).toEqual(expect.arrayContaining(['placeCoarsened', 'timeCoarsened']));
  });
});

describe('row 30: Content Credentials go only when asked for', () => {
  test('row 30: the bar says so before the run, the file is left out, and removal says what is lost', async () => {
    const name = 'sealed.jpg';
    const folder = path.join(desk.input, 'sealed');
    await mkdir(folder);
    const plain = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'teal' } })
      .jpeg()
      .toBuffer();
    await writeFile(path.join(folder, name), fillJpeg(plain, plain));
    await studio.addFolder(folder);
    await studio.filesReady(1);
    await studio.addStep('clean');
    const notice = studio.page.getByTestId('credentials-notice');
    await notice.getByText('1 file carries Content Credentials and will be left out').waitFor();
    await mkdir(path.join(desk.output, 'sealed'));
    await studio.chooseOutput(path.join(desk.output, 'sealed'), '{name}');
    const refused = await studio.finished(await studio.run());
    expect(refused.items.map(({ state, error }) => [state, error?.code, error?.params?.['reason']])).toEqual([
      ['failed', 'engine.stepNotPossible', 'hasCredentials'],
    ]);
    await studio.go('workspace');
    await studio.editStep(0, (page) => page.getByRole('checkbox', { name: 'Remove Content Credentials' }).check());
    await notice.getByText('Content Credentials will be removed from 1 file').waitFor();
    const { results } = await studio.finished(await studio.run());
    expect(results[0]?.measurements.clean).toMatchObject({ outcome: 'cleaned', verified: true });
    expect(results[0]?.measurements.clean?.notes).toContain('contentCredentialsRemoved');
  });
});

describe('row 28: orientation, colour profile and file dates stay', () => {
  test('row 28: a turned JPEG, a Display P3 JPEG and every file’s date', async () => {
    const names = ['Alpine lake.jpg', 'product still.jpg', 'Morning Lake.mp3', 'Evening portrait.webp', 'Flight over the lake.mp4'];
    const sources = await bring('stay', names);
    const long = new Date('2021-03-04T05:06:07Z');
    for (const source of sources.values()) await utimes(source, long, long);
    await clearDesk(studio);
    await studio.addFolder(path.join(desk.input, 'stay'));
    await studio.filesReady(names.length);
    await studio.addStep('clean');
    const { output } = await runInto('stay');
    for (const name of names) expect((await stat(path.join(output, name))).mtimeMs, name).toBe(long.getTime());
    const [turned, turnedBefore] = await Promise.all([
      askExifTool(path.join(output, 'Alpine lake.jpg'), ['-n']),
      askExifTool(sources.get('Alpine lake.jpg') ?? '', ['-n']),
    ]);
    expect(turnedBefore['IFD0:Orientation']).toBe(6);
    expect(turned['IFD0:Orientation']).toBe(6);
    const profile = async (file: string): Promise<Buffer | undefined> => (await sharp(file).metadata()).icc;
    const before = await profile(sources.get('product still.jpg') ?? '');
    expect(before?.length).toBeGreaterThan(100);
    expect((await profile(path.join(output, 'product still.jpg')))?.equals(before ?? Buffer.alloc(0))).toBe(true);
  });
});
