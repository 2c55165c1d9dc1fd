import { open } from 'node:fs/promises';
import type { Packet } from 'node-av';

/** Between units of H.264 as encoders hand it out (ITU-T H.264, annex B). */
const START = Buffer.from([0, 0, 1]);
const H264_SEI = 6;
/** What LAME puts into the unused end of frames, as far as there is room; its bits begin anywhere in a byte. */
const LAME = Buffer.from('LAME3.101 (beta 3)', 'latin1');
/** So much of it is taken for a finding: `LAME3.`, whatever the version. */
const LAME_NAME_BYTES = 6;
const LAME_TEXTS = Array.from({ length: 8 }, (_, shift) => shifted(LAME, shift));

/** New bytes for a packet; assigning them resets everything else that the packet knows. */
export function replaceData(packet: Packet, data: Buffer): void {
  const { pts, dts, duration, flags, timeBase, streamIndex, pos } = packet;
  packet.data = data;
  Object.assign(packet, { pts, dts, duration, flags, timeBase, streamIndex, pos });
}

/**
 * One encoded packet without what its encoder says about itself: x264 puts its version and all settings into a unit of
 * supplemental information, LAME its version into the filling of frames. No option of either turns that off.
 * @param encoder FFmpeg's name
 * @returns null when there is nothing of that kind
 */
export function withoutEncoderText(encoder: string, data: Buffer): Buffer | null {
  if (encoder === 'libx264') return withoutH264Sei(data);
  return encoder === 'libmp3lame' ? withoutLameName(data) : null;
}

function withoutH264Sei(data: Buffer): Buffer | null {
  const starts: number[] = [];
  for (let at = data.indexOf(START); at >= 0; at = data.indexOf(START, at + 3)) {
    // A unit may begin with a longer start code; its first zero belongs to it.
    starts.push(at > 0 && data[at - 1] === 0 ? at - 1 : at);
  }
  const units = starts.map((from, i) => data.subarray(from, starts[i + 1] ?? data.length));
  const kept = units.filter((unit) => ((unit[unit[2] === 1 ? 3 : 4] ?? 0) & 0x1f) !== H264_SEI);
  return kept.length === units.length || kept.length === 0 ? null : Buffer.concat(kept);
}

/** Bits of a text moved by `shift`, without the bytes at both ends that hold other bits too. */
function shifted(text: Buffer, shift: number): Buffer {
  if (shift === 0) return text;
  return Buffer.from(Array.from({ length: text.length - 1 }, (_, i) => (((text[i] ?? 0) << 8) | (text[i + 1] ?? 0)) >> shift));
}

/** Zeroes exactly the bytes that are the name's: after a name that was cut short, the next frame's sound begins. */
function withoutLameName(data: Buffer): Buffer | null {
  let out: Buffer | null = null;
  for (const text of LAME_TEXTS) {
    const name = text.subarray(0, LAME_NAME_BYTES - (LAME.length - text.length));
    for (let at = data.indexOf(name); at >= 0; at = data.indexOf(name, at + name.length)) {
      out ??= Buffer.from(data);
      for (let i = 0; i < text.length && data[at + i] === text[i]; i++) out[at + i] = 0;
    }
  }
  return out;
}

/** So much of a file is looked at once. */
const CHUNK = 1 << 20;

/**
 * As `withoutEncoderText`, in a finished file that holds LAME's frames; nothing moves.
 * @param path a temporary file of ours
 */
export async function eraseLameName(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const buffer = Buffer.alloc(CHUNK);
    // The last bytes of a chunk are looked at again with the next one: a name may begin there.
    for (let at = 0; ; at += CHUNK - LAME.length) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, at);
      const silent = withoutLameName(buffer.subarray(0, bytesRead));
      if (silent) await handle.write(silent, 0, silent.length, at);
      if (bytesRead < CHUNK) return;
    }
  } finally {
    await handle.close();
  }
}
