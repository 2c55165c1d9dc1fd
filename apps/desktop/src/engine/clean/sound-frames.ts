import type { ByteSource } from '../probe/byte-source.ts';
import type { Range } from './heif-items.ts';

/** kbit/s by index (ISO/IEC 11172-3, 2.4.2.3; ISO/IEC 13818-3 for the lower rates): version 1 layers I, II, III, then versions 2 and 2.5 layers I, II and III. */
const RATES = {
  v1: {
    1: [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  },
  v2: {
    1: [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    3: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  },
} as const;
const HERTZ = [44_100, 48_000, 32_000] as const;
/** The header of a frame and the start of the next one are looked at together. */
const HEADER_BYTES = 7;
const WINDOW_BYTES = 1 << 20;
/** Tags that stand between frames; anything else there is left alone, because decoders may make something of it. */
const TAGS = /^(?:ID3|TAG|APETAGEX|LYRICSBEGIN|3DI)/u;

/** Length of the MPEG audio or ADTS frame that begins here; 0 when none does, or when it doesn't say its length. */
function frameBytes(bytes: Buffer, at: number): number {
  if (at + HEADER_BYTES > bytes.length || bytes[at] !== 0xff) return 0;
  const second = bytes[at + 1] ?? 0;
  if ((second & 0xf6) === 0xf0) {
    const length = (((bytes[at + 3] ?? 0) & 3) << 11) | ((bytes[at + 4] ?? 0) << 3) | ((bytes[at + 5] ?? 0) >> 5);
    return length > HEADER_BYTES ? length : 0;
  }
  const version = (second >> 3) & 3;
  const layer = 4 - ((second >> 1) & 3);
  const third = bytes[at + 2] ?? 0;
  const rate = third >> 4;
  const hertz = HERTZ[(third >> 2) & 3];
  if ((second & 0xe0) !== 0xe0 || version === 1 || layer === 4 || rate === 15 || rate === 0 || hertz === undefined) return 0;
  const table = version === 3 ? RATES.v1 : RATES.v2;
  const bitRate = (table[layer as 1 | 2 | 3][rate] ?? 0) * 1000;
  const perSecond = hertz / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const padding = (third >> 1) & 1;
  if (layer === 1) return (Math.floor((12 * bitRate) / perSecond) + padding) * 4;
  return Math.floor(((layer === 3 && version !== 3 ? 72 : 144) * bitRate) / perSecond) + padding;
}

/** Reads a little at a time, forwards, without a call to the disk for each frame. */
function windowed(source: ByteSource) {
  let start = 0;
  let bytes: Buffer = Buffer.alloc(0);
  return async (at: number, length: number): Promise<Buffer> => {
    if (at < start || at + length > start + bytes.length) {
      start = at;
      bytes = await source.read(at, Math.max(WINDOW_BYTES, length));
    }
    return bytes.subarray(at - start, at - start + length);
  };
}

const RESYNC_BYTES = 4096;

/**
 * Where the frames of an MP3 or ADTS stream lie. A frame counts when another one follows it, or the end. The last one may be cut short.
 * @returns ranges in order; empty when no frame can be followed (free-format MP3, or no MP3 at all)
 */
export async function soundFrames(source: ByteSource, from: number, to: number): Promise<Range[]> {
  const read = windowed(source);
  const lengthAt = async (at: number): Promise<number> => (at + HEADER_BYTES > to ? 0 : frameBytes(await read(at, HEADER_BYTES), 0));
  const found: { from: number; to: number }[] = [];
  let at = from;
  while (at + HEADER_BYTES <= to) {
    const length = await lengthAt(at);
    const last = found.at(-1);
    const follows = last?.to === at;
    const isFrame = length > 0 && (follows || at + length >= to || (await lengthAt(at + length)) > 0);
    if (isFrame) {
      const end = Math.min(to, at + length);
      if (follows) last.to = end;
      else found.push({ from: at, to: end });
      at = end;
      continue;
    }
    const ahead = await read(at + 1, Math.min(RESYNC_BYTES, to - at - 1));
    const next = ahead.indexOf(0xff);
    at += 1 + (next < 0 ? ahead.length : next);
  }
  return found;
}

/**
 * What is to be kept of a stream: its frames and what lies between them, without tags between frames and without anything before the
 * first or behind the last one.
 */
export async function playedRanges(source: ByteSource, from: number, to: number): Promise<Range[]> {
  const frames = await soundFrames(source, from, to);
  const kept: { from: number; to: number }[] = [];
  for (const range of frames) {
    const last = kept.at(-1);
    const isTag = last !== undefined && TAGS.test((await source.read(last.to, 12)).toString('latin1'));
    if (last === undefined || isTag) kept.push({ ...range });
    else last.to = range.to;
  }
  return kept;
}
