import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import { ExifTool } from 'exiftool-vendored';
import { Decoder, Demuxer } from 'node-av/api';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSamples, type SampleFile } from '../../samples/make-samples.ts';

/** The package has no types of its own. */
const heicDecode: (input: { buffer: Buffer }) => Promise<{ width: number; height: number }> = createRequire(import.meta.url)('heic-decode');

const IMAGE_FORMATS: readonly MediaFormat[] = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'heic', 'raw'];

/** First bytes, or the bytes at an offset, by which each format is known. */
const SIGNS: Readonly<Partial<Record<MediaFormat, readonly [offset: number, hex: string]>>> = {
  jpeg: [0, 'ffd8ff'],
  png: [0, '89504e470d0a1a0a'],
  webp: [8, '57454250'],
  gif: [0, '474946383961'],
  avif: [4, '6674797061766966'],
  tiff: [0, '49492a00'],
  heic: [4, '6674797068656963'],
  raw: [0, '49492a00'],
  mp4: [4, '66747970'],
  mov: [4, '667479707174'],
  mkv: [0, '1a45dfa3'],
  webm: [0, '1a45dfa3'],
  avi: [8, '415649'],
  mp3: [0, '494433'],
  m4a: [4, '667479704d3441'],
  aac: [0, 'fff'],
  flac: [0, '664c6143'],
  wav: [8, '57415645'],
  ogg: [0, '4f676753'],
};

let dir: string;
let files: readonly SampleFile[];
const exiftool = new ExifTool({ maxProcs: 1 });

const byName = (name: string): string => {
  const found = files.find((file) => basename(file.path) === name);
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found.path;
};
const tagsOf = async (name: string): Promise<Record<string, unknown>> =>
  exiftool.readRaw(byName(name), { readArgs: ['-G1', '-a', '-struct'] });
const sha256 = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

/** Frames that decode in each stream of picture or sound. */
async function countFrames(path: string): Promise<number[]> {
  const input = await Demuxer.open(path);
  const counts: number[] = [];
  const decoders = new Map<number, Decoder>();
  for (const stream of input.streams) {
    if (stream !== input.video() && stream.codecpar.sampleRate === 0) continue;
    decoders.set(stream.index, await Decoder.create(stream, { exitOnError: true }));
    counts[stream.index] = 0;
  }
  for await (const packet of input.packets()) {
    if (packet === null) continue;
    const decoder = decoders.get(packet.streamIndex);
    if (decoder === undefined) continue;
    const frames = await decoder.decodeAll(packet);
    counts[packet.streamIndex] = (counts[packet.streamIndex] ?? 0) + frames.length;
    for (const frame of frames) frame.free();
  }
  for (const decoder of decoders.values()) decoder.close();
  await input.close();
  return counts.filter((count) => count !== undefined);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pingplex-samples-'));
  files = await makeSamples(dir, { isSmall: true });
}, 240_000);

afterAll(async () => {
  await exiftool.end();
  await rm(dir, { recursive: true, force: true });
});

