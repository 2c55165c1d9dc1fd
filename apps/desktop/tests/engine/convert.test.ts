import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ConvertOutcome, EngineJob } from '@pingplex/shared/contracts/engine';
import { FORMATS, type MediaFormat } from '@pingplex/shared/domain';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeStreams } from '../../src/engine/binaries/av.ts';
import { endExifTool, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { transcode } from '../../src/engine/binaries/transcode.ts';
import { fitSize } from '../../src/engine/convert/fit-size.ts';
import { runConvert } from '../../src/engine/convert/run-convert.ts';
import { sniff } from '../../src/engine/probe/sniff.ts';
import { context, sharedMedia, tempFolder } from './helpers/context.ts';
import { askExifTool } from './helpers/exiftool-oracle.ts';
import { addSecrets, HEIGHT, type MadeMedia, makeMedia, picture, WIDTH, wave } from './helpers/media.ts';

let root: string;
let made: MadeMedia;
/** Two seconds of picture and sound, 96×64, 10 frames per second. */
let film: string;
beforeAll(async () => {
  root = await tempFolder();
  made = await makeMedia(await mkdtemp(join(root, 'made-')));
  film = join(root, 'film.mp4');
  const tone = join(root, 'tone.wav');
  await writeFile(tone, wave(2));
  await withSound(made.mp4, tone, film);
});
afterAll(endExifTool);

/** Puts a sound beside a picture, through the same muxer that the product uses. */
async function withSound(video: string, sound: string, output: string): Promise<void> {
  const { loadAv } = await import('../../src/engine/binaries/av.ts');
  const av = await loadAv();
  const aac = join(root, 'tone.m4a');
  await transcode({ input: sound, output: aac, container: 'ipod', audio: { filter: '', encoder: 'aac', bitRate: 64_000 } }, context());
  await using pictures = await av.Demuxer.open(video);
  await using tones = await av.Demuxer.open(aac);
  const muxer = await av.Muxer.open(output, { format: 'mp4', useAsyncWrite: false });
  for (const input of [pictures, tones]) {
    const stream = input.streams[0];
    if (!stream) throw new Error('no stream');
    muxer.addStream(stream);
  }
  for (const [index, input] of [pictures, tones].entries()) {
    for (const packet of input.packetsSync()) {
      if (packet === null) break;
      using owned = packet;
      muxer.writePacketSync(owned, index);
    }
  }
  muxer.closeSync();
}

type Settings = Partial<Extract<EngineJob, { verb: 'convert' }>['settings']>;

/** Converts a copy in a folder of its own and asserts what that did to the whole folder. */
async function convertAlone(source: string, settings: Settings): Promise<{ outcome: ConvertOutcome; path: string }> {
  const folder = await mkdtemp(join(root, 'one-'));
  const path = join(folder, basename(source));
  await copyFile(source, path);
  const before = await readFile(path);
  const job = {
    verb: 'convert' as const,
    path,
    temp: { dir: folder, stem: '.pingplex-c' },
    settings: { fit: 'inside' as const, quality: 85, ...settings },
  };
  try {
    const outcome = await runConvert(job, context());
    expect((await readdir(folder)).sort()).toEqual([basename(outcome.file.tempPath), basename(path)].sort());
    const written = await readFile(outcome.file.tempPath);
    expect(outcome.file).toMatchObject({ sizeBytes: written.length, sha256: createHash('sha256').update(written).digest('hex') });
    expect((await sniff(outcome.file.tempPath)).format).toBe(outcome.file.format);
    return { outcome, path: outcome.file.tempPath };
  } catch (thrown) {
    expect(await readdir(folder)).toEqual([basename(path)]);
    throw thrown;
  } finally {
    expect((await readFile(path)).equals(before)).toBe(true);
  }
}

const PICTURES: readonly MediaFormat[] = ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'];
const FILMS: readonly MediaFormat[] = ['mp4', 'mov', 'mkv', 'webm', 'avi'];
const SOUNDS: readonly MediaFormat[] = ['mp3', 'm4a', 'aac', 'flac', 'wav', 'ogg'];

/** Colour near the four corners, to tell turns and mirrors apart. */
async function cornerNames(path: string): Promise<string> {
  const { data, info } = await sharp(path, { pages: 1 }).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const [r = 0, g = 0, b = 0] = data.subarray((y * info.width + x) * info.channels);
    return r > 150 && g > 150 && b > 150 ? 'white' : r > 150 ? 'red' : g > 150 ? 'green' : b > 150 ? 'blue' : 'black';
  };
  const [right, low] = [info.width - 4, info.height - 4];
  return [at(3, 3), at(right, 3), at(3, low), at(right, low)].join(' ');
}

