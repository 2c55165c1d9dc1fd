import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InspectOutcome, type PrivacyFlagCode, VerifyOutcome } from '@pingplex/shared/contracts/engine';
import { fullKey } from '@pingplex/shared/metadata';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { findPrivacyFlags } from '../../src/engine/inspect/privacy.ts';
import { runJob } from '../../src/engine/jobs.ts';
import { context, sharedMedia, tempFolder } from './helpers/context.ts';
import { askPrinted } from './helpers/exiftool-printed.ts';
import { addSecrets, type MadeMedia, makeMedia, picture } from './helpers/media.ts';

let dir: string;
let media: MadeMedia;

beforeAll(async () => {
  dir = await tempFolder();
  media = await makeMedia(dir);
  for (const format of ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const) await addSecrets(media[format]);
  await writeTags(
    ['-Keys:GPSCoordinates=48.8584, 2.2945, 35', '-Keys:Make=Apple', '-ItemList:Title=Tower', '-ItemList:Artist=Ada Example'],
    media.mp4,
  );
});
afterAll(endExifTool);

async function inspect(path: string, depth: 'quick' | 'full' = 'full'): Promise<InspectOutcome> {
  return InspectOutcome.parse(await runJob({ verb: 'inspect', path, depth }, context()));
}

const codes = (outcome: InspectOutcome): PrivacyFlagCode[] => outcome.privacy.map((flag) => flag.code);

/** The clock moves between two readings; everything else must agree. */
const VOLATILE = new Set(['SourceFile', 'System:FileAccessDate', 'System:FileInodeChangeDate']);

describe('full inspection', () => {
  it('has every tag that ExifTool prints, with its printed value, for each format', async () => {
    const paths = Object.values(media);
    const printed = await askPrinted(paths);
    for (const path of paths) {
      const ours = new Map((await inspect(path)).tags.map((tag) => [fullKey(tag), tag.value]));
      const values = [...(printed.get(path)?.values ?? [])].filter(([key]) => !VOLATILE.has(key));
      expect(values.length, path).toBeGreaterThan(10);
      expect(
        values.filter(([key, value]) => ours.get(key) !== value),
        path,
      ).toEqual([]);
    }
  });

  it('reads a file the same whatever was read before it', async () => {
    const littleEndian = join(dir, 'little-endian.jpg');
    await copyFile(media.jpeg, littleEndian);
    await writeTags(['-all=', '-ExifByteOrder=Little-endian', '-IFD0:Artist=Ada Example'], littleEndian);
    const facts = async () => (await inspect(media.aac)).tags.filter(({ key }) => key.startsWith('AAC:'));
    const first = await facts();
    expect(first.find(({ key }) => key === 'AAC:Channels')?.value).toBe('1');
    for (let i = 0; i < 4; i++) {
      // As many at once as there are processes, so that each of them has just read one.
      await Promise.all([inspect(littleEndian), inspect(littleEndian)]);
      expect(await Promise.all([facts(), facts()])).toEqual([first, first]);
    }
  });

  it('says who found each value, keeps machine values, and adds what the container probe saw', async () => {
    const { tags } = await inspect(media.mp4);
    expect(tags.find((tag) => tag.key === 'Keys:GPSCoordinates')).toMatchObject({ source: 'exiftool' });
    expect(tags.find((tag) => tag.key === 'Stream0:Codec')).toMatchObject({ value: 'h264', source: 'probe' });
    const jpeg = await inspect(media.jpeg);
    expect(jpeg.tags.find((tag) => tag.key === 'Composite:GPSLatitude')?.raw).toBeCloseTo(48.8584, 4);
    expect(new Set(jpeg.tags.map(fullKey)).size).toBe(jpeg.tags.length);
  });

  it('cuts values at 64 kB and says so', async () => {
    const path = join(dir, 'long.jpg');
    await picture().jpeg().toFile(path);
    const text = join(dir, 'long.txt');
    await writeFile(text, 'é'.repeat(50_000));
    await writeTags([`-XMP-dc:Description<=${text}`], path);
    const tag = (await inspect(path)).tags.find((one) => one.key === 'XMP-dc:Description');
    expect(tag?.truncated).toBe(true);
    expect(Buffer.byteLength(tag?.value ?? '')).toBeLessThanOrEqual(65_536);
    expect(tag?.value).toMatch(/^é+$/);
  });

  it('reads files whose names would break a line protocol', async () => {
    const path = join(dir, 'two\nlines -execute.jpg');
    await copyFile(media.jpeg, path);
    const { tags } = await inspect(path);
    expect(tags.find((tag) => tag.key === 'IFD0:Model')?.value).toBe('Z 6');
    expect(tags.find((tag) => tag.key === 'System:FileName')?.value).toBe('two\nlines -execute.jpg');
  });
});

