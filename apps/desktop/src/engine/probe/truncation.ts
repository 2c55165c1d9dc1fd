import type { MediaFormat } from '@pingplex/shared/domain';
import type { ByteSource } from './byte-source.ts';
import { topBoxes } from './iso-media.ts';

const CHUNK = 1024 * 1024;
/** Unknown length, written by programs that stream. */
const STREAMING_SIZES = new Set([0, 0xffffffff]);

async function jpegLacksEnd(source: ByteSource): Promise<boolean> {
  // The picture's own end marker stands after its first scan; a thumbnail's stands before it.
  let at = 2;
  let scan = -1;
  for (let n = 0; n < 4096; n += 1) {
    const bytes = await source.read(at, 4);
    if (bytes.length < 4 || bytes[0] !== 0xff) break;
    if (bytes[1] === 0xda) {
      scan = at;
      break;
    }
    at += bytes[1] === 0xff ? 1 : 2 + bytes.readUInt16BE(2);
  }
  if (scan < 0) return true;
  const end = Buffer.from('ffd9', 'hex');
  for (let from = Math.max(scan, source.sizeBytes - CHUNK); ; from = Math.max(scan, from - CHUNK)) {
    const bytes = await source.read(from, CHUNK + 1);
    if (bytes.includes(end)) return false;
    if (from <= scan) return true;
  }
}

async function pngLacksEnd(source: ByteSource): Promise<boolean> {
  const tail = await source.read(Math.max(0, source.sizeBytes - 4096), 4096);
  if (tail.includes('IEND')) return false;
  let at = 8;
  for (let n = 0; n < 100_000; n += 1) {
    const header = await source.read(at, 8);
    if (header.length < 8) return true;
    if (header.toString('latin1', 4, 8) === 'IEND') return false;
    at += 12 + header.readUInt32BE(0);
  }
  return true;
}

async function gifLacksEnd(source: ByteSource): Promise<boolean> {
  const tail = await source.read(Math.max(0, source.sizeBytes - 1024), 1024);
  // Some programs pad with zeros or a line break behind the trailer.
  let last = tail.length - 1;
  while (last > 0 && [0x00, 0x0a, 0x0d, 0x20].includes(tail[last] ?? -1)) last -= 1;
  return tail[last] !== 0x3b;
}

async function boxesLackEnd(source: ByteSource, needsMovie: boolean): Promise<boolean> {
  const boxes = await topBoxes(source);
  const last = boxes.at(-1);
  if (!last || last.offset + last.sizeBytes > source.sizeBytes) return true;
  return needsMovie && !boxes.some((box) => box.type === 'moov');
}

/**
 * Says whether a file ends before its own headers say it should. Costs a few short reads.
 * Formats that are plain rows of frames (MP3, AAC, OGG, FLAC) can't be judged this way and count as whole.
 */
export async function isTruncated(source: ByteSource, format: MediaFormat): Promise<boolean> {
  switch (format) {
    case 'jpeg':
      return jpegLacksEnd(source);
    case 'png':
      return pngLacksEnd(source);
    case 'gif':
      return gifLacksEnd(source);
    case 'webp':
    case 'wav':
    case 'avi': {
      if (source.head.length < 12) return true;
      const declared = source.head.readUInt32LE(4);
      return !STREAMING_SIZES.has(declared) && source.head.toString('latin1', 0, 4) === 'RIFF' && declared + 8 > source.sizeBytes + 1;
    }
    case 'mp4':
    case 'mov':
    case 'm4a':
      return boxesLackEnd(source, true);
    case 'heic':
    case 'avif':
      return boxesLackEnd(source, false);
    default:
      return false;
  }
}
