import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaFormat } from '@pingplex/shared/domain';
import sharp, { type Sharp } from 'sharp';
import { writeTags } from '../../../src/engine/binaries/exiftool.ts';
import { transcode } from '../../../src/engine/binaries/transcode.ts';
import { context } from './context.ts';

export const WIDTH = 96;
export const HEIGHT = 64;

/** A colour gradient with a red, a green, a blue and a white corner, so that turns and mirrors can be told apart. */
export function corners(width = WIDTH, height = HEIGHT): Buffer {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const right = x >= width / 2;
      const low = y >= height / 2;
      data.set(low ? (right ? [240, 240, 240] : [20, 20, 240]) : right ? [20, 240, 20] : [240, 20, 20], (y * width + x) * 3);
    }
  }
  return data;
}

/** The corners with a dark mark in the middle that moves with `n`, because equal frames of a GIF are merged. */
function marked(n: number): Buffer {
  const data = corners();
  for (let y = 28; y < 36; y += 1) data.fill(0, (y * WIDTH + 8 + n * 4) * 3, (y * WIDTH + 12 + n * 4) * 3);
  return data;
}

export function picture(width = WIDTH, height = HEIGHT): Sharp {
  return sharp(corners(width, height), { raw: { width, height, channels: 3 } });
}

/** Mono 16-bit PCM WAVE. @param sampleAt value of sample n, -32,768 to 32,767 */
export function pcmWave(samples: number, rate: number, sampleAt: (n: number) => number): Buffer {
  const out = Buffer.alloc(44 + samples * 2);
  out.write('RIFF', 0, 'latin1');
  out.writeUInt32LE(out.length - 8, 4);
  out.write('WAVEfmt ', 8, 'latin1');
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(rate, 24);
  out.writeUInt32LE(rate * 2, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36, 'latin1');
  out.writeUInt32LE(samples * 2, 40);
  for (let n = 0; n < samples; n += 1) out.writeInt16LE(Math.round(sampleAt(n)), 44 + n * 2);
  return out;
}

/** PCM WAVE with a tone that grows from silence to full. */
export function wave(seconds = 1, rate = 44_100): Buffer {
  const samples = Math.round(seconds * rate);
  return pcmWave(samples, rate, (n) => Math.sin(n / 8) * 32_000 * (n / samples));
}

async function film(gif: string, output: string, container: string, encoder: string): Promise<void> {
  await transcode(
    { input: gif, inputFormat: 'gif', output, container, video: { filter: 'fps=10,format=yuv420p', encoder, options: { threads: 1 } } },
    context(),
  );
}

async function sound(wav: string, output: string, container: string, encoder: string): Promise<void> {
  const bitRate = encoder === 'flac' ? {} : { bitRate: 64_000 };
  await transcode({ input: wav, inputFormat: 'wav', output, container, audio: { filter: '', encoder, ...bitRate } }, context());
}

export type MadeMedia = Readonly<Record<Exclude<MediaFormat, 'heic' | 'jxl' | 'raw'>, string>>;

