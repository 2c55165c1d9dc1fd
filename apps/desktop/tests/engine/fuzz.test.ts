import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCampaign } from '../../fuzz/campaign.ts';
import { readCorpus, type Seed } from '../../fuzz/corpus.ts';
import { executionOf } from '../../fuzz/execution.ts';
import { testEngine } from '../main/helpers/studio.ts';
import { tempFolder } from './helpers/context.ts';
import { dng, makeMedia, picture, wave } from './helpers/media.ts';

const SEED = 20261123;
const EXECUTIONS = 300;
/** Header of a still AVIF whose boxes were shuffled; FFmpeg's reader never comes back from it. */
const ENDLESS_AVIF =
  'AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAAISbWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAgAAAAAGxpYmF2aWYAAAAADnBpdG0AAAAAAAEAAABkaWxvYwAAAABEAAAGAAEAAAABAAACOgAAAAgAAgAAAAEAAAJCAAAKeAADAAAAAQAADLoAABzZAAQAAAABAAApkwAAHCMABQAAAAEAAEW2AAAQ0QAGAAAAAQAAVocAAAy6AAAAqmlpbmYAAAAAAAYAAAAaaW5mZQIAAAAAAQAAZ3JpZENvbG9yAAAAABppbmZlAgAAAAACAABhdjAxQ29sb3IAAAAAGmluZmUCAAAAAAMAAGF2MDFDb2xvcgAAAAAaaW5mZQIAAAAABAAAYXYwMUNvbG9yAAAAABppbmZlAgAAAAAFAABhdjAxQ29sb3IAAAAAGmluZmUCAAAAAAYAAGF2MDFDb2xvcgAAAAAiaXJlZgAAAAAAAAAWZGltZwABAAUAAgADAAQABQAGAAAAoGlwcnAAAABfaXBjbwAAABRpc3BlAAAAAAAABAAAAAMCAAAAEHBpeGkAAAAAAwgICAAAABNjelBSVWNseAABAA0ABoAAAAAUaXNwZQAAAAAAAAQAAAAAmgAAAAxhdjFDgQEMAAAAADlpcG1hAAAAAAAAAAYAAQMBAgMAAwQEAoUDAAMEBAKFAwAEBAQChQMABQQEAoUDAAYEBAKFAwAAYQ9tZGF0AAAEAAQAAwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

let corpus: readonly Seed[];
const dir = await tempFolder();

beforeAll(async () => {
  const media = await tempFolder();
  await makeMedia(media);
  await writeFile(join(media, 'made.dng'), dng(await picture().jpeg().toBuffer(), 6));
  corpus = await readCorpus([media]);
  expect(corpus.length).toBeGreaterThan(15);
});

describe('broken files by the hundred', () => {
  it('are the same for the same seed and number, and others for another', () => {
    const make = (seed: number, n: number): string => {
      const { bytes, verb, ext, how } = executionOf(corpus, seed, n);
      return [bytes.toString('base64'), verb, ext, ...how].join(' ');
    };
    const first = Array.from({ length: 100 }, (_, n) => make(SEED, n));
    expect(Array.from({ length: 100 }, (_, n) => make(SEED, n))).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(95);
    expect(make(SEED + 1, 0)).not.toBe(first[0]);
  });

  it(`each ends well or with a named error, nothing is written elsewhere, nobody calls out (${EXECUTIONS} with seed ${SEED})`, async () => {
    const root = join(await tempFolder(), 'work');
    const summary = await runCampaign({ corpus, seed: SEED, executions: EXECUTIONS, workers: 2, root });
    process.stdout.write(
      `fuzz: seed ${SEED}, ${summary.executions} executions, ${summary.perSecond}/s, ${JSON.stringify(summary.outcomes)}\n`,
    );
    expect(summary.findings).toEqual([]);
    expect(summary.filesOutside).toEqual([]);
    expect(summary.internetSockets).toEqual([]);
    expect(summary.executions).toBe(EXECUTIONS);
    expect(Object.keys(summary.outcomes).sort()).toEqual(['clean', 'full', 'quick', 'thumbnail']);
    expect(summary.outcomes['quick']?.['ok']).toBeGreaterThan(100);
    if (process.platform === 'linux') expect(summary.peakRssBytes).toBeLessThan(1.5 * 1024 ** 3);
  });
});

describe('what was found once', () => {
  it('a still AVIF that FFmpeg would read for ever is damaged, at once', async () => {
    const path = join(dir, 'endless.avif');
    await writeFile(path, Buffer.from(ENDLESS_AVIF, 'base64'));
    const engine = testEngine(1);
    try {
      await expect(engine.run({ verb: 'inspect', path, depth: 'quick' })).resolves.toMatchObject({ format: 'avif', damaged: true });
      await expect(engine.run({ verb: 'thumbnail', path, size: 64, temp: { dir, stem: '.pingplex-endless' } })).rejects.toMatchObject({
        code: 'file.damaged',
      });
    } finally {
      await engine.close();
    }
  });

  it('sound of 67 million samples a second is refused before anything is made of it', async () => {
    const path = join(dir, 'hurried.wav');
    const bytes = wave(0.1);
    bytes.writeUInt32LE(67_152_964, 24);
    await writeFile(path, bytes);
    const engine = testEngine(1);
    try {
      await expect(engine.run({ verb: 'waveform', path, peaks: 16 })).rejects.toMatchObject({ code: 'file.damaged' });
      await expect(engine.run({ verb: 'inspect', path, depth: 'quick' })).resolves.toMatchObject({ format: 'wav' });
      expect(await readFile(path)).toEqual(bytes);
    } finally {
      await engine.close();
    }
  });
});
