import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ConvertOutcome, EngineJob } from '@pingplex/shared/contracts/engine';
import { convertPlan, DESTINATIONS, Destination, destinationTakes, FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { errorText } from '@pingplex/shared/text';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeStreams } from '../../src/engine/binaries/av.ts';
import { endExifTool } from '../../src/engine/binaries/exiftool.ts';
import { decodeFrames } from '../../src/engine/binaries/frames.ts';
import { runConvert } from '../../src/engine/convert/run-convert.ts';
import { media } from './helpers/cli.ts';
import { clockFilm, clockTone } from './helpers/clock-film.ts';
import { context, DESKTOP, tempFolder } from './helpers/context.ts';
import { markdownTable, writeDocTable } from './helpers/doc-table.ts';

let root: string;
let film: string;
let photo: string;
let tone: string;
beforeAll(async () => {
  root = await tempFolder();
  film = await clockFilm(root);
  photo = join(root, 'photo.png');
  // Wide, all colours different, so that borders can be told from the picture.
  await sharp({
    create: { width: 1600, height: 400, channels: 3, background: '#c04020', noise: { type: 'gaussian', mean: 120, sigma: 25 } },
  })
    .png()
    .toFile(photo);
  tone = join(root, 'tone.wav');
  await writeFile(tone, clockTone(3, 0.3, false));
});
afterAll(endExifTool);

type ConvertJob = Extract<EngineJob, { verb: 'convert' }>;

async function convert(path: string, settings: ConvertJob['settings']): Promise<ConvertOutcome & { readonly path: string }> {
  const dir = await mkdtemp(join(root, 'out-'));
  try {
    const outcome = await runConvert({ verb: 'convert', path, temp: { dir, stem: '.pingplex-d' }, settings }, context());
    expect(await readdir(dir)).toEqual([basename(outcome.file.tempPath)]);
    return { ...outcome, path: outcome.file.tempPath };
  } catch (thrown) {
    expect(await readdir(dir)).toEqual([]);
    throw thrown;
  }
}

type Rgb = readonly [number, number, number];
/** Mean colour of the upper edge of a picture or of a film's first frame. */
async function edgeOf(path: string, format: MediaFormat): Promise<Rgb> {
  const { data, width } = await pixelsOf(path, format);
  const sums = [0, 0, 0];
  for (let at = 0; at < width * 3 * 4; at += 1) sums[at % 3] = (sums[at % 3] ?? 0) + (data[at] ?? 0);
  const [r = 0, g = 0, b = 0] = sums.map((sum) => Math.round(sum / (width * 4)));
  return [r, g, b];
}
async function pixelsOf(path: string, format: MediaFormat): Promise<{ readonly data: Buffer; readonly width: number }> {
  if (FORMATS[format].kind === 'image') {
    const { data, info } = await sharp(path).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width };
  }
  for await (const frame of decodeFrames({ path, format, streamIndex: 0, chain: 'format=rgb24', signal: new AbortController().signal })) {
    using owned = frame;
    return { data: Buffer.from(owned.data?.[0] ?? []), width: (owned.linesize[0] ?? 0) / 3 };
  }
  throw new Error('no picture');
}

