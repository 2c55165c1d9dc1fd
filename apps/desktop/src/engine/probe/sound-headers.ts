import type { MediaFormat } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { ByteSource } from './byte-source.ts';

const BITRATES_V1_L3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_V2_L3 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];
const SCAN_BYTES = 64 * 1024;
/** More channels than any real recording; beyond it decoders ask for absurd amounts of memory. */
const MAX_CHANNELS = 64;

/** Length in bytes of the MPEG layer III frame that starts at `at`, or 0 when there is none (ISO/IEC 11172-3, 2.4.2.3). */
function mp3FrameBytes(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length || bytes[at] !== 0xff) return 0;
  const b1 = bytes[at + 1] ?? 0;
  const b2 = bytes[at + 2] ?? 0;
  if ((b1 & 0xe0) !== 0xe0) return 0;
  const version = (b1 >> 3) & 3;
  if (version === 1 || ((b1 >> 1) & 3) !== 1) return 0;
  const isV1 = version === 3;
  const kbps = (isV1 ? BITRATES_V1_L3 : BITRATES_V2_L3)[b2 >> 4];
  const rate = RATES[(b2 >> 2) & 3];
  if (!kbps || !rate) return 0;
  const hz = isV1 ? rate : version === 2 ? rate / 2 : rate / 4;
  return Math.floor(((isV1 ? 144_000 : 72_000) * kbps) / hz) + ((b2 >> 1) & 1);
}

/** Length in bytes of the ADTS frame at `at`, or 0 when there is none (ISO/IEC 13818-7, 6.2). */
function adtsFrameBytes(bytes: Buffer, at: number): number {
  if (at + 7 > bytes.length || bytes[at] !== 0xff) return 0;
  const b1 = bytes[at + 1] ?? 0;
  if ((b1 & 0xf6) !== 0xf0 || (((bytes[at + 2] ?? 0) >> 2) & 15) > 12) return 0;
  const length = (((bytes[at + 3] ?? 0) & 3) << 11) | ((bytes[at + 4] ?? 0) << 3) | ((bytes[at + 5] ?? 0) >> 5);
  return length >= 7 ? length : 0;
}

function frames(bytes: Buffer, at: number, frameBytes: (b: Buffer, at: number) => number): boolean {
  const length = frameBytes(bytes, at);
  if (length === 0) return false;
  const next = at + length;
  return next >= bytes.length || frameBytes(bytes, next) > 0;
}

function find(bytes: Buffer, scan: number): MediaFormat | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0 && at < scan; at = bytes.indexOf(0xff, at + 1)) {
    if (frames(bytes, at, mp3FrameBytes)) return 'mp3';
    if (frames(bytes, at, adtsFrameBytes)) return 'aac';
  }
  return undefined;
}

/**
 * Names bare MPEG sound: MP3 or ADTS AAC, with or without an ID3 tag in front; also FLAC behind an ID3 tag.
 * @throws AppError file.damaged when the ID3 tag claims to be longer than the whole file
 */
export async function sniffFrames(source: ByteSource): Promise<MediaFormat | undefined> {
  const { head } = source;
  if (head.toString('latin1', 0, 3) !== 'ID3') return head[0] === 0xff ? find(head, 1) : undefined;
  if (head.length < 10) throw new AppError('file.damaged', 'the file ends inside its ID3 header');
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(6, 10);
  const end = 10 + (((a & 127) << 21) | ((b & 127) << 14) | ((c & 127) << 7) | (d & 127));
  if (end >= source.sizeBytes) {
    throw new AppError('file.damaged', 'the ID3 tag claims to be longer than the file', { params: { declaredBytes: end } });
  }
  const after = await source.read(end, SCAN_BYTES + 4096);
  if (after.toString('latin1', 0, 4) === 'fLaC') return 'flac';
  return find(after, SCAN_BYTES) ?? 'mp3';
}

function impossible(what: string, value: number): AppError {
  return new AppError('file.damaged', `impossible sound header: ${what} ${value}`, { params: { what, value } });
}

/**
 * Refuses sound headers that no real file has, before a decoder believes them.
 * @throws AppError file.damaged
 */
export function checkSoundHeader(head: Buffer, format: MediaFormat): void {
  if (format === 'wav') {
    const at = head.indexOf('fmt ');
    if (at < 0 || at + 16 > head.length) return;
    const channels = head.readUInt16LE(at + 10);
    const rate = head.readUInt32LE(at + 12);
    if (channels === 0 || channels > MAX_CHANNELS) throw impossible('channels', channels);
    if (rate === 0) throw impossible('sampleRate', rate);
  }
  if (format === 'flac' && head.toString('latin1', 0, 4) === 'fLaC' && head.length >= 21) {
    const rate = head.readUIntBE(18, 3) >> 4;
    if (rate === 0) throw impossible('sampleRate', rate);
  }
}
