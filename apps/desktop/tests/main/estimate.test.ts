import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Model } from '@pingplex/shared/contracts/http';
import { MAX_NAME_BYTES, type Step, type StepInput, utf8Length } from '@pingplex/shared/domain';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localDay, planItem, resultName } from '../../src/main/batches/plan.ts';
import { speedBook, workUnits } from '../../src/main/batches/work-units.ts';
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
  });
});

describe('expected time', () => {
  it('grows with the work and follows what was learned', () => {
    const step = { verb: 'convert', keep: false, fit: 'inside', quality: 80 } as const;
    const picture = (megapixels: number) => workUnits({ kind: 'image', sizeBytes: 1e6, durationMs: null, megapixels });
    expect(picture(24)).toBeGreaterThan(picture(12));
    const typical = speedBook([])(step, 'image', 'jpeg', picture(12));
    expect(typical.isMeasured).toBe(false);
    const learned = speedBook([
      { verb: 'convert', kind: 'image', format: 'jpeg', jobs: 10, units: 100, ms: 5000, bytesIn: 100, bytesOut: 50 },
    ]);
    expect(learned(step, 'image', 'jpeg', 10)).toEqual({ ms: 500, bytesRatio: 0.5, isMeasured: true });
    // Another format of the same kind is better guessed by its kind than by the built-in figure.
    expect(learned(step, 'image', 'png', 10)).toEqual({ ms: 500, bytesRatio: 0.5, isMeasured: true });
  });
});