describe('row 43: destinations', () => {
  it('are well formed, each with the date of its rules', () => {
    for (const one of DESTINATIONS) expect(() => Destination.parse(one)).not.toThrow();
    expect(new Set(DESTINATIONS.map((one) => one.id)).size).toBe(DESTINATIONS.length);
    expect(destinationTakes({ kind: 'audio' }, 'video')).toBe(true);
    expect(destinationTakes({ kind: 'video' }, 'image')).toBe(false);
  });

  it('stand in the documentation as they are in the data', async () => {
    const size = (one: Destination): string => (one.width && one.height ? `${one.width} × ${one.height}` : '');
    const rows = DESTINATIONS.map((one) => [
      `\`${one.id}\``,
      one.format.toUpperCase(),
      size(one),
      one.kind === 'audio' ? '' : one.fit,
      one.maxFps ? String(one.maxFps) : '',
      one.maxMs ? `${one.maxMs / 1000} s` : '',
      one.maxBytes ? `${one.maxBytes / 1e6} MB` : '',
      one.loudness ? `${one.loudness.lufs} LUFS` : '',
      one.dated ? one.rulesOf : `${one.rulesOf} (read)`,
    ]);
    const head = ['place', 'format', 'pixels', 'fit', 'frames/s up to', 'length up to', 'size up to', 'loudness', 'rules of'];
    const table = markdownTable(head, rows);
    await writeDocTable('destinations', table);
    expect(await readFile(join(DESKTOP, '../../docs/media.md'), 'utf8')).toContain(table);
  });

  it.each(DESTINATIONS.map((one) => [one.id, one] as const))('%s gets what it asks for', async (preset, place) => {
    const source = { video: film, image: photo, audio: tone }[place.kind];
    const { file, summary, notes, figures } = await convert(source, {
      preset,
      quality: 60,
      ...(place.kind === 'video' ? { trimEndMs: 600 } : {}),
    });
    expect(file).toMatchObject({ format: place.format, kind: place.kind });
    expect(file.sizeBytes).toBeLessThanOrEqual(place.maxBytes ?? Number.POSITIVE_INFINITY);
    if (place.kind !== 'audio' && place.fit !== 'inside') expect(summary).toMatchObject({ width: place.width, height: place.height });
    if (place.kind !== 'audio')
      expect(Math.max(summary.width ?? 0, summary.height ?? 0)).toBeLessThanOrEqual(Math.max(place.width ?? 0, place.height ?? 0));
    if (place.kind === 'video') {
      expect(summary.fps ?? 0).toBeLessThanOrEqual((place.maxFps ?? 120) + 0.01);
      expect(summary.audioCodec === undefined).toBe(place.sound === false);
      expect(summary.videoCodec).toBe(place.format === 'webm' ? 'vp9' : 'h264');
    }
    if (place.sampleRate && summary.audioCodec) expect(summary.sampleRate).toBe(place.sampleRate);
    if (place.loudness && place.kind === 'audio') {
      expect(Math.abs((figures?.lufsAfter ?? 0) - place.loudness.lufs)).toBeLessThanOrEqual(0.5);
      expect(notes.some((note) => note.startsWith('loudnessReached:'))).toBe(true);
    }
  });

  it('what the step names goes before the place’s rules', async () => {
    expect(convertPlan({ preset: 'instagram-reels', width: 540, height: 960, fit: 'crop' })).toMatchObject({
      width: 540,
      height: 960,
      fit: 'crop',
    });
    expect(convertPlan({ preset: 'podcast', loudness: { lufs: -19, truePeakDb: -2 } }).loudness).toEqual({ lufs: -19, truePeakDb: -2 });
    const { file, summary } = await convert(photo, { preset: 'amazon-product', format: 'webp', width: 300, height: 300, fit: 'crop' });
    expect(file.format).toBe('webp');
    expect(summary).toMatchObject({ width: 300, height: 300 });
  });

  it('a film that is too long is refused with the limit, and cut only when that is allowed', async () => {
    const wrong = convert(film, { preset: 'telegram-video-sticker' });
    const params = { reason: 'tooLong', lengthS: 4, limitS: 3 };
    await expect(wrong).rejects.toMatchObject({ code: 'engine.stepNotPossible', params });
    expect(errorText('en', { code: 'engine.stepNotPossible', params }).title).toBe('It lasts 4 seconds; the chosen place takes 3');
    const { notes } = await convert(film, { preset: 'telegram-video-sticker', cutToLimit: true });
    expect(notes).toEqual(expect.arrayContaining(['cutToLimit:3', 'enlarged', 'soundLeftOut']));
    // A part that is short enough needs no leave.
    await expect(convert(film, { preset: 'telegram-video-sticker', trimEndMs: 500 })).resolves.toBeDefined();
  });

  it('what fits no place of this kind is refused', async () => {
    await expect(convert(photo, { preset: 'tiktok' })).rejects.toMatchObject({ params: { reason: 'otherKind' } });
    await expect(convert(film, { preset: 'ozon-product' })).rejects.toMatchObject({ params: { reason: 'otherKind' } });
  });

  it('works on the command line, which knows the places by name', async () => {
    const dir = await mkdtemp(join(root, 'cli-'));
    const { code, lines } = await media(['convert', '--out', dir, '--preset', 'telegram-note', '--end', '500', film], dir);
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({ format: 'mp4', summary: { width: 640, height: 640 }, notes: ['enlarged'] });
    expect((await media(['convert', '--out', dir, '--preset', 'myspace', film], dir)).code).toBe(2);
  });
});

