import { copyFile, link, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FORMATS } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { beforeAll, describe, expect, it } from 'vitest';
import { matrixRotation, probeHeaders, probeStreams } from '../../src/engine/binaries/av.ts';
import { withByteSource } from '../../src/engine/probe/byte-source.ts';
import { assertUnchanged, checkFile } from '../../src/engine/probe/open-file.ts';
import { sniff } from '../../src/engine/probe/sniff.ts';
import { isTruncated } from '../../src/engine/probe/truncation.ts';
import { sharedMedia, tempFolder } from './helpers/context.ts';
import { dng, type MadeMedia, makeMedia, picture, wave } from './helpers/media.ts';

let dir: string;
let media: MadeMedia;

beforeAll(async () => {
  dir = await tempFolder();
  media = await makeMedia(dir);
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof AppError ? thrown.code : String(thrown);
}

describe('sniff', () => {
  it('names every format by its bytes, under its own name and without one', async () => {
    for (const [format, path] of Object.entries(media)) {
      const found = await sniff(path);
      expect(found, path).toMatchObject({ format, kind: FORMATS[found.format].kind, nameMismatch: false });
      const bare = join(dir, `bare-${format}`);
      await copyFile(path, bare);
      expect(await sniff(bare)).toMatchObject({ format, nameMismatch: false });
    }
  });

  it('tells when the name claims another format', async () => {
    for (const [format, path] of Object.entries(media)) {
      const lying = join(dir, `lying-${format}.${format === 'png' ? 'mp3' : 'png'}`);
      await copyFile(path, lying);
      expect(await sniff(lying)).toMatchObject({ format, nameMismatch: true });
    }
  });

  it('reads the stored size of pictures from their headers', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const) {
      expect((await sniff(media[format])).size, format).toEqual({ width: 96, height: 64 });
    }
  });

  it('tells camera RAW from the TIFF that it is built on', async () => {
    await writeFile(join(dir, 'camera.dng'), dng(await picture().jpeg().toBuffer(), 1));
    expect(await sniff(join(dir, 'camera.dng'))).toMatchObject({ format: 'raw', kind: 'image', nameMismatch: false });
  });

  it.each([
    ['program', Buffer.from('7f454c4602010100', 'hex')],
    ['program', Buffer.from('4d5a90000300', 'hex')],
    ['script', Buffer.from('#!/bin/sh\necho hi\n')],
    ['playlist', Buffer.from('#EXTM3U\n#EXTINF:1,\n/etc/passwd\n')],
    ['playlist', Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n")],
    ['playlist', Buffer.from('v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n')],
    ['playlist', Buffer.from('<?xml version="1.0"?><MPD><Period/></MPD>')],
    ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')],
    ['text', Buffer.from('just a note\n')],
    ['archive', Buffer.from('504b030414000000', 'hex')],
    ['document', Buffer.from('%PDF-1.7\n')],
  ])('refuses what is no media: %s', async (what, bytes) => {
    const path = join(dir, 'foreign.png');
    await writeFile(path, bytes);
    await expect(sniff(path)).rejects.toMatchObject({ code: 'file.unsupported', params: { what } });
  });

  it('refuses more pixels than can be decoded, and says how many', async () => {
    const png = await picture().png().toBuffer();
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    await writeFile(join(dir, 'huge.png'), png);
    await expect(sniff(join(dir, 'huge.png'))).rejects.toMatchObject({ code: 'file.tooLarge', params: { width: 60_000, height: 60_000 } });
  });

  it('refuses sound headers that no recording has', async () => {
    const wav = wave();
    wav.writeUInt16LE(65_535, 22);
    await writeFile(join(dir, 'wide.wav'), wav);
    expect(await codeOf(sniff(join(dir, 'wide.wav')))).toBe('file.damaged');
    const id3 = Buffer.concat([Buffer.from('49443304000007ffffff', 'hex').fill(0x7f, 6), Buffer.alloc(64)]);
    await writeFile(join(dir, 'long-id3.mp3'), id3);
    expect(await codeOf(sniff(join(dir, 'long-id3.mp3')))).toBe('file.damaged');
  });
});

