/** Reads bytes `start`..`end` (the last one included) of an object; fewer when it ends before. */
export type ReadRange = (start: number, end: number) => Promise<Buffer>;
export type FilmFacts = { mime: 'video/mp4'; width: number; height: number; durationMs: number };

/** An index larger than this belongs to no film of ours (15 s at 60 pictures a second needs some 20 KB). */
const MAX_INDEX = 16 * 1024 * 1024;
type Box = { type: string; start: number; size: number; head: number };

/**
 * Proves an MP4 by its structure (ISO/IEC 14496-12): a brand, an index with a video track, and every sample that the index names
 * lies inside the file. Pictures are not decoded here: the server has no decoder for films; the app decodes what it downloads.
 * @returns null when it is something else, broken off, or empty
 */
export async function proveFilm(read: ReadRange, sizeBytes: number): Promise<FilmFacts | null> {
  try {
    const boxes = await topLevel(read, sizeBytes);
    const index = boxes.find((box) => box.type === 'moov');
    if (boxes[0]?.type !== 'ftyp' || !index || index.size > MAX_INDEX || !boxes.some((box) => box.type === 'mdat')) return null;
    return readIndex(await read(index.start, index.start + index.size - 1), sizeBytes);
  } catch (error) {
    // Numbers that lead outside the bytes.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Proves the sound of an MP4 in the same way. @returns its length in ms, or null */
export async function proveMp4Sound(read: ReadRange, sizeBytes: number): Promise<number | null> {
  const boxes = await topLevel(read, sizeBytes);
  const index = boxes.find((box) => box.type === 'moov');
  if (boxes[0]?.type !== 'ftyp' || !index || index.size > MAX_INDEX || !boxes.some((box) => box.type === 'mdat')) return null;
  const bytes = await read(index.start, index.start + index.size - 1);
  const tracks = tracksOf(bytes);
  const track = tracks.find((trak) => handlerOf(bytes, trak) === 'soun');
  return track && tracks.every((trak) => samplesLieInside(bytes, trak, sizeBytes)) ? lengthOf(bytes, track) : null;
}

async function topLevel(read: ReadRange, sizeBytes: number): Promise<Box[]> {
  const boxes: Box[] = [];
  for (let at = 0; at < sizeBytes && boxes.length < 64; ) {
    const box = boxAt(await read(at, Math.min(sizeBytes, at + 16) - 1), 0, sizeBytes - at);
    if (!box || at + box.size > sizeBytes) return [];
    boxes.push({ ...box, start: at });
    at += box.size;
  }
  return boxes;
}

/** The box that begins at `at`; size 1 means 64 bits follow, 0 means to the end. */
function boxAt(bytes: Buffer, at: number, left: number): Box | null {
  const type = bytes.toString('latin1', at + 4, at + 8);
  const short = bytes.readUInt32BE(at);
  const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? left : short;
  const head = short === 1 ? 16 : 8;
  return size < head ? null : { type, start: at, size, head };
}

function childrenOf(bytes: Buffer, parent: Box): Box[] {
  const found: Box[] = [];
  const end = parent.start + parent.size;
  for (let at = parent.start + parent.head; at + 8 <= end; ) {
    const box = boxAt(bytes, at, end - at);
    if (!box || at + box.size > end) break;
    found.push(box);
    at += box.size;
  }
  return found;
}

function inside(bytes: Buffer, parent: Box | undefined, ...path: string[]): Box | undefined {
  return path.reduce<Box | undefined>(
    (box, type) => (box ? childrenOf(bytes, box).find((child) => child.type === type) : undefined),
    parent,
  );
}

function tracksOf(bytes: Buffer): Box[] {
  return childrenOf(bytes, { type: 'moov', start: 0, size: bytes.length, head: 8 }).filter((box) => box.type === 'trak');
}

function handlerOf(bytes: Buffer, trak: Box): string {
  const handler = inside(bytes, trak, 'mdia', 'hdlr');
  return handler ? bytes.toString('latin1', handler.start + 16, handler.start + 20) : '';
}

/** Milliseconds; mdhd version 1 has 64-bit times. */
function lengthOf(bytes: Buffer, trak: Box): number {
  const header = inside(bytes, trak, 'mdia', 'mdhd');
  if (!header) return 0;
  const wide = bytes[header.start + 8] === 1;
  const scale = bytes.readUInt32BE(header.start + (wide ? 28 : 20));
  const length = wide ? Number(bytes.readBigUInt64BE(header.start + 32)) : bytes.readUInt32BE(header.start + 24);
  return scale > 0 ? Math.round((length * 1000) / scale) : 0;
}

function readIndex(bytes: Buffer, fileSize: number): FilmFacts | null {
  const tracks = tracksOf(bytes);
  const track = tracks.find((trak) => handlerOf(bytes, trak) === 'vide');
  const table = inside(bytes, track, 'mdia', 'minf', 'stbl');
  const entry = inside(bytes, table, 'stsd');
  if (!track || !table || !entry || !tracks.every((trak) => samplesLieInside(bytes, trak, fileSize))) return null;
  // The first sample entry holds the size at its bytes 24 and 26 after its own header.
  const visual = entry.start + 16;
  const [width, height] = [bytes.readUInt16BE(visual + 32), bytes.readUInt16BE(visual + 34)];
  const durationMs = lengthOf(bytes, track);
  return width > 0 && height > 0 && durationMs > 0 ? { mime: 'video/mp4', width, height, durationMs } : null;
}

/** Adds up the samples of each chunk (stsc, stsz) and compares where they end with the file's own end. */
function samplesLieInside(bytes: Buffer, trak: Box, fileSize: number): boolean {
  const table = inside(bytes, trak, 'mdia', 'minf', 'stbl');
  const [sizes, chunks, runs] = ['stsz', 'stsc', 'stco'].map((type) => inside(bytes, table, type));
  const wide = inside(bytes, table, 'co64');
  const offsets = runs ?? wide;
  if (!sizes || !chunks || !offsets) return false;
  const same = bytes.readUInt32BE(sizes.start + 12);
  const count = bytes.readUInt32BE(sizes.start + 16);
  const sizeOf = (n: number): number => (same > 0 ? same : bytes.readUInt32BE(sizes.start + 20 + n * 4));
  const rows = bytes.readUInt32BE(chunks.start + 12);
  const total = bytes.readUInt32BE(offsets.start + 12);
  let sample = 0;
  let row = 0;
  for (let chunk = 0; chunk < total; chunk += 1) {
    while (row + 1 < rows && bytes.readUInt32BE(chunks.start + 16 + (row + 1) * 12) <= chunk + 1) row += 1;
    let end = runs ? bytes.readUInt32BE(offsets.start + 16 + chunk * 4) : Number(bytes.readBigUInt64BE(offsets.start + 16 + chunk * 8));
    const perChunk = bytes.readUInt32BE(chunks.start + 16 + row * 12 + 4);
    for (let i = 0; i < perChunk && sample < count; i += 1, sample += 1) end += sizeOf(sample);
    if (end > fileSize) return false;
  }
  return sample === count && count > 0;
}