describe('the set of samples', () => {
  it('holds at least 30 files over every format but JPEG XL, and nothing else lies in the folder', async () => {
    expect(files.length).toBeGreaterThanOrEqual(30);
    const formats = new Set(files.map((file) => file.format));
    expect([...formats].sort()).toEqual(
      Object.keys(FORMATS)
        .filter((format) => format !== 'jxl')
        .sort(),
    );
    const found = await readdir(dir, { recursive: true, withFileTypes: true });
    const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(paths.sort()).toEqual(files.map((file) => file.path).sort());
  });

  it('gives every file the bytes of its format', async () => {
    for (const file of files) {
      const [offset, hex] = SIGNS[file.format] ?? [0, ''];
      const head = (await readFile(file.path)).subarray(offset, offset + 16).toString('hex');
      expect(head.startsWith(hex), `${file.path}: ${head}`).toBe(true);
      expect(file.kind).toBe(FORMATS[file.format].kind);
    }
  });

  it('keeps files that are there and makes the same pictures again', async () => {
    const marks = await Promise.all(files.map(async (file) => (await stat(file.path)).mtimeMs));
    const again = await makeSamples(dir, { isSmall: true, onFile: (_file, isNew) => expect(isNew).toBe(false) });
    expect(again).toEqual(files);
    expect(await Promise.all(files.map(async (file) => (await stat(file.path)).mtimeMs))).toEqual(marks);

    const images = files.filter((file) => IMAGE_FORMATS.includes(file.format));
    const before = await Promise.all(images.map((file) => sha256(file.path)));
    const remade = await makeSamples(dir, { isSmall: true, isForced: true, only: IMAGE_FORMATS });
    expect(await Promise.all(remade.map((file) => sha256(file.path)))).toEqual(before);
  });

  it('makes only the formats that are asked for', async () => {
    const other = await mkdtemp(join(tmpdir(), 'pingplex-samples-'));
    try {
      const some = await makeSamples(other, { isSmall: true, only: ['gif', 'aac'] });
      expect(some.map((file) => file.format).sort()).toEqual(['aac', 'gif']);
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });
});

describe('every sample decodes', () => {
  it('pictures', async () => {
    for (const file of files.filter(({ format }) => IMAGE_FORMATS.includes(format) && format !== 'heic' && format !== 'raw')) {
      const { channels } = await sharp(file.path, { failOn: 'warning' }).stats();
      expect(Math.max(...channels.map((channel) => channel.stdev)), file.path).toBeGreaterThan(8);
    }
    const heic = await heicDecode({ buffer: await readFile(byName('Islands.heic')) });
    expect([heic.width, heic.height]).toEqual([404, 302]);
  });

  it('the digital negative has a preview that decodes and a mosaic of the promised size', async () => {
    const preview = await exiftool.extractBinaryTagToBuffer('PreviewImage', byName('RAW_0417.dng'));
    const { width, height } = await sharp(preview, { failOn: 'warning' }).metadata();
    expect([width, height]).toEqual([240, 160]);
    const tags = await tagsOf('RAW_0417.dng');
    expect(tags['SubIFD:StripByteCounts']).toBe(240 * 160 * 2);
    expect(tags['SubIFD:PhotometricInterpretation']).toBe('Color Filter Array');
  });

  it('clips and sound', async () => {
    for (const file of files.filter(({ kind }) => kind !== 'image')) {
      const counts = await countFrames(file.path);
      expect(counts.length, file.path).toBeGreaterThanOrEqual(file.kind === 'video' ? 2 : 1);
      for (const count of counts) expect(count, file.path).toBeGreaterThan(0);
    }
  });
});

describe('the promised metadata is there', () => {
  it('place, serial numbers, author and thumbnail of a photograph', async () => {
    const tags = await tagsOf('Закат над Батуми.jpg');
    expect(tags['GPS:GPSLatitude']).toMatch(/^41 deg 38' 44\.88"/);
    expect(tags['GPS:GPSLongitude']).toMatch(/^41 deg 38' 30\.12"/);
    expect(String(tags['ExifIFD:SerialNumber'])).toBe('05418273');
    expect(String(tags['ExifIFD:LensSerialNumber'])).toBe('1840277');
    expect(tags['IFD0:Artist']).toBe('Нино Беридзе');
    expect(tags['XMP-iptcCore:CreatorWorkEmail'] ?? JSON.stringify(tags['XMP-iptcCore:CreatorContactInfo'])).toContain(
      'nino.beridze@example.com',
    );
    expect(tags['IPTC:Headline']).toBe('Закат над Батуми');
    const thumbnail = await exiftool.extractBinaryTagToBuffer('ThumbnailImage', byName('Закат над Батуми.jpg'));
    expect((await sharp(thumbnail).metadata()).width).toBe(160);
  });

  it('orientation, profile, transparency, depth and frames', async () => {
    const turned = await sharp(byName('Alpine lake.jpg')).metadata();
    expect(turned.orientation).toBe(6);
    expect(turned.width).toBeGreaterThan(turned.height);
    expect((await tagsOf('product still.jpg'))['ICC_Profile:ProfileDescription']).toMatch(/P3/);
    const { channels } = await sharp(byName('Orange cut-out.png')).stats();
    expect([channels[3]?.min, channels[3]?.max]).toEqual([0, 255]);
    expect((await sharp(byName('Dunes 16 bit.tif')).metadata()).depth).toBe('ushort');
    expect((await sharp(byName('Surf loop.webp')).metadata()).pages).toBe(12);
    expect((await sharp(byName('City lights.gif')).metadata()).pages).toBe(10);
  });

  it('edit history and the marks of a generator', async () => {
    const edited = await tagsOf('Night harbour (edited).jpg');
    expect(edited['XMP-xmpMM:DocumentID']).toContain('9f2c1b7a');
    expect(edited['XMP-xmpMM:History']).toHaveLength(4);
    const generated = await tagsOf('Aurora (generated).png');
    expect(generated['PNG:Parameters']).toMatch(/^northern lights[\s\S]*Sampler: DPM\+\+ 2M Karras/);
    expect(JSON.stringify(generated)).toMatch(/trainedAlgorithmicMedia|Trained Algorithmic Media/i);
  });

  it('rotation, codec, place, chapters and languages of clips', async () => {
    expect((await tagsOf('Evening (vertical).mp4'))['Composite:Rotation']).toBe(90);
    expect((await tagsOf('Islands (HEVC).mp4'))['Track1:CompressorID']).toBe('hvc1');
    expect(String((await tagsOf('Flight over the lake.mp4'))['UserData:GPSCoordinates'])).toMatch(/^45 deg 58'/);
    expect((await tagsOf('Dunes at dusk.mov'))['Keys:Author']).toBe('Yasmin El Idrissi');
    const film = JSON.stringify(await tagsOf('Northern lights.mkv'));
    for (const part of ['Dusk', 'First light', 'The sky moves', 'English', 'Русский', 'Ingrid Solheim']) expect(film).toContain(part);
  });

  it('names, covers and chapters of sound', async () => {
    const song = await tagsOf('Morning Lake.mp3');
    expect(song['ID3v2_4:Composer']).toBe('Jonas Vik');
    expect((await tagsOf('Podcast 12 - Light.mp3'))['ID3v2_4:Title']).toBe('Light');
    expect((await tagsOf('Contour Lines.flac'))['Vorbis:Composer'] ?? '').toBe('Jonas Vik');
    expect((await tagsOf('Interview 04 (raw).wav'))['RIFF:Artist']).toBe('Ingrid Solheim');
    expect((await tagsOf('Harbour Lights.m4a'))['ItemList:AppleStoreAccount']).toBe('marcus.tan@example.org');
    for (const [name, tag] of [
      ['Morning Lake.mp3', 'Picture'],
      ['Contour Lines.flac', 'Picture'],
      ['Night Walk.ogg', 'Picture'],
      ['Harbour Lights.m4a', 'CoverArt'],
    ] as const) {
      const cover = await sharp(await exiftool.extractBinaryTagToBuffer(tag, byName(name))).metadata();
      expect(cover.format, name).toBe('jpeg');
      expect(cover.width, name).toBe(cover.height);
    }
  });
});
