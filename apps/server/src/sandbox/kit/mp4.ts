/** An MP4 (ISO/IEC 14496-12 and -15) of one H.264 track: all pictures in one chunk, index in front of the pictures. */
export type Mp4Order = {
  width: number;
  height: number;
  fps: number;
  sps: Buffer;
  pps: Buffer;
  /** One NAL unit each. */
  pictures: readonly Buffer[];
  /** Numbers (from 0) of the pictures that need no other. */
  keys: readonly number[];
};

const u16 = (...values: number[]): Buffer => {
  const out = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) out.writeUInt16BE(value, i * 2);
  return out;
};
const u32 = (...values: number[]): Buffer => {
  const out = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) out.writeUInt32BE(value, i * 4);
  return out;
};
const box = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body]);
};
/** A box with version and flags. */
const full = (type: string, flags: number, ...parts: Buffer[]): Buffer => box(type, u32(flags), ...parts);
const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

export function writeMp4(order: Mp4Order): Buffer {
  const samples = order.pictures.map((picture) => Buffer.concat([u32(picture.length), picture]));
  const ftyp = box('ftyp', Buffer.from('isom', 'latin1'), u32(512), Buffer.from('isomiso2avc1mp41', 'latin1'));
  const sizes = samples.map((sample) => sample.length);
  // The place of the pictures depends on the length of the index, which doesn't depend on the place.
  const indexSize = index(order, sizes, 0).length;
  const moov = index(order, sizes, ftyp.length + indexSize + 8);
  return Buffer.concat([ftyp, moov, box('mdat', ...samples)]);
}

function index(order: Mp4Order, sizes: readonly number[], offset: number): Buffer {
  const { width, height, fps } = order;
  const length = sizes.length;
  const ms = Math.round((length * 1000) / fps);
  const mvhd = full('mvhd', 0, u32(0, 0, 1000, ms, 0x10000), u16(0x100, 0), u32(0, 0), MATRIX, u32(0, 0, 0, 0, 0, 0, 2));
  const tkhd = full('tkhd', 3, u32(0, 0, 1, 0, ms, 0, 0), u16(0, 0, 0, 0), MATRIX, u32(width * 65_536, height * 65_536));
  const mdhd = full('mdhd', 0, u32(0, 0, fps * 1000, length * 1000), u16(0x55c4, 0));
  const hdlr = full('hdlr', 0, u32(0), Buffer.from('vide', 'latin1'), u32(0, 0, 0), Buffer.from('sandbox\0', 'latin1'));
  const avcC = box(
    'avcC',
    Buffer.from([1, order.sps[1] ?? 0, order.sps[2] ?? 0, order.sps[3] ?? 0, 0xff, 0xe1]),
    u16(order.sps.length),
    order.sps,
    Buffer.from([1]),
    u16(order.pps.length),
    order.pps,
  );
  const avc1 = box(
    'avc1',
    u16(0, 0, 0, 1, 0, 0),
    u32(0, 0, 0),
    u16(width, height),
    u32(0x480000, 0x480000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(24, 0xffff),
    avcC,
  );
  const stbl = box(
    'stbl',
    full('stsd', 0, u32(1), avc1),
    full('stts', 0, u32(1, length, 1000)),
    full('stss', 0, u32(order.keys.length, ...order.keys.map((n) => n + 1))),
    full('stsc', 0, u32(1, 1, length, 1)),
    full('stsz', 0, u32(0, length, ...sizes)),
    full('stco', 0, u32(1, offset)),
  );
  const dinf = box('dinf', full('dref', 0, u32(1), full('url ', 1)));
  const minf = box('minf', full('vmhd', 1, u16(0, 0, 0, 0)), dinf, stbl);
  return box('moov', mvhd, box('trak', tkhd, box('mdia', mdhd, hdlr, minf)));
}
