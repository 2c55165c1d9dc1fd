import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Variant } from '@pingplex/shared/contracts/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { distance } from '../../src/engine/measure/distance.ts';
import { type CliResult, media } from './helpers/cli.ts';
import { context, tempFolder } from './helpers/context.ts';
import { makeFilm, makeMusic, photo, photoImage } from './helpers/photo.ts';

const FILES = ['one.jpg', 'two.png', 'music.wav', 'film.mp4'];
/** Bits for pictures and films, percent for sound. */
const MINIMUM = 20;

let dir: string;
let results: CliResult[];

/** Everything twice: by one worker, file after file, and by two at the same time. */
beforeAll(async () => {
  dir = await tempFolder();
  await photoImage(photo(360, 240, 51))
    .jpeg({ quality: 92 })
    .toFile(join(dir, 'one.jpg'));
  await photoImage(photo(240, 300, 52))
    .png()
    .toFile(join(dir, 'two.png'));
  makeMusic(join(dir, 'music.wav'), 'wav', 8);
  makeFilm(join(dir, 'film.mp4'), 'mp4', 2);
  results = [];
  for (const jobs of ['1', '2']) {
    await mkdir(join(dir, `by-${jobs}`));
    const args = ['--variants', '2', '--seed', '5', '--min-distance', String(MINIMUM), '--min-quality', '0.9', '--jobs', jobs];
    results.push(await media(['unicalize', '--out', join(dir, `by-${jobs}`), ...args, ...FILES], dir));
  }
});

const key = (line: Record<string, unknown>) => `${String(line['file'])} ${String(line['variant'])}`;
const hashes = ({ lines }: CliResult) => Object.fromEntries(lines.map((line) => [key(line), line['sha256']]).sort());

describe('variants to a named distance', () => {
  it('row 37: are the same bytes by one worker and by two', async () => {
    const [one, two] = results as [CliResult, CliResult];
    expect([one.code, two.code], one.stderr).toEqual([0, 0]);
    expect(Object.keys(hashes(one))).toHaveLength(FILES.length * 2);
    expect(hashes(two)).toEqual(hashes(one));
    expect(await readdir(join(dir, 'by-2'))).toEqual(await readdir(join(dir, 'by-1')));
  });

  it('row 40: keep the distance from the source and from each other, measured on the files, or say what they missed', async () => {
    const [{ lines }] = results as [CliResult, CliResult];
    for (const line of lines) {
      const found = Variant.pick({ fromSource: true, nearestSister: true, targetReached: true, missed: true, quality: true }).parse({
        ...line,
        fromSource: line['distance'],
      });
      const kind = line['kind'] as 'image' | 'video' | 'audio';
      const again = await distance(join(dir, String(line['file'])), String(line['output']), kind, context().signal);
      expect(again, key(line)).toEqual(found.fromSource);
      const figure = (one: typeof again | undefined) => one?.pdq ?? (1 - (one?.audioSimilarity ?? 1)) * 100;
      const missed = [
        ...(figure(found.fromSource) < MINIMUM ? ['source'] : []),
        ...(figure(found.nearestSister) < MINIMUM ? ['sisters'] : []),
        ...((found.quality.ssim ?? found.quality.spectral ?? 0) < 0.9 ? ['quality'] : []),
      ];
      expect(found.missed ?? [], key(line)).toEqual(missed);
      expect(found.targetReached, key(line)).toBe(missed.length === 0);
      if (kind !== 'audio') expect(missed, key(line)).toEqual([]);
    }
  });
});
