import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import type { Piece, StripPlan } from './pieces.ts';

const NEEDED = new Set(['fmt ', 'fact', 'data', 'ds64']);
const MAX_CHUNKS = 100_000;

/**
 * Plans a WAV or RF64 file (Microsoft RIFF; EBU Tech 3306) with format, fact and sample data only. Sizes that claim more
 * than the file holds are cut to what is there.
 * @throws AppError `file.damaged` when there are no samples
 */
export async function stripWav(source: ByteSource): Promise<StripPlan> {
  const form = source.head.toString('latin1', 0, 4);
  const parts: Piece[] = [];
  const dropped = new Set<string>();
  let total = 4;
  let dataBytes64: number | undefined;
  let hasData = false;
  let at = 12;
  for (let n = 0; at + 8 <= source.sizeBytes && n < MAX_CHUNKS; n += 1) {
    const head = await source.read(at, 36);
    const type = head.toString('latin1', 0, 4);
    const declared = head.readUInt32LE(4);
    const wide = form === 'RF64' && type === 'data' && declared === 0xffffffff;
    if (type === 'ds64' && head.length >= 24) dataBytes64 = Number(head.readBigUInt64LE(16));
    const length = Math.min(wide ? (dataBytes64 ?? source.sizeBytes) : declared, source.sizeBytes - at - 8);
    if (NEEDED.has(type) && !(type === 'data' && hasData)) {
      const sizes = Buffer.from(head.subarray(0, 8));
      if (!wide) sizes.writeUInt32LE(length, 4);
      parts.push(sizes, { from: at + 8, to: at + 8 + length }, Buffer.alloc(length % 2));
      total += 8 + length + (length % 2);
      hasData ||= type === 'data' && length > 0;
    } else if (/^[\x20-\x7e]{4}$/u.test(type)) {
      dropped.add(`RIFF:${type.trim()}`);
    }
    at += 8 + length + (length % 2);
  }
  if (!hasData) throw new AppError('file.damaged', 'WAV: no samples');
  const head = Buffer.alloc(12);
  head.write(form, 0, 'latin1');
  head.writeUInt32LE(form === 'RF64' ? 0xffffffff : total, 4);
  head.write('WAVE', 8, 'latin1');
  if (form === 'RF64') rewriteWideSize(parts, total);
  return { pieces: [head, ...parts], dropped: [...dropped] };
}

/** In RF64 the size of the whole stands in `ds64`; leaving other chunks out changes it. */
function rewriteWideSize(parts: Piece[], total: number): void {
  const at = parts.findIndex((part) => Buffer.isBuffer(part) && part.toString('latin1', 0, 4) === 'ds64');
  const range = parts[at + 1];
  if (at < 0 || range === undefined || Buffer.isBuffer(range)) return;
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(total));
  parts.splice(at + 1, 1, size, { from: range.from + 8, to: range.to });
}
