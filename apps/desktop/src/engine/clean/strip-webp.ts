import { AppError } from '@pingplex/shared/errors';
import { orientationOnly, readOrientation } from './orientation.ts';
import type { StripPlan } from './pieces.ts';

const FLAG_EXIF = 0x08;
const FLAG_XMP = 0x04;
const FRAME_PARTS = new Set(['ALPH', 'VP8 ', 'VP8L']);
const ANMF_HEADER = 16;

type Chunk = { readonly type: string; readonly body: Buffer };

function* chunksOf(bytes: Buffer): Generator<Chunk> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    yield { type: bytes.toString('latin1', at, at + 4), body: bytes.subarray(at + 8, Math.min(bytes.length, at + 8 + length)) };
    at += 8 + length + (length % 2);
  }
}

function toBytes({ type, body }: Chunk): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** An animation frame without chunks that aren't picture data. */
function cleanFrame(body: Buffer): Buffer {
  const parts = [...chunksOf(body.subarray(ANMF_HEADER))].filter((part) => FRAME_PARTS.has(part.type));
  return Buffer.concat([body.subarray(0, ANMF_HEADER), ...parts.map(toBytes)]);
}

/** EXIF in WebP should begin with the TIFF header; some writers put JPEG's `Exif\0\0` before it. */
function tiffOf(body: Buffer): Buffer {
  return body.toString('latin1', 0, 6) === 'Exif\0\0' ? body.subarray(6) : body;
}

/**
 * Plans a still or animated WebP (RFC 9649) with picture data, alpha, animation, ICC profile and orientation only.
 * @param bytes the whole file
 * @throws AppError `file.damaged` when there is no picture data
 */
export function stripWebp(bytes: Buffer): StripPlan {
  const declared = 8 + bytes.readUInt32LE(4);
  const dropped = new Set<string>();
  const kept: Chunk[] = [];
  let orientation: number | undefined;
  for (const part of chunksOf(bytes.subarray(12, Math.min(bytes.length, declared)))) {
    if (part.type === 'EXIF') orientation ??= readOrientation(tiffOf(part.body));
    else if (part.type === 'ANMF') kept.push({ type: 'ANMF', body: cleanFrame(part.body) });
    else if (part.type === 'VP8X' || part.type === 'ICCP' || part.type === 'ANIM' || FRAME_PARTS.has(part.type)) kept.push(part);
    else dropped.add(part.type === 'XMP ' ? 'WebP:XMP' : 'WebP:UnknownChunk');
  }
  if (!kept.some((part) => part.type === 'VP8 ' || part.type === 'VP8L' || part.type === 'ANMF')) {
    throw new AppError('file.damaged', 'WebP: no picture data');
  }
  if (declared + (declared % 2) < bytes.length) dropped.add('WebP:Trailer');
  const turned = orientation !== undefined && orientation > 1;
  const chunks = kept.map((part) => (part.type === 'VP8X' ? withFlags(part, turned) : part));
  if (turned && orientation && chunks[0]?.type === 'VP8X') chunks.push({ type: 'EXIF', body: orientationOnly(orientation) });
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks.map(toBytes)]);
  const head = Buffer.alloc(8);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return { pieces: [head, body], dropped: [...dropped] };
}

function withFlags(part: Chunk, hasExif: boolean): Chunk {
  const body = Buffer.from(part.body);
  body[0] = ((body[0] ?? 0) & ~(FLAG_EXIF | FLAG_XMP)) | (hasExif ? FLAG_EXIF : 0);
  return { type: part.type, body };
}
