import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnicalizeOutcome } from '@pingplex/shared/contracts/engine';
import { UnicalizeOutcome as Outcome } from '@pingplex/shared/contracts/engine';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { distance } from '../../src/engine/measure/distance.ts';
import { runUnicalize } from '../../src/engine/unicalize/run-unicalize.ts';
import { context, sharedMedia, tempFolder } from './helpers/context.ts';
import { photo, photoImage } from './helpers/photo.ts';

const settings = { variants: 3, strength: 'balanced', seed: 7, mirror: false } as const;
const temp = (dir: string) => ({ dir, stem: '.pingplex-test' });
const hashes = ({ variants }: UnicalizeOutcome) => variants.map((variant) => variant.file.sha256);

/** Distances as reported must be what anybody measures afterwards on the files. */
async function expectHonest(source: string, { variants }: UnicalizeOutcome): Promise<void> {
  const { signal } = context();
  for (const variant of variants) {
    expect(await distance(source, variant.file.tempPath, 'image', signal)).toEqual(variant.fromSource);
    const others = variants.filter((other) => other.n !== variant.n);
    const bits = await Promise.all(
      others.map(async (other) => (await distance(variant.file.tempPath, other.file.tempPath, 'image', signal)).pdq ?? 0),
    );
    expect(variant.nearestSister?.pdq).toBe(Math.min(...bits));
  }
}