describe('summary', () => {
  it('answers the first questions about a picture, quickly and fully alike', async () => {
    for (const depth of ['quick', 'full'] as const) {
      const { summary } = await inspect(media.jpeg, depth);
      expect(summary, depth).toMatchObject({
        width: 96,
        height: 64,
        camera: 'Nikon Z 6',
        lens: 'NIKKOR Z 35mm f/1.8 S',
        title: 'Tower',
        artist: 'Ada Example',
      });
      expect(summary.takenAt).toBe('2024:05:06 07:08:09+02:00');
      expect(summary.exposure).toBe('1/200 s, f/4.0, ISO 100');
      expect(summary.place?.lat).toBeCloseTo(48.8584, 4);
      expect(summary.place?.lon).toBeCloseTo(2.2945, 4);
    }
  });

  it('gives the size as displayed', async () => {
    const path = join(dir, 'turned.jpg');
    await picture().jpeg().toFile(path);
    await writeTags(['-IFD0:Orientation#=6'], path);
    for (const depth of ['quick', 'full'] as const) {
      expect((await inspect(path, depth)).summary).toMatchObject({ width: 64, height: 96, orientation: 6 });
    }
  });

  it('answers the first questions about film and sound', async () => {
    const film = await inspect(media.mp4);
    expect(film.summary).toMatchObject({ durationMs: 2000, fps: 10, videoCodec: 'h264', width: 96, height: 64, title: 'Tower' });
    expect(film.summary.place?.lat).toBeCloseTo(48.8584, 3);
    expect((await inspect(media.flac, 'quick')).summary).toMatchObject({
      durationMs: 1000,
      audioCodec: 'flac',
      sampleRate: 44_100,
      channels: 1,
    });
    expect((await inspect(media.gif, 'quick')).summary).toMatchObject({ animated: true, frames: 20, durationMs: 2000 });
  });
});