describe('opening', () => {
  it('has an error of its own for each thing that is no readable file', async () => {
    const at = (name: string) => join(dir, name);
    await mkdir(at('folder.jpg'));
    await symlink(at('nowhere'), at('dangling.jpg'));
    await symlink(at('loop.jpg'), at('loop.jpg'));
    await writeFile(at('empty.jpg'), '');
    await writeFile(at('one-byte.jpg'), 'x');
    expect(await codeOf(checkFile(at('missing.jpg')))).toBe('file.notFound');
    expect(await codeOf(checkFile(at('dangling.jpg')))).toBe('file.notFound');
    expect(await codeOf(checkFile(at('folder.jpg')))).toBe('file.notRegular');
    expect(await codeOf(checkFile(at('loop.jpg')))).toBe('file.notRegular');
    expect(await codeOf(checkFile('/dev/null'))).toBe(process.platform === 'win32' ? 'file.notFound' : 'file.notRegular');
    expect(await codeOf(checkFile(at('empty.jpg')))).toBe('file.empty');
    expect(await codeOf(checkFile(at('one-byte.jpg')))).toBe('file.empty');
    expect(await codeOf(checkFile(`${at('nul')}\0.jpg`))).toBe('file.nameInvalid');
    expect(await codeOf(checkFile('relative.jpg'))).toBe('file.nameInvalid');
    expect(await codeOf(checkFile(at('x'.repeat(300))))).toBe('file.nameInvalid');
  });

  it('follows a link to a regular file, and notices when the file is swapped or written to', async () => {
    const target = join(dir, 'target.jpg');
    await copyFile(media.jpeg, target);
    await symlink(target, join(dir, 'link.jpg'));
    await link(target, join(dir, 'hard.jpg'));
    expect((await sniff(join(dir, 'link.jpg'))).format).toBe('jpeg');
    const { facts } = await sniff(join(dir, 'hard.jpg'));
    await assertUnchanged(facts);
    await writeFile(target, (await readFile(media.jpeg)).subarray(0, 500));
    expect(await codeOf(assertUnchanged(facts))).toBe('file.changed');
  });
});

describe('truncation', () => {
  it('sees that a file ends too early, and that a whole one does not', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'wav', 'avi', 'mp4', 'mov', 'm4a'] as const) {
      const path = media[format];
      expect(await withByteSource(path, (source) => isTruncated(source, format)), format).toBe(false);
      const cut = join(dir, `cut-${format}`);
      await copyFile(path, cut);
      await truncate(cut, Math.floor((await readFile(path)).length * 0.7));
      expect(await withByteSource(cut, (source) => isTruncated(source, format)), `cut ${format}`).toBe(true);
    }
  });
});

describe('streams', () => {
  it('lists picture and sound with what the container says', async () => {
    expect(await probeStreams(media.mp4, 'mp4')).toMatchObject({
      durationMs: 2000,
      video: { codec: 'h264', width: 96, height: 64, fps: 10, rotation: 0 },
    });
    expect(await probeStreams(media.webm, 'webm')).toMatchObject({ video: { codec: 'vp9' } });
    expect(await probeStreams(media.flac, 'flac')).toMatchObject({
      durationMs: 1000,
      audio: { codec: 'flac', sampleRate: 44_100, channels: 1 },
    });
    expect((await probeStreams(media.wav, 'wav')).bitRate).toBeCloseTo(705_600, -4);
  });

  it('knows as much from headers alone as from decoding, where headers say it', async () => {
    const { size } = await stat(media.mp4);
    for (const format of ['mp4', 'mov', 'm4a', 'mkv', 'webm', 'avi', 'wav', 'flac', 'mp3', 'aac', 'ogg'] as const) {
      const [told, seen] = await Promise.all([probeHeaders(media[format], format, size), probeStreams(media[format], format)]);
      expect(told.durationMs, format).toBe(seen.durationMs);
      for (const [n, stream] of seen.streams.entries()) {
        const { codec, width, height, fps, sampleRate, channels } = stream;
        expect(told.streams[n], format).toMatchObject({
          codec,
          ...(width ? { width, height } : {}),
          ...(fps ? { fps } : {}),
          ...(sampleRate ? { sampleRate, channels } : {}),
        });
      }
    }
  });

  it.runIf(sharedMedia().length > 0)('reads the size of a JPEG XL from its header as the decoder does', async () => {
    for (const path of sharedMedia().filter((one) => one.endsWith('.jxl'))) {
      const { video } = await probeStreams(path, 'jxl');
      expect((await sniff(path)).size).toEqual({ width: video?.width, height: video?.height });
    }
  });

  it('reads quarter turns from a display matrix', () => {
    const matrix = (a: number, b: number, c: number, d: number) => {
      const bytes = Buffer.alloc(36);
      for (const [n, value] of [a, b, 0, c, d, 0, 0, 0, 1].entries()) bytes.writeInt32LE(value * 65_536, n * 4);
      return bytes;
    };
    expect(matrixRotation(null)).toBe(0);
    expect(matrixRotation(matrix(1, 0, 0, 1))).toBe(0);
    expect(matrixRotation(matrix(0, 1, -1, 0))).toBe(90);
    expect(matrixRotation(matrix(-1, 0, 0, -1))).toBe(180);
    expect(matrixRotation(matrix(0, -1, 1, 0))).toBe(270);
  });
});
