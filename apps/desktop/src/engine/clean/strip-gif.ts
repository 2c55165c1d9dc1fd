import { AppError } from '@pingplex/shared/errors';
import type { Piece, StripPlan } from './pieces.ts';

/** Application blocks that change what is shown: the loop count under its two names, and the colour profile. */
const SHOWN_APPLICATIONS = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0', 'ICCRGBG1012']);

const tableBytes = (packed: number) => ((packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1));

/** Position after a row of sub-blocks (each: one length byte, then data; length 0 ends the row). */
function afterBlocks(bytes: Buffer, at: number): number {
  let i = at;
  while (i < bytes.length) {
    const length = bytes[i] ?? 0;
    i += 1 + length;
    if (length === 0) return i;
  }
  return bytes.length;
}

/**
 * Plans a GIF (GIF89a specification) without comments, without application blocks other than loop count and colour
 * profile, and without anything after the trailer.
 * @param bytes the whole file
 * @throws AppError `file.damaged` when there is no image block
 */
export function stripGif(bytes: Buffer): StripPlan {
  if (bytes.length < 13) throw new AppError('file.damaged', 'GIF: shorter than its header');
  const dropped = new Set<string>();
  let at = 13 + tableBytes(bytes[10] ?? 0);
  const pieces: Piece[] = [{ from: 0, to: Math.min(at, bytes.length) }];
  let images = 0;
  let closed = false;
  while (at < bytes.length && !closed) {
    const kind = bytes[at];
    if (kind === 0x3b) {
      closed = true;
      at += 1;
    } else if (kind === 0x2c) {
      const end = afterBlocks(bytes, at + 11 + tableBytes(bytes[at + 9] ?? 0));
      pieces.push({ from: at, to: end });
      images += 1;
      at = end;
    } else if (kind === 0x21) {
      const label = bytes[at + 1];
      const end = afterBlocks(bytes, at + 2);
      const application = label === 0xff ? bytes.toString('latin1', at + 3, at + 14) : '';
      const isShown = label === 0xf9 || label === 0x01 || SHOWN_APPLICATIONS.has(application);
      if (isShown) pieces.push({ from: at, to: end });
      else dropped.add(label === 0xfe ? 'GIF:Comment' : 'GIF:ApplicationExtension');
      at = end;
    } else {
      break;
    }
  }
  if (images === 0) throw new AppError('file.damaged', 'GIF: no image block');
  if (closed && at < bytes.length) dropped.add('GIF:Trailer');
  return { pieces: [...pieces, Buffer.from([0x3b])], dropped: [...dropped] };
}