/** Makes one small file of every format that can be written here. Films last two seconds, sounds one. */
export async function makeMedia(dir: string): Promise<MadeMedia> {
  const at = (name: string) => join(dir, name);
  const frames = Buffer.concat(Array.from({ length: 20 }, (_, n) => marked(n)));
  await Promise.all([
    picture().jpeg({ quality: 95 }).toFile(at('made.jpg')),
    picture().png().toFile(at('made.png')),
    picture().webp({ quality: 95 }).toFile(at('made.webp')),
    picture().avif({ quality: 80 }).toFile(at('made.avif')),
    picture().tiff({ compression: 'lzw' }).toFile(at('made.tif')),
    sharp(frames, { raw: { width: WIDTH, height: HEIGHT * 20, channels: 3, pageHeight: HEIGHT } })
      .gif({ delay: Array(20).fill(100), effort: 1 })
      .toFile(at('made.gif')),
    writeFile(at('made.wav'), wave()),
  ]);
  await film(at('made.gif'), at('made.mp4'), 'mp4', 'libx264');
  await film(at('made.gif'), at('made.mov'), 'mov', 'libx264');
  await film(at('made.gif'), at('made.mkv'), 'matroska', 'libx264');
  await film(at('made.gif'), at('made.avi'), 'avi', 'mpeg4');
  await film(at('made.gif'), at('made.webm'), 'webm', 'libvpx-vp9');
  await sound(at('made.wav'), at('made.mp3'), 'mp3', 'libmp3lame');
  await sound(at('made.wav'), at('made.m4a'), 'ipod', 'aac');
  await sound(at('made.wav'), at('made.aac'), 'adts', 'aac');
  await sound(at('made.wav'), at('made.flac'), 'flac', 'flac');
  await sound(at('made.wav'), at('made.ogg'), 'ogg', 'libopus');
  return {
    jpeg: at('made.jpg'),
    png: at('made.png'),
    webp: at('made.webp'),
    avif: at('made.avif'),
    tiff: at('made.tif'),
    gif: at('made.gif'),
    wav: at('made.wav'),
    mp4: at('made.mp4'),
    mov: at('made.mov'),
    mkv: at('made.mkv'),
    avi: at('made.avi'),
    webm: at('made.webm'),
    mp3: at('made.mp3'),
    m4a: at('made.m4a'),
    aac: at('made.aac'),
    flac: at('made.flac'),
    ogg: at('made.ogg'),
  };
}

/**
 * The smallest DNG: one directory with a JPEG for showing, as cameras put it into their RAW files.
 * @param orientation 1–8 as EXIF counts
 */
export function dng(jpeg: Buffer, orientation: number): Buffer {
  const short = 3;
  const long = 4;
  const rows = 11;
  const start = 8 + 2 + rows * 12 + 4;
  const entries = [
    [0xfe, long, 1],
    [0x100, long, WIDTH],
    [0x101, long, HEIGHT],
    [0x103, short, 7],
    [0x106, short, 6],
    [0x111, long, start],
    [0x112, short, orientation],
    [0x115, short, 3],
    [0x116, long, HEIGHT],
    [0x117, long, jpeg.length],
  ] as const;
  const out = Buffer.alloc(start);
  out.write('II*\0', 0, 'latin1');
  out.writeUInt32LE(8, 4);
  out.writeUInt16LE(rows, 8);
  for (const [n, [tag, type, value]] of entries.entries()) {
    out.writeUInt16LE(tag, 10 + n * 12);
    out.writeUInt16LE(type, 12 + n * 12);
    out.writeUInt32LE(1, 14 + n * 12);
    out.writeUInt32LE(value, 18 + n * 12);
  }
  // DNGVersion 1.4: four bytes.
  out.set([0x12, 0xc6, 1, 0, 4, 0, 0, 0, 1, 4, 0, 0], 10 + 10 * 12);
  return Buffer.concat([out, jpeg]);
}

/** Private details as a phone and an editor would leave them. */
const SECRETS = [
  '-EXIF:Make=Nikon',
  '-EXIF:Model=Z 6',
  '-EXIF:SerialNumber=6001234',
  '-EXIF:LensModel=NIKKOR Z 35mm f/1.8 S',
  '-EXIF:Artist=Ada Example',
  '-EXIF:DateTimeOriginal=2024:05:06 07:08:09',
  '-EXIF:OffsetTimeOriginal=+02:00',
  '-EXIF:ExposureTime=1/200',
  '-EXIF:FNumber=4',
  '-EXIF:ISO=100',
  '-EXIF:GPSLatitude=48.8584',
  '-EXIF:GPSLatitudeRef=N',
  '-EXIF:GPSLongitude=2.2945',
  '-EXIF:GPSLongitudeRef=E',
  '-XMP-dc:Title=Tower',
  '-XMP-dc:Subject=one',
  '-XMP-dc:Subject=two',
  '-XMP-photoshop:City=Paris',
  '-XMP-iptcCore:CreatorWorkEmail=ada@example.org',
  '-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
  '-XMP-xmpMM:DocumentID=xmp.did:1234',
  '-XMP-xmpMM:HistoryAction=saved',
  '-XMP-xmp:CreatorTool=Example Editor 3',
] as const;

/** Puts the details into a picture that can carry them. */
export async function addSecrets(path: string): Promise<void> {
  await writeTags([...SECRETS], path);
}
