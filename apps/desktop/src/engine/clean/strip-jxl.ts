import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import type { Piece, StripPlan } from './pieces.ts';

/** Boxes of ISO/IEC 18181-2 that hold the picture or say how to read it. `jbrd` carries an old JPEG's metadata and goes. */
const NEEDED = new Set(['JXL ', 'ftyp', 'jxlc', 'jxlp', 'jxll', 'jxli']);
const PICTURE = new Set(['jxlc', 'jxlp']);
const MAX_BOXES = 100_000;

/**
 * Plans a JPEG XL file with picture boxes only. A bare codestream has no place for metadata and stays whole. Orientation
 * is part of the codestream.
 * @throws AppError `file.damaged` when there is no picture box
 */
export async function stripJxl(source: ByteSource): Promise<StripPlan & { readonly picture: readonly Piece[] }> {
  if (source.head.readUInt16BE(0) === 0xff0a) {
    const whole = [{ from: 0, to: source.sizeBytes }];
    return { pieces: whole, picture: whole, dropped: [] };
  }
  const pieces: Piece[] = [];
  const picture: Piece[] = [];
  const dropped = new Set<string>();
  let at = 0;
  for (let n = 0; at + 8 <= source.sizeBytes && n < MAX_BOXES; n += 1) {
    const head = await source.read(at, 16);
    const type = head.toString('latin1', 4, 8);
    const short = head.readUInt32BE(0);
    const headBytes = short === 1 ? 16 : 8;
    const size = short === 0 ? source.sizeBytes - at : short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    if (size < headBytes) throw new AppError('file.damaged', 'JPEG XL: a box shorter than its own header');
    const end = Math.min(source.sizeBytes, at + size);
    if (NEEDED.has(type)) pieces.push({ from: at, to: end });
    else dropped.add(`JXL:${type.replace(/[^A-Za-z0-9]/gu, '')}`);
    if (PICTURE.has(type)) picture.push({ from: at + headBytes, to: end });
    at = end;
  }
  if (picture.length === 0) throw new AppError('file.damaged', 'JPEG XL: no picture');
  return { pieces, picture, dropped: [...dropped] };
}
