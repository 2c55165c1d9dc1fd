import { createHash } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import { filterId3, id3Bytes } from './id3.ts';
import { bytesOf, type Piece, type StripPlan } from './pieces.ts';
import { playedRanges, soundFrames } from './sound-frames.ts';

const APE_FOOTER = 32;
const ID3V1 = 128;
const ID3V1_EXTENDED = 227;
const MAX_TAGS = 64;
const MAX_KEPT_TAG = 64 * 1024 * 1024;

/** Length of the tag that ends at `end`, with its name; undefined when the sound ends there. */
async function tagBefore(source: ByteSource, end: number): Promise<{ readonly bytes: number; readonly key: string } | undefined> {
  const tail = await source.read(Math.max(0, end - ID3V1), Math.min(ID3V1, end));
  const text = (fromEnd: number, length: number) => tail.toString('latin1', tail.length - fromEnd, tail.length - fromEnd + length);
  if (tail.length >= APE_FOOTER && text(APE_FOOTER, 8) === 'APETAGEX') {
    const footer = tail.subarray(tail.length - APE_FOOTER);
    const withHeader = (footer.readUInt32LE(20) & 0x80000000) !== 0;
    return { bytes: footer.readUInt32LE(12) + (withHeader ? APE_FOOTER : 0), key: 'MP3:APEv2' };
  }
  if (tail.length >= 15 && text(9, 9) === 'LYRICS200') {
    const size = Number.parseInt(text(15, 6), 10);
    return Number.isInteger(size) ? { bytes: size + 15, key: 'MP3:Lyrics3' } : undefined;
  }
  if (tail.length >= 9 && text(9, 9) === 'LYRICSEND') return await lyricsVersion1(source, end);
  if (tail.length >= 10 && text(10, 3) === '3DI') {
    const footer = Buffer.from(tail.subarray(tail.length - 10));
    footer.write('ID3', 0, 'latin1');
    return { bytes: id3Bytes(footer), key: 'MP3:ID3v2Trailer' };
  }
  if (tail.length === ID3V1 && text(ID3V1, 3) === 'TAG') {
    const extended = await source.read(end - ID3V1 - ID3V1_EXTENDED, 4);
    return { bytes: ID3V1 + (extended.toString('latin1') === 'TAG+' ? ID3V1_EXTENDED : 0), key: 'MP3:ID3v1' };
  }
  return undefined;
}

/** Lyrics3 version 1 has no length; its beginning stands at most 5,100 bytes before its end. */
async function lyricsVersion1(source: ByteSource, end: number): Promise<{ readonly bytes: number; readonly key: string } | undefined> {
  const from = Math.max(0, end - 5120);
  const begin = (await source.read(from, end - from)).lastIndexOf('LYRICSBEGIN', undefined, 'latin1');
  return begin < 0 ? undefined : { bytes: end - from - begin, key: 'MP3:Lyrics3' };
}

/** Where the sound ends before ID3v1, ID3v2, APEv2 and Lyrics3 tags in any order, and the names of those. */
export async function endBeforeTags(source: ByteSource, from: number): Promise<{ readonly end: number; readonly keys: readonly string[] }> {
  const keys: string[] = [];
  let end = source.sizeBytes;
  for (let n = 0; n < MAX_TAGS && end > from; n += 1) {
    const tag = await tagBefore(source, end);
    if (tag === undefined || tag.bytes <= 0 || tag.bytes > end - from) break;
    keys.push(tag.key);
    end -= tag.bytes;
  }
  return { end, keys };
}

/**
 * Plans an MP3 or ADTS AAC stream without its tags: ID3v2 before and after, ID3v1, APEv2, Lyrics3,
 * and what lies behind the last frame. The frames, with the gapless header among them, stay as they are.
 * @param keep ID3v2 frame names to keep in a rebuilt tag
 * @throws AppError `file.damaged` when nothing but tags is there
 */
export async function stripFrames(source: ByteSource, keep: ReadonlySet<string>): Promise<StripPlan> {
  const pieces: Piece[] = [];
  const dropped = new Set<string>();
  let from = 0;
  for (let n = 0; n < MAX_TAGS; n += 1) {
    const bytes = id3Bytes(await source.read(from, 10));
    if (bytes === 0) break;
    if (keep.size > 0 && bytes <= MAX_KEPT_TAG) pieces.push(filterId3(await source.read(from, bytes), keep));
    dropped.add('MP3:ID3v2');
    from += bytes;
  }
  const { end: to, keys } = await endBeforeTags(source, from);
  for (const key of keys) dropped.add(key);
  if (from >= to) throw new AppError('file.damaged', 'no sound between the tags');
  const played = await playedRanges(source, from, to);
  const [first, last] = [played[0], played.at(-1)];
  if (first === undefined || last === undefined) return { pieces: [...pieces, { from, to }], dropped: [...dropped] };
  if (last.to < to) dropped.add('MP3:Trailer');
  if (played.length > 1) dropped.add('MP3:TagsBetweenFrames');
  return { pieces: [...pieces, ...played], dropped: [...dropped] };
}

/**
 * SHA-256 of all frames of an MP3 or ADTS stream, whatever tags stand around and between them; undefined when no frame can be followed.
 */
export async function framesHash(source: ByteSource): Promise<string | undefined> {
  const { pieces } = await stripFrames(source, new Set());
  const hash = createHash('sha256');
  let frames = 0;
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) continue;
    const ranges = await soundFrames(source, piece.from, piece.to);
    frames += ranges.length;
    for await (const bytes of bytesOf(source, ranges)) hash.update(bytes);
  }
  return frames === 0 ? undefined : hash.digest('hex');
}
