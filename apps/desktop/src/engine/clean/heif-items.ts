import type { ByteSource } from '../probe/byte-source.ts';
import { topBoxes } from '../probe/iso-media.ts';

/** A range of the file, `to` exclusive. */
export type Range = { readonly from: number; readonly to: number };

/** One item of a HEIF file (ISO/IEC 14496-12, 8.11): a picture, a tile, or metadata about them. */
export type HeifItem = {
  readonly id: number;
  /** `hvc1`, `av01`, `grid`, `Exif`, `mime`, … */
  readonly type: string;
  /** Where these four letters stand in the file. */
  readonly typeAt: number;
  readonly extents: readonly Range[];
};

type InnerBox = { readonly type: string; readonly at: number; readonly body: number; readonly end: number };

/** `free` is what a blanked item is called. */
const METADATA_ITEMS = new Set(['Exif', 'mime', 'uri ', 'free']);
/** Properties that decide how coded bytes become pixels. */
const DECODING_PROPERTIES = new Set(['hvcC', 'av1C', 'ispe', 'irot', 'imir', 'clap', 'pixi', 'auxC']);
const MAX_META_BYTES = 32 * 1024 * 1024;
const MAX_ITEMS = 100_000;

export const isMetadataItem = (item: HeifItem): boolean => METADATA_ITEMS.has(item.type);

/** Boxes between two positions of a buffer; stops at the first impossible size. */
export function* innerBoxes(bytes: Buffer, from: number, to: number): Generator<InnerBox> {
  let at = from;
  while (at + 8 <= to) {
    const short = bytes.readUInt32BE(at);
    const large = short === 1 && at + 16 <= to;
    const size = short === 0 ? to - at : large ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    const body = at + (large ? 16 : 8);
    if (size < body - at || at + size > to) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), at, body, end: at + size };
    at += size;
  }
}

function itemTypes(bytes: Buffer, iinf: InnerBox): Map<number, number> {
  const types = new Map<number, number>();
  const first = iinf.body + ((bytes[iinf.body] ?? 0) === 0 ? 6 : 8);
  for (const infe of innerBoxes(bytes, first, iinf.end)) {
    const version = bytes[infe.body] ?? 0;
    if (infe.type !== 'infe' || version < 2 || infe.body + 12 > infe.end) continue;
    const id = version === 2 ? bytes.readUInt16BE(infe.body + 4) : bytes.readUInt32BE(infe.body + 4);
    types.set(id, infe.body + (version === 2 ? 8 : 10));
  }
  return types;
}

/** Reads numbers of given widths one after the other; gives up (undefined) at the end. */
function reader(bytes: Buffer, from: number, to: number) {
  let at = from;
  return (width: number): number => {
    if (at + width > to) throw new RangeError('box ends early');
    const value = width === 0 ? 0 : width === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, width);
    at += width;
    return value;
  };
}

/** Places of all items. @param idat where the `idat` body stands in the file */
function itemExtents(bytes: Buffer, iloc: InnerBox, idat: number): Map<number, Range[]> {
  const places = new Map<number, Range[]>();
  const take = reader(bytes, iloc.body, iloc.end);
  const version = take(1);
  take(3);
  const sizes = take(2);
  const [offsetBytes, lengthBytes, baseBytes, indexBytes] = [
    sizes >> 12,
    (sizes >> 8) & 15,
    (sizes >> 4) & 15,
    version > 0 ? sizes & 15 : 0,
  ];
  const count = take(version < 2 ? 2 : 4);
  for (let n = 0; n < Math.min(count, MAX_ITEMS); n += 1) {
    const id = take(version < 2 ? 2 : 4);
    const method = version > 0 ? take(2) & 15 : 0;
    take(2);
    const base = take(baseBytes) + (method === 1 ? idat : 0);
    const extents: Range[] = [];
    for (let left = take(2); left > 0; left -= 1) {
      take(indexBytes);
      const from = base + take(offsetBytes);
      const length = take(lengthBytes);
      if (method < 2) extents.push({ from, to: from + length });
    }
    places.set(id, extents);
  }
  return places;
}

/**
 * Items of one `meta` box.
 * @param bytes buffer that holds the box
 * @param meta body and end of the box in that buffer
 * @param offset position of the buffer in the file
 */
export function itemsOf(bytes: Buffer, meta: { readonly body: number; readonly end: number }, offset: number): HeifItem[] {
  const boxes = [...innerBoxes(bytes, meta.body + 4, meta.end)];
  const find = (type: string) => boxes.find((box) => box.type === type);
  const [iinf, iloc, idat] = [find('iinf'), find('iloc'), find('idat')];
  if (!iinf || !iloc) return [];
  const places = itemExtents(bytes, iloc, offset + (idat?.body ?? 0));
  return [...itemTypes(bytes, iinf)].map(([id, at]) => ({
    id,
    type: bytes.toString('latin1', at, at + 4),
    typeAt: offset + at,
    extents: places.get(id) ?? [],
  }));
}

/**
 * What a HEIC or AVIF file codes its pictures with: ranges of all items that aren't metadata, in the order of their
 * numbers, and the properties that decoding needs.
 */
export async function codedPicture(source: ByteSource): Promise<{ readonly ranges: Range[]; readonly properties: Buffer } | undefined> {
  const meta = (await topBoxes(source)).find((box) => box.type === 'meta');
  if (!meta || meta.sizeBytes > MAX_META_BYTES) return undefined;
  const bytes = await source.read(meta.offset, meta.sizeBytes);
  const items = itemsOf(bytes, { body: meta.headerBytes, end: bytes.length }, meta.offset);
  const ranges = items
    .filter((item) => !isMetadataItem(item))
    .sort((a, b) => a.id - b.id)
    .flatMap((item) => item.extents);
  const iprp = [...innerBoxes(bytes, meta.headerBytes + 4, bytes.length)].find((box) => box.type === 'iprp');
  const ipco = iprp && [...innerBoxes(bytes, iprp.body, iprp.end)].find((box) => box.type === 'ipco');
  const needed = ipco ? [...innerBoxes(bytes, ipco.body, ipco.end)].filter((box) => DECODING_PROPERTIES.has(box.type)) : [];
  return { ranges, properties: Buffer.concat(needed.map((box) => bytes.subarray(box.at, box.end))) };
}
