import { type FileHandle, open } from 'node:fs/promises';

/** Headers come first; nothing that names the muxer lies further in. */
const HEAD_BYTES = 64 * 1024;
/** EBML elements MuxingApp and WritingApp, four bytes long, as FFmpeg writes them (RFC 9559, 5.1.2). */
const MATROSKA_NAMES = [Buffer.from('\x4d\x80\x84Lavf', 'latin1'), Buffer.from('\x57\x41\x84Lavf', 'latin1')];
/** Length and text of the vendor in Vorbis comments (Vorbis I specification, 5.2.1; RFC 7845, 5.2). */
const VENDOR = Buffer.from('\x06\0\0\0ffmpeg', 'latin1');
const VENDOR_TEXT_AT = 4;
/** Vendor of a picture's sample description (QuickTime File Format, "Video sample description"), after its type. */
const SAMPLE_VENDOR = Buffer.from('FFMP', 'latin1');
const SAMPLE_TYPE = Buffer.from('avc1', 'latin1');
const VENDOR_AFTER_TYPE = 16;
/** What `ffmpeg` writes as the compressor's name of a picture's sample description, and as a Matroska tag's text, behind a length. */
const CODER = Buffer.from('Lavc ', 'latin1');
/** Elements TagName and TagString as FFmpeg writes them for the coder (RFC 9559, 5.1.8.1.2). */
const CODER_TAG = Buffer.from('\x45\xa3\x87ENCODER\x44\x87', 'latin1');
/** The compressor's name: a length and 31 characters (ISO/IEC 14496-12, 12.1.3). */
const NAME_AFTER_TYPE = 46;
const NAME_BYTES = 32;
const ONE_BYTE_LENGTH = 0x80;
const OGG_PAGE_HEAD = 27;

/** CRC of Ogg pages: polynomial 04C11DB7, not reflected, from zero (RFC 3533, section 6). */
const CRC = Uint32Array.from({ length: 256 }, (_, value) => {
  let crc = value << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/**
 * Overwrites the muxer's own name in a finished file. The formats demand these fields, so FFmpeg fills them even when it is told to
 * stay silent; nothing moves.
 * @param path a temporary file of ours
 * @param container FFmpeg's name of the muxer that wrote it
 */
export async function eraseMuxerName(path: string, container: string): Promise<void> {
  const edit = EDITS[container];
  if (edit === undefined) return;
  const handle = await open(path, 'r+');
  try {
    await rewriteHead(handle, edit);
  } finally {
    await handle.close();
  }
}

async function rewriteHead(handle: FileHandle, edit: (head: Buffer) => void): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const before = buffer.subarray(0, bytesRead);
  const after = Buffer.from(before);
  edit(after);
  if (!after.equals(before)) await handle.write(after, 0, after.length, 0);
}

const EDITS: Readonly<Record<string, (head: Buffer) => void>> = {
  matroska: inMatroska,
  webm: inMatroska,
  flac: inComments,
  mov: inMovie,
  mp4: inMovie,
  ipod: inMovie,
  ogg: inOgg,
  opus: inOgg,
};

/** Zeros end a text early (RFC 8794, 7.4), so these become empty. */
function inMatroska(head: Buffer): void {
  for (const name of MATROSKA_NAMES) {
    const at = head.indexOf(name);
    if (at >= 0) head.fill(0, at + 3, at + name.length);
  }
  for (let at = head.indexOf(CODER_TAG); at >= 0; at = head.indexOf(CODER_TAG, at + 1)) {
    const length = (head[at + CODER_TAG.length] ?? 0) - ONE_BYTE_LENGTH;
    const from = at + CODER_TAG.length + 1;
    if (length > 0 && head.indexOf(CODER, from) === from) head.fill(0, from, from + length);
  }
}

/** The movie's description stands before its pictures, because we ask for that. */
function inMovie(head: Buffer): void {
  for (let at = head.indexOf(SAMPLE_TYPE); at >= 0; at = head.indexOf(SAMPLE_TYPE, at + 4)) {
    const vendor = head.subarray(at + VENDOR_AFTER_TYPE, at + VENDOR_AFTER_TYPE + SAMPLE_VENDOR.length);
    if (vendor.equals(SAMPLE_VENDOR)) vendor.fill(0);
    const name = head.subarray(at + NAME_AFTER_TYPE, at + NAME_AFTER_TYPE + NAME_BYTES);
    if (name.indexOf(CODER) === 1) name.fill(0);
  }
}

function inComments(head: Buffer): boolean {
  const at = head.indexOf(VENDOR);
  if (at >= 0) head.fill(' ', at + VENDOR_TEXT_AT, at + VENDOR.length);
  return at >= 0;
}

function inOgg(head: Buffer): void {
  let at = 0;
  while (at + OGG_PAGE_HEAD <= head.length && head.toString('latin1', at, at + 4) === 'OggS') {
    const segments = head[at + 26] ?? 0;
    const lengths = head.subarray(at + OGG_PAGE_HEAD, at + OGG_PAGE_HEAD + segments);
    const end = at + OGG_PAGE_HEAD + segments + lengths.reduce((sum, length) => sum + length, 0);
    if (end > head.length) return;
    const page = head.subarray(at, end);
    if (inComments(page)) {
      page.writeUInt32LE(0, 22);
      page.writeUInt32LE(
        page.reduce((crc, byte) => ((crc << 8) ^ (CRC[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0, 0),
        22,
      );
      return;
    }
    at = end;
  }
}
