import { crc32 } from 'node:zlib';

/** Every planted text begins like this, so that one search through the bytes finds all that is left. */
export const MARK = 'PLANTED-';
export const secret = (what: string): string => `${MARK}${what}`;

export const text = (value: string): Buffer => Buffer.from(value, 'latin1');
export const u8 = (...values: number[]): Buffer => Buffer.from(values);
export function u16(value: number, little = false): Buffer {
  const out = Buffer.alloc(2);
  if (little) out.writeUInt16LE(value);
  else out.writeUInt16BE(value);
  return out;
}
export function u32(value: number, little = false): Buffer {
  const out = Buffer.alloc(4);
  if (little) out.writeUInt32LE(value);
  else out.writeUInt32BE(value);
  return out;
}
export const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);

/** A box of the ISO media family (ISO/IEC 14496-12, 4.2). */
export const box = (type: string, ...body: readonly Buffer[]): Buffer => {
  const content = join(...body);
  return join(u32(content.length + 8), text(type), content);
};
export const fullBox = (type: string, ...body: readonly Buffer[]): Buffer => box(type, u32(0), ...body);

/** A RIFF chunk with its filler byte. */
export const chunk = (type: string, body: Buffer): Buffer => join(text(type), u32(body.length, true), body, Buffer.alloc(body.length % 2));

/** A PNG chunk with its checksum. */
export const pngChunk = (type: string, body: Buffer): Buffer => {
  const named = join(text(type), body);
  return join(u32(body.length), named, u32(crc32(named)));
};

/** A JPEG segment. */
export const segment = (marker: number, body: Buffer): Buffer => join(u8(0xff, marker), u16(body.length + 2), body);

/** An EBML element whose size takes four bytes (RFC 8794, section 6). */
export const element = (id: number, ...body: readonly Buffer[]): Buffer => {
  const content = join(...body);
  const digits = id.toString(16);
  return join(Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'), u32(0x10000000 + content.length), content);
};

/** A field of a TIFF directory; `data` over four bytes goes behind the directory. */
export type Field = readonly [tag: number, type: number, count: number, data: Buffer];
export const ascii = (tag: number, value: string): Field => [tag, 2, value.length + 1, text(`${value}\0`)];
export const long = (tag: number, value: number): Field => [tag, 4, 1, u32(value)];

/** A big-endian TIFF directory that stands at `offset`, with its values behind it. */
export function directory(offset: number, fields: readonly Field[], next = 0): Buffer {
  const rows: Buffer[] = [];
  const tail: Buffer[] = [];
  let at = offset + 2 + fields.length * 12 + 4;
  for (const [tag, type, count, data] of fields) {
    const isLong = data.length > 4;
    rows.push(u16(tag), u16(type), u32(count), isLong ? u32(at) : join(data, Buffer.alloc(4 - data.length)));
    if (!isLong) continue;
    const padded = join(data, Buffer.alloc(data.length % 2));
    tail.push(padded);
    at += padded.length;
  }
  return join(u16(fields.length), ...rows, u32(next), ...tail);
}

/** The bytes with `inserted` at a position. */
export const insertAt = (bytes: Buffer, at: number, inserted: Buffer): Buffer => join(bytes.subarray(0, at), inserted, bytes.subarray(at));

/**
 * A C2PA manifest store (ISO/IEC 19566-5 boxes, as C2PA 2.1 names them) with one readable claim. Nobody signed it; for finding and
 * removing, that makes no difference.
 */
export function manifest(): Buffer {
  const described = (uuid: string, label: string) => box('jumd', Buffer.from(uuid, 'hex'), u8(3), text(`${label}\0`));
  const json = box(
    'jumb',
    described('6a736f6e00110010800000aa00389b71', 'c2pa.assertion'),
    box('json', text(`{"author":"${secret('c2pa')}"}`)),
  );
  const assertions = box('jumb', described('6332617300110010800000aa00389b71', 'c2pa.assertions'), json);
  const claim = box('jumb', described('63326d6100110010800000aa00389b71', 'urn:uuid:planted'), assertions);
  return box('jumb', described('6332706100110010800000aa00389b71', 'c2pa'), claim);
}

/** A small XMP packet, for places that ExifTool can't write. */
export const xmp = (what: string): Buffer =>
  text(
    `<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:CreatorTool='${secret(what)}'/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>`,
  );
