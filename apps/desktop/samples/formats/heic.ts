import { rm } from 'node:fs/promises';
import { Demuxer } from 'node-av/api';
import { encodeMedia } from '../encode.ts';

const u8 = (...values: number[]): Buffer => Buffer.from(values);
const u16 = (value: number): Buffer => u8((value >> 8) & 255, value & 255);
const u32 = (value: number): Buffer => Buffer.concat([u16(Math.floor(value / 65_536)), u16(value % 65_536)]);
const box = (type: string, ...body: Buffer[]): Buffer => {
  const content = Buffer.concat(body);
  return Buffer.concat([u32(content.length + 8), Buffer.from(type, 'latin1'), content]);
};
const fullBox = (type: string, version: number, flags: number, ...body: Buffer[]): Buffer =>
  box(type, u32(version * 2 ** 24 + flags), ...body);

/** Size of the `meta` box does not depend on the offset in it, so it is built twice. */
function metaBox(hvcC: Buffer, width: number, height: number, offset: number, length: number): Buffer {
  const properties = box(
    'ipco',
    box('hvcC', hvcC),
    fullBox('ispe', 0, 0, u32(width), u32(height)),
    fullBox('pixi', 0, 0, u8(3, 8, 8, 8)),
    // Colour: BT.709 primaries, sRGB transfer, BT.709 matrix, limited range.
    box('colr', Buffer.from('nclx'), u16(1), u16(13), u16(1), u8(0)),
  );
  const links = fullBox('ipma', 0, 0, u32(1), u16(1), u8(4, 0x81, 0x02, 0x03, 0x84));
  return fullBox(
    'meta',
    0,
    0,
    fullBox('hdlr', 0, 0, u32(0), Buffer.from('pict'), Buffer.alloc(12), u8(0)),
    fullBox('pitm', 0, 0, u16(1)),
    fullBox('iloc', 0, 0, u8(0x44, 0x00), u16(1), u16(1), u16(0), u16(1), u32(offset), u32(length)),
    fullBox('iinf', 0, 0, u16(1), fullBox('infe', 2, 0, u16(1), u16(0), Buffer.from('hvc1'), u8(0))),
    box('iprp', properties, links),
  );
}

/**
 * One HEVC key frame in a still-image file (ISO/IEC 23008-12). The frame is coded into `scratch`, a temporary MP4 file,
 * whose decoder configuration and sample are exactly what the image file needs. `pixels` is eight-bit RGB, sizes are even.
 */
export async function writeHeic(pixels: Uint8Array, width: number, height: number, scratch: string): Promise<Buffer> {
  encodeMedia({
    output: scratch,
    container: 'mp4',
    video: {
      encoder: 'libx265',
      options: { preset: 'veryfast', crf: '22', 'x265-params': 'log-level=error:keyint=1:info=0' },
      codecTag: 'hvc1',
      width,
      height,
      framesPerSecond: 25,
      frameCount: 1,
      frame: () => pixels,
    },
  });
  const demuxer = Demuxer.openSync(scratch);
  let sample: Buffer | undefined;
  const configuration = demuxer.video()?.codecpar.extradata;
  for (const packet of demuxer.packetsSync()) if (sample === undefined && packet?.data) sample = Buffer.from(packet.data);
  const hvcC = configuration ? Buffer.from(configuration) : undefined;
  demuxer.closeSync();
  await rm(scratch, { force: true });
  if (sample === undefined || hvcC === undefined) throw new Error('the encoder gave no picture');
  const type = box('ftyp', Buffer.from('heic'), u32(0), Buffer.from('mif1heic'));
  const offset = type.length + metaBox(hvcC, width, height, 0, sample.length).length + 8;
  return Buffer.concat([type, metaBox(hvcC, width, height, offset, sample.length), box('mdat', sample)]);
}
