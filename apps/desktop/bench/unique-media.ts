import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { MediaFormat } from '@pingplex/shared/domain';
import { makeSamples } from '../samples/make-samples.ts';

/** Share of each format in a hundred files: mostly pictures, as in a photographer's folder. */
const MIX: readonly (readonly [MediaFormat, number])[] = [
  ['jpeg', 62],
  ['png', 9],
  ['webp', 8],
  ['heic', 4],
  ['gif', 2],
  ['mp4', 6],
  ['mov', 2],
  ['mp3', 3],
  ['wav', 2],
  ['m4a', 1],
  ['flac', 1],
];

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const insert = (bytes: Buffer, at: number, what: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);

/** Each way is what the format's own rules allow for a remark, so that the file stays whole and means the same. */
const ALTER: Partial<Record<MediaFormat, (bytes: Buffer, remark: Buffer) => Buffer>> = {
  jpeg: (bytes, remark) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(remark.length + 2);
    return insert(bytes, 2, Buffer.concat([Buffer.from([0xff, 0xfe]), length, remark]));
  },
  png: (bytes, remark) => {
    const chunk = Buffer.concat([Buffer.from('tEXtComment\0', 'latin1'), remark]);
    return insert(bytes, 33, Buffer.concat([uint32(chunk.length - 4), chunk, uint32(crc32(chunk))]));
  },
  gif: (bytes, remark) =>
    insert(bytes, bytes.length - 1, Buffer.concat([Buffer.from([0x21, 0xfe, remark.length]), remark, Buffer.from([0])])),
  webp: (bytes, remark) => riffChunk(bytes, 'NOTE', remark),
  wav: (bytes, remark) => riffChunk(bytes, 'note', remark),
  heic: freeBox,
  mp4: freeBox,
  mov: freeBox,
  m4a: freeBox,
  mp3: (bytes, remark) => {
    const tag = Buffer.alloc(128);
    tag.write('TAG', 'latin1');
    remark.copy(tag, 3, 0, 30);
    return Buffer.concat([bytes.subarray(-128, -125).toString('latin1') === 'TAG' ? bytes.subarray(0, -128) : bytes, tag]);
  },
  flac: (bytes, remark) => {
    const block = Buffer.concat([Buffer.from('note', 'latin1'), remark]);
    return insert(bytes, 42, Buffer.concat([uint32((2 << 24) | block.length), block]));
  },
};

function riffChunk(bytes: Buffer, id: string, remark: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(remark.length);
  const whole = Buffer.concat([bytes, Buffer.from(id, 'latin1'), size, remark, Buffer.alloc(remark.length % 2)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

function freeBox(bytes: Buffer, remark: Buffer): Buffer {
  return Buffer.concat([bytes, uint32(remark.length + 8), Buffer.from('free', 'latin1'), remark]);
}

/**
 * Real media files, no two alike: the small sample media copied under many names, each with a remark of its own inside and a date of its own.
 * @param folder where `many/` is made
 * @returns the folder of the files and their total size in bytes
 */
export async function makeUniqueMedia(folder: string, count: number): Promise<{ dir: string; bytes: number }> {
  const samples = await makeSamples(path.join(folder, 'samples'), { isSmall: true, only: MIX.map(([format]) => format) });
  const sources = await Promise.all(
    MIX.map(async ([format, share]) => ({
      format,
      share,
      files: await Promise.all(
        samples.filter((one) => one.format === format).map(async ({ path }) => ({ path, bytes: await readFile(path) })),
      ),
    })),
  );
  const wheel = sources.flatMap((source) => Array.from({ length: source.share }, () => source));
  const dir = path.join(folder, 'many');
  let total = 0;
  const write = async (n: number): Promise<void> => {
    // A stride prime to the wheel's size mixes the formats instead of sorting them.
    const source = wheel[(n * 37) % wheel.length];
    const file = source?.files[Math.floor(n / wheel.length) % (source?.files.length ?? 1)];
    const alter = source && ALTER[source.format];
    if (file === undefined || alter === undefined) throw new Error(`no sample for file ${n}`);
    const bytes = alter(file.bytes, Buffer.from(`file ${n}`.padEnd(12 + (n % 40), '.'), 'latin1'));
    const { name, ext } = path.parse(file.path);
    const target = path.join(dir, `day ${String(n % 40).padStart(2, '0')}`, `${name} ${String(n).padStart(5, '0')}${ext}`);
    await writeFile(target, bytes);
    const at = new Date(Date.UTC(2026, 0, 1) + ((n * 7919) % count) * 60_000);
    await utimes(target, at, at);
    total += bytes.length;
  };
  for (let day = 0; day < 40; day++) await mkdir(path.join(dir, `day ${String(day).padStart(2, '0')}`), { recursive: true });
  for (let start = 0; start < count; start += 250)
    await Promise.all(Array.from({ length: Math.min(250, count - start) }, (_, i) => write(start + i)));
  return { dir, bytes: total };
}
