import { copyFile, mkdir, mkdtemp, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Step } from '@pingplex/shared/domain';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { byFile, codeOf, media } from './helpers/cli.ts';
import { tempFolder } from './helpers/context.ts';
import { askExifTool } from './helpers/exiftool-oracle.ts';
import { addSecrets, type MadeMedia, makeMedia } from './helpers/media.ts';
import { filmTags, refilm } from './helpers/plant/films.ts';
import { fillJpeg } from './helpers/plant/pictures.ts';

let root: string;
let made: MadeMedia;
beforeAll(async () => {
  root = await tempFolder();
  made = await makeMedia(await mkdtemp(join(root, 'made-')));
  for (const format of PICTURES) {
    await addSecrets(made[format]);
    await writeTags(
      ['-XMP-photoshop:Country=France', '-GPS:GPSAltitude=35', '-IPTC:City=Paris', '-XMP-iptcCore:Location=Champ de Mars'],
      made[format],
    );
  }
});
afterAll(endExifTool);

const PICTURES = ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const;

/** Cleans copies of files by the command line; answers and results by the name of the source. */
async function clean(
  paths: readonly string[],
  ...options: string[]
): Promise<Map<string, { line: Record<string, unknown>; output: string }>> {
  const dir = await mkdtemp(join(root, 'run-'));
  const result = await media(['clean', ...options, '--out', join(dir, 'out'), ...paths], dir);
  return new Map([...byFile(result)].map(([file, line]) => [basename(file), { line, output: String(line['output']) }]));
}

describe('less exact instead of kept or removed', () => {
  it('row 27: tells a picture’s place to a town or a region and its date to a day, month or year, and nothing more exact', async () => {
    const paths = PICTURES.map((format) => made[format]);
    const near = await clean(paths, '--coarsen', 'place=city,time=month');
    const far = await clean(paths, '--coarsen', 'place=region,time=year');
    for (const path of paths) {
      const name = basename(path);
      const [close, wide] = [near.get(name), far.get(name)];
      expect(close?.line, name).toMatchObject({ verified: true, bitIdentical: true });
      expect(close?.line['notes'], name).toEqual(expect.arrayContaining(['placeCoarsened', 'timeCoarsened']));
      const town = await askExifTool(close?.output ?? '', ['-n']);
      expect(town, name).toMatchObject({
        'XMP-photoshop:City': 'Paris',
        'XMP-photoshop:Country': 'France',
        'XMP-photoshop:DateCreated': '2024:05',
      });
      expect(town['Composite:GPSLatitude'], name).toBeCloseTo(48.86, 5);
      expect(town['Composite:GPSLongitude'], name).toBeCloseTo(2.29, 5);
      const region = await askExifTool(wide?.output ?? '', ['-n']);
      expect(region['Composite:GPSLatitude'], name).toBeCloseTo(48.9, 5);
      expect(String(region['XMP-photoshop:DateCreated']), name).toBe('2024');
      const exact = /Altitude|DateTimeOriginal|SubSec|OffsetTime|:Location|Sub-location|SerialNumber|Artist|IPTC:City/u;
      expect(
        Object.keys({ ...town, ...region }).filter((key) => exact.test(key)),
        name,
      ).toEqual([]);
      expect(
        Object.keys(region).filter((key) => key.endsWith(':City')),
        name,
      ).toEqual([]);
    }
  });

  it('row 27: does so in films and sounds whose container has room for it, and says so where it has none', async () => {
    const films = ['mp4', 'mov', 'mkv'] as const;
    const paths = films.map((format) => join(root, `placed.${format}`));
    for (const [n, format] of films.entries()) {
      const container = format === 'mkv' ? 'matroska' : format;
      const tags = { ...filmTags('coarse'), date: '2024-05-06' };
      refilm({ input: made.mp4, output: paths[n] ?? '', container, tags });
    }
    const mp3 = join(root, 'dated.mp3');
    refilm({ input: made.mp3, output: mp3, container: 'mp3', tags: { date: '2024-05-06' } });
    const results = await clean([...paths, mp3], '--coarsen', 'place=city,time=month');
    for (const path of paths) {
      const one = results.get(basename(path));
      expect(one?.line, path).toMatchObject({ verified: true, bitIdentical: true });
      expect(one?.line['notes'], path).toEqual(expect.arrayContaining(['placeCoarsened', 'timeCoarsened']));
      const values = Object.entries(await askExifTool(one?.output ?? '', ['-n'])).filter(([key]) => !key.startsWith('System:'));
      expect(values.map(([, value]) => String(value)).join('\n'), path).not.toMatch(/48\.8584|2024[:-]05[:-]06/u);
      // MP4 counts in 65536ths of a degree.
      expect(
        values.some(([, value]) => /48\.8(?:6|5999)/u.test(String(value))),
        path,
      ).toBe(true);
    }
    expect(results.get('dated.mp3')?.line['notes']).toContain('timeNotCoarsened');
  });

  it('never makes a date more exact than it was', async () => {
    const path = join(root, 'year.jpg');
    await sharp({ create: { width: 32, height: 32, channels: 3, background: 'red' } })
      .jpeg()
      .toFile(path);
    await writeTags(['-XMP-photoshop:DateCreated=1998'], path);
    const one = (await clean([path], '--coarsen', 'time=day')).get('year.jpg');
    expect(String((await askExifTool(one?.output ?? ''))['XMP-photoshop:DateCreated'])).toBe('1998');
  });

  it('leaves recipes of earlier versions as they were, and refuses what makes no sense', async () => {
    expect(Step.parse({ verb: 'clean', keepGroups: ['credit'] })).toEqual({ verb: 'clean', keep: false, keepGroups: ['credit'] });
    expect(Step.safeParse({ verb: 'clean', coarsen: { place: 'street' } }).success).toBe(false);
    const wrong = await media(['clean', '--coarsen', 'place=street', '--out', join(root, 'never'), made.jpeg], root);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--coarsen');
  });
});

