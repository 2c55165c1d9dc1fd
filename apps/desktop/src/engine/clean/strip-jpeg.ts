import { AppError } from '@pingplex/shared/errors';
import { orientationOnly, readOrientation } from './orientation.ts';
import type { Piece, StripPlan } from './pieces.ts';

const EXIF = Buffer.from('Exif\0\0', 'latin1');
const ICC = Buffer.from('ICC_PROFILE\0', 'latin1');
const JFIF = Buffer.from('JFIF\0', 'latin1');
const ADOBE = Buffer.from('Adobe', 'latin1');

const damaged = (why: string) => new AppError('file.damaged', `JPEG: ${why}`);

/** End of the entropy-coded data that begins at `at`: the next marker that is neither stuffing nor a restart. */
function endOfScan(bytes: Buffer, at: number): number {
  let i = at;
  for (;;) {
    i = bytes.indexOf(0xff, i);
    if (i < 0 || i + 1 >= bytes.length) return bytes.length;
    const next = bytes[i + 1] ?? 0;
    if (next !== 0x00 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return i;
    i += next === 0xff ? 1 : 2;
  }
}

/** JFIF header with its version and density, without the thumbnail. */
function plainJfif(body: Buffer): Buffer {
  const segment = Buffer.alloc(18);
  segment.writeUInt16BE(0xffe0, 0);
  segment.writeUInt16BE(16, 2);
  body.copy(segment, 4, 0, 12);
  return segment;
}

function exifSegment(orientation: number): Buffer {
  const body = Buffer.concat([EXIF, orientationOnly(orientation)]);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(0xffe1, 0);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

const startsWith = (body: Buffer, mark: Buffer) => body.subarray(0, mark.length).equals(mark);

/**
 * Plans a JPEG (ITU-T T.81, annex B) that holds the coded picture and what showing it needs: JFIF density, ICC profile,
 * Adobe colour transform, orientation. All other application segments, comments and everything after the end go.
 * @param bytes the whole file
 * @throws AppError `file.damaged` when there is no coded picture
 */
export function stripJpeg(bytes: Buffer): StripPlan {
  const pieces: Piece[] = [];
  const dropped = new Set<string>();
  let orientation: number | undefined;
  let jfif: Buffer | undefined;
  let scans = 0;
  let at = 2;
  let closed = false;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) {
      at += 1;
      continue;
    }
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff || marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === 0xd9) {
      closed = true;
      at += 2;
      break;
    }
    if (at + 4 > bytes.length) break;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end < at + 4) throw damaged('a segment shorter than its own header');
    if (end > bytes.length && scans === 0) throw damaged('ends inside its header');
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xda) {
      const stop = endOfScan(bytes, Math.min(end, bytes.length));
      pieces.push({ from: at, to: stop });
      scans += 1;
      at = stop;
      continue;
    }
    if (marker === 0xe0 && startsWith(body, JFIF) && body.length >= 12) jfif = plainJfif(body);
    else if (marker === 0xe1 && startsWith(body, EXIF)) orientation ??= readOrientation(body.subarray(EXIF.length));
    else if ((marker === 0xe2 && startsWith(body, ICC)) || (marker === 0xee && startsWith(body, ADOBE))) pieces.push({ from: at, to: end });
    else if ((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe)
      dropped.add(marker === 0xfe ? 'JPEG:Comment' : `JPEG:APP${marker - 0xe0}`);
    else pieces.push({ from: at, to: Math.min(end, bytes.length) });
    at = end;
  }
  if (scans === 0) throw damaged('no coded picture');
  if (closed && bytes.subarray(at).some((byte) => byte !== 0)) dropped.add('JPEG:Trailer');
  const head = [Buffer.from([0xff, 0xd8]), ...(jfif ? [jfif] : []), ...(orientation && orientation > 1 ? [exifSegment(orientation)] : [])];
  return { pieces: [...head, ...pieces, ...(closed ? [Buffer.from([0xff, 0xd9])] : [])], dropped: [...dropped] };
}
