import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@pingplex/shared/errors';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { blankHeif } from '../../src/engine/clean/blank-heif.ts';
import { blankSei } from '../../src/engine/clean/blank-sei.ts';
import { filterId3, id3Bytes } from '../../src/engine/clean/id3.ts';
import { hvccWithoutSei, withoutSei } from '../../src/engine/clean/nal-units.ts';
import { orientationOnly, readOrientation } from '../../src/engine/clean/orientation.ts';
import { bytesOf, type StripPlan } from '../../src/engine/clean/pieces.ts';
import { stripAvi } from '../../src/engine/clean/strip-avi.ts';
import { stripFlac } from '../../src/engine/clean/strip-flac.ts';
import { stripGif } from '../../src/engine/clean/strip-gif.ts';
import { stripJpeg } from '../../src/engine/clean/strip-jpeg.ts';
import { stripFrames } from '../../src/engine/clean/strip-mp3.ts';
import { stripPng } from '../../src/engine/clean/strip-png.ts';
import { stripTiff } from '../../src/engine/clean/strip-tiff.ts';
import { stripWav } from '../../src/engine/clean/strip-wav.ts';
import { stripWebp } from '../../src/engine/clean/strip-webp.ts';
import type { ByteSource } from '../../src/engine/probe/byte-source.ts';
import { withByteSource } from '../../src/engine/probe/byte-source.ts';
import { tempFolder } from './helpers/context.ts';
import { type MadeMedia, makeMedia, picture, wave } from './helpers/media.ts';

let root: string;
let made: MadeMedia;
beforeAll(async () => {
  root = await tempFolder();
  made = await makeMedia(await mkdtemp(join(root, 'made-')));
});

/** Runs a stripper on bytes, through a real file. */
async function strip(
  bytes: Buffer,
  planner: (source: ByteSource) => Promise<StripPlan> | StripPlan,
): Promise<{ bytes: Buffer; dropped: readonly string[] }> {
  const path = join(root, 'input.bin');
  await writeFile(path, bytes);
  return await withByteSource(path, async (source) => {
    const plan = await planner(source);
    const pieces: Buffer[] = [];
    for await (const piece of bytesOf(source, plan.pieces)) pieces.push(piece);
    return { bytes: Buffer.concat(pieces), dropped: plan.dropped };
  });
}

const whole = async (source: ByteSource) => await source.read(0, source.sizeBytes);
const PLANNERS: Readonly<Record<string, (source: ByteSource) => Promise<StripPlan> | StripPlan>> = {
  jpeg: async (source) => stripJpeg(await whole(source)),
  png: async (source) => stripPng(await whole(source)),
  webp: async (source) => stripWebp(await whole(source)),
  gif: async (source) => stripGif(await whole(source)),
  mp3: (source) => stripFrames(source, new Set()),
  aac: (source) => stripFrames(source, new Set(['TIT2'])),
  flac: (source) => stripFlac(source, { keys: new Set(['TITLE']), cover: true, chapters: false }),
  wav: stripWav,
  avi: stripAvi,
  tiff: async (source) => (await stripTiff(source)) ?? { pieces: [], dropped: [] },
  avif: async (source) => (await blankHeif(source)).plan,
};

const segment = (marker: number, body: Buffer) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};
const text = (value: string) => Buffer.from(value, 'latin1');

