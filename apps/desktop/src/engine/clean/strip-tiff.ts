import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import type { Piece, StripPlan } from './pieces.ts';

/** Fields that say how the pixels lie and look (TIFF 6.0, its supplements, ICC.1 annex B); orientation and colour profile are among them. */
const NEEDED = new Set([
  ...[254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 286, 287, 290, 291, 292],
  ...[293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 332, 334, 336, 338, 339, 340, 341, 347, 512, 529, 530, 531, 532],
  ...[34675, 50674],
]);
const FIELD = { subfile: 254, compression: 259, strips: 273, stripBytes: 279, tiles: 324, tileBytes: 325, subDirectories: 330 } as const;
/** Bytes per value, by type 1–13. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4] as const;
/** JPEG as TIFF 6.0 first defined it: its tables lie anywhere in the file. */
const OLD_JPEG = 6;
const LONG = 4;
const SHORT = 3;
const MAX_PAGES = 1000;
const SLACK_BYTES = 64 * 1024;
const MAX_FIELDS = 4096;
/** All fields of all pages together; a number per strip of the largest scans takes a hundredth of it. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;

type Endian = {
  readonly u16: (bytes: Buffer, at: number) => number;
  readonly u32: (bytes: Buffer, at: number) => number;
  readonly put16: (bytes: Buffer, value: number, at: number) => void;
  readonly put32: (bytes: Buffer, value: number, at: number) => void;
};
const LITTLE: Endian = {
  u16: (b, at) => b.readUInt16LE(at),
  u32: (b, at) => b.readUInt32LE(at),
  put16: (b, v, at) => b.writeUInt16LE(v, at),
  put32: (b, v, at) => b.writeUInt32LE(v, at),
};
const BIG: Endian = {
  u16: (b, at) => b.readUInt16BE(at),
  u32: (b, at) => b.readUInt32BE(at),
  put16: (b, v, at) => b.writeUInt16BE(v, at),
  put32: (b, v, at) => b.writeUInt32BE(v, at),
};

type Field = { readonly tag: number; readonly type: number; readonly count: number; readonly data: Buffer };
type Page = { readonly fields: readonly Field[]; readonly hasSubDirectories: boolean };

const damaged = (why: string) => new AppError('file.damaged', `TIFF: ${why}`);

type Budget = { bytes: number };

async function readPage(source: ByteSource, endian: Endian, at: number, budget: Budget): Promise<{ page: Page; next: number }> {
  const head = await source.read(at, 2);
  if (head.length < 2) throw damaged('a directory beyond the end');
  const count = endian.u16(head, 0);
  const rows = await source.read(at + 2, count * 12 + 4);
  if (count > MAX_FIELDS || rows.length < count * 12) throw damaged('a directory that ends early');
  const fields: Field[] = [];
  let hasSubDirectories = false;
  for (let row = 0; row < count * 12; row += 12) {
    const tag = endian.u16(rows, row);
    const type = endian.u16(rows, row + 2);
    const values = endian.u32(rows, row + 4);
    if (tag === FIELD.subDirectories) hasSubDirectories = true;
    const bytes = (TYPE_BYTES[type] ?? 0) * values;
    if (!NEEDED.has(tag) || bytes === 0) continue;
    budget.bytes -= bytes;
    if (budget.bytes < 0) throw damaged('fields larger than any picture needs');
    const data = bytes <= 4 ? Buffer.from(rows.subarray(row + 8, row + 8 + bytes)) : await source.read(endian.u32(rows, row + 8), bytes);
    if (data.length < bytes) throw damaged('a field beyond the end');
    fields.push({ tag, type, count: values, data });
  }
  const next = rows.length >= count * 12 + 4 ? endian.u32(rows, count * 12) : 0;
  return { page: { fields, hasSubDirectories }, next };
}

const fieldOf = (page: Page, tag: number) => page.fields.find((field) => field.tag === tag);

function numbersOf(endian: Endian, field: Field | undefined): number[] | undefined {
  if (!field || (field.type !== SHORT && field.type !== LONG)) return undefined;
  return Array.from({ length: field.count }, (_, n) =>
    field.type === SHORT ? endian.u16(field.data, n * 2) : endian.u32(field.data, n * 4),
  );
}

/** A smaller copy of another page (TIFF 6.0, NewSubfileType bit 0): a thumbnail. */
const isThumbnail = (endian: Endian, page: Page): boolean => ((numbersOf(endian, fieldOf(page, FIELD.subfile))?.[0] ?? 0) & 1) !== 0;

