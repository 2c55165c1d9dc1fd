import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { proveSound } from '../../src/modules/files/service.ts';
import { sound } from '../../src/sandbox/kit/sound.ts';

const prove = (bytes: Buffer) => proveSound(async (from, to) => bytes.subarray(from, to + 1), bytes.length);

/** Silent MPEG 1 layer III frames of 417 bytes at 128 kbit/s and 44.1 kHz, behind a tag. */
function mp3(frames: number): Buffer {
  const tag = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 10, ...Array<number>(10).fill(0)]);
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0x44]);
  return Buffer.concat([tag, ...Array<Buffer>(frames).fill(frame)]);
}

/** STREAMINFO of 16 bits at 48 kHz. */
function flac(samples: number): Buffer {
  const info = Buffer.alloc(34);
  info.writeUIntBE((48_000 << 4) | 0, 10, 3);
  info.writeUInt8(0xf0, 13);
  info.writeUInt32BE(samples, 14);
  return Buffer.concat([Buffer.from('fLaC', 'latin1'), Buffer.from([0x80, 0, 0, 34]), info]);
}

/** The first page with Opus' head, and the last one with its samples. */
function opus(samples: bigint): Buffer {
  const page = (granule: bigint, body: Buffer): Buffer => {
    const head = Buffer.alloc(28);
    head.write('OggS', 0, 'latin1');
    head.writeBigInt64LE(granule, 6);
    head.writeUInt8(1, 26);
    head.writeUInt8(body.length, 27);
    return Buffer.concat([head, body]);
  };
  const first = Buffer.alloc(19);
  first.write('OpusHead', 0, 'latin1');
  first.writeUInt16LE(312, 10);
  return Buffer.concat([page(0n, first), page(samples, Buffer.alloc(40))]);
}

describe('the length of a sound by its structure', () => {
  test.each([
    ['audio/wav', sound({ seconds: 2.5, prompt: 'x' }), 2_500],
    ['audio/mpeg', mp3(100), 2_612],
    ['audio/flac', flac(96_000), 2_000],
    ['audio/ogg', opus(48_312n), 1_000],
  ])('%s', async (mime, bytes, durationMs) => {
    expect(await prove(bytes)).toEqual({ mime, durationMs });
  });

  test('of a WAV whose header does not know it', async () => {
    const bytes = sound({ seconds: 1, prompt: 'x' });
    bytes.writeUInt32LE(0xffff_ffff, bytes.indexOf('data', 0, 'latin1') + 4);
    expect(await prove(bytes)).toEqual({ mime: 'audio/wav', durationMs: 1_000 });
  });
});

test.each([
  ['broken off', sound({ seconds: 2, prompt: 'x' }).subarray(0, 20_000)],
  ['one frame', mp3(1)],
  ['rubbish in the middle', Buffer.concat([mp3(20), Buffer.alloc(100_000, 7), mp3(20)])],
  ['no samples', flac(0)],
  ['text', Buffer.from('this is no sound')],
  ['nothing', Buffer.alloc(0)],
  ['a box that leads outside', Buffer.from('\0\0\0\x10ftypisom\0\0\0\0\0\0\xff\xffmoov', 'latin1')],
])('no sound: %s', async (_name, bytes) => {
  expect(await prove(bytes)).toBeNull();
});

const MEDIA = path.resolve(import.meta.dirname, '../../../../../shared/media/c2pa-rs');
test.runIf(existsSync(MEDIA))('real files', async () => {
  const of = async (name: string) => prove(await readFile(path.join(MEDIA, name)));
  expect(await of('sample1-15s.m4a')).toMatchObject({ mime: 'audio/mp4', durationMs: expect.closeTo(15_000, -3) });
  expect(await of('sample1-12s.mp3')).toMatchObject({ mime: 'audio/mpeg', durationMs: expect.closeTo(12_000, -3) });
  expect(await of('sample1-6s.flac')).toMatchObject({ mime: 'audio/flac', durationMs: expect.closeTo(6_000, -3) });
});
