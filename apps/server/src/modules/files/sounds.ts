import { proveMp4Sound, type ReadRange } from './films.ts';

export type SoundMime = 'audio/wav' | 'audio/mpeg' | 'audio/flac' | 'audio/ogg' | 'audio/mp4';
export type SoundFacts = { mime: SoundMime; durationMs: number };

/** Every sound that can be uploaded or comes as a result. */
export const SOUND_MIMES: readonly string[] = ['audio/wav', 'audio/mpeg', 'audio/flac', 'audio/ogg', 'audio/mp4'] satisfies SoundMime[];

/**
 * Proves a sound by its structure and finds its length: WAV, MP3 (every frame), FLAC, Ogg (Vorbis, Opus), MP4. Not decoded: the app
 * decodes what it downloads.
 * @returns null when it is something else, broken off, or empty
 */
export async function proveSound(read: ReadRange, sizeBytes: number): Promise<SoundFacts | null> {
  try {
    const facts = await factsOf(await read(0, Math.min(sizeBytes, 4096) - 1), read, sizeBytes);
    return facts && facts.durationMs > 0 ? facts : null;
  } catch (error) {
    // Numbers that lead outside the bytes.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

async function factsOf(head: Buffer, read: ReadRange, size: number): Promise<SoundFacts | null> {
  const says = (text: string, at = 0): boolean => head.toString('latin1', at, at + text.length) === text;
  if (says('RIFF') && says('WAVE', 8)) return { mime: 'audio/wav', durationMs: await wavMs(read, size) };
  if (says('fLaC')) return { mime: 'audio/flac', durationMs: flacMs(head) };
  if (says('OggS')) return { mime: 'audio/ogg', durationMs: oggMs(head, await read(Math.max(0, size - 65_536), size - 1)) };
  if (says('ftyp', 4)) return { mime: 'audio/mp4', durationMs: (await proveMp4Sound(read, size)) ?? 0 };
  const isMp3 = says('ID3') || (head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0);
  return isMp3 ? { mime: 'audio/mpeg', durationMs: mp3Ms(await read(0, size - 1)) } : null;
}

/** Chunks of RIFF. A writer that didn't know the length beforehand leaves 0xffffffff or 0: then the data go to the end. */
async function wavMs(read: ReadRange, size: number): Promise<number> {
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= size; ) {
    const chunk = await read(at, Math.min(size, at + 24) - 1);
    const [id, length] = [chunk.toString('latin1', 0, 4), chunk.readUInt32LE(4)];
    if (id === 'fmt ') bytesPerSecond = chunk.readUInt32LE(16);
    if (id === 'data') {
      const left = size - at - 8;
      const isOpen = length === 0xffff_ffff || length === 0;
      if (bytesPerSecond === 0 || (!isOpen && length > left)) return 0;
      return Math.round(((isOpen ? left : length) * 1000) / bytesPerSecond);
    }
    at += 8 + length + (length % 2);
  }
  return 0;
}

/** STREAMINFO: 20 bits of rate at its byte 10, 36 bits of samples at its byte 13 (RFC 9639, 8.2). */
function flacMs(head: Buffer): number {
  const info = head.subarray(8, 8 + 34);
  const rate = info.readUIntBE(10, 3) >> 4;
  const samples = (info.readUInt8(13) & 0x0f) * 2 ** 32 + info.readUInt32BE(14);
  return rate > 0 ? Math.round((samples * 1000) / rate) : 0;
}

/** The last page says how many samples there were (RFC 3533); the first packet says how many make a second. */
function oggMs(head: Buffer, tail: Buffer): number {
  const last = tail.lastIndexOf('OggS', undefined, 'latin1');
  const samples = last < 0 ? 0 : Number(tail.readBigInt64LE(last + 6));
  const [vorbis, opus] = [head.indexOf('\x01vorbis', 0, 'latin1'), head.indexOf('OpusHead', 0, 'latin1')];
  // Opus always counts at 48 kHz, with so many samples skipped in front (RFC 7845).
  if (opus >= 0) return Math.round((Math.max(0, samples - head.readUInt16LE(opus + 10)) * 1000) / 48_000);
  const rate = vorbis >= 0 ? head.readUInt32LE(vorbis + 12) : 0;
  return rate > 0 ? Math.round((samples * 1000) / rate) : 0;
}

/** Kilobits per second by index, for MPEG 1 and for 2 and 2.5, layer III (ISO/IEC 11172-3, 13818-3). */
const KBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];

type Frame = { length: number; ms: number };

function frameAt(bytes: Buffer, at: number): Frame | null {
  if (at + 4 > bytes.length || bytes[at] !== 0xff) return null;
  const [second, third] = [bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
  const [version, layer] = [(second >> 3) & 3, (second >> 1) & 3];
  // 01 is no version, and of the layers only III is MP3.
  if ((second & 0xe0) !== 0xe0 || version === 1 || layer !== 1) return null;
  const kbits = (version === 3 ? KBITS_1 : KBITS_2)[third >> 4] ?? 0;
  const rate = (RATES[(third >> 2) & 3] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4);
  if (kbits === 0 || rate === 0) return null;
  const samples = version === 3 ? 1152 : 576;
  return { length: Math.floor((samples * kbits * 125) / rate) + ((third >> 1) & 1), ms: (samples * 1000) / rate };
}

/** Walks every frame; tags in front (ID3v2) and behind are no sound. Whatever doesn't begin with two whole frames is none. */
function mp3Ms(bytes: Buffer): number {
  let at = 0;
  if (bytes.toString('latin1', 0, 3) === 'ID3') {
    at = 10 + [6, 7, 8, 9].reduce((sum, i) => sum * 128 + ((bytes[i] ?? 0) & 0x7f), 0);
  }
  let [ms, count] = [0, 0];
  for (let frame = frameAt(bytes, at); frame && at + frame.length <= bytes.length; frame = frameAt(bytes, at)) {
    at += frame.length;
    ms += frame.ms;
    count += 1;
  }
  // A tag behind, or a frame that was cut off at the very end; anything else in the middle is not this format.
  return count >= 2 && bytes.length - at < 65_536 ? Math.round(ms) : 0;
}
