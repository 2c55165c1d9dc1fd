import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import { blankSei } from './blank-sei.ts';
import type { Piece, StripPlan } from './pieces.ts';

/** Chunks that playing needs; all others become empty filler of the same length. */
const NEEDED = new Set(['avih', 'strh', 'strf', 'indx', 'vprp', 'dmlh', 'idx1']);
const LISTS_TO_ENTER = new Set(['hdrl', 'strl', 'odml']);
const MAX_CHUNKS = 100_000;
const ZEROS = Buffer.alloc(1 << 20);

/** Codes of H.264 in a stream's format (`biCompression`). */
const H264 = /^(?:h264|x264|avc1|davc|vssh)$/iu;
const COMPRESSION_AT = 16;
/** Compressed pictures in a movie list: stream number and kind. */
const PICTURE = /^(\d\d)d[bc]$/u;
const MAX_PICTURE_BYTES = 64 * 1024 * 1024;

type Walk = {
  readonly source: ByteSource;
  readonly pieces: Piece[];
  readonly dropped: Set<string>;
  /** Whether each stream, by its number, is H.264. */
  readonly streams: boolean[];
  chunks: number;
  hasMovie: boolean;
};

function blank(walk: Walk, length: number): void {
  const head = Buffer.from('JUNK\0\0\0\0', 'latin1');
  head.writeUInt32LE(length, 4);
  walk.pieces.push(head);
  for (let left = length; left > 0; left -= ZEROS.length) walk.pieces.push(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
}

async function chunks(walk: Walk, from: number, to: number): Promise<void> {
  let at = from;
  while (at + 8 <= to) {
    walk.chunks += 1;
    if (walk.chunks > MAX_CHUNKS) throw new AppError('file.damaged', 'AVI: too many chunks');
    const head = await walk.source.read(at, 12);
    const type = head.toString('latin1', 0, 4);
    const length = Math.min(head.readUInt32LE(4), to - at - 8);
    const list = type === 'LIST' && head.length === 12 ? head.toString('latin1', 8, 12) : '';
    const end = at + 8 + length;
    const next = Math.min(to, end + (length % 2));
    if (type === 'strf') {
      walk.streams.push(H264.test((await walk.source.read(at + 8 + COMPRESSION_AT, 4)).toString('latin1')));
    }
    if (list === 'movi') {
      walk.hasMovie = true;
      if (walk.streams.includes(true)) {
        walk.pieces.push({ from: at, to: at + 12 });
        await pictures(walk, at + 12, end);
        walk.pieces.push({ from: end, to: next });
      } else walk.pieces.push({ from: at, to: next });
    } else if (LISTS_TO_ENTER.has(list)) {
      walk.pieces.push({ from: at, to: at + 12 });
      await chunks(walk, at + 12, end);
      walk.pieces.push({ from: end, to: next });
    } else if (NEEDED.has(type)) {
      walk.pieces.push({ from: at, to: next });
    } else {
      if (type !== 'JUNK') walk.dropped.add(`RIFF:${(list || type).replace(/[^A-Za-z0-9]/gu, '')}`);
      blank(walk, length);
      walk.pieces.push(Buffer.alloc(next - end));
    }
    at = next;
  }
  if (at < to) walk.pieces.push({ from: at, to });
}

/** The chunks of a movie list, without what H.264 says beside its pictures. */
async function pictures(walk: Walk, from: number, to: number): Promise<void> {
  let copied = from;
  let at = from;
  while (at + 8 <= to) {
    const head = await walk.source.read(at, 12);
    const type = head.toString('latin1', 0, 4);
    const length = Math.min(head.readUInt32LE(4), to - at - 8);
    const isList = type === 'LIST' && head.length === 12;
    const stream = PICTURE.exec(type)?.[1];
    if (stream !== undefined && walk.streams[Number(stream)] === true && length <= MAX_PICTURE_BYTES) {
      const coded = await walk.source.read(at + 8, length);
      const blanked = blankSei(coded);
      if (blanked !== coded) {
        if (!blanked.equals(coded)) walk.dropped.add('Stream:SEI');
        walk.pieces.push({ from: copied, to: at + 8 }, blanked);
        copied = at + 8 + length;
      }
    }
    at += isList ? 12 : 8 + length + (length % 2);
  }
  walk.pieces.push({ from: copied, to });
}

/**
 * Plans an AVI (Microsoft RIFF, OpenDML 1.02) in which everything that playing doesn't need is overwritten with filler of
 * the same length, so that no index has to change; supplemental units of H.264 too. All else in the streams stays byte for byte.
 * @throws AppError `file.damaged` when there is no movie list
 */
export async function stripAvi(source: ByteSource): Promise<StripPlan> {
  const walk: Walk = { source, pieces: [], dropped: new Set(), streams: [], chunks: 0, hasMovie: false };
  let at = 0;
  while (at + 12 <= source.sizeBytes) {
    const head = await source.read(at, 12);
    if (head.toString('latin1', 0, 4) !== 'RIFF' || !/^AVI[X ]$/u.test(head.toString('latin1', 8, 12))) break;
    const end = Math.min(source.sizeBytes, at + 8 + head.readUInt32LE(4));
    walk.pieces.push({ from: at, to: at + 12 });
    await chunks(walk, at + 12, end);
    at = Math.min(source.sizeBytes, end + (end % 2));
    if (at > end) walk.pieces.push(Buffer.alloc(1));
  }
  if (!walk.hasMovie) throw new AppError('file.damaged', 'AVI: no movie list');
  if (at < source.sizeBytes) walk.dropped.add('RIFF:Trailer');
  return { pieces: walk.pieces, dropped: [...walk.dropped] };
}
