import { crc32 } from 'node:zlib';
import { AppError } from '@pingplex/shared/errors';
import { orientationOnly, readOrientation } from './orientation.ts';
import type { Piece, StripPlan } from './pieces.ts';

/** Chunks that change what is shown (PNG third edition, 11.2 and 11.3; APNG's three among them). */
const SHOWN = new Set('IHDR PLTE tRNS IDAT IEND gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs sPLT acTL fcTL fdAT'.split(' '));

function chunk(type: string, body: Buffer): Buffer {
  const whole = Buffer.alloc(12 + body.length);
  whole.writeUInt32BE(body.length, 0);
  whole.write(type, 4, 'latin1');
  body.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + body.length)), 8 + body.length);
  return whole;
}

/**
 * Plans a PNG or APNG with nothing but the chunks that change what is shown, and the orientation. Kept chunks are
 * copied byte for byte with their checksums; what stands after IEND goes.
 * @param bytes the whole file
 * @throws AppError `file.damaged` when there is no picture data
 */
export function stripPng(bytes: Buffer): StripPlan {
  const pieces: Piece[] = [{ from: 0, to: 8 }];
  const dropped = new Set<string>();
  let orientation: number | undefined;
  let insertAt = 1;
  let hasData = false;
  let at = 8;
  let closed = false;
  while (at + 8 <= bytes.length && !closed) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = Math.min(bytes.length, at + 12 + length);
    if (SHOWN.has(type)) {
      pieces.push({ from: at, to: end });
      if (type === 'IHDR') insertAt = pieces.length;
      if (type === 'IDAT') hasData = true;
    } else {
      if (type === 'eXIf') orientation ??= readOrientation(bytes.subarray(at + 8, end - 4));
      if (type !== 'eXIf') dropped.add(/^[A-Za-z]{4}$/u.test(type) ? `PNG:${type}` : 'PNG:UnknownChunk');
    }
    closed = type === 'IEND';
    at = end;
  }
  if (!hasData) throw new AppError('file.damaged', 'PNG: no picture data');
  if (at < bytes.length) dropped.add('PNG:Trailer');
  if (orientation && orientation > 1) pieces.splice(insertAt, 0, chunk('eXIf', orientationOnly(orientation)));
  return { pieces, dropped: [...dropped] };
}
