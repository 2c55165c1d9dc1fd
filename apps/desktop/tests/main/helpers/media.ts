import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';

/** A picture with structure and private details, different for every seed. */
export async function writePicture(path: string, seed: number, width = 320, height = 240): Promise<void> {
  const bytes = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 3;
      bytes[at] = 128 + 100 * Math.sin((x + seed * 7) / 23) * Math.cos(y / 31);
      bytes[at + 1] = 128 + 90 * Math.sin((x + y) / (17 + (seed % 5)));
      bytes[at + 2] = (x * 2 + y + seed * 13) % 256;
    }
  }
  await mkdir(dirname(path), { recursive: true });
  const picture = sharp(bytes, { raw: { width, height, channels: 3 } }).withExif({
    IFD0: { Make: 'Testcam', Model: `T${seed}`, Artist: 'A. Person' },
    IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '55/1 45/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '37/1 37/1 0/1' },
  });
  await (path.endsWith('.png') ? picture.png() : picture.jpeg({ quality: 90 })).toFile(path);
}

/** A tone as 16-bit PCM, mono, 22,050 Hz, with a comment that names somebody. */
export async function writeTone(path: string, hertz: number, seconds: number): Promise<void> {
  const rate = 22_050;
  const samples = Buffer.alloc(rate * seconds * 2);
  for (let n = 0; n < rate * seconds; n += 1) {
    samples.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * hertz * n) / rate) * (0.6 + 0.4 * Math.sin(n / 4000))), n * 2);
  }
  const comment = Buffer.from('INFOIART\x0a\x00\x00\x00A. Person\x00', 'latin1');
  const list = Buffer.concat([Buffer.from('LIST'), u32(comment.length), comment]);
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(1, 0);
  fmt.writeUInt16LE(1, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt32LE(rate * 2, 8);
  fmt.writeUInt16LE(2, 12);
  fmt.writeUInt16LE(16, 14);
  const body = Buffer.concat([Buffer.from('WAVEfmt '), u32(16), fmt, list, Buffer.from('data'), u32(samples.length), samples]);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, Buffer.concat([Buffer.from('RIFF'), u32(body.length), body]));
}

function u32(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
}
