/** A chapter of a film; times in milliseconds. */
export interface Chapter {
  readonly startMs: number;
  readonly endMs: number;
  readonly title: string;
}

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const VOID = 0xec;

function idBytes(id: number): Buffer {
  const bytes: number[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from(bytes);
}

/** An EBML element with a size field of `sizeLength` bytes (RFC 8794, section 6). */
function element(id: number, body: Buffer, sizeLength: 1 | 2 | 4 = body.length < 127 ? 1 : body.length < 16_383 ? 2 : 4): Buffer {
  const size = Buffer.alloc(sizeLength);
  size.writeUIntBE(body.length + 2 ** (7 * sizeLength), 0, sizeLength);
  return Buffer.concat([idBytes(id), size, body]);
}

function unsigned(id: number, value: number): Buffer {
  const body = Buffer.alloc(6);
  body.writeUIntBE(value, 0, 6);
  return element(id, body);
}

function chaptersElement(chapters: readonly Chapter[]): Buffer {
  const atoms = chapters.map((chapter, index) =>
    element(
      0xb6,
      Buffer.concat([
        unsigned(0x73c4, index + 1),
        unsigned(0x91, chapter.startMs * 1e6),
        unsigned(0x92, chapter.endMs * 1e6),
        element(0x80, Buffer.concat([element(0x85, Buffer.from(chapter.title, 'utf8')), element(0x437c, Buffer.from('eng'))])),
      ]),
    ),
  );
  return element(0x1043a770, element(0x45b9, Buffer.concat([unsigned(0x45bc, 1), ...atoms])));
}

interface Header {
  readonly id: number;
  readonly bodyAt: number;
  readonly size: number;
}

function readHeader(file: Buffer, at: number): Header {
  const idLength = Math.clz32(file.readUInt8(at)) - 23;
  const sizeAt = at + idLength;
  const first = file.readUInt8(sizeAt);
  const sizeLength = Math.clz32(first) - 23;
  let size = first - 2 ** (8 - sizeLength);
  for (let i = 1; i < sizeLength; i += 1) size = size * 256 + file.readUInt8(sizeAt + i);
  return { id: file.readUIntBE(at, idLength), bodyAt: sizeAt + sizeLength, size };
}

/**
 * Writes chapters over a Void element that lies before the first cluster, so that nothing in the file moves. Make room with
 * the muxer's `reserve_index_space`. Throws when there is too little.
 */
export function addMatroskaChapters(file: Buffer, chapters: readonly Chapter[]): Buffer {
  const added = chaptersElement(chapters);
  const head = readHeader(file, 0);
  const segment = readHeader(file, head.bodyAt + head.size);
  if (segment.id !== SEGMENT) throw new Error('not a Matroska file');
  for (let at = segment.bodyAt; at < file.length; ) {
    const next = readHeader(file, at);
    const end = next.bodyAt + next.size;
    if (next.id === CLUSTER) break;
    const left = end - at - added.length;
    if (next.id === VOID && left >= 5) {
      return Buffer.concat([file.subarray(0, at), added, element(VOID, Buffer.alloc(left - 5), 4), file.subarray(end)]);
    }
    at = end;
  }
  throw new Error('no room for chapters before the first cluster');
}
