import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Model } from '@pingplex/shared/contracts/http';
import { FORMATS, MAX_NAME_BYTES, type MediaFormat, type Step, type StepInput, utf8Length } from '@pingplex/shared/domain';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localDay, planItem, resultName } from '../../src/main/batches/plan.ts';
import { slowdownBy, speedBook } from '../../src/main/batches/speed-book.ts';
import { addJob, NO_WORK, timeLeft, timeRange, type Work } from '../../src/main/batches/time-range.ts';
import { passes, shapeOf, sizeOf, workUnits } from '../../src/main/batches/work-units.ts';
import type { Speed } from '../../src/main/db/index.ts';
import { writePicture } from './helpers/media.ts';
import { isOver, noCloud, openStudio, type Studio, TestFiles, until } from './helpers/studio.ts';

let root: string;
let output: string;
let files: TestFiles;
let open: Studio | undefined;

const model = Model.parse({
  id: 'picture-edit',
  provider: 'openai',
  capability: 'imageEdit',
  label: { en: 'Edit', ru: 'Правка' },
  settingsSchema: {
    type: 'object',
    properties: { n: { type: 'integer', minimum: 1, maximum: 4, default: 1 }, quality: { enum: ['low', 'high'], default: 'low' } },
    additionalProperties: false,
  },
  limits: { maxPromptChars: 1000, minSources: 1, maxSources: 1, maxSourceBytes: 20_000_000, sourceMimes: ['image/png', 'image/jpeg'] },
  resultKind: 'image',
  price: {
    kind: 'perUnit',
    unit: 'image',
    base: 4,
    unitsFrom: 'n',
    factors: [{ setting: 'quality', values: { low: 1, high: 4 } }],
    since: '2026-01-01',
  },
  available: true,
  sandbox: true,
  retiresAt: null,
});
const account = (available: number) => ({
  state: () => ({ account: {}, wallet: { available, held: 0, frozen: 0, debt: 0, version: 1, grants: [] }, keychain: 'kept' }),
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pp-estimate-'));
  output = join(root, 'out');
  await mkdir(output);
  files = new TestFiles();
});
afterEach(async () => {
  await open?.close();
  open = undefined;
  await rm(root, { recursive: true, force: true });
});

const studio = async (options: Parameters<typeof openStudio>[2] = {}): Promise<Studio> => {
  open = await openStudio(join(root, 'user'), files, options);
  return open;
};
const codes = (estimate: Awaited<ReturnType<Studio['estimate']>>) =>
  estimate.findings.map((finding) => `${finding.level} ${finding.place} ${finding.error?.code ?? finding.name?.code}`);

