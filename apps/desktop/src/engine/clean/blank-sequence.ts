import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import { type Box, topBoxes } from '../probe/iso-media.ts';
import { innerBoxes, isMetadataItem, itemsOf, type Range } from './heif-items.ts';
import type { Piece, StripPlan } from './pieces.ts';

type Edit = Range & { readonly bytes: Buffer };

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);
const DATED = new Set(['mvhd', 'tkhd', 'mdhd']);
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const FREE = Buffer.from('free', 'latin1');

const zeros = (from: number, to: number): Edit => ({ from, to, bytes: Buffer.alloc(Math.max(0, to - from)) });

/** Turns a box into filler of the same size. @param at file position of the box */
function freed(at: number, body: number, end: number): Edit[] {
  return [{ from: at + 4, to: at + 8, bytes: FREE }, zeros(body, end)];
}

function blankItems(bytes: Buffer, meta: { readonly body: number; readonly end: number }, offset: number): Edit[] {
  return itemsOf(bytes, meta, offset)
    .filter(isMetadataItem)
    .flatMap((item) => [
      ...item.extents.map((range) => zeros(range.from, range.to)),
      { from: item.typeAt, to: item.typeAt + 4, bytes: FREE },
    ]);
}

function inMovie(bytes: Buffer, from: number, to: number, offset: number): Edit[] {
  const edits: Edit[] = [];
  for (const box of innerBoxes(bytes, from, to)) {
    if (CONTAINERS.has(box.type)) edits.push(...inMovie(bytes, box.body, box.end, offset));
    else if (DATED.has(box.type)) edits.push(zeros(offset + box.body + 4, offset + box.body + (bytes[box.body] === 1 ? 20 : 12)));
    else if (box.type === 'meta')
      edits.push(...blankItems(bytes, box, offset), ...freed(offset + box.at, offset + box.body, offset + box.end));
    else if (box.type === 'udta' || box.type === 'uuid') edits.push(...freed(offset + box.at, offset + box.body, offset + box.end));
  }
  return edits;
}

/** The file with all edits; where two overlap, the later one's rest is left out, since both only blank. */
function withEdits(sizeBytes: number, edits: readonly Edit[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
    const [from, to] = [Math.max(at, edit.from), Math.min(edit.to, sizeBytes)];
    if (to <= from) continue;
    if (from > at) pieces.push({ from: at, to: from });
    pieces.push(edit.bytes.subarray(from - edit.from, to - edit.from));
    at = to;
  }
  if (at < sizeBytes) pieces.push({ from: at, to: sizeBytes });
  return pieces;
}

async function editsFor(source: ByteSource, box: Box): Promise<Edit[]> {
  if (box.type === 'uuid' || box.type === 'free' || box.type === 'skip') {
    return freed(box.offset, box.offset + box.headerBytes, Math.min(source.sizeBytes, box.offset + box.sizeBytes));
  }
  if (box.type !== 'meta' && box.type !== 'moov') return [];
  if (box.sizeBytes > MAX_HEADER_BYTES) throw new AppError('file.tooLarge', `${box.type} box over 64 MiB`);
  const bytes = await source.read(box.offset, box.sizeBytes);
  const range = { body: box.headerBytes, end: bytes.length };
  return box.type === 'meta' ? blankItems(bytes, range, box.offset) : inMovie(bytes, range.body, range.end, box.offset);
}

/**
 * Plans an AVIF or HEIC image sequence in which EXIF, XMP, dates and user data are overwritten in place, because ExifTool
 * can't write such files. Nothing moves, so every picture stays where its index says.
 * @returns undefined for a still picture
 * @throws AppError `file.damaged` when the boxes make no sense
 */
export async function blankSequence(source: ByteSource): Promise<StripPlan | undefined> {
  const boxes = await topBoxes(source);
  if (!boxes.some((box) => box.type === 'moov')) return undefined;
  try {
    const edits = (await Promise.all(boxes.map((box) => editsFor(source, box)))).flat();
    return { pieces: withEdits(source.sizeBytes, edits), dropped: [] };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new AppError('file.damaged', `image sequence: ${thrown.message}`, { cause: thrown });
  }
}
