import type { MediaFormat } from '@pingplex/shared/domain';
import type { ByteSource } from './byte-source.ts';

type Facts = { width: number; height: number; photometric: number; compression: number; isDng: boolean; children: number[]; next: number };
type Endian = { u16: (b: Buffer, at: number) => number; u32: (b: Buffer, at: number) => number };

const LITTLE: Endian = { u16: (b, at) => b.readUInt16LE(at), u32: (b, at) => b.readUInt32LE(at) };
const BIG: Endian = { u16: (b, at) => b.readUInt16BE(at), u32: (b, at) => b.readUInt32BE(at) };

const MAX_IFDS = 12;
const CFA = 32803;
const LINEAR_RAW = 34892;
/** Private compressions of NEF, ARW, SRW and PEF (ExifTool, `%compression` in Exif.pm). */
const RAW_COMPRESSIONS = new Set([32767, 32769, 32770, 32772, 34713, 65000, 65535]);

async function readIfd(source: ByteSource, endian: Endian, offset: number): Promise<Facts | undefined> {
  const count = await source.read(offset, 2);
  if (count.length < 2) return undefined;
  const entries = Math.min(endian.u16(count, 0), 512);
  const bytes = await source.read(offset + 2, entries * 12 + 4);
  const facts: Facts = { width: 0, height: 0, photometric: -1, compression: -1, isDng: false, children: [], next: 0 };
  for (let at = 0; at + 12 <= bytes.length && at < entries * 12; at += 12) {
    const tag = endian.u16(bytes, at);
    const type = endian.u16(bytes, at + 2);
    const items = endian.u32(bytes, at + 4);
    const value = type === 3 ? endian.u16(bytes, at + 8) : endian.u32(bytes, at + 8);
    if (tag === 0x100) facts.width = value;
    else if (tag === 0x101) facts.height = value;
    else if (tag === 0x103) facts.compression = value;
    else if (tag === 0x106) facts.photometric = value;
    else if (tag === 0xc612) facts.isDng = true;
    else if (tag === 0x14a) {
      if (items === 1) facts.children.push(value);
      else {
        const list = await source.read(value, Math.min(items, MAX_IFDS) * 4);
        for (let i = 0; i + 4 <= list.length; i += 4) facts.children.push(endian.u32(list, i));
      }
    }
  }
  if (bytes.length >= entries * 12 + 4) facts.next = endian.u32(bytes, entries * 12);
  return facts;
}

const endianOf = (head: Buffer) =>
  head.toString('latin1', 0, 2) === 'II' ? LITTLE : head.toString('latin1', 0, 2) === 'MM' ? BIG : undefined;

async function directories(source: ByteSource): Promise<Facts[]> {
  const endian = endianOf(source.head);
  if (!endian || source.head.length < 8) return [];
  const found: Facts[] = [];
  const queue = [endian.u32(source.head, 4)];
  const seen = new Set<number>();
  while (queue.length > 0 && found.length < MAX_IFDS) {
    const offset = queue.shift() ?? 0;
    if (offset < 8 || seen.has(offset)) continue;
    seen.add(offset);
    const facts = await readIfd(source, endian, offset);
    if (!facts) continue;
    found.push(facts);
    queue.push(...facts.children, facts.next);
  }
  return found;
}

/**
 * Tells TIFF from the camera RAW families that borrow its structure (DNG, CR2, NEF, ARW, ORF, RW2, PEF, SRW) and from RAF.
 * @returns undefined when the file is none of them
 */
export async function sniffTiffFamily(source: ByteSource): Promise<MediaFormat | undefined> {
  const { head } = source;
  if (head.toString('latin1', 0, 15) === 'FUJIFILMCCD-RAW') return 'raw';
  const magic = head.toString('latin1', 0, 4);
  if (['IIRO', 'IIRS', 'MMOR', 'IIU\0'].includes(magic)) return 'raw';
  if (magic === 'II+\0' || magic === 'MM\0+') return 'tiff';
  if (magic !== 'II*\0' && magic !== 'MM\0*') return undefined;
  if (head.toString('latin1', 8, 10) === 'CR') return 'raw';
  const all = await directories(source);
  const isRaw = all.some(
    (ifd) => ifd.isDng || ifd.photometric === CFA || ifd.photometric === LINEAR_RAW || RAW_COMPRESSIONS.has(ifd.compression),
  );
  return isRaw ? 'raw' : 'tiff';
}

/** Largest picture size that the directories of a classic TIFF name. */
export async function tiffSize(source: ByteSource): Promise<{ width: number; height: number } | undefined> {
  let best: { width: number; height: number } | undefined;
  for (const { width, height } of await directories(source)) {
    if (width > 0 && height > 0 && (!best || width * height > best.width * best.height)) best = { width, height };
  }
  return best;
}
