import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openMedia } from '../../src/engine/measure/av-media.ts';
import { filmScore, pictureScore, soundScore } from '../../src/engine/measure/bands.ts';
import { soundPrint, soundSimilarity } from '../../src/engine/measure/chromaprint.ts';
import { distance } from '../../src/engine/measure/distance.ts';
import { LOUDNESS_RATE, LoudnessMeter } from '../../src/engine/measure/loudness.ts';
import { lumaOf } from '../../src/engine/measure/luma.ts';
import { openPicture } from '../../src/engine/measure/open-picture.ts';
import { hamming, pdq, pdqDistance, pdqHex } from '../../src/engine/measure/pdq.ts';
import { phash, phashDistance } from '../../src/engine/measure/phash.ts';
import { runCompare } from '../../src/engine/measure/run-compare.ts';
import { measureSound, printOf } from '../../src/engine/measure/sound.ts';
import { psnr, ssim, structureOf } from '../../src/engine/measure/structure.ts';
import { context, sharedMedia, tempFolder } from './helpers/context.ts';
import { makeFilm, makeMusic, photo, photoImage } from './helpers/photo.ts';

const bridge = sharedMedia().find((path) => path.endsWith('aaa-orig.jpg'));
const beside = (path: string, name: string) => path.replace('aaa-orig.jpg', name);
const greyOf = async (path: string) => lumaOf((await openPicture(path)).pixels);

describe.runIf(bridge)('PDQ on the published photographs', () => {
  it('gives the published hash of the bridge, bit for bit', async () => {
    const print = pdq(await greyOf(String(bridge)));
    expect(pdqHex(print.hash)).toBe('f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22');
    expect(print.quality).toBe(100);
  });

  // Published in ThreatExchange: PDQHasherTest.java, the examples of signal_type/pdq/signal.py, golden values of pdq/data.
  it.each([
    ['bridge-2-rotate-90.jpg', 100, '30a10efd71cc3d429013d48d0ffffc52e34e0e17ada952a9d29685211ea9e5af'],
    ['bridge-5-flipx.jpg', 100, 'f8f80f31e0f417b20e37f5cd028f980fb36ed02a9662c1e233e64c634e9c64dd'],
    ['shrink-a-lot.jpg', 100, 'd0f8f1ccc0f4a84d0a370a3a228f67f0b36e2ed5b6623e1d33e6339c4e9c9b22'],
    ['square-256x256.jpg', 100, 'd8f8f0cec4f4a84f0637022a078f67f0b36e2ee5b6621e1d33e6239c4e9c9b22'],
    ['wee.jpg', 100, '6227401f601ff4ccafcc9fad4b0d95d371a2eb7265a3285234d228ca94deeb2d'],
    ['small.jpg', 0, '0007001f003f003f007f00ff00ff00ff01ff01ff01ff03ff03ff03ff03ff03ff'],
  ])('gives the published hash of %s, bit for bit', async (name, quality, published) => {
    const print = pdq(await greyOf(beside(String(bridge), name)));
    expect(pdqHex(print.hash)).toBe(published);
    expect(print.quality).toBe(quality);
  });

  it('gives the published distance between the bridge and itself turned by 90 degrees', async () => {
    const turned = pdq(await greyOf(beside(String(bridge), 'bridge-2-rotate-90.jpg')));
    expect(hamming(pdq(await greyOf(String(bridge))).hash, turned.hash)).toBe(120);
  });

  it('finds the turned, mirrored and shrunk bridge among the eight turns', async () => {
    const print = pdq(await greyOf(String(bridge)));
    for (const name of ['bridge-2-rotate-90.jpg', 'bridge-5-flipx.jpg', 'shrink-a-lot.jpg', 'square-256x256.jpg']) {
      expect(pdqDistance(print, pdq(await greyOf(beside(String(bridge), name)))), name).toBeLessThanOrEqual(31);
    }
    const mirrored = pdq(await greyOf(beside(String(bridge), 'bridge-5-flipx.jpg')));
    expect(hamming(print.hash, mirrored.hash)).toBeGreaterThan(90);
  });
});