describe('a limit on the size', () => {
  it('is kept by films and pictures, with a lower quality when that must be', async () => {
    const noisy = join(root, 'noisy.png');
    await sharp({ create: { width: 160, height: 160, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 40 } } })
      .png()
      .toFile(noisy);
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const { file, notes } = await convert(noisy, { format, quality: 95, maxBytes: 8000 });
      expect(file.sizeBytes).toBeLessThanOrEqual(8000);
      expect(notes).toContain('loweredToFit');
    }
    await expect(convert(noisy, { format: 'png', maxBytes: 8000 })).rejects.toMatchObject({
      params: { reason: 'tooLargeForLimit', limitBytes: 8000 },
    });
    const free = await convert(film, { quality: 100 });
    const { file, notes } = await convert(film, { quality: 100, maxBytes: Math.round(free.file.sizeBytes * 0.7) });
    expect((await stat(file.tempPath)).size).toBeLessThanOrEqual(free.file.sizeBytes * 0.7);
    expect(notes).toContain('loweredToFit');
    await expect(convert(film, { maxBytes: 5000 })).rejects.toMatchObject({ params: { reason: 'tooLargeForLimit' } });
  });
});

describe('fitting', () => {
  it('fills borders of pictures and films with the chosen colour', async () => {
    for (const [source, format] of [
      [photo, 'jpeg'],
      [film, 'mp4'],
    ] as const) {
      const { path, summary } = await convert(source, { format, width: 120, height: 400, fit: 'pad', background: '#20c040' });
      expect(summary).toMatchObject({ width: 120, height: 400 });
      const [r, g, b] = await edgeOf(path, format);
      expect(Math.abs(r - 0x20) + Math.abs(g - 0xc0) + Math.abs(b - 0x40)).toBeLessThan(20);
    }
  });

  it('fills them with the blurred picture, which is neither black nor white nor the sharp one', async () => {
    for (const [source, format, mean] of [
      [photo, 'jpeg', 120],
      [film, 'mp4', 200],
    ] as const) {
      const { path, summary } = await convert(source, { format, width: 120, height: 400, fit: 'pad', background: 'blur' });
      expect(summary).toMatchObject({ width: 120, height: 400 });
      for (const value of await edgeOf(path, format)) expect(Math.abs(value - mean)).toBeLessThan(45);
    }
  });

  it('enlarges only when it is asked to, and says so', async () => {
    const small = join(root, 'small.png');
    await sharp(photo).resize(64, 48, { fit: 'fill' }).png().toFile(small);
    expect(await convert(small, { width: 200, height: 200 })).toMatchObject({ summary: { width: 64, height: 48 }, notes: [] });
    expect(await convert(small, { width: 200, height: 200, enlarge: true })).toMatchObject({
      summary: { width: 200, height: 150 },
      notes: ['enlarged'],
    });
    expect(await convert(small, { width: 200, height: 200, fit: 'crop' })).toMatchObject({ summary: { width: 48, height: 48 }, notes: [] });
    const pad = await convert(small, { format: 'jpeg', width: 200, height: 200, fit: 'pad', background: '#000000' });
    expect(pad).toMatchObject({ summary: { width: 200, height: 200 }, notes: [] });
    expect(Math.max(...(await edgeOf(pad.path, 'jpeg')))).toBeLessThan(10);
  });

  it('gives films even sizes and as many frames as allowed', async () => {
    const { path, notes } = await convert(film, { width: 61, height: 61, fit: 'crop' });
    expect((await probeStreams(path, 'mp4')).video).toMatchObject({ width: 62, height: 62 });
    expect(notes).toEqual([]);
  });
});