describe('variants of pictures', () => {
  it('are the same bytes for the same seed and others for another one', async () => {
    const dir = await tempFolder();
    const path = join(dir, 'photo.jpg');
    await photoImage(photo(800, 600, 11))
      .jpeg({ quality: 92 })
      .toFile(path);
    const before = await readFile(path);
    const first = await runUnicalize({ path, temp: temp(dir), settings }, context());
    const again = await runUnicalize({ path, temp: { dir, stem: '.pingplex-again' }, settings }, context());
    const other = await runUnicalize({ path, temp: { dir, stem: '.pingplex-other' }, settings: { ...settings, seed: 8 } }, context());
    expect(Outcome.parse(first)).toEqual(first);
    expect(hashes(again)).toEqual(hashes(first));
    expect(new Set([...hashes(first), ...hashes(other)]).size).toBe(6);
    expect((await readFile(path)).equals(before)).toBe(true);
    await expectHonest(path, first);
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const)(
    'stay %s, decode at the same size and are far enough apart',
    async (format) => {
      const dir = await tempFolder();
      const path = join(dir, `photo.${format}`);
      await photoImage(photo(480, 360, 12))
        .withMetadata({ exif: { IFD0: { Artist: 'Nobody' } } })
        .toFormat(format)
        .toFile(path);
      const outcome = await runUnicalize({ path, temp: temp(dir), settings }, context());
      for (const variant of outcome.variants) {
        const meta = await sharp(variant.file.tempPath).metadata();
        await sharp(variant.file.tempPath, { failOn: 'warning' }).stats();
        expect([meta.width, meta.height, meta.exif]).toEqual([480, 360, undefined]);
        expect(variant.file.format).toBe(format);
        expect(variant.fromSource.pdq).toBeGreaterThanOrEqual(32);
        expect(variant.nearestSister?.pdq).toBeGreaterThanOrEqual(32);
        // A palette of 256 colours costs structure that no choice of ours can bring back.
        if (format !== 'gif') expect(variant.quality.ssim).toBeGreaterThanOrEqual(0.95);
        expect(variant.targetReached).toBe(format === 'gif' ? (variant.quality.ssim ?? 0) >= 0.95 : true);
      }
      await expectHonest(path, outcome);
    },
  );

  it('keep the colour profile, the transparency and the upright view', async () => {
    const dir = await tempFolder();
    const [wide, clear, turned] = ['wide.jpg', 'clear.png', 'turned.jpg'].map((name) => join(dir, name)) as [string, string, string];
    await photoImage(photo(400, 300, 13))
      .withIccProfile('p3')
      .jpeg()
      .toFile(wide);
    await photoImage(photo(400, 300, 13))
      .ensureAlpha(0.5)
      .png()
      .toFile(clear);
    await photoImage(photo(400, 300, 13))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toFile(turned);
    const one = { ...settings, variants: 1 };
    const [p3] = (await runUnicalize({ path: wide, temp: { dir, stem: '.pingplex-a' }, settings: one }, context())).variants;
    expect((await sharp(p3?.file.tempPath).metadata()).icc).toEqual((await sharp(wide).metadata()).icc);
    const [half] = (await runUnicalize({ path: clear, temp: { dir, stem: '.pingplex-b' }, settings: one }, context())).variants;
    expect((await sharp(half?.file.tempPath).stats()).channels[3]?.mean).toBeCloseTo(128, -1);
    const [upright] = (await runUnicalize({ path: turned, temp: { dir, stem: '.pingplex-c' }, settings: one }, context())).variants;
    const meta = await sharp(upright?.file.tempPath).metadata();
    expect([meta.width, meta.height, meta.orientation]).toEqual([300, 400, undefined]);
  });

  it('light ones are other files with little lost, strong ones are further away', async () => {
    const dir = await tempFolder();
    const path = join(dir, 'photo.jpg');
    await photoImage(photo(640, 480, 14))
      .jpeg({ quality: 92 })
      .toFile(path);
    const light = await runUnicalize({ path, temp: { dir, stem: '.pingplex-l' }, settings: { ...settings, strength: 'light' } }, context());
    const strong = await runUnicalize(
      { path, temp: { dir, stem: '.pingplex-s' }, settings: { ...settings, strength: 'strong' } },
      context(),
    );
    const mean = ({ variants }: UnicalizeOutcome) => variants.reduce((sum, one) => sum + (one.fromSource.pdq ?? 0), 0) / variants.length;
    expect(mean(strong)).toBeGreaterThan(mean(light));
    expect(light.variants.every((variant) => variant.targetReached && (variant.quality.ssim ?? 0) >= 0.95)).toBe(true);
  });

  it('search for the distance that was asked, and say so when there is none', async () => {
    const dir = await tempFolder();
    const path = join(dir, 'photo.jpg');
    await photoImage(photo(480, 360, 15))
      .jpeg({ quality: 92 })
      .toFile(path);
    const asked = await runUnicalize(
      { path, temp: temp(dir), settings: { ...settings, strength: 'light', minDistance: 70, minQuality: 0.96 } },
      context(),
    );
    for (const variant of asked.variants) {
      expect(variant.targetReached).toBe(true);
      expect(variant.fromSource.pdq).toBeGreaterThanOrEqual(70);
      expect(variant.nearestSister?.pdq).toBeGreaterThanOrEqual(70);
      expect(variant.quality.ssim).toBeGreaterThanOrEqual(0.96);
    }
    const [impossible] = (
      await runUnicalize({ path, temp: temp(dir), settings: { ...settings, variants: 1, minDistance: 250 } }, context())
    ).variants;
    expect(impossible?.targetReached).toBe(false);
    expect(impossible?.attempts).toBeGreaterThan(3);
    await sharp(impossible?.file.tempPath).stats();
    const [perfect] = (await runUnicalize({ path, temp: temp(dir), settings: { ...settings, variants: 1, minQuality: 1 } }, context()))
      .variants;
    expect(perfect?.targetReached).toBe(false);
  });

  it('refuse what would be spoiled, with the reason', async () => {
    const dir = await tempFolder();
    const [tiny, moving] = [join(dir, 'tiny.png'), join(dir, 'moving.gif')];
    await photoImage(photo(40, 200, 16))
      .png()
      .toFile(tiny);
    const frames = await Promise.all(
      [17, 18].map((seed) =>
        photoImage(photo(80, 80, seed))
          .png()
          .toBuffer(),
      ),
    );
    await sharp(frames, { join: { animated: true } })
      .gif()
      .toFile(moving);
    const refused = (path: string) => runUnicalize({ path, temp: temp(dir), settings }, context());
    await expect(refused(tiny)).rejects.toMatchObject({ code: 'engine.stepNotPossible', params: { reason: 'tooSmall' } });
    await expect(refused(moving)).rejects.toMatchObject({ code: 'engine.stepNotPossible', params: { reason: 'animated' } });
  });

  it('leave nothing behind when they are canceled or the source is damaged', async () => {
    const dir = await tempFolder();
    const path = join(dir, 'photo.jpg');
    const file = await photoImage(photo(640, 480, 19))
      .jpeg()
      .toBuffer();
    await sharp(file).toFile(path);
    const canceled = context();
    const ctx = { signal: canceled.signal, progress: () => canceled.abort.abort(new Error('stop')) };
    await expect(runUnicalize({ path, temp: temp(dir), settings }, ctx)).rejects.toThrow('stop');
    expect(await readdir(dir)).toEqual(['photo.jpg']);
  });
});

const REAL = [
  'aaa-orig.jpg',
  'Landscape_6.jpg',
  'Portrait_3.jpg',
  'CA.jpg',
  'paris_icc_exif_xmp.avif',
  'mars.webp',
  'IMG_20180725_163423-tiny.jpg',
];
const photographs = sharedMedia().filter((path) => REAL.some((name) => path.endsWith(name)));

describe.runIf(photographs.length > 0)('variants of real photographs', () => {
  it.each(photographs.map((path) => [path.split('/').at(-1) ?? path, path]))('%s', async (_name, path) => {
    const dir = await tempFolder();
    const outcome = await runUnicalize({ path, temp: temp(dir), settings }, context());
    for (const variant of outcome.variants) {
      expect(variant.fromSource.pdq).toBeGreaterThanOrEqual(32);
      expect(variant.nearestSister?.pdq).toBeGreaterThanOrEqual(32);
      expect(variant.targetReached).toBe(true);
    }
    await expectHonest(path, outcome);
  });
});
