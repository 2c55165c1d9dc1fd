import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnicalizeOutcome } from '@pingplex/shared/contracts/engine';
import type { MediaKind } from '@pingplex/shared/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeStreams } from '../../src/engine/binaries/av.ts';
import { distance } from '../../src/engine/measure/distance.ts';
import { runCompare } from '../../src/engine/measure/run-compare.ts';
import { runUnicalize } from '../../src/engine/unicalize/run-unicalize.ts';
import { context, tempFolder } from './helpers/context.ts';
import { makeFilm, makeMusic } from './helpers/photo.ts';

const settings = { variants: 2, strength: 'balanced', seed: 5, mirror: false } as const;
const hashes = ({ variants }: UnicalizeOutcome) => variants.map((variant) => variant.file.sha256);

async function expectHonest(source: string, kind: MediaKind, { variants }: UnicalizeOutcome): Promise<void> {
  for (const { file, fromSource, nearestSister } of variants) {
    expect(await distance(source, file.tempPath, kind, context().signal)).toEqual(fromSource);
    expect(nearestSister).toBeDefined();
  }
  const [a, b] = variants;
  if (a && b) expect(await distance(a.file.tempPath, b.file.tempPath, kind, context().signal)).toEqual(a.nearestSister);
}

let dir = '';
const at = (name: string) => join(dir, name);
beforeAll(async () => {
  dir = await tempFolder();
  makeFilm(at('film.mp4'), 'mp4', 6);
  makeFilm(at('film.webm'), 'webm', 3, 'libvpx-vp9');
  makeMusic(at('music.wav'), 'wav', 20);
  makeMusic(at('music.mp3'), 'mp3', 12);
  makeMusic(at('music.flac'), 'flac', 12);
});

describe('variants of films', () => {
  it('are the same bytes for the same seed, far from source and sisters, and measured as anybody would', async () => {
    const path = at('film.mp4');
    const first = await runUnicalize({ path, temp: { dir, stem: '.pingplex-f' }, settings }, context());
    const again = await runUnicalize({ path, temp: { dir, stem: '.pingplex-g' }, settings }, context());
    expect(hashes(again)).toEqual(hashes(first));
    expect(new Set(hashes(first)).size).toBe(2);
    // Two are encoded side by side with one decode, one is encoded alone.
    const alone = await runUnicalize({ path, temp: { dir, stem: '.pingplex-h' }, settings: { ...settings, variants: 1 } }, context());
    expect(hashes(alone)).toEqual(hashes(first).slice(0, 1));
    await expectHonest(path, 'video', first);
    for (const variant of first.variants) {
      expect(variant.targetReached).toBe(true);
      expect(variant.fromSource.pdq).toBeGreaterThanOrEqual(32);
      expect(variant.nearestSister?.pdq).toBeGreaterThanOrEqual(32);
      expect(variant.quality.ssim).toBeGreaterThanOrEqual(0.92);
      const { video, audio, durationMs = 0 } = await probeStreams(variant.file.tempPath, 'mp4');
      expect([video?.width, video?.height, video?.codec, audio?.codec]).toEqual([480, 270, 'h264', 'aac']);
      const speed = 1 + Number(variant.parameters['speed']);
      const expected = (6000 - Number(variant.parameters['headMs']) - Number(variant.parameters['tailMs'])) / speed;
      expect(Math.abs(durationMs - expected)).toBeLessThan(120);
      // Catches sound that was lost, silenced or turned into noise on its way.
      const compared = await runCompare({ a: path, b: variant.file.tempPath }, context());
      expect(Math.abs(compared.quality.loudnessDelta ?? 9)).toBeLessThan(1);
      expect(compared.quality.spectral).toBeGreaterThan(0.85);
    }
  });

  it('tell how far they are all the time', async () => {
    const one = { ...settings, variants: 1 } as const;
    for (const [name, stem] of [
      ['film.mp4', '.pingplex-t'],
      ['music.flac', '.pingplex-u'],
    ] as const) {
      const ctx = context();
      await runUnicalize({ path: at(name), temp: { dir, stem }, settings: one }, ctx);
      const { fractions } = ctx;
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      expect(fractions.at(-1)).toBe(1);
      // Apart from the last step: how many encodes a variant needs is known only when it is done.
      const steps = fractions.slice(0, -1).map((fraction, i) => fraction - (fractions[i - 1] ?? 0));
      expect(Math.max(...steps)).toBeLessThan(0.2);
      expect(new Set(fractions).size).toBeGreaterThan(8);
    }
  });

  it('stay WebM when the source is WebM', async () => {
    const outcome = await runUnicalize(
      { path: at('film.webm'), temp: { dir, stem: '.pingplex-w' }, settings: { ...settings, variants: 1 } },
      context(),
    );
    const [variant] = outcome.variants;
    const { video, audio } = await probeStreams(String(variant?.file.tempPath), 'webm');
    expect([variant?.file.ext, video?.codec, audio?.codec]).toEqual(['webm', 'vp9', 'opus']);
    expect(Math.abs(variant?.quality.loudnessDelta ?? 9)).toBeLessThan(1);
  });

  it('say so when the distance can not be reached, and leave nothing behind when they are canceled', async () => {
    const one = { ...settings, variants: 1 } as const;
    const far = await runUnicalize(
      { path: at('film.mp4'), temp: { dir, stem: '.pingplex-i' }, settings: { ...one, minDistance: 250 } },
      context(),
    );
    expect(far.variants[0]?.targetReached).toBe(false);
    const canceled = context();
    const ctx = { signal: canceled.signal, progress: () => canceled.abort.abort(new Error('stop')) };
    await expect(runUnicalize({ path: at('film.mp4'), temp: { dir, stem: '.pingplex-c' }, settings: one }, ctx)).rejects.toThrow('stop');
    expect((await readdir(dir)).filter((name) => name.startsWith('.pingplex-c'))).toEqual([]);
  });
});

describe('variants of sound', () => {
  it.each(['wav', 'mp3', 'flac'] as const)('stay %s, as loud as before and no longer the same recording', async (format) => {
    const path = at(`music.${format}`);
    const first = await runUnicalize({ path, temp: { dir, stem: `.pingplex-${format}` }, settings }, context());
    const again = await runUnicalize({ path, temp: { dir, stem: `.pingplex-${format}2` }, settings }, context());
    expect(hashes(again)).toEqual(hashes(first));
    await expectHonest(path, 'audio', first);
    for (const variant of first.variants) {
      expect(variant.file.format).toBe(format);
      expect(Math.abs(variant.quality.loudnessDelta ?? 9)).toBeLessThan(0.5);
      expect(variant.quality.spectral).toBeGreaterThan(0.8);
      const similarity = variant.fromSource.audioSimilarity ?? 1;
      expect(variant.targetReached).toBe(similarity <= 0.8 && (variant.nearestSister?.audioSimilarity ?? 1) <= 0.88);
      expect(similarity).toBeLessThanOrEqual(0.8);
    }
  });

  it('say so when the distance can not be reached', async () => {
    const far = { ...settings, variants: 1, minDistance: 90 } as const;
    const outcome = await runUnicalize({ path: at('music.mp3'), temp: { dir, stem: '.pingplex-n' }, settings: far }, context());
    expect(outcome.variants[0]?.targetReached).toBe(false);
  });
});