describe('pictures', () => {
  it.each(PICTURES.flatMap((from) => PICTURES.map((to) => [from, to] as const)))('%s to %s', async (from, to) => {
    const { outcome, path } = await convertAlone(made[from as 'jpeg'], { format: to, width: 48 });
    expect(outcome.file).toMatchObject({ format: to, kind: 'image', ext: FORMATS[to].extensions[0] });
    expect(outcome.summary).toMatchObject({ width: 48, height: 32 });
    expect(await cornerNames(path)).toBe('red green blue white');
  });

  it('turns upright, drops metadata, keeps the profile', async () => {
    const source = join(root, 'oriented.jpg');
    await picture().withIccProfile('p3').jpeg({ quality: 95 }).toFile(source);
    await addSecrets(source);
    await writeTags(['-n', '-Orientation=6'], source);
    const { path } = await convertAlone(source, { format: 'png' });
    const facts = await sharp(path).metadata();
    expect(facts).toMatchObject({ width: HEIGHT, height: WIDTH });
    expect(facts.orientation ?? 1).toBe(1);
    expect(facts.icc?.equals((await sharp(source).metadata()).icc ?? Buffer.alloc(0))).toBe(true);
    const groups = Object.keys(await askExifTool(path)).map((key) => key.split(':')[0]);
    for (const group of ['GPS', 'ExifIFD', 'XMP-dc', 'IFD0']) expect(groups).not.toContain(group);
  });

  it('says when colours are converted, and keeps sixteen bits where the format can', async () => {
    const source = join(root, 'deep.png');
    await picture().toColourspace('rgb16').withIccProfile('p3').png().toFile(source);
    expect((await sharp(source).metadata()).depth).toBe('ushort');
    const tiff = await convertAlone(source, { format: 'tiff' });
    expect((await sharp(tiff.path).metadata()).depth).toBe('ushort');
    expect((await convertAlone(source, { format: 'jpeg' })).outcome.notes).toContain('reducedTo8Bit');
    expect((await convertAlone(source, { format: 'gif' })).outcome.notes).toContain('convertedToSrgb');
  });

  it('says when a mark of origin stays behind', async () => {
    const source = join(root, 'made-by-ai.jpg');
    await picture().jpeg().toFile(source);
    expect((await convertAlone(source, { format: 'png' })).outcome.notes).toEqual([]);
    const mark = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
    await writeTags([`-XMP-iptcExt:DigitalSourceType=${mark}`], source);
    expect((await convertAlone(source, { format: 'png' })).outcome.notes).toEqual(['aiMarkRemoved']);
    const signed = sharedMedia().find((path) => basename(path) === 'CA.jpg');
    if (signed) expect((await convertAlone(signed, { format: 'png' })).outcome.notes).toContain('contentCredentialsRemoved');
  });

  it('fits inside, crops and pads', async () => {
    expect((await convertAlone(made.png, { width: 50, height: 50 })).outcome.summary).toMatchObject({ width: 50, height: 33 });
    expect((await convertAlone(made.png, { width: 500 })).outcome.summary).toMatchObject({ width: WIDTH, height: HEIGHT });
    const crop = await convertAlone(made.png, { width: 40, height: 40, fit: 'crop' });
    expect(crop.outcome.summary).toMatchObject({ width: 40, height: 40 });
    expect(await cornerNames(crop.path)).toBe('red green blue white');
    const pad = await convertAlone(made.png, { format: 'jpeg', width: 120, height: 120, fit: 'pad' });
    expect(pad.outcome.summary).toMatchObject({ width: 120, height: 120 });
    expect(await cornerNames(pad.path)).toBe('white white white white');
  });

  it('flattens transparency on white and says so', async () => {
    const source = join(root, 'clear.png');
    await sharp({ create: { width: 64, height: 64, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(source);
    const { outcome, path } = await convertAlone(source, { format: 'jpeg' });
    expect(outcome.notes).toContain('transparencyFlattened');
    expect(await cornerNames(path)).toBe('white white white white');
  });

  it('keeps an animation moving between GIF and WebP, and says when only one frame is left', async () => {
    const webp = await convertAlone(made.gif, { format: 'webp' });
    expect(webp.outcome.summary).toMatchObject({ animated: true, frames: 20, width: WIDTH, height: HEIGHT });
    expect((await convertAlone(webp.path, { format: 'gif', width: 48 })).outcome.summary).toMatchObject({
      animated: true,
      width: 48,
      height: 32,
    });
    expect((await convertAlone(made.gif, { format: 'png' })).outcome.notes).toContain('firstFrameOnly');
  });

  it('a smaller quality gives a smaller file', async () => {
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const noisy = join(root, 'noisy.png');
      await sharp({
        create: { width: 256, height: 256, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
      })
        .png()
        .toFile(noisy);
      const best = await convertAlone(noisy, { format, quality: 95 });
      const small = await convertAlone(noisy, { format, quality: 30 });
      expect(small.outcome.file.sizeBytes).toBeLessThan(best.outcome.file.sizeBytes / 2);
    }
  });
});

describe('films', () => {
  it.each(FILMS)('mp4 with sound to %s', async (to) => {
    const { outcome, path } = await convertAlone(film, { format: to, width: 48 });
    const probe = await probeStreams(path, to);
    expect(probe.video).toMatchObject({ width: 48, height: 32, codec: to === 'webm' ? 'vp9' : 'h264' });
    expect(probe.audio?.codec).toMatch(to === 'webm' ? /opus/u : to === 'avi' ? /mp3/u : /aac/u);
    expect(Math.abs((outcome.summary.durationMs ?? 0) - 2000)).toBeLessThan(120);
    const loud = await soundLevel(path, to);
    expect(Math.abs(loud - (await soundLevel(film, 'mp4')))).toBeLessThan(1);
  });

  it.each(FILMS)('%s to mp4, cut to the frame', async (from) => {
    const { path } = await convertAlone(made[from as 'mp4'], { format: 'mp4', trimStartMs: 500, trimEndMs: 1300 });
    const facts = (await probeStreams(path, 'mp4')).video;
    expect(facts?.frames).toBe(8);
  });

  it('crops and pads to the exact even size', async () => {
    expect((await convertAlone(film, { width: 41, height: 41, fit: 'crop' })).outcome.summary).toMatchObject({ width: 42, height: 42 });
    expect((await convertAlone(film, { width: 60, height: 60, fit: 'pad' })).outcome.summary).toMatchObject({ width: 60, height: 60 });
  });

  it('writes a turned film upright', async () => {
    const turned = join(root, 'turned.mp4');
    await copyFile(made.mp4, turned);
    await writeTags(['-n', '-Rotation=90'], turned);
    expect((await probeStreams(turned, 'mp4')).video?.rotation).toBe(90);
    const { path } = await convertAlone(turned, { format: 'mov' });
    expect((await probeStreams(path, 'mov')).video).toMatchObject({ width: HEIGHT, height: WIDTH, rotation: 0 });
    const frame = await convertAlone(path, { format: 'png', trimStartMs: 0 });
    expect(await cornerNames(frame.path)).toBe('blue red white green');
  });

  it('gives its sound in every sound format', async () => {
    for (const to of SOUNDS) {
      const { outcome, path } = await convertAlone(film, { format: to });
      expect((await probeStreams(path, to)).video).toBeUndefined();
      expect(Math.abs((outcome.summary.durationMs ?? 0) - 2000)).toBeLessThan(120);
    }
  });

  it('gives a frame in every picture format', async () => {
    for (const to of PICTURES) {
      const { outcome, path } = await convertAlone(film, { format: to, width: 48, trimStartMs: 1000 });
      expect(outcome.summary).toMatchObject({ width: 48, height: 32 });
      expect(await cornerNames(path)).toBe('red green blue white');
    }
  });

  it('makes a film of an animation', async () => {
    const { outcome } = await convertAlone(made.gif, { format: 'webm' });
    expect(outcome.summary).toMatchObject({ width: WIDTH, height: HEIGHT, videoCodec: 'vp9' });
  });
});

/** Root mean square of a sound in decibels. */
async function soundLevel(path: string, format: MediaFormat): Promise<number> {
  const out = join(root, 'level.wav');
  await transcode(
    {
      input: path,
      inputFormat: format,
      output: out,
      container: 'wav',
      audio: { filter: 'aformat=channel_layouts=mono', encoder: 'pcm_s16le' },
    },
    context(),
  );
  const bytes = await readFile(out);
  let sum = 0;
  const count = Math.floor((bytes.length - 44) / 2);
  for (let i = 0; i < count; i += 1) sum += (bytes.readInt16LE(44 + i * 2) / 32768) ** 2;
  return 10 * Math.log10(sum / count);
}

describe('sounds', () => {
  it.each(SOUNDS.flatMap((from) => SOUNDS.map((to) => [from, to] as const)))('%s to %s', async (from, to) => {
    const { outcome, path } = await convertAlone(made[from as 'wav'], { format: to });
    expect(outcome.file).toMatchObject({ format: to, kind: 'audio' });
    expect(Math.abs((outcome.summary.durationMs ?? 0) - 1000)).toBeLessThan(120);
    expect(Math.abs((await soundLevel(path, to)) - (await soundLevel(made.wav, 'wav')))).toBeLessThan(1);
  });

  it.each([8000, 11_025, 20_000, 22_050, 24_000, 32_000, 96_000])('%i samples a second to MP3 and M4A', async (rate) => {
    const source = join(root, `rate-${rate}.wav`);
    await writeFile(source, wave(1, rate));
    for (const to of ['mp3', 'm4a'] as const) {
      const { outcome, path } = await convertAlone(source, { format: to });
      const written = outcome.summary.sampleRate ?? 0;
      expect(rate === 20_000 || rate > 48_000 ? written > 20_000 : written === rate).toBe(true);
      expect(Math.abs((outcome.summary.durationMs ?? 0) - 1000)).toBeLessThan(250);
      expect(Math.abs((await soundLevel(path, to)) - (await soundLevel(source, 'wav')))).toBeLessThan(1);
    }
  });

  it('cuts to the sample', async () => {
    const { path } = await convertAlone(made.flac, { format: 'wav', trimStartMs: 250, trimEndMs: 750 });
    const cut = await readFile(path);
    const whole = await readFile(made.wav);
    const samples = cut.subarray(cut.indexOf('data') + 8);
    expect(samples.length).toBe(44_100);
    expect(samples.equals(whole.subarray(44 + 11_025 * 2, 44 + 33_075 * 2))).toBe(true);
  });
});

describe('what can not be done', () => {
  it.each([
    ['jpeg', 'mp4', 'stillPicture'],
    ['jpeg', 'mp3', 'noSound'],
    ['png', 'heic', 'notWritable'],
    ['png', 'raw', 'notWritable'],
    ['png', 'jxl', 'notWritable'],
    ['wav', 'mp4', 'noPicture'],
    ['wav', 'png', 'noPicture'],
    ['mp4', 'mp3', 'noSound'],
  ] as const)('%s to %s', async (from, to, reason) => {
    await expect(convertAlone(made[from], { format: to })).rejects.toMatchObject({
      code: 'engine.stepNotPossible',
      params: { from, to, reason },
    });
  });

  it('a cut beyond the end, and one that ends before it begins', async () => {
    await expect(convertAlone(film, { trimStartMs: 60_000 })).rejects.toMatchObject({ code: 'engine.stepNotPossible' });
    await expect(convertAlone(film, { trimStartMs: 900, trimEndMs: 800 })).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('a damaged picture, a missing folder', async () => {
    const half = join(root, 'half.jpg');
    const whole = await readFile(made.jpeg);
    await writeFile(half, whole.subarray(0, whole.length / 2));
    await expect(convertAlone(half, { format: 'png' })).rejects.toMatchObject({ code: 'file.damaged' });
    const job = {
      verb: 'convert' as const,
      path: made.jpeg,
      temp: { dir: join(root, 'gone'), stem: '.pingplex-c' },
      settings: { fit: 'inside' as const, quality: 85 },
    };
    await expect(runConvert(job, context())).rejects.toMatchObject({ code: 'output.folderMissing' });
  });

  it('cancel leaves nothing behind', async () => {
    const dir = await mkdtemp(join(root, 'cancel-'));
    const long = join(root, 'long.wav');
    await writeFile(long, wave(120));
    const ctx = context();
    const running = runConvert(
      { verb: 'convert', path: long, temp: { dir, stem: '.pingplex-c' }, settings: { format: 'mp3', fit: 'inside', quality: 85 } },
      { ...ctx, progress: (fraction) => fraction > 0.05 && ctx.abort.abort(new Error('canceled')) },
    );
    await expect(running).rejects.toThrow('canceled');
    expect(await readdir(dir)).toEqual([]);
  });
});

describe('size arithmetic', () => {
  it.each([
    [
      { width: 1920, height: 1080 },
      { width: 1280, height: undefined, fit: 'inside' },
      { width: 1280, height: 720 },
    ],
    [
      { width: 1920, height: 1080 },
      { width: 1080, height: 1920, fit: 'crop', enlarge: true },
      { width: 1080, height: 1920 },
    ],
    [
      { width: 1920, height: 1080 },
      { width: 1080, height: 1920, fit: 'crop' },
      { width: 608, height: 1080 },
    ],
    [
      { width: 640, height: 360 },
      { width: 1280, height: undefined, fit: 'inside', enlarge: true },
      { width: 1280, height: 720 },
    ],
    [
      { width: 1920, height: 1080 },
      { width: 1080, height: 1080, fit: 'pad' },
      { width: 1080, height: 1080 },
    ],
    [
      { width: 101, height: 57 },
      { width: undefined, height: undefined, fit: 'inside' },
      { width: 102, height: 58 },
    ],
    [
      { width: 640, height: 360 },
      { width: 4000, height: 4000, fit: 'inside' },
      { width: 640, height: 360 },
    ],
  ] as const)('%o with %o is %o', (source, wish, out) => {
    const plan = fitSize(source, wish);
    expect(plan.out).toEqual(out);
  });
});
