import { createHash } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from '../probe/byte-source.ts';
import { endOfLastFrame } from './flac-end.ts';
import { id3Bytes } from './id3.ts';
import { bytesOf, type Piece, type StripPlan } from './pieces.ts';
import { endBeforeTags } from './strip-mp3.ts';

const BLOCK = { streamInfo: 0, padding: 1, seekTable: 3, comment: 4, cueSheet: 5, picture: 6 } as const;
const MAX_BLOCKS = 10_000;
const MAX_COMMENT_BYTES = 16 * 1024 * 1024;
/** Says which speaker each channel is; without it six channels play in the wrong places. */
const CHANNEL_MASK = 'WAVEFORMATEXTENSIBLE_CHANNEL_MASK';

export type FlacKeep = { readonly keys: ReadonlySet<string>; readonly cover: boolean; readonly chapters: boolean };

/** A Vorbis comment block's body with the kept keys and no vendor text; empty when no key is left. */
function filterComments(body: Buffer, keys: ReadonlySet<string>): Buffer {
  const kept: Buffer[] = [];
  let at = 4 + body.readUInt32LE(0);
  if (at + 4 > body.length) return Buffer.alloc(0);
  const count = body.readUInt32LE(at);
  at += 4;
  for (let i = 0; i < count && at + 4 <= body.length; i += 1) {
    const end = at + 4 + body.readUInt32LE(at);
    if (end > body.length) break;
    const key =
      body
        .toString('utf8', at + 4, end)
        .split('=', 1)[0]
        ?.toUpperCase() ?? '';
    if (keys.has(key) || key === CHANNEL_MASK) kept.push(body.subarray(at, end));
    at = end;
  }
  if (kept.length === 0) return Buffer.alloc(0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(kept.length, 4);
  return Buffer.concat([head, ...kept]);
}

function blockHead(type: number, length: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length, 0);
  head[0] = type;
  return head;
}

type Block = { readonly type: number; readonly body: Piece; readonly length: number };

/** Marks the last block as such. */
function joined(blocks: readonly Block[]): Piece[] {
  return blocks.flatMap((block, i) => [blockHead(block.type | (i === blocks.length - 1 ? 0x80 : 0), block.length), block.body]);
}

/**
 * Plans a FLAC file (RFC 9639) with stream info, seek table, channel places and frames only, plus what is to be kept.
 * @throws AppError `file.damaged` when there is no stream info or no sound
 */
export async function stripFlac(source: ByteSource, keep: FlacKeep): Promise<StripPlan> {
  const dropped = new Set<string>();
  const blocks: Block[] = [];
  const start = id3Bytes(await source.read(0, 10));
  if (start > 0) dropped.add('FLAC:ID3v2');
  let at = start + 4;
  if ((await source.read(start, 4)).toString('latin1') !== 'fLaC') throw new AppError('file.damaged', 'FLAC: no stream mark');
  for (let n = 0, last = false; !last && n < MAX_BLOCKS; n += 1) {
    const head = await source.read(at, 4);
    if (head.length < 4) break;
    last = ((head[0] ?? 0) & 0x80) !== 0;
    const type = (head[0] ?? 0) & 0x7f;
    const length = head.readUIntBE(1, 3);
    const body = { from: at + 4, to: at + 4 + length };
    if (body.to > source.sizeBytes) throw new AppError('file.damaged', 'FLAC: ends inside its header');
    if (type === BLOCK.streamInfo || type === BLOCK.seekTable) blocks.push({ type, body, length });
    else if (type === BLOCK.picture && keep.cover) blocks.push({ type, body, length });
    else if (type === BLOCK.cueSheet && keep.chapters) blocks.push({ type, body, length });
    else if (type === BLOCK.comment && length >= 8 && length <= MAX_COMMENT_BYTES) {
      const comments = filterComments(await source.read(body.from, length), keep.keys);
      if (comments.length > 0) blocks.push({ type, body: comments, length: comments.length });
    } else if (type !== BLOCK.padding) dropped.add(`FLAC:Block${type}`);
    at = body.to;
  }
  if (blocks[0]?.type !== BLOCK.streamInfo) throw new AppError('file.damaged', 'FLAC: no stream info');
  const to = await endOfSound(source, at, dropped);
  if (at >= to) throw new AppError('file.damaged', 'FLAC: no sound');
  return { pieces: [Buffer.from('fLaC', 'latin1'), ...joined(blocks), { from: at, to }], dropped: [...dropped] };
}

/** Tags that programs put behind the last frame, and whatever else is there. */
async function endOfSound(source: ByteSource, from: number, dropped: Set<string>): Promise<number> {
  const tags = await endBeforeTags(source, from);
  for (const key of tags.keys) dropped.add(key.replace('MP3:', 'FLAC:'));
  const end = await endOfLastFrame(source, from, tags.end);
  if (end < tags.end) dropped.add('FLAC:Trailer');
  return end;
}

/**
 * SHA-256 of stream info and frames, which is all that decoding needs, whatever stands around them.
 * @throws AppError as `stripFlac`
 */
export async function flacHash(source: ByteSource): Promise<string> {
  const { pieces } = await stripFlac(source, { keys: new Set(), cover: false, chapters: false });
  const ranges = pieces.filter((piece) => !Buffer.isBuffer(piece));
  const [info, sound] = [ranges[0], ranges.at(-1)];
  const hash = createHash('sha256');
  for await (const bytes of bytesOf(
    source,
    [info, sound].filter((range) => range !== undefined),
  ))
    hash.update(bytes);
  return hash.digest('hex');
}
