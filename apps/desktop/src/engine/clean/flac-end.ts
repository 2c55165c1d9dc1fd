import type { ByteSource } from '../probe/byte-source.ts';

/** The last frame and what hangs behind it are looked for in so much of the end. */
const TAIL_BYTES = 1 << 20;
/** Sync code, blocking strategy and the longest coded number (RFC 9639, 9.1). */
const HEADER_BYTES = 16;

const table = (width: 8 | 16, polynomial: number): Uint16Array =>
  Uint16Array.from({ length: 256 }, (_, value) => {
    let crc = value << (width - 8);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ ((crc >> (width - 1)) & 1 ? polynomial : 0);
    return crc & (2 ** width - 1);
  });
const CRC8 = table(8, 0x07);
const CRC16 = table(16, 0x8005);

/** True when a frame header with a right checksum begins here. */
function isHeader(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xfe) !== 0xf8 || at + HEADER_BYTES > bytes.length) return false;
  const sizes = bytes[at + 2] ?? 0;
  const coded = bytes[at + 4] ?? 0;
  const numberBytes = coded < 0x80 ? 1 : Math.clz32(~(coded << 24));
  const [block, rate] = [sizes >> 4, sizes & 15];
  const extra = (block === 6 ? 1 : block === 7 ? 2 : 0) + (rate === 12 ? 1 : rate === 13 || rate === 14 ? 2 : 0);
  const end = at + 4 + numberBytes + extra;
  let crc = 0;
  for (let i = at; i < end; i += 1) crc = CRC8[crc ^ (bytes[i] ?? 0)] ?? 0;
  return block !== 0 && rate !== 15 && numberBytes <= 7 && crc === bytes[end];
}

/**
 * Where the last frame of a FLAC stream ends. A frame carries a checksum over itself, which is zero once its own two bytes are counted;
 * the last such place behind the last header is the end.
 * @returns `to` when the frame can't be followed; sound is never cut
 */
export async function endOfLastFrame(source: ByteSource, from: number, to: number): Promise<number> {
  const start = Math.max(from, to - TAIL_BYTES);
  const bytes = await source.read(start, to - start);
  for (let at = bytes.length - HEADER_BYTES; at >= 0; at -= 1) {
    if (!isHeader(bytes, at)) continue;
    let crc = 0;
    let end = 0;
    for (let i = at; i < bytes.length; i += 1) {
      crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >> 8) ^ (bytes[i] ?? 0)] ?? 0);
      if (crc === 0) end = i + 1;
    }
    return end === 0 ? to : start + end;
  }
  return to;
}
