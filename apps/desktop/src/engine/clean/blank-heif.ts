import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import { type Box, topBoxes } from '../probe/iso-media.ts';
import { innerBoxes, isMetadataItem, itemsOf, type Range } from './heif-items.ts';
import type { Piece, StripPlan } from './pieces.ts';

type Edit = Range & { readonly bytes: Buffer };

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);
const DATED = new Set(['mvhd', 'tkhd', 'mdhd']);
/** Behind version, type and reserved fields (ISO/IEC 14496-12, 8.4.3). */
const HANDLER_NAME_AT = 24;
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
const FREE = Buffer.from('free', 'latin1');

const zeros = (from: number, to: number): Edit => ({ from, to, bytes: Buffer.alloc(Math.max(0, to - from)) });

/** Turns a box into filler of the same size. @param at file position of the box */
function freed(at: number, body: number, end: number): Edit[] {
  return [{ from: at + 4, to: at + 8, bytes: FREE }, zeros(body, end)];
}

const handlerName = (hdlr: { readonly body: number; readonly end: number }, offset: number): Edit =>
  zeros(offset + hdlr.body + HANDLER_NAME_AT, offset + hdlr.end);

/** Names of handlers are free text. */
function blankHandlers(bytes: Buffer, meta: { readonly body: number; readonly end: number }, offset: number): Edit[] {
  return [...innerBoxes(bytes, meta.body + 4, meta.end)].filter((box) => box.type === 'hdlr').map((box) => handlerName(box, offset));
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
    else if (box.type === 'hdlr') edits.push(handlerName(box, offset));
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

/** Boxes on the top level that showing needs. Anything else there is somebody's own. */
const TOP = new Set(['ftyp', 'meta', 'moov', 'mdat', 'idat', 'moof', 'mfra', 'sidx', 'styp', 'ssix', 'pdin']);

async function readBox(source: ByteSource, box: Box): Promise<Buffer> {
  if (box.sizeBytes > MAX_HEADER_BYTES) throw new AppError('file.tooLarge', `${box.type} box over 64 MiB`);
  return await source.read(box.offset, box.sizeBytes);
}

async function headerEdits(source: ByteSource, box: Box, isSequence: boolean): Promise<Edit[]> {
  const bytes = await readBox(source, box);
  const range = { body: box.headerBytes, end: bytes.length };
  if (box.type === 'moov') return inMovie(bytes, range.body, range.end, box.offset);
  return [...blankHandlers(bytes, range, box.offset), ...(isSequence ? blankItems(bytes, range, box.offset) : [])];
}

/** Positions of all chunks of a movie's tracks (ISO/IEC 14496-12, 8.7.5). */
function chunkPositions(bytes: Buffer, from: number, to: number): number[] {
  return [...innerBoxes(bytes, from, to)].flatMap((box) => {
    if (CONTAINERS.has(box.type)) return chunkPositions(bytes, box.body, box.end);
    if (box.type !== 'stco' && box.type !== 'co64') return [];
    const width = box.type === 'stco' ? 4 : 8;
    const count = Math.min(bytes.readUInt32BE(box.body + 4), Math.floor((box.end - box.body - 8) / width));
    return Array.from({ length: count }, (_, n) => {
      const at = box.body + 8 + n * width;
      return width === 4 ? bytes.readUInt32BE(at) : Number(bytes.readBigUInt64BE(at));
    });
  });
}

/** Where pictures lie in the file: items of every `meta` box on the top level, chunks of every track; undefined when that can't be told. */
async function usedData(source: ByteSource, boxes: readonly Box[]): Promise<{ ranges: Range[]; chunks: number[] } | undefined> {
  const ranges: Range[] = [];
  const chunks: number[] = [];
  for (const box of boxes) {
    if (box.type === 'moof') return undefined;
    if (box.type === 'moov') chunks.push(...chunkPositions(await readBox(source, box), box.headerBytes, box.sizeBytes));
    if (box.type !== 'meta') continue;
    const bytes = await readBox(source, box);
    ranges.push(...itemsOf(bytes, { body: box.headerBytes, end: bytes.length }, box.offset).flatMap((item) => item.extents));
  }
  // A length of zero stands for everything up to the end.
  return ranges.some((range) => range.to <= range.from) ? undefined : { ranges, chunks };
}

/** Zeros for what nothing refers to. Chunks say where they begin, not where they end, so data that holds one stays whole. */
function unusedIn(box: Box, end: number, used: { ranges: readonly Range[]; chunks: readonly number[] }): Edit[] {
  const body = box.offset + box.headerBytes;
  if (used.chunks.some((at) => at >= body && at < end)) return [];
  const inside = used.ranges.filter((range) => range.to > body && range.from < end).sort((a, b) => a.from - b.from);
  if (inside.length === 0) return freed(box.offset, body, end);
  const edits: Edit[] = [];
  let at = body;
  for (const range of inside) {
    if (range.from > at) edits.push(zeros(at, range.from));
    at = Math.max(at, range.to);
  }
  return at < end ? [...edits, zeros(at, end)] : edits;
}

/** Edits for the top level, and where the file may end. */
async function topEdits(source: ByteSource, boxes: readonly Box[]): Promise<{ edits: Edit[]; end: number }> {
  const used = await usedData(source, boxes);
  const edits: Edit[] = [];
  let end = 0;
  for (const box of boxes) {
    const boxEnd = Math.min(source.sizeBytes, box.offset + box.sizeBytes);
    const own = TOP.has(box.type)
      ? box.type === 'mdat' && used
        ? unusedIn(box, boxEnd, used)
        : []
      : freed(box.offset, box.offset + box.headerBytes, boxEnd);
    edits.push(...own);
    if (!own.some((edit) => edit.bytes === FREE)) end = boxEnd;
  }
  return { edits, end };
}

async function planned(source: ByteSource, boxes: readonly Box[], inside: readonly Edit[]): Promise<StripPlan> {
  const { edits, end } = await topEdits(source, boxes);
  const dropped = end < source.sizeBytes ? ['QuickTime:Trailer'] : [];
  return { pieces: withEdits(end, [...inside, ...edits]), dropped: [...dropped, ...(edits.length > 0 ? ['QuickTime:UnusedData'] : [])] };
}

/**
 * Plans an AVIF or HEIC file in which everything on the top level that showing doesn't need is overwritten in place or, at the end, cut
 * off: boxes of others, filler, data that nothing refers to. Of an image sequence EXIF, XMP, dates and user data are overwritten too,
 * because ExifTool can't write such files. Nothing moves, so every picture stays where its index says.
 * @returns the plan, and whether ExifTool is still to take EXIF and XMP out (still pictures)
 * @throws AppError `file.damaged` when the boxes make no sense
 */
export async function blankHeif(source: ByteSource): Promise<{ readonly plan: StripPlan; readonly isSequence: boolean }> {
  const boxes = await topBoxes(source);
  const isSequence = boxes.some((box) => box.type === 'moov');
  try {
    const headers = boxes.filter((box) => box.type === 'meta' || box.type === 'moov');
    const inside = (await Promise.all(headers.map((box) => headerEdits(source, box, isSequence)))).flat();
    return { plan: await planned(source, boxes, inside), isSequence };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new AppError('file.damaged', `image boxes: ${thrown.message}`, { cause: thrown });
  }
}
