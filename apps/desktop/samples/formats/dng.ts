import { clamp } from '../noise.ts';
import type { Picture } from '../picture.ts';

type Entry = readonly [tag: number, type: number, count: number, data: Buffer];

const SHORT = 3;
const LONG = 4;
const ASCII = 2;
const BYTE = 1;
const RATIONAL = 5;
const SRATIONAL = 10;

const shorts = (tag: number, ...values: number[]): Entry => {
  const data = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => {
    data.writeUInt16LE(value, i * 2);
  });
  return [tag, SHORT, values.length, data];
};
const long = (tag: number, value: number): Entry => {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(value);
  return [tag, LONG, 1, data];
};
const text = (tag: number, value: string): Entry => [tag, ASCII, value.length + 1, Buffer.from(`${value}\0`, 'latin1')];
const bytes = (tag: number, ...values: number[]): Entry => [tag, BYTE, values.length, Buffer.from(values)];
const ratios = (tag: number, type: number, values: readonly number[]): Entry => {
  const data = Buffer.alloc(values.length * 8);
  values.forEach((value, i) => {
    data.writeInt32LE(Math.round(value * 10_000), i * 8);
    data.writeInt32LE(10_000, i * 8 + 4);
  });
  return [tag, type, values.length, data];
};

/** Directory at `offset`, its long values right behind it. Entries are sorted by tag, as TIFF demands. */
function directory(offset: number, entries: readonly Entry[]): Buffer {
  const sorted = [...entries].sort((a, b) => a[0] - b[0]);
  const table = Buffer.alloc(2 + sorted.length * 12 + 4);
  table.writeUInt16LE(sorted.length);
  const tail: Buffer[] = [];
  let tailAt = offset + table.length;
  sorted.forEach(([tag, type, count, data], i) => {
    const at = 2 + i * 12;
    table.writeUInt16LE(tag, at);
    table.writeUInt16LE(type, at + 2);
    table.writeUInt32LE(count, at + 4);
    if (data.length <= 4) data.copy(table, at + 8);
    else {
      table.writeUInt32LE(tailAt, at + 8);
      const padded = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)]);
      tail.push(padded);
      tailAt += padded.length;
    }
  });
  return Buffer.concat([table, ...tail]);
}

/** What the sensor answers to neutral grey under the light of the scene. */
const NEUTRAL = [0.52, 1, 0.64] as const;
/** XYZ (D65) to linear sRGB: the primaries of the sensor are those of sRGB. */
const MATRIX = [3.2405, -1.5371, -0.4985, -0.9693, 1.876, 0.0416, 0.0556, -0.204, 1.0572];
const BLACK = 512;
const WHITE = 16_383;

function mosaic(picture: Picture): Buffer {
  const { width, height, data } = picture;
  const raw = Buffer.alloc(width * height * 2);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const channel = (y & 1) + (x & 1);
      const value = (data[(y * width + x) * 3 + channel] as number) * (NEUTRAL[channel] as number) * 0.7;
      raw.writeUInt16LE(Math.round(BLACK + clamp(value) * (WHITE - BLACK)), (y * width + x) * 2);
    }
  }
  return raw;
}

/**
 * A Digital Negative (Adobe DNG 1.4): a JPEG preview in the first directory, the uncompressed RGGB mosaic of the sensor
 * in a sub-directory. `preview` has the size of the picture.
 */
export function writeDng(picture: Picture, preview: Buffer, camera: { readonly make: string; readonly model: string }): Buffer {
  const { width, height } = picture;
  const raw = mosaic(picture);
  const first = (subAt: number, previewAt: number): Entry[] => [
    long(254, 1),
    long(256, width),
    long(257, height),
    shorts(258, 8, 8, 8),
    shorts(259, 7),
    shorts(262, 6),
    text(271, camera.make),
    text(272, camera.model),
    long(273, previewAt),
    shorts(274, 1),
    shorts(277, 3),
    long(278, height),
    long(279, preview.length),
    shorts(284, 1),
    long(330, subAt),
    bytes(50706, 1, 4, 0, 0),
    bytes(50707, 1, 1, 0, 0),
    text(50708, `${camera.make} ${camera.model}`),
    ratios(50721, SRATIONAL, MATRIX),
    ratios(50728, RATIONAL, NEUTRAL),
    shorts(50778, 21),
  ];
  const second = (rawAt: number): Entry[] => [
    long(254, 0),
    long(256, width),
    long(257, height),
    shorts(258, 16),
    shorts(259, 1),
    shorts(262, 32_803),
    long(273, rawAt),
    shorts(277, 1),
    long(278, height),
    long(279, raw.length),
    shorts(284, 1),
    shorts(33_421, 2, 2),
    bytes(33_422, 0, 1, 1, 2),
    shorts(50714, BLACK),
    shorts(50717, WHITE),
  ];
  const subAt = 8 + directory(8, first(0, 0)).length;
  const previewAt = subAt + directory(subAt, second(0)).length;
  const rawAt = previewAt + preview.length + (preview.length % 2);
  const head = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  return Buffer.concat([
    head,
    directory(8, first(subAt, previewAt)),
    directory(subAt, second(rawAt)),
    preview,
    Buffer.alloc(preview.length % 2),
    raw,
  ]);
}
