import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EngineJob, OutcomeOf } from '@pingplex/shared/contracts/engine';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeStreams } from '../../src/engine/binaries/av.ts';
import { endExifTool, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { runJob } from '../../src/engine/jobs.ts';
import { context, sharedMedia, tempFolder } from './helpers/context.ts';
import { corners, dng, HEIGHT, type MadeMedia, makeMedia, picture, WIDTH } from './helpers/media.ts';

let dir: string;
let out: string;
let media: MadeMedia;
let counter = 0;

beforeAll(async () => {
  dir = await tempFolder();
  out = await tempFolder();
  media = await makeMedia(dir);
});
afterAll(endExifTool);

function temp() {
  counter += 1;
  return { dir: out, stem: `.pingplex-${counter}` };
}

function thumbnail(path: string, extra: Partial<Extract<EngineJob, { verb: 'thumbnail' }>> = {}): Promise<OutcomeOf<'thumbnail'>> {
  return runJob({ verb: 'thumbnail', path, size: 64, temp: temp(), ...extra }, context());
}

/** Colour at a place given in shares of width and height. */
async function colourAt(path: string, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(path).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  return [...data.subarray(at, at + 3)];
}

const nameOf = ([r = 0, g = 0, b = 0]: number[]) =>
  r > 150 && g > 150 && b > 150 ? 'white' : r > 120 ? 'red' : g > 120 ? 'green' : b > 120 ? 'blue' : 'dark';

/** Names of the four corners: top left, top right, bottom left, bottom right. */
async function cornersOf(path: string): Promise<string> {
  const names: string[] = [];
  for (const y of [0.2, 0.8]) for (const x of [0.2, 0.8]) names.push(nameOf(await colourAt(path, x, y)));
  return names.join(' ');
}
const UPRIGHT = 'red green blue white';

const png = (image: Sharp) => image.png().toBuffer();
/** What a camera stores so that the picture is upright after the turn of this orientation. */
const TURNED: Readonly<Record<number, (image: Sharp) => Promise<Buffer>>> = {
  1: (image) => png(image),
  2: (image) => png(image.flop()),
  3: (image) => png(image.rotate(180)),
  4: (image) => png(image.flip()),
  5: async (image) => png(sharp(await png(image.rotate(90))).flop()),
  6: (image) => png(image.rotate(270)),
  7: async (image) => png(sharp(await png(image.rotate(90))).flip()),
  8: (image) => png(image.rotate(90)),
};

describe('thumbnail', () => {
  it('is an upright WebP of the wanted size for every picture and film format, and writes nothing else', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'mp4', 'mov', 'mkv', 'webm', 'avi'] as const) {
      const before = await readdir(out);
      const made = await thumbnail(media[format]);
      expect(made, format).toMatchObject({ mime: 'image/webp', width: 64, damaged: false });
      expect(Math.abs(made.height - (64 * HEIGHT) / WIDTH)).toBeLessThanOrEqual(1);
      expect((await sharp(made.path).metadata()).format).toBe('webp');
      expect(await cornersOf(made.path), format).toBe(UPRIGHT);
      expect((await readdir(out)).filter((name) => !before.includes(name))).toEqual([basename(made.path)]);
    }
  });

  it('turns and mirrors as each of the eight orientations asks', async () => {
    for (const [orientation, turn] of Object.entries(TURNED)) {
      for (const ext of ['jpg', 'png', 'webp', 'tif']) {
        const path = join(dir, `turn-${orientation}.${ext}`);
        await sharp(await turn(picture())).toFile(path);
        await writeTags([`-IFD0:Orientation#=${orientation}`], path);
        const made = await thumbnail(path);
        expect(await cornersOf(made.path), `${orientation} ${ext}`).toBe(UPRIGHT);
        expect(made.width).toBe(64);
      }
    }
  });

  it('shows the picture inside a camera RAW file, upright', async () => {
    for (const [orientation, turn] of Object.entries(TURNED)) {
      const path = join(dir, `camera-${orientation}.dng`);
      await writeFile(
        path,
        dng(
          await sharp(await turn(picture()))
            .jpeg({ quality: 95 })
            .toBuffer(),
          Number(orientation),
        ),
      );
      expect(await cornersOf((await thumbnail(path)).path), orientation).toBe(UPRIGHT);
    }
    expect(await runJob({ verb: 'inspect', path: join(dir, 'camera-6.dng'), depth: 'full' }, context())).toMatchObject({
      format: 'raw',
      damaged: false,
    });
  });

  it('shows wide-gamut colours as they are meant', async () => {
    const path = join(dir, 'p3.png');
    // The sRGB colour (200, 80, 60) written in Display P3 numbers; a viewer that ignores the profile shows other values.
    await sharp({ create: { width: 40, height: 40, channels: 3, background: { r: 200, g: 80, b: 60 } } })
      .withIccProfile('p3')
      .png()
      .toFile(path);
    const [stored = 0] = await sharp(path, { ignoreIcc: true }).raw().toBuffer();
    expect(stored).not.toBe(200);
    const [r = 0, g = 0, b = 0] = await colourAt((await thumbnail(path)).path, 0.5, 0.5);
    for (const [got, meant] of [
      [r, 200],
      [g, 80],
      [b, 60],
    ] as const)
      expect(Math.abs(got - meant)).toBeLessThanOrEqual(4);
  });

  it('keeps what is clear clear, and never enlarges', async () => {
    const path = join(dir, 'clear.png');
    await sharp({ create: { width: 20, height: 10, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(path);
    const made = await thumbnail(path, { size: 256 });
    expect(made).toMatchObject({ width: 20, height: 10 });
    const [, , , alpha] = await sharp(made.path).ensureAlpha().raw().toBuffer();
    expect(alpha).toBe(0);
  });

  it('applies the display matrix of a turned film', async () => {
    const path = join(dir, 'turned.mov');
    await writeFile(path, await readFile(media.mov));
    await writeTags(['-Rotation=90'], path);
    expect((await probeStreams(path, 'mov')).video?.rotation).toBe(90);
    const made = await thumbnail(path);
    expect(made.height).toBe(64);
    expect(await cornersOf(made.path)).toBe('blue red white green');
  });

  it('finds the asked frame of a film', async () => {
    // Twenty frames, one tenth of a second each, getting lighter.
    const frames = Buffer.concat(Array.from({ length: 20 }, (_, n) => Buffer.alloc(WIDTH * HEIGHT * 3, 12 * n)));
    const gif = join(dir, 'fade.gif');
    await sharp(frames, { raw: { width: WIDTH, height: HEIGHT * 20, channels: 3, pageHeight: HEIGHT } })
      .gif({ delay: Array(20).fill(100) })
      .toFile(gif);
    const { transcode } = await import('../../src/engine/binaries/transcode.ts');
    const path = join(dir, 'fade.mp4');
    await transcode(
      { input: gif, output: path, container: 'mp4', video: { filter: 'fps=10,format=yuv420p', encoder: 'libx264' } },
      context(),
    );
    const early = await colourAt((await thumbnail(path, { atMs: 300 })).path, 0.5, 0.5);
    const late = await colourAt((await thumbnail(path, { atMs: 1700 })).path, 0.5, 0.5);
    const beyond = await thumbnail(path, { atMs: 99_000 });
    expect(Math.abs((early[0] ?? 0) - 36)).toBeLessThanOrEqual(14);
    expect(Math.abs((late[0] ?? 0) - 204)).toBeLessThanOrEqual(14);
    expect(beyond.width).toBe(64);
  });

  it('draws the shape of a sound', async () => {
    for (const format of ['wav', 'mp3', 'm4a', 'aac', 'flac', 'ogg'] as const) {
      const made = await thumbnail(media[format], { size: 128 });
      expect(made, format).toMatchObject({ mime: 'image/webp', width: 128, height: 64 });
      const { data, info } = await sharp(made.path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      const ink = (from: number, to: number) => {
        let sum = 0;
        for (let y = 0; y < info.height; y += 1)
          for (let x = from; x < to; x += 1) sum += (data[(y * info.width + x) * 4 + 3] ?? 0) > 128 ? 1 : 0;
        return sum;
      };
      // The tone grows from silence to full.
      expect(ink(96, 128)).toBeGreaterThan(3 * ink(0, 32));
    }
  });

  it('shows what decodes of a damaged picture', async () => {
    const path = join(dir, 'half.jpg');
    const whole = await sharp(corners(800, 600), { raw: { width: 800, height: 600, channels: 3 } })
      .jpeg({ quality: 100 })
      .toBuffer();
    await writeFile(path, whole.subarray(0, whole.length * 0.8));
    expect(await thumbnail(path)).toMatchObject({ damaged: true, width: 64 });
  });

  it.runIf(sharedMedia().length > 0)('opens what browsers and the picture library do not: HEIC and JPEG XL', async () => {
    for (const path of sharedMedia().filter((one) => /\.(heic|jxl)$/.test(one))) {
      const made = await thumbnail(path);
      expect(Math.max(made.width, made.height), path).toBe(64);
      const { channels } = await sharp(made.path).stats();
      expect(Math.max(...channels.map((channel) => channel.stdev)), path).toBeGreaterThan(10);
    }
  });
});

describe('preview', () => {
  it('gives something that a browser can show for each format', async () => {
    for (const [format, path] of Object.entries(media)) {
      const made = await runJob({ verb: 'preview', path, temp: temp() }, context());
      expect(made.proxy, format).toBe(true);
      if (made.mime === 'image/webp') expect(await cornersOf(made.path), format).toBe(UPRIGHT);
      else if (made.mime === 'video/mp4')
        expect(await probeStreams(made.path, 'mp4'), format).toMatchObject({
          video: { codec: 'h264', pixelFormat: 'yuv420p', width: 96, height: 64 },
        });
      else {
        expect(made.mime, format).toBe('audio/mp4');
        expect(await probeStreams(made.path, 'm4a')).toMatchObject({ audio: { codec: 'aac', sampleRate: 48_000 } });
      }
    }
  });

  it.runIf(sharedMedia().length > 0)('brings a large film down to 480 lines with its sound, and stops when told to', async () => {
    const path = sharedMedia().find((one) => one.endsWith('/video1.mkv')) ?? '';
    const ctx = context();
    const made = await runJob({ verb: 'preview', path, temp: temp() }, ctx);
    expect(await probeStreams(made.path, 'mp4')).toMatchObject({ video: { codec: 'h264', width: 480 }, audio: { codec: 'aac' } });
    expect(ctx.fractions.length).toBeGreaterThan(1);
    const before = await readdir(out);
    const stopped = context();
    stopped.abort.abort(new DOMException('canceled', 'AbortError'));
    await expect(runJob({ verb: 'preview', path, temp: temp() }, stopped)).rejects.toThrow('canceled');
    expect(await readdir(out)).toEqual(before);
  });
});

describe('waveform', () => {
  it('has the asked number of peaks, in the shape of the sound', async () => {
    for (const format of ['wav', 'mp3', 'flac', 'ogg', 'm4a', 'aac'] as const) {
      const { peaks, durationMs } = await runJob({ verb: 'waveform', path: media[format], peaks: 64 }, context());
      expect(peaks, format).toHaveLength(64);
      expect(Math.abs(durationMs - 1000), format).toBeLessThan(120);
      expect(Math.max(...peaks)).toBeGreaterThan(0.7);
      expect(Math.max(...peaks)).toBeLessThanOrEqual(1);
      expect(peaks[8] ?? 1).toBeLessThan(peaks[56] ?? 0);
    }
  });

  it('says that a picture has no sound', async () => {
    await expect(runJob({ verb: 'waveform', path: media.jpeg, peaks: 64 }, context())).rejects.toMatchObject({
      code: 'engine.stepNotPossible',
    });
    await expect(runJob({ verb: 'waveform', path: media.mp4, peaks: 64 }, context())).rejects.toMatchObject({
      code: 'engine.stepNotPossible',
    });
  });
});