describe('picture measures', () => {
  const a = photo(320, 240, 1);
  const grey = lumaOf({ ...a, channels: 3 });
  const other = lumaOf({ ...photo(320, 240, 2), channels: 3 });

  it('keeps unrelated pictures apart and a picture together with itself', () => {
    expect(pdqDistance(pdq(grey), pdq(grey))).toBe(0);
    expect(pdqDistance(pdq(grey), pdq(other))).toBeGreaterThan(80);
    expect(phashDistance(phash(grey), phash(grey))).toBe(0);
    expect(phashDistance(phash(grey), phash(other))).toBeGreaterThan(10);
  });

  it('says that a flat picture has no detail', () => {
    expect(pdq({ width: 100, height: 80, data: new Uint8Array(8000).fill(90) }).quality).toBe(0);
  });

  it('knows SSIM and PSNR of equal, noisy and shifted pictures', () => {
    const plus10 = { ...grey, data: grey.data.map((value) => Math.min(245, value as number) + 10) };
    expect(ssim(grey, grey)).toBe(1);
    expect(psnr(grey, grey)).toBe(100);
    expect(psnr(grey, plus10)).toBeCloseTo(20 * Math.log10(255 / 10), 0);
    expect(ssim(grey, other)).toBeLessThan(0.5);
    expect(() => ssim(grey, { width: 1, height: 1, data: new Uint8Array(1) })).toThrow(RangeError);
  });

  it('is the same in strips, and stops between them', async () => {
    const large = (value: number) => ({ width: 2000, height: 1500, data: new Uint8Array(3_000_000).map((_, i) => (i * value) % 251) });
    const [one, two] = [large(3), large(5)];
    expect(await structureOf(one, two, context().signal)).toEqual({ ssim: ssim(one, two), psnr: expect.closeTo(psnr(one, two), 9) });
    const { signal, abort } = context();
    const running = structureOf(one, two, signal);
    setImmediate(() => abort.abort(new Error('stop')));
    await expect(running).rejects.toThrow('stop');
  });

  it('puts scores into the bands that they stand for', () => {
    expect([pictureScore(0), pictureScore(31), pictureScore(60), pictureScore(90), pictureScore(128)]).toEqual([
      { score: 0, band: 'same' },
      { score: 25, band: 'same' },
      { score: 50, band: 'weak' },
      { score: 75, band: 'distinct' },
      { score: 100, band: 'strong' },
    ]);
    expect(filmScore(100, 0.9)).toEqual({ score: 25, band: 'same' });
    expect(filmScore(100, 0.5).band).toBe('weak');
    expect(soundScore(0.81).band).toBe('same');
    expect(soundScore(0.5)).toEqual({ score: 100, band: 'strong' });
  });
});

describe('sound measures', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await tempFolder();
    makeMusic(join(dir, 'music.wav'), 'wav', 14);
    makeMusic(join(dir, 'music.mp3'), 'mp3', 14);
    makeMusic(join(dir, 'music.flac'), 'flac', 14);
  });

  it('measures the loudness that the standard gives for a full-scale 997 Hz sine in both ears', () => {
    const meter = new LoudnessMeter(2);
    const samples = Float32Array.from({ length: LOUDNESS_RATE * 4 }, (_, i) => Math.sin((2 * Math.PI * 997 * (i >> 1)) / LOUDNESS_RATE));
    meter.push(samples);
    // EBU Tech 3341: 0 dBFS in both channels is 3.01 LU above the -3.01 LUFS of one.
    expect(meter.integrated()).toBeCloseTo(0, 1);
    const silent = new LoudnessMeter(2);
    silent.push(new Float32Array(LOUDNESS_RATE * 2));
    expect(silent.integrated()).toBeUndefined();
  });

  it('knows a recording again after lossy coding, and says nothing about a blink of sound', async () => {
    const far = await distance(join(dir, 'music.wav'), join(dir, 'music.mp3'), 'audio', context().signal);
    expect(far.audioSimilarity).toBeGreaterThan(0.95);
    expect(far.band).toBe('same');
    const short = await soundPrint(new Float32Array(4000));
    expect(soundSimilarity(short, short)).toBeUndefined();
  });

  it('takes the same fingerprint by its own resampling as through FFmpeg’s filters', async () => {
    for (const name of ['music.wav', 'music.mp3', 'music.flac']) {
      const media = await openMedia(join(dir, name));
      const print = await printOf(media, context().signal);
      expect(print.length, name).toBeGreaterThan(50);
      expect(print, name).toEqual(await printOf(media, context().signal, 'anull'));
    }
  });

  it('compares level and tone of two sounds', async () => {
    const outcome = await runCompare({ a: join(dir, 'music.wav'), b: join(dir, 'music.mp3') }, context());
    expect(outcome.kind).toBe('audio');
    expect(Math.abs(outcome.quality.loudnessDelta ?? 9)).toBeLessThan(1);
    expect(outcome.quality.spectral).toBeGreaterThan(0.9);
    const level = await measureSound(await openMedia(join(dir, 'music.wav')), context().signal);
    expect(level.loudness).toBeLessThan(0);
  });
});

describe('compare', () => {
  it('tells a re-encoded and shrunk picture from another one, and refuses files of two kinds', async () => {
    const dir = await tempFolder();
    const [a, b, c, film] = ['a.png', 'b.jpg', 'c.webp', 'film.mp4'].map((name) => join(dir, name)) as [string, string, string, string];
    await photoImage(photo(400, 300, 5))
      .png()
      .toFile(a);
    await photoImage(photo(400, 300, 5))
      .resize(200)
      .jpeg({ quality: 70 })
      .toFile(b);
    await photoImage(photo(400, 300, 6))
      .webp()
      .toFile(c);
    makeFilm(film, 'mp4', 2);
    const same = await runCompare({ a, b }, context());
    expect(same.distance.band).toBe('same');
    expect(same.notes).toContain('differentSize');
    expect((await runCompare({ a, b: c }, context())).distance.band).toBe('strong');
    await expect(runCompare({ a, b: film }, context())).rejects.toMatchObject({ code: 'engine.stepNotPossible' });
    const films = await runCompare({ a: film, b: film }, context());
    expect(films.distance).toMatchObject({ pdq: 0, frameMatch: 1, band: 'same' });
    expect(films.quality.ssim).toBe(1);
  });
});