/** Directory and data of one page as they stand from `at` on; undefined when it has no pixels of a kind that can be moved. */
function placed(source: ByteSource, endian: Endian, page: Page, at: number, isLast: boolean): { pieces: Piece[]; end: number } | undefined {
  if (numbersOf(endian, fieldOf(page, FIELD.compression))?.[0] === OLD_JPEG) return undefined;
  const [where, lengths] = fieldOf(page, FIELD.tiles) ? [FIELD.tiles, FIELD.tileBytes] : [FIELD.strips, FIELD.stripBytes];
  const offsets = numbersOf(endian, fieldOf(page, where));
  const counts = numbersOf(endian, fieldOf(page, lengths));
  if (!offsets || !counts || offsets.length !== counts.length) return undefined;
  const sorted = [...page.fields].sort((a, b) => a.tag - b.tag);
  const values = sorted.map((field) => (field.tag === where ? Buffer.alloc(offsets.length * 4) : field.data));
  const tableBytes = 2 + sorted.length * 12 + 4;
  let dataAt = at + tableBytes + values.reduce((sum, { length }) => sum + (length > 4 ? length + (length % 2) : 0), 0);
  const pixels: Piece[] = [];
  const moved = values[sorted.findIndex((field) => field.tag === where)] as Buffer;
  offsets.forEach((from, n) => {
    const to = Math.min(source.sizeBytes, from + (counts[n] ?? 0));
    endian.put32(moved, to > from ? dataAt : 0, n * 4);
    if (to <= from) return;
    pixels.push({ from, to });
    dataAt += to - from;
  });
  if (dataAt % 2 === 1) {
    pixels.push(Buffer.alloc(1));
    dataAt += 1;
  }
  const table = Buffer.alloc(tableBytes);
  const tail: Buffer[] = [];
  let valueAt = at + tableBytes;
  endian.put16(table, sorted.length, 0);
  sorted.forEach((field, n) => {
    const row = 2 + n * 12;
    const value = values[n] as Buffer;
    endian.put16(table, field.tag, row);
    endian.put16(table, field.tag === where ? LONG : field.type, row + 2);
    endian.put32(table, field.count, row + 4);
    if (value.length <= 4) value.copy(table, row + 8);
    else {
      endian.put32(table, valueAt, row + 8);
      tail.push(value, Buffer.alloc(value.length % 2));
      valueAt += value.length + (value.length % 2);
    }
  });
  endian.put32(table, isLast ? 0 : dataAt, tableBytes - 4);
  return { pieces: [table, ...tail, ...pixels], end: dataAt };
}

async function pagesOf(source: ByteSource, endian: Endian): Promise<Page[]> {
  const pages: Page[] = [];
  const seen = new Set<number>();
  const budget = { bytes: MAX_VALUE_BYTES };
  for (let at = endian.u32(source.head, 4); at !== 0 && !seen.has(at) && pages.length < MAX_PAGES; ) {
    seen.add(at);
    const { page, next } = await readPage(source, endian, at, budget);
    pages.push(page);
    at = next;
  }
  return pages;
}

function endianOf(source: ByteSource): Endian | undefined {
  const mark = source.head.toString('latin1', 0, 4);
  return source.head.length < 8 ? undefined : mark === 'II*\0' ? LITTLE : mark === 'MM\0*' ? BIG : undefined;
}

/** Numbers of the pages that aren't thumbnails, from 0; undefined for kinds of TIFF that we don't take apart (BigTIFF). */
export async function shownPages(source: ByteSource): Promise<number[] | undefined> {
  const endian = endianOf(source);
  if (!endian) return undefined;
  return (await pagesOf(source, endian)).flatMap((page, n) => (n > 0 && isThumbnail(endian, page) ? [] : [n]));
}

/**
 * Plans a TIFF (TIFF 6.0) anew: every page with the fields that showing it needs, and its pixels. All other fields, thumbnails,
 * sub-directories and bytes that no field mentions stay behind.
 * @returns undefined for BigTIFF and JPEG of the first kind, whose data can't be moved
 * @throws AppError `file.damaged`
 */
export async function stripTiff(source: ByteSource): Promise<StripPlan | undefined> {
  const endian = endianOf(source);
  if (!endian) return undefined;
  const pages = await pagesOf(source, endian);
  const shown = pages.filter((page, n) => n === 0 || !isThumbnail(endian, page));
  const head = Buffer.from(source.head.subarray(0, 8));
  endian.put32(head, 8, 4);
  const pieces: Piece[] = [head];
  let at = 8;
  for (const [n, page] of shown.entries()) {
    const made = placed(source, endian, page, at, n === shown.length - 1);
    if (!made || made.end > 0xffffffff) return undefined;
    // Strips may lie over each other, but no honest file grows by that.
    if (made.end > 2 * source.sizeBytes + SLACK_BYTES) throw damaged('more pixels than the file holds');
    pieces.push(...made.pieces);
    at = made.end;
  }
  if (shown.length === 0) throw damaged('no page');
  const dropped = [
    ...(shown.length < pages.length ? ['TIFF:Thumbnail'] : []),
    ...(pages.some((page) => page.hasSubDirectories) ? ['TIFF:SubDirectories'] : []),
  ];
  return { pieces, dropped };
}
