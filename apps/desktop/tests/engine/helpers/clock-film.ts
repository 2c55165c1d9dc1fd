import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaFormat } from '@pingplex/shared/domain';
import sharp from 'sharp';
import { loadAv, openInput } from '../../../src/engine/binaries/av.ts';
import { decodeFrames } from '../../../src/engine/binaries/frames.ts';
import { transcode } from '../../../src/engine/binaries/transcode.ts';
import { context } from './context.ts';
import { pcmWave } from './media.ts';

export const FILM_SECONDS = 4;
const FPS = 10;
const WIDTH = 128;
const HEIGHT = 96;
const RATE = 44_100;
/** Columns of the dark bar that wanders over the picture, one width per frame: its place says what time it is. */
const BAR = 3;

/** A tone of 440 Hz that grows evenly over the film: its loudness says what time it is. */
export function clockTone(seconds: number, peak = 0.9, grows = true): Buffer {
  const samples = Math.round(seconds * RATE);
  return pcmWave(samples, RATE, (n) => Math.sin((2 * Math.PI * 440 * n) / RATE) * 32_767 * peak * (grows ? n / samples : 1));
}

/** Four seconds at ten frames a second with sound, a key frame every second; picture and sound tell the time. */
export async function clockFilm(dir: string, name = 'clock.mp4'): Promise<string> {
  const [gif, wav, silent, output] = [join(dir, 'clock.gif'), join(dir, 'clock.wav'), join(dir, 'clock-silent.mp4'), join(dir, name)];
  const frames = Buffer.concat(
    Array.from({ length: FILM_SECONDS * FPS }, (_, n) => {
      const frame = Buffer.alloc(WIDTH * HEIGHT * 3, 200);
      for (let y = 0; y < HEIGHT; y += 1) frame.fill(0, (y * WIDTH + n * BAR) * 3, (y * WIDTH + (n + 1) * BAR) * 3);
      return frame;
    }),
  );
  await sharp(frames, { raw: { width: WIDTH, height: HEIGHT * FILM_SECONDS * FPS, channels: 3, pageHeight: HEIGHT } })
    .gif({ delay: Array(FILM_SECONDS * FPS).fill(1000 / FPS), effort: 1 })
    .toFile(gif);
  await writeFile(wav, clockTone(FILM_SECONDS));
  await transcode(
    {
      input: gif,
      inputFormat: 'gif',
      output: silent,
      container: 'mp4',
      video: { filter: `fps=${FPS},format=yuv420p`, encoder: 'libx264', gopSize: FPS, options: { crf: 10, sc_threshold: 0 } },
    },
    context(),
  );
  await together(silent, wav, output);
  return output;
}

/** Puts a sound beside a picture; the sound is encoded to AAC. */
async function together(video: string, sound: string, output: string): Promise<void> {
  const av = await loadAv();
  const aac = `${sound}.m4a`;
  await transcode({ input: sound, output: aac, container: 'ipod', audio: { filter: '', encoder: 'aac', bitRate: 96_000 } }, context());
  await using pictures = await openInput(video, 'mp4');
  await using tones = await openInput(aac, 'm4a');
  const muxer = await av.Muxer.open(output, { format: 'mp4', useAsyncWrite: false });
  const inputs = [pictures, tones];
  for (const input of inputs) {
    const [stream] = input.streams;
    if (!stream) throw new Error('no stream');
    muxer.addStream(stream);
  }
  for (const [index, input] of inputs.entries()) {
    for (const packet of input.packetsSync()) {
      if (packet === null) break;
      using owned = packet;
      muxer.writePacketSync(owned, index);
    }
  }
  muxer.closeSync();
}

/** What time the first picture of a film says it is, in milliseconds of the clock film. */
export async function firstPictureSays(path: string, format: MediaFormat): Promise<number> {
  for await (const frame of decodeFrames({ path, format, streamIndex: 0, chain: 'format=gray', signal: new AbortController().signal })) {
    using owned = frame;
    return barSays(owned.data?.[0] ?? Buffer.alloc(0), owned.linesize[0] ?? 0, owned.width, owned.height);
  }
  throw new Error('no picture');
}

/** @param grey one byte per pixel, `stride` bytes per line */
function barSays(grey: Buffer, stride: number, width: number, height: number): number {
  const columns = Array.from({ length: width }, (_, x) => Array.from({ length: height }, (_, y) => grey[y * stride + x] ?? 0));
  const sums = columns.map((column) => column.reduce((sum, value) => sum + value, 0));
  const whole = (at: number): number => (sums[at - 1] ?? 0) + (sums[at] ?? 0) + (sums[at + 1] ?? 0);
  let darkest = 1;
  for (let x = 1; x < width - 1; x += 1) if (whole(x) < whole(darkest)) darkest = x;
  return Math.floor(darkest / BAR) * (1000 / FPS);
}

/** What time a still picture of the clock film says it is. */
export async function pictureSays(path: string): Promise<number> {
  const { data, info } = await sharp(path).greyscale().raw().toBuffer({ resolveWithObject: true });
  return barSays(data, info.width, info.width, info.height);
}

/** Root mean square of the first `ms` of a sound, as the share of the film's length at which the clock film is as loud. */
export async function soundSays(path: string, dir: string, ms = 200): Promise<number> {
  const out = join(dir, 'heard.wav');
  await transcode(
    {
      input: path,
      output: out,
      container: 'wav',
      audio: { filter: `aformat=channel_layouts=mono:sample_rates=${RATE}`, encoder: 'pcm_s16le' },
    },
    context(),
  );
  const bytes = await readFile(out);
  const from = bytes.indexOf('data') + 8;
  const count = Math.min(Math.round((ms / 1000) * RATE), Math.floor((bytes.length - from) / 2));
  let sum = 0;
  for (let n = 0; n < count; n += 1) sum += (bytes.readInt16LE(from + n * 2) / 32_768) ** 2;
  return ((Math.sqrt(sum / count) * Math.SQRT2) / 0.9) * FILM_SECONDS * 1000 - ms / 2;
}
