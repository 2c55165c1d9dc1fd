import { crc32 } from 'node:zlib';
import { picture } from './media.ts';

function pngChunk(type: 'tEXt' | 'iTXt', data: Buffer): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** A small PNG with texts, as image generators leave them; XMP goes in under its own keyword. */
export async function pngWithTexts(texts: Readonly<Record<string, string>>): Promise<Buffer> {
  const png = await picture().png().toBuffer();
  const chunks = Object.entries(texts).map(([keyword, text]) =>
    pngChunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`), Buffer.from(text)])),
  );
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);
}

/** An XMP packet with one property. */
export function xmp(namespace: string, property: string, value: string): string {
  const text = value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:n="${namespace}" n:${property}="${text}"/></rdf:RDF></x:xmpmeta>`;
}

function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** A film with one more key of the QuickTime kind (`meta` with `mdta`), appended behind everything else. */
export function filmWithKey(film: Buffer, key: string, value: string): Buffer {
  const [one, zero] = [Buffer.from([0, 0, 0, 1]), Buffer.alloc(4)];
  const handler = box('hdlr', zero, zero, Buffer.from('mdta'), Buffer.alloc(13));
  const keys = box('keys', zero, one, box('mdta', Buffer.from(key)));
  const data = box('data', one, zero, Buffer.from(value));
  const item = box('\0\0\0\u0001', data);
  return Buffer.concat([film, box('meta', handler, keys, box('ilst', item))]);
}