describe('privacy flags', () => {
  it('finds place, device, person, time, contact, history and AI traces in each picture format', async () => {
    const wanted: PrivacyFlagCode[] = [
      'gps',
      'placeName',
      'serialNumber',
      'personName',
      'contact',
      'captureTime',
      'deviceModel',
      'aiGenerated',
      'editHistory',
      'software',
      'documentId',
      'comment',
    ];
    for (const format of ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const) {
      expect(codes(await inspect(media[format])), format).toEqual(expect.arrayContaining(wanted));
    }
    const quick = await inspect(media.jpeg, 'quick');
    expect(codes(quick)).toEqual(expect.arrayContaining(['gps', 'serialNumber', 'personName', 'placeName', 'aiGenerated']));
    const serial = quick.privacy.find((flag) => flag.code === 'serialNumber');
    expect(serial).toMatchObject({ severity: 'high', group: 'device', example: '6001234', tags: ['ExifIFD:SerialNumber'] });
  });

  it('finds the place in a film', async () => {
    expect(codes(await inspect(media.mp4))).toEqual(expect.arrayContaining(['gps', 'personName', 'deviceModel']));
    expect(codes(await inspect(media.mp4, 'quick'))).toContain('gps');
  });

  it('says nothing about files that carry nothing', async () => {
    for (const format of ['gif', 'wav'] as const) expect((await inspect(media[format])).privacy, format).toEqual([]);
    await picture().png().toFile(join(dir, 'plain.png'));
    expect((await inspect(join(dir, 'plain.png'))).privacy).toEqual([]);
  });

  it('finds the prompt that an image generator left in a PNG', async () => {
    const path = join(dir, 'generated.png');
    const png = await picture().png().toBuffer();
    const text = Buffer.from('parameters\0a castle on a hill\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1');
    const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('tEXt'), text, Buffer.alloc(4)]);
    chunk.writeUInt32BE(text.length, 0);
    const { crc32 } = await import('node:zlib');
    chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
    await writeFile(path, Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]));
    for (const depth of ['quick', 'full'] as const) expect(codes(await inspect(path, depth)), depth).toContain('aiPrompt');
  });

  it('does not take zeros for a place, and takes nothing from colour profiles or the file system', () => {
    const flags = findPrivacyFlags([
      { key: 'GPS:GPSLatitude', value: '0 deg 0\' 0.00"', raw: 0, source: 'exiftool' },
      { key: 'GPS:GPSLongitude', value: '0 deg 0\' 0.00"', raw: 0, source: 'exiftool' },
      { key: 'ICC-header:ProfileCreator', value: 'somebody', source: 'exiftool' },
      { key: 'System:FileModifyDate', value: '2024:01:01 00:00:00', source: 'exiftool' },
      { key: 'QuickTime:CreateDate', value: '0000:00:00 00:00:00', source: 'exiftool' },
    ]);
    expect(flags).toEqual([]);
  });

  it.runIf(sharedMedia().length > 0)('sees content credentials in signed files', async () => {
    const signed = sharedMedia().filter((path) => /\/(CA\.jpg|video1\.mp4)$/.test(path));
    expect(signed).toHaveLength(2);
    for (const path of signed)
      for (const depth of ['quick', 'full'] as const) expect(codes(await inspect(path, depth))).toContain('contentCredentials');
  });
});

describe('damaged files', () => {
  it('gives what can be read and says that the file is damaged', async () => {
    for (const format of ['jpeg', 'png', 'mp4', 'wav'] as const) {
      const path = join(dir, `half-${basename(media[format])}`);
      await copyFile(media[format], path);
      await truncate(path, Math.floor((await readFile(path)).length * 0.8));
      const outcome = await inspect(path);
      expect(outcome, format).toMatchObject({ format, damaged: true });
      expect(outcome.tags.length).toBeGreaterThan(5);
      expect(outcome.notes.length).toBeGreaterThan(0);
    }
    for (const path of Object.values(media)) expect((await inspect(path)).damaged, path).toBe(false);
  });
});

describe('verify', () => {
  it('hashes and decodes whole files, and tells broken ones', async () => {
    const { createHash } = await import('node:crypto');
    for (const [format, path] of Object.entries(media)) {
      const outcome = VerifyOutcome.parse(await runJob({ verb: 'verify', path }, context()));
      const bytes = await readFile(path);
      expect(outcome).toMatchObject({
        format,
        decodes: true,
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    }
    const path = join(dir, 'noise.jpg');
    const big = await sharp({
      create: { width: 400, height: 300, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
    })
      .jpeg()
      .toBuffer();
    await writeFile(path, big.subarray(0, big.length >> 1));
    expect(await runJob({ verb: 'verify', path }, context())).toMatchObject({ decodes: false });
  });

  it('stops when it is told to', async () => {
    const ctx = context();
    ctx.abort.abort(new DOMException('canceled', 'AbortError'));
    await expect(runJob({ verb: 'verify', path: media.mp4 }, ctx)).rejects.toThrow('canceled');
  });
});