describe('Content Credentials', () => {
  it('row 30: are removed only when that was asked for, and then it is said what is lost', async () => {
    const path = join(root, 'sealed.jpg');
    const plain = await readFile(made.jpeg);
    await writeFile(path, fillJpeg(plain, plain));
    const refused = await clean([path]);
    expect(codeOf(refused.get('sealed.jpg')?.line)).toBe('engine.stepNotPossible');
    expect(refused.get('sealed.jpg')?.line['error']).toMatchObject({ params: { reason: 'hasCredentials' } });
    const removed = (await clean([path], '--remove-credentials')).get('sealed.jpg');
    expect(removed?.line).toMatchObject({ outcome: 'cleaned', verified: true });
    expect(removed?.line['notes']).toContain('contentCredentialsRemoved');
    const marked = (await clean([made.jpeg], '--keep', 'credentials')).get(basename(made.jpeg));
    expect((await askExifTool(marked?.output ?? ''))['XMP-iptcExt:DigitalSourceType']).toBeDefined();
  });
});

describe('file dates', () => {
  it('row 28: results carry the date of their source, in every format, unless new ones are wanted', async () => {
    const dir = join(root, 'dated');
    await mkdir(dir);
    const long = new Date('2019-08-07T06:05:04Z');
    const paths = Object.values(made).map((path) => join(dir, basename(path)));
    for (const [n, path] of Object.values(made).entries()) {
      await copyFile(path, paths[n] ?? '');
      await utimes(paths[n] ?? '', long, long);
    }
    const kept = await clean(paths);
    for (const { output } of kept.values()) expect((await stat(output)).mtimeMs, output).toBe(long.getTime());
    const fresh = await clean(paths.slice(0, 1), '--new-dates');
    for (const { output } of fresh.values()) expect((await stat(output)).mtimeMs).toBeGreaterThan(long.getTime() + 1e9);
    for (const path of paths) expect((await stat(path)).mtimeMs).toBe(long.getTime());
  });
});