describe('the estimate', () => {
  it('counts results, space and time of a chain, and says where the time comes from', async () => {
    files.pretend('a.jpg', 2_000_000);
    files.pretend('b.wav', 8_000_000);
    const { estimate } = await studio();
    const planned = await estimate(
      [
        { verb: 'clean', keep: true },
        { verb: 'unicalize', variants: 3 },
      ],
      output,
    );
    expect(planned).toMatchObject({ items: 2, results: 8, credits: 0, walletAfter: null, findings: [] });
    expect(planned.names).toEqual(['a-1.jpg', 'a-2.jpg', 'a-3.jpg', 'a-4.jpg', 'b-1.wav', 'b-2.wav', 'b-3.wav', 'b-4.wav']);
    expect(planned.bytes).toBeGreaterThan(40_000_000 - 1);
    expect(planned.freeBytes).toBeGreaterThan(0);
    expect(planned.timeMs.basis).toBe('typical');
    expect(planned.timeMs.low).toBeLessThan(planned.timeMs.high);
  });

  it('learns from what was done', async () => {
    for (let n = 0; n < 4; n += 1) {
      await writePicture(join(root, 'in', `p${n}.jpg`), n);
      await files.add(join(root, 'in', `p${n}.jpg`));
    }
    const { service, start, estimate } = await studio();
    const id = await start([{ verb: 'clean' }], output);
    await until(service, isOver(service, id));
    expect((await estimate([{ verb: 'clean' }], output)).timeMs.basis).toBe('measured');
    expect((await estimate([{ verb: 'clean' }, { verb: 'convert', format: 'webp' }], output)).timeMs.basis).toBe('typical');
  });

  it('finds what stops a run before it begins', async () => {
    files.pretend('a.jpg', 1000);
    files.pretend('b.jpg', 1000);
    const { estimate } = await studio();
    const clean: StepInput[] = [{ verb: 'clean' }];
    expect(codes(await estimate(clean, null))).toContain('error output output.folderMissing');
    expect(codes(await estimate(clean, join(root, 'gone')))).toContain('error output output.folderMissing');
    expect(codes(await estimate(clean, output, { template: '{what}' }))).toEqual(['error template unknownToken']);
    expect(codes(await estimate(clean, output, { template: 'x/{name}' }))).toEqual(['error template separator']);
    expect(codes(await estimate(clean, output, { template: 'same', conflict: 'replace' }))).toEqual(['error template collision']);
    expect(codes(await estimate(clean, output, { template: 'same', conflict: 'skip' }))).toEqual(['error template collision']);
    expect(codes(await estimate(clean, output, { template: 'same', conflict: 'number' }))).toEqual(['warning template collision']);
    await writeFile(join(output, 'a-1.JPG'), 'x');
    expect(codes(await estimate(clean, output, { template: '{index}-{name}' }))).toEqual([]);
    expect(codes(await estimate(clean, output))).toContain('warning output output.nameTaken');
    expect(codes(await estimate([{ verb: 'generate', modelId: 'm', prompt: 'p' }], output))).toContain('error account auth.required');
  });

  it('warns when the disk is too small', async () => {
    files.pretend('huge.mp4', 9e15);
    const { estimate, start } = await studio();
    expect(codes(await estimate([{ verb: 'clean' }], output))).toEqual(['error disk output.diskFull']);
    await expect(start([{ verb: 'clean' }], output)).rejects.toMatchObject({ code: 'output.diskFull' });
  });

  it('prices cloud steps exactly and compares with the wallet', async () => {
    files.pretend('a.jpg', 1000);
    files.pretend('b.png', 1000);
    files.pretend('c.wav', 1000);
    const { estimate } = await studio({ cloud: { ...noCloud, models: () => [model] }, account: account(100) });
    const edit = (settings: Record<string, string | number>): StepInput[] => [
      { verb: 'generate', modelId: 'picture-edit', prompt: 'p', settings },
    ];
    expect(await estimate(edit({}), output)).toMatchObject({ credits: 8, walletAfter: 92, results: 2 });
    expect(await estimate(edit({ n: 3, quality: 'high' }), output)).toMatchObject({ credits: 96, walletAfter: 4, results: 6 });
    const tooMuch = await estimate(edit({ n: 4, quality: 'high' }), output);
    expect(tooMuch).toMatchObject({ credits: 128, walletAfter: -28 });
    expect(codes(tooMuch)).toContain('error credits credits.insufficient');
    expect(codes(await estimate(edit({ n: 9 }), output))).toContain('error steps generation.settingsInvalid');
    // Sound passes a picture model and pays nothing; only the first of three variants is sent.
    const chain = await estimate([{ verb: 'unicalize', variants: 3 }, ...edit({})], output);
    expect(chain).toMatchObject({ credits: 8, results: 9 });
    const each = await estimate(
      [
        { verb: 'unicalize', variants: 3 },
        { verb: 'generate', modelId: 'picture-edit', prompt: 'p', applyTo: 'each' },
      ],
      output,
    );
    expect(each).toMatchObject({ credits: 24, results: 9 });
    const twice = await estimate([...edit({}), ...edit({ quality: 'high' })], output);
    expect(twice.credits).toBe(2 * 4 + 2 * 16);
  });

  it('plans ten thousand files without holding main up for long', async () => {
    for (let n = 0; n < 10_000; n += 1) files.pretend(`photo ${n}.jpg`, 3_000_000);
    const { estimate } = await studio();
    await estimate([{ verb: 'clean' }], output);
    const started = performance.now();
    const planned = await estimate([{ verb: 'clean' }, { verb: 'unicalize', variants: 3 }], output);
    expect(planned).toMatchObject({ items: 10_000, results: 30_000 });
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('names', () => {
  it('are always plain, short enough and different where the template tells results apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 5 }),
        (sources, variants) => {
          const names = sources.flatMap((source, index) =>
            Array.from({ length: variants }, (_, n) =>
              resultName(
                { template: '{index}-{variant}-{name}', date: localDay(0), hash: '00000000', index: index + 1 },
                `${source}.jpg`,
                { ext: 'jpg', verb: 'clean', modelId: '' },
                n + 1,
              ),
            ),
          );
          expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
          for (const name of names) {
            expect(name).not.toMatch(/[/\\\0<>:"|?*]/);
            expect(name.endsWith('.jpg')).toBe(true);
            expect(utf8Length(name)).toBeLessThanOrEqual(MAX_NAME_BYTES);
          }
        },
      ),
    );
  });

  it('follow the format that each step makes', () => {
    const source = { name: 'IMG_1.JPEG', kind: 'image', format: 'jpeg' } as const;
    const convert = { verb: 'convert', keep: false, fit: 'inside', quality: 80, format: 'png' } as const;
    const clean: Step = { verb: 'clean', keep: true, keepGroups: [] };
    expect(planItem(source, [clean, convert], []).results.map((file) => file.ext)).toEqual(['jpeg', 'png']);
    expect(planItem({ ...source, name: 'IMG_1.png' }, [clean], []).results.map((file) => file.ext)).toEqual(['jpg']);
    const sound = { ...convert, format: 'mp3' } as const;
    expect(planItem({ name: 'a.mp4', kind: 'video', format: 'mp4' }, [sound], []).results).toMatchObject([{ kind: 'audio', ext: 'mp3' }]);
    const film = { name: 'a.mp4', kind: 'video', format: 'mp4', durationMs: 4100 } as const;
    const frames = { ...convert, frames: { by: 'interval', everyMs: 1000 } } as const;
    expect(planItem(film, [frames], []).results).toHaveLength(5);
    expect(planItem(film, [{ ...frames, trimStartMs: 2000 }], []).results).toHaveLength(3);
    expect(planItem(film, [{ ...frames, frames: { by: 'count', count: 7 } }], []).results).toHaveLength(7);
    expect(planItem(source, [frames], []).results).toHaveLength(1);
    const place = { verb: 'convert', keep: false, preset: 'ozon-product' } as const;
    expect(planItem(source, [place], []).results).toMatchObject([{ kind: 'image', ext: 'jpeg' }]);
    expect(planItem(film, [place], []).results).toHaveLength(0);
  });
});

const unicalize: Step = { verb: 'unicalize', keep: false, variants: 3, strength: 'balanced', seed: 1, mirror: false };
const convert: Step = { verb: 'convert', keep: false, quality: 80 };
const picture = (megapixels: number) => workUnits({ kind: 'image', sizeBytes: 1e6, durationMs: null, megapixels });
/** What is known after so many jobs that each took this long per unit. */
const known = (step: Step, format: MediaFormat, units: number, msPerUnit: number, jobs = 10): Speed => ({
  verb: step.verb,
  kind: FORMATS[format].kind,
  format,
  shape: shapeOf(step),
  size: sizeOf(units),
  jobs,
  units: units * passes(step) * jobs,
  ms: units * passes(step) * jobs * msPerUnit,
  logs: jobs * Math.log(msPerUnit),
  squares: jobs * Math.log(msPerUnit) ** 2,
  bytesIn: 100,
  bytesOut: 50,
});

describe('row 7: expected time of a file', () => {
  it('grows with the work and follows what was learned from the likest work', () => {
    expect(picture(24)).toBeGreaterThan(picture(12));
    expect(speedBook([])(convert, 'image', 'jpeg', picture(12))).toMatchObject({ isMeasured: false });
    const learned = speedBook([known(convert, 'jpeg', 10, 50), known(convert, 'jpeg', 0.5, 200), known(convert, 'png', 10, 500)]);
    const figures = (format: MediaFormat, units: number) => learned(convert, 'image', format, units);
    expect(figures('jpeg', 10)).toMatchObject({ ms: expect.closeTo(500), bytesRatio: 0.5, isMeasured: true });
    expect(figures('jpeg', 0.5)).toMatchObject({ ms: expect.closeTo(100) });
    expect(figures('png', 10)).toMatchObject({ ms: expect.closeTo(5000) });
    // Another size or format of the same kind is better guessed by its like than by the built-in figure, with more doubt.
    expect(figures('webp', 10).isMeasured).toBe(true);
    expect(figures('webp', 10).doubt).toBeGreaterThan(figures('jpeg', 10).doubt);
    expect(figures('jpeg', 40).doubt).toBeGreaterThan(figures('jpeg', 10).doubt);
  });

  it('counts variants, and takes the speed of this machine from other work while a kind is new to it', () => {
    const plain = speedBook([]);
    const one = plain({ ...unicalize, variants: 1 }, 'image', 'jpeg', 10).ms;
    expect(plain({ ...unicalize, variants: 5 }, 'image', 'jpeg', 10).ms).toBeCloseTo(3 * one);
    // A machine that others keep busy is slower, until it has figures of its own.
    expect(slowdownBy(0, 4, 4)).toBe(1);
    expect(slowdownBy(12, 4, 4)).toBeGreaterThan(2);
    const busy = speedBook([], 3);
    expect(busy(unicalize, 'image', 'jpeg', 10).ms).toBeCloseTo(3 * plain(unicalize, 'image', 'jpeg', 10).ms);
    expect(speedBook([known(convert, 'jpeg', 10, 50)], 3)(convert, 'image', 'jpeg', 10).ms).toBeCloseTo(500);
    // Ten jobs that took twenty times what is typical.
    const slow = speedBook([known(convert, 'jpeg', 10, 1200)]);
    const guessed = slow(unicalize, 'image', 'jpeg', 10);
    expect(guessed.isMeasured).toBe(false);
    expect(guessed.ms).toBeGreaterThan(4 * plain(unicalize, 'image', 'jpeg', 10).ms);
    expect(guessed.ms).toBeLessThan(20 * plain(unicalize, 'image', 'jpeg', 10).ms);
    expect(guessed.doubt).toBeLessThan(plain(unicalize, 'image', 'jpeg', 10).doubt);
  });
});

describe('row 7: the range of a batch', () => {
  const jobs = (n: number, ms: number, spread: number, isMeasured = true): Work =>
    Array.from({ length: n }).reduce<Work>((work) => addJob(work, { ms, spread, doubt: 0.1, bytesRatio: 1, isMeasured }), NO_WORK);
  const two = { local: 2, cloud: 1 };
  const width = ({ low, high }: { low: number; high: number }) => high / low;

  it('is never wider than a factor of four on figures of this machine, and of nine without', () => {
    for (const n of [1, 3, 30, 3000]) {
      expect(width(timeRange(jobs(n, 100, 2), NO_WORK, two, true, []))).toBeLessThanOrEqual(4.0001);
      expect(width(timeRange(jobs(n, 100, 2, false), NO_WORK, two, false, []))).toBeLessThanOrEqual(9.0001);
    }
    expect(width(timeRange(jobs(300, 100, 0.4), NO_WORK, two, true, []))).toBeLessThan(
      width(timeRange(jobs(2, 100, 0.4), NO_WORK, two, true, [])),
    );
  });

  it('learns what this machine makes of plans: a steady delay moves it, steadiness narrows it', () => {
    const work = jobs(20, 100, 0.3);
    const late = Array.from({ length: 10 }, () => ({ plannedMs: 1000, tookMs: 1500 }));
    const before = timeRange(work, NO_WORK, two, true, []);
    const after = timeRange(work, NO_WORK, two, true, late);
    expect(after.middle / before.middle).toBeGreaterThan(1.2);
    expect(after.plainMs).toBeCloseTo(before.plainMs ?? 0);
    const steady = Array.from({ length: 10 }, () => ({ plannedMs: 1000, tookMs: 1000 }));
    expect(width(timeRange(work, NO_WORK, two, true, steady))).toBeLessThan(width(before));
  });

  it('holds nine times out of ten when jobs scatter as they did', () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    const normal = (): number => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
    let held = 0;
    for (let batch = 0; batch < 400; batch += 1) {
      const n = 2 + Math.floor(random() * 60);
      const { low, high } = timeRange(jobs(n, 1000, 0.4), NO_WORK, two, true, []);
      // Two workers, each takes the next file; the whole machine is a little faster or slower than it was.
      const mood = Math.exp(0.25 * normal());
      const clocks = [0, 0];
      for (let job = 0; job < n; job += 1) {
        clocks.sort((a, b) => a - b);
        clocks[0] = (clocks[0] ?? 0) + 1000 * mood * Math.exp(0.4 * normal() - 0.08);
      }
      const took = Math.max(...clocks);
      if (took >= low && took <= high) held += 1;
    }
    expect(held / 400).toBeGreaterThan(0.85);
  });

  it('row 14: what is left narrows while items finish, and follows the pace of this run', () => {
    const whole = 100_000;
    let last = Number.POSITIVE_INFINITY;
    for (const finished of [0, 1, 4, 16, 64]) {
      const share = finished / 100;
      // It takes twice as long as planned.
      const left = timeLeft({ leftMs: whole * (1 - share), doneMs: whole * share, doubt: 0.4 }, 2 * whole * share, finished);
      expect(width(left)).toBeLessThan(last);
      last = width(left);
      if (finished < 4) continue;
      expect(left.low).toBeLessThanOrEqual(2 * whole * (1 - share));
      expect(left.high).toBeGreaterThanOrEqual(2 * whole * (1 - share));
    }
    expect(last).toBeLessThan(1.5);
  });
});