describe('JPEG', () => {
  it('loses every application segment, comments and trailers, keeps the coded picture', async () => {
    const plain = await readFile(made.jpeg);
    const rest = plain.subarray(2);
    const secrets = [0xe1, 0xe2, 0xe3, 0xeb, 0xed, 0xef].map((marker) => segment(marker, text(`SECRET-${marker}`)));
    const dirty = Buffer.concat([plain.subarray(0, 2), ...secrets, segment(0xfe, text('SECRET comment')), rest, text('SECRET trailer')]);
    const { bytes, dropped } = await strip(dirty, PLANNERS['jpeg'] ?? stripWav);
    expect(bytes.includes('SECRET')).toBe(false);
    expect(dropped).toEqual(expect.arrayContaining(['JPEG:APP1', 'JPEG:APP11', 'JPEG:Comment', 'JPEG:Trailer']));
    expect((await sharp(bytes).raw().toBuffer()).equals(await sharp(plain).raw().toBuffer())).toBe(true);
  });

  it('keeps a progressive picture with its many scans', async () => {
    const plain = await picture(200, 100).jpeg({ progressive: true }).toBuffer();
    const { bytes } = await strip(plain, PLANNERS['jpeg'] ?? stripWav);
    expect((await sharp(bytes).raw().toBuffer()).equals(await sharp(plain).raw().toBuffer())).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('writes orientation %i in 26 bytes and reads it back', (orientation) => {
    expect(orientationOnly(orientation)).toHaveLength(26);
    expect(readOrientation(orientationOnly(orientation))).toBe(orientation);
  });
});

describe('PNG and GIF', () => {
  it('PNG loses text, time, unknown chunks and what follows the end', async () => {
    const plain = await readFile(made.png);
    const dirty = Buffer.concat([plain, text('SECRET trailer')]);
    const { bytes, dropped } = await strip(dirty, PLANNERS['png'] ?? stripWav);
    expect(bytes.includes('SECRET')).toBe(false);
    expect(dropped).toContain('PNG:Trailer');
    expect((await sharp(bytes).raw().toBuffer()).equals(await sharp(plain).raw().toBuffer())).toBe(true);
  });

  it('GIF loses comments and strange applications, keeps its loop', async () => {
    const plain = await readFile(made.gif);
    const comment = Buffer.concat([Buffer.from([0x21, 0xfe, 14]), text('SECRET comment'), Buffer.from([0])]);
    const dirty = Buffer.concat([plain.subarray(0, -1), comment, Buffer.from([0x3b]), text('SECRET trailer')]);
    const { bytes, dropped } = await strip(dirty, PLANNERS['gif'] ?? stripWav);
    expect(bytes.equals(plain)).toBe(true);
    expect(dropped).toEqual(['GIF:Comment', 'GIF:Trailer']);
    expect((await sharp(bytes, { animated: true }).metadata()).loop).toBe((await sharp(plain, { animated: true }).metadata()).loop);
  });
});

const syncsafe = (n: number) => Buffer.from([(n >> 21) & 127, (n >> 14) & 127, (n >> 7) & 127, n & 127]);
function id3Frame(id: string, body: Buffer, version = 4): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  return Buffer.concat([text(id), version === 4 ? syncsafe(body.length) : size, Buffer.alloc(2), body]);
}
function id3(frames: readonly Buffer[], version = 4): Buffer {
  const content = Buffer.concat(frames);
  return Buffer.concat([text('ID3'), Buffer.from([version, 0, 0]), syncsafe(content.length), content]);
}

describe('MP3', () => {
  const tag = (version: number) =>
    id3([id3Frame('TIT2', text('\0Kept title'), version), id3Frame('COMM', text('\0engSECRET note'), version)], version);

  it('loses ID3v2, ID3v1, APEv2 and Lyrics3, whatever their order; the frames stay', async () => {
    const sound = (await strip(await readFile(made.mp3), PLANNERS['mp3'] ?? stripWav)).bytes;
    const id3v1 = Buffer.concat([text('TAG'), text('SECRET'), Buffer.alloc(119)]);
    const items = text('SECRET ape item');
    const ape = (flags: number) => {
      const block = Buffer.alloc(32);
      block.write('APETAGEX', 0, 'latin1');
      block.writeUInt32LE(2000, 8);
      block.writeUInt32LE(items.length + 32, 12);
      block.writeUInt32LE(1, 16);
      block.writeUInt32LE(flags, 20);
      return block;
    };
    const apeTag = Buffer.concat([ape(0xa0000000), items, ape(0x80000000)]);
    const lyrics = text('LYRICSBEGININD00002SECRET');
    const lyricsTag = Buffer.concat([lyrics, text(String(lyrics.length).padStart(6, '0')), text('LYRICS200')]);
    const dirty = Buffer.concat([tag(3), tag(4), sound, apeTag, lyricsTag, id3v1]);
    const { bytes, dropped } = await strip(dirty, PLANNERS['mp3'] ?? stripWav);
    expect(bytes.equals(sound)).toBe(true);
    expect([...dropped].sort()).toEqual(['MP3:APEv2', 'MP3:ID3v1', 'MP3:ID3v2', 'MP3:Lyrics3']);
  });

  it.each([3, 4])('keeps chosen frames of a version 2.%i tag', (version) => {
    const kept = filterId3(tag(version), new Set(['TIT2']));
    expect(id3Bytes(kept)).toBe(kept.length);
    expect(kept.includes('Kept title')).toBe(true);
    expect(kept.includes('SECRET')).toBe(false);
    expect(filterId3(tag(version), new Set())).toHaveLength(0);
  });
});

describe('sound containers', () => {
  it('WAV loses its lists and keeps samples that declare more than there is', async () => {
    const plain = wave();
    const list = Buffer.concat([text('LIST'), Buffer.from([12, 0, 0, 0]), text('INFOSECRETxx')]);
    const dirty = Buffer.concat([plain, list]);
    const { bytes } = await strip(dirty, stripWav);
    expect(bytes.equals(plain)).toBe(true);
    const lying = Buffer.from(plain);
    lying.writeUInt32LE(0xfffffff0, 40);
    const cut = (await strip(lying, stripWav)).bytes;
    expect(cut.readUInt32LE(40)).toBe(plain.length - 44);
  });

  it('AVI keeps its length, its streams and its index', async () => {
    const plain = await readFile(made.avi);
    const { bytes } = await strip(plain, stripAvi);
    expect(bytes).toHaveLength(plain.length);
    const movie = plain.indexOf('movi');
    expect(bytes.subarray(movie).equals(plain.subarray(movie))).toBe(true);
  });
});

describe('H.264 and H.265 units', () => {
  const unit = (...bytes: number[]) => Buffer.from([0, 0, 0, bytes.length, ...bytes]);
  it('takes SEI out and nothing else', () => {
    const slice = unit(0x65, 1, 2, 3);
    expect(withoutSei(Buffer.concat([unit(0x06, 9, 9), slice]), 'h264', 4).equals(slice)).toBe(true);
    expect(withoutSei(slice, 'h264', 4)).toBe(slice);
    const hevc = unit(0x26, 1, 2);
    expect(withoutSei(Buffer.concat([unit(78, 1, 9), hevc, unit(80, 1, 9)]), 'hevc', 4).equals(hevc)).toBe(true);
    const broken = Buffer.from([0, 0, 1, 0, 0x06, 1]);
    expect(withoutSei(broken, 'h264', 4)).toBe(broken);
  });

  it('overwrites SEI in place with filler, behind start codes and behind lengths, at any length', () => {
    const slice = Buffer.from([0x65, 1, 2, 3]);
    for (const length of [3, 4, 200, 256, 257, 258, 259, 260, 600]) {
      const sei = Buffer.concat([Buffer.from([0x06, 5, length & 0xff]), Buffer.alloc(length, 0x41)]);
      const coded = Buffer.concat([Buffer.from([0, 0, 0, 1]), sei, Buffer.from([0, 0, 1]), slice]);
      const blanked = blankSei(coded);
      expect(blanked).toHaveLength(coded.length);
      expect(blanked.includes('AAA')).toBe(false);
      expect(blanked.subarray(-7).equals(coded.subarray(-7))).toBe(true);
      expect(blankSei(blanked).equals(blanked)).toBe(true);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(sei.length);
      const prefixed = Buffer.concat([size, sei, unit(...slice)]);
      expect(blankSei(prefixed).includes('AAA')).toBe(false);
      expect(blankSei(prefixed).subarray(-8).equals(prefixed.subarray(-8))).toBe(true);
    }
    expect(blankSei(slice)).toBe(slice);
  });

  it('takes the SEI array out of the decoder record', () => {
    const head = Buffer.alloc(23);
    head[22] = 2;
    const keep = Buffer.from([0x20, 0, 1, 0, 2, 7, 7]);
    const sei = Buffer.from([39, 0, 1, 0, 1, 9]);
    const out = hvccWithoutSei(Buffer.concat([head, sei, keep]));
    expect(out[22]).toBe(1);
    expect(out.subarray(23).equals(keep)).toBe(true);
  });
});

describe('TIFF', () => {
  const row = (tag: number, type: number, count: number, value: number) => {
    const out = Buffer.alloc(12);
    out.writeUInt16LE(tag, 0);
    out.writeUInt16LE(type, 2);
    out.writeUInt32LE(count, 4);
    out.writeUInt32LE(value, 8);
    return out;
  };
  const tiff = (rows: readonly Buffer[], tail: Buffer) => {
    const head = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, rows.length & 255, rows.length >> 8]);
    return Buffer.concat([head, ...rows, Buffer.alloc(4), tail]);
  };

  it('keeps the pixels of every page and loses thumbnails, foreign fields and what no field mentions', async () => {
    const pages = [picture(64, 40), picture(64, 40).negate()];
    const [first, second] = await Promise.all(pages.map((page) => page.png().toBuffer()));
    const both = await sharp([first ?? '', second ?? ''], { join: { animated: true } })
      .tiff({ compression: 'deflate' })
      .toBuffer();
    const dirty = Buffer.concat([both, text('SECRET trailer')]);
    const { bytes } = await strip(dirty, async (source) => (await stripTiff(source)) ?? { pieces: [], dropped: [] });
    expect(bytes.includes('SECRET')).toBe(false);
    const pixels = async (file: Buffer) => await sharp(file, { pages: -1 }).raw().toBuffer();
    expect((await pixels(bytes)).equals(await pixels(both))).toBe(true);
  });

  it('does not grow without end when strips lie over each other, nor fill the memory with fields', async () => {
    const strips = 10_000;
    const at = 10 + 4 * 12 + 4;
    const offsets = Buffer.alloc(strips * 4);
    const counts = Buffer.alloc(strips * 4);
    for (let n = 0; n < strips; n += 1) {
      offsets.writeUInt32LE(8, n * 4);
      counts.writeUInt32LE(80_000, n * 4);
    }
    const bomb = tiff(
      [row(256, 3, 1, 8), row(257, 3, 1, 8), row(273, 4, strips, at), row(279, 4, strips, at + offsets.length)],
      Buffer.concat([offsets, counts]),
    );
    const plan = async (source: ByteSource) => (await stripTiff(source)) ?? { pieces: [], dropped: [] };
    await expect(strip(bomb, plan)).rejects.toMatchObject({ code: 'file.damaged' });
    const fields = tiff(
      Array.from({ length: 300 }, () => row(320, 1, 200_000, 0)),
      Buffer.alloc(210_000),
    );
    await expect(strip(fields, plan)).rejects.toMatchObject({ code: 'file.damaged' });
  });
});

describe('hostile input', () => {
  // The others only leave out. A TIFF is written anew, and parts that share bytes get their own: twice the file and a little.
  const most = (format: string, length: number): number => (format === 'tiff' ? 2 * length + 65_536 : length + 64);
  it.each(Object.keys(PLANNERS))('%s: damage gives a plan or our error, never a crash or a file without bound', async (format) => {
    const plain = await readFile(made[format as 'jpeg']);
    const planner = PLANNERS[format];
    if (!planner) throw new Error(format);
    const damage = fc.record({
      cut: fc.integer({ min: 13, max: plain.length }),
      flips: fc.array(fc.record({ at: fc.nat(Math.min(plain.length - 1, 4096)), value: fc.nat(255) }), { maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ cut, flips }) => {
        const bytes = Buffer.from(plain.subarray(0, cut));
        for (const { at, value } of flips) if (at < bytes.length) bytes[at] = value;
        try {
          const out = await strip(bytes, planner);
          expect(out.bytes.length).toBeLessThanOrEqual(most(format, bytes.length));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 150 },
    );
  });
});
