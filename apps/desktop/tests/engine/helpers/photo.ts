import sharp, { type Sharp } from 'sharp';
import { encodeMedia } from '../../../samples/encode.ts';
import { playTune, TUNES } from '../../../samples/sound.ts';
import { seeded } from '../../../src/engine/unicalize/random.ts';

/** Raw RGB. */
export type Photo = { readonly width: number; readonly height: number; readonly data: Buffer };

/**
 * Something with the statistics of a photograph: shapes of every size, fine grain, light from one side. Hashes and quality figures
 * mean little on flat test charts.
 */
export function photo(width: number, height: number, seed: number): Photo {
  const random = seeded(seed);
  const layers = Array.from({ length: 7 }, (_, octave) => {
    const cells = 3 * 2 ** octave;
    return { cells, values: Float32Array.from({ length: (cells + 2) ** 2 * 3 }, () => random.between(-1, 1)), weight: 0.62 ** octave };
  });
  const discs = Array.from({ length: 24 }, () => ({
    x: random.next() * width,
    y: random.next() * height,
    r: random.between(0.02, 0.16) * width,
    light: random.signed(15, 70),
  }));
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = discs.reduce((sum, { x: cx, y: cy, r, light }) => sum + (Math.hypot(x - cx, y - cy) < r ? light : 0), 0);
      for (let c = 0; c < 3; c++) {
        let value = 118 + disc + (40 * (x - y)) / width;
        for (const { cells, values, weight } of layers)
          value += 48 * weight * smooth(values, cells, (x / width) * cells, (y / height) * cells, c);
        data[o++] = Math.max(0, Math.min(255, Math.round(value + random.between(-3, 3))));
      }
    }
  }
  return { width, height, data };
}

function smooth(values: Float32Array, cells: number, x: number, y: number, channel: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const at = (cx: number, cy: number) => values[(cy * (cells + 2) + cx) * 3 + channel] ?? 0;
  const top = at(x0, y0) + (at(x0 + 1, y0) - at(x0, y0)) * (x - x0);
  const bottom = at(x0, y0 + 1) + (at(x0 + 1, y0 + 1) - at(x0, y0 + 1)) * (x - x0);
  return top + (bottom - top) * (y - y0);
}

/** The photo ready for encoding. */
export function photoImage({ width, height, data }: Photo): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A film: the camera moves over one photo while another one fades in; with music. */
export function makeFilm(output: string, container: string, seconds: number, encoder = 'libx264'): void {
  const [width, height] = [480, 270];
  const wide = photo(720, 405, 41);
  const second = photo(width, height, 42);
  const frames = Math.round(seconds * 25);
  encodeMedia({
    output,
    container,
    video: {
      encoder,
      options: encoder === 'libx264' ? { preset: 'veryfast', crf: '20' } : { crf: '30', b: '0', deadline: 'realtime', 'cpu-used': '8' },
      width,
      height,
      framesPerSecond: 25,
      frameCount: frames,
      frame: (index) => {
        const out = new Uint8Array(width * height * 3);
        const dx = Math.round((index / frames) * (wide.width - width));
        const fade = Math.max(0, (index / frames - 0.5) * 2);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width * 3; x++) {
            const a = wide.data[(y + 60) * wide.width * 3 + dx * 3 + x] as number;
            out[y * width * 3 + x] = a * (1 - fade) + (second.data[y * width * 3 + x] as number) * fade;
          }
        }
        return out;
      },
    },
    audio: [
      container === 'webm'
        ? { encoder: 'libopus', bitrate: '96k', sampleFormat: 'flt', frameSize: 960, sound: playTune(TUNES.bright, seconds) }
        : { encoder: 'aac', bitrate: '128k', sampleFormat: 'fltp', frameSize: 1024, sound: playTune(TUNES.bright, seconds) },
    ],
  });
}

/** Music as a file. */
export function makeMusic(output: string, container: 'wav' | 'mp3' | 'flac', seconds: number): void {
  const sound = playTune(TUNES.folk, seconds);
  const encoder = { wav: 'pcm_s16le', mp3: 'libmp3lame', flac: 'flac' }[container];
  const sampleFormat = container === 'mp3' ? 'fltp' : 's16';
  const frameSize = { wav: 1024, mp3: 1152, flac: 4608 }[container];
  encodeMedia({
    output,
    container,
    audio: [{ encoder, ...(container === 'mp3' ? { bitrate: '192k' } : {}), sampleFormat, frameSize, sound }],
  });
}
