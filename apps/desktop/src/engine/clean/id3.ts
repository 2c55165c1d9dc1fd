/** ID3v2 (id3.org, versions 2.2 to 2.4): reading frames and building a tag out of some of them. */
type Id3Frame = { readonly id: string; readonly bytes: Buffer };

const syncsafe = (bytes: Buffer, at: number): number =>
  (((bytes[at] ?? 0) & 0x7f) << 21) |
  (((bytes[at + 1] ?? 0) & 0x7f) << 14) |
  (((bytes[at + 2] ?? 0) & 0x7f) << 7) |
  ((bytes[at + 3] ?? 0) & 0x7f);

function writeSyncsafe(value: number): Buffer {
  return Buffer.from([(value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f]);
}

/** Whole length of the tag that begins with these ten bytes, footer included; 0 when there is none. */
export function id3Bytes(head: Buffer): number {
  if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3' || (head[3] ?? 0xff) === 0xff) return 0;
  if ([head[6], head[7], head[8], head[9]].some((byte) => (byte ?? 0x80) > 0x7f)) return 0;
  return 10 + syncsafe(head, 6) + (((head[5] ?? 0) & 0x10) !== 0 ? 10 : 0);
}

/** Undoes unsynchronisation: every `ff 00` was an `ff`. */
function resync(bytes: Buffer): Buffer {
  const out = Buffer.alloc(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    out[length] = byte;
    length += 1;
    if (byte === 0xff && bytes[i + 1] === 0) i += 1;
  }
  return out.subarray(0, length);
}

function* frames(body: Buffer, version: number): Generator<Id3Frame> {
  const headBytes = version === 2 ? 6 : 10;
  const idBytes = version === 2 ? 3 : 4;
  for (let at = 0; at + headBytes <= body.length; ) {
    const id = body.toString('latin1', at, at + idBytes);
    if (!/^[A-Z0-9]+$/u.test(id)) return;
    const size = version === 2 ? body.readUIntBE(at + 3, 3) : version === 4 ? syncsafe(body, at + 4) : body.readUInt32BE(at + 4);
    const end = at + headBytes + size;
    if (end > body.length) return;
    yield { id, bytes: body.subarray(at, end) };
    at = end;
  }
}

function withoutExtendedHeader(body: Buffer, version: number, flags: number): Buffer {
  if (version < 3 || (flags & 0x40) === 0 || body.length < 4) return body;
  return body.subarray(version === 4 ? syncsafe(body, 0) : 4 + body.readUInt32BE(0));
}

/**
 * A tag of the same version that holds only the frames named in `keep`; empty when none is left.
 * @param tag one whole ID3v2 tag
 */
export function filterId3(tag: Buffer, keep: ReadonlySet<string>): Buffer {
  const version = tag[3] ?? 0;
  if (keep.size === 0 || version < 2 || version > 4) return Buffer.alloc(0);
  const flags = tag[5] ?? 0;
  const raw = tag.subarray(10, 10 + syncsafe(tag, 6));
  // Version 2.4 unsynchronises frame by frame and says so in each frame's own flags, which are copied.
  const body = withoutExtendedHeader((flags & 0x80) !== 0 && version < 4 ? resync(raw) : raw, version, flags);
  const kept = [...frames(body, version)].filter((frame) => keep.has(frame.id)).map((frame) => frame.bytes);
  if (kept.length === 0) return Buffer.alloc(0);
  const content = Buffer.concat(kept);
  return Buffer.concat([Buffer.from([0x49, 0x44, 0x33, version, 0, 0]), writeSyncsafe(content.length), content]);
}
