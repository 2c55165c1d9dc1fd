import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@pingplex/shared/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchPatch, BatchServiceOptions } from '../../src/main/batches/index.ts';
import { writePicture, writeTone } from './helpers/media.ts';
import { isOver, openStudio, type Studio, sha256, TestFiles, testEngine, tree, until } from './helpers/studio.ts';

let root: string;
let input: string;
let output: string;
let files: TestFiles;
const open: Studio[] = [];

async function studio(options: Parameters<typeof openStudio>[2] = {}): Promise<Studio> {
  const made = await openStudio(join(root, 'user'), files, options);
  open.push(made);
  return made;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pp-batches-'));
  input = join(root, 'in');
  output = join(root, 'out');
  await mkdir(input);
  await mkdir(output);
  files = new TestFiles();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await rm(root, { recursive: true, force: true });
});

describe('a local batch', () => {
  it('cleans a mixed folder without account or network, and every result is on disk with its hash', async () => {
    await writePicture(join(input, 'a.jpg'), 1);
    await writePicture(join(input, 'b.png'), 2);
    await writeTone(join(input, 'c.wav'), 440, 1);
    for (const name of ['a.jpg', 'b.png', 'c.wav']) await files.add(join(input, name));
    const before = await Promise.all(['a.jpg', 'b.png', 'c.wav'].map((name) => sha256(join(input, name))));
    const { service, start } = await studio();
    const patches: BatchPatch[] = [];
    service.onChange((patch) => patches.push(patch));
    const id = await start([{ verb: 'clean' }], output, { template: '{name}-clean' });
    await until(service, isOver(service, id));
    expect(service.items(id).map((item) => [item.name, item.state, item.error])).toEqual([
      ['a.jpg', 'done', null],
      ['b.png', 'done', null],
      ['c.wav', 'done', null],
    ]);
    expect(await tree(output)).toEqual(['a-clean.jpg', 'b-clean.png', 'c-clean.wav']);
    const results = await service.results({ batchId: id, limit: 100 });
    for (const result of results) {
      expect(await sha256(join(output, result.name))).toBe(result.sha256);
      expect(result.measurements.clean?.verified).toBe(true);
    }
    expect(results).toHaveLength(3);
    expect(await Promise.all(['a.jpg', 'b.png', 'c.wav'].map((name) => sha256(join(input, name))))).toEqual(before);
    expect(await tree(join(root, 'user', 'work')).catch(() => [])).toEqual([]);
    await until(service, () => patches.at(-1)?.batches[0]?.state === 'finished');
    const revs = patches.map((patch) => patch.rev);
    expect(revs).toEqual(revs.map((_, n) => n + 1));
    expect(patches.at(-1)?.batches[0]).toMatchObject({ state: 'finished', progress: 1, results: 3 });
  });

  it('runs steps in order, saves kept ones too, and gives the numbers of variants', async () => {
    await writePicture(join(input, 'a.jpg'), 3);
    await files.add(join(input, 'a.jpg'));
    const { service, start } = await studio();
    const id = await start(
      [
        { verb: 'clean', keep: true },
        { verb: 'unicalize', variants: 2, seed: 5 },
      ],
      output,
    );
    await until(service, isOver(service, id));
    expect(service.items(id)[0]?.error).toBeNull();
    expect(await tree(output)).toEqual(['a-1.jpg', 'a-2.jpg', 'a-3.jpg']);
    const results = await service.results({ batchId: id, limit: 100 });
    expect(results.map((result) => result.verb)).toEqual(['clean', 'unicalize', 'unicalize']);
    expect(results[2]?.measurements).toMatchObject({ clean: { verified: true }, variant: { n: 2 } });
    expect(results[2]?.measurements.fromSource?.score).toBeGreaterThan(0);
  });

  it('keeps what conversions remarked, through later steps too, and says why a step is not possible', async () => {
    await writePicture(join(input, 'a.jpg'), 4);
    await writeTone(join(input, 'c.wav'), 440, 1);
    for (const name of ['a.jpg', 'c.wav']) await files.add(join(input, name));
    const { service, start } = await studio();
    const id = await start([{ verb: 'convert', format: 'png', trimStartMs: 100 }, { verb: 'clean' }], output);
    await until(service, isOver(service, id));
    const [result] = await service.results({ batchId: id, limit: 100 });
    expect(result?.measurements).toMatchObject({ clean: { verified: true }, notes: ['trimIgnored'] });
    expect(service.items(id)[1]).toMatchObject({ error: { code: 'engine.stepNotPossible', params: { reason: 'noPicture' } } });
  });

  it('names what is wrong with one file and finishes all others; retry runs only the failed', async () => {
    for (let n = 0; n < 4; n += 1) {
      await writePicture(join(input, `p${n}.jpg`), n);
      await files.add(join(input, `p${n}.jpg`));
    }
    await writeFile(join(input, 'bad.jpg'), 'this is no picture');
    await files.add(join(input, 'bad.jpg'));
    const keep = await readFile(join(input, 'p1.jpg'));
    const { service, start } = await studio();
    await rm(join(input, 'p0.jpg'));
    await writeFile(join(input, 'p1.jpg'), 'changed');
    const id = await start([{ verb: 'clean' }], output);
    await until(service, isOver(service, id));
    const codes = service.items(id).map((item) => item.error?.code ?? item.state);
    expect(codes.slice(0, 4)).toEqual(['file.notFound', 'file.changed', 'done', 'done']);
    expect(codes[4]).toMatch(/^file\./);
    expect(service.list().batches[0]?.counts).toMatchObject({ done: 2, failed: 3, queued: 0, running: 0 });
    expect(await tree(output)).toEqual(['p2-1.jpg', 'p3-1.jpg']);

    const p1 = files.resolve(files.ids[1] ?? ('' as never));
    await writeFile(join(input, 'p1.jpg'), keep);
    await utimes(join(input, 'p1.jpg'), new Date(), new Date(p1?.modifiedAtMs ?? 0));
    expect(service.retry(id)).toBe(3);
    await until(service, isOver(service, id));
    expect(service.items(id).map((item) => item.state)).toEqual(['failed', 'done', 'done', 'done', 'failed']);
    expect(service.items(id).map((item) => item.attempts)).toEqual([2, 2, 1, 1, 2]);
    expect(await tree(output)).toEqual(['p1-1.jpg', 'p2-1.jpg', 'p3-1.jpg']);
  });

  it('obeys the conflict rule', async () => {
    await writePicture(join(input, 'a.jpg'), 1);
    await files.add(join(input, 'a.jpg'));
    await writeFile(join(output, 'a.jpg'), 'mine');
    const { service, start } = await studio();
    const skip = await start([{ verb: 'clean' }], output, { template: '{name}', conflict: 'skip' });
    await until(service, isOver(service, skip));
    expect(service.items(skip)[0]).toMatchObject({ state: 'skipped', error: { code: 'output.nameTaken' } });
    expect(await readFile(join(output, 'a.jpg'), 'utf8')).toBe('mine');
    const number = await start([{ verb: 'clean' }], output, { template: '{name}', conflict: 'number' });
    await until(service, isOver(service, number));
    expect(await tree(output)).toEqual(['a (2).jpg', 'a.jpg']);
    const replace = await start([{ verb: 'clean' }], output, { template: '{name}', conflict: 'replace' });
    await until(service, isOver(service, replace));
    expect(await tree(output)).toEqual(['a (2).jpg', 'a.jpg']);
    expect(await sha256(join(output, 'a.jpg'))).toBe((await service.results({ batchId: replace, limit: 1 }))[0]?.sha256);
  });

  it('never writes over its source, whatever rule and template say', async () => {
    await writePicture(join(input, 'a.jpg'), 1);
    await files.add(join(input, 'a.jpg'));
    const before = await sha256(join(input, 'a.jpg'));
    const { service, start, estimate } = await studio();
    const planned = await estimate([{ verb: 'clean' }], input, { template: '{name}', conflict: 'replace' });
    expect(planned.findings).toContainEqual({ level: 'error', place: 'template', name: { code: 'sameAsSource', what: 'a.jpg' } });
    await expect(start([{ verb: 'clean' }], input, { template: '{name}', conflict: 'replace' })).rejects.toMatchObject({
      code: 'output.templateInvalid',
    });
    const id = await start([{ verb: 'clean' }], input, { template: '{name}', conflict: 'number' });
    await until(service, isOver(service, id));
    expect(await tree(input)).toEqual(['a (2).jpg', 'a.jpg']);
    expect(await sha256(join(input, 'a.jpg'))).toBe(before);
  });

  it('keeps the folder tree below the folder that was added', async () => {
    await writePicture(join(input, 'one', 'a.jpg'), 1);
    await writePicture(join(input, 'two', 'deep', 'a.jpg'), 2);
    await files.add(join(input, 'one', 'a.jpg'), input);
    await files.add(join(input, 'two', 'deep', 'a.jpg'), input);
    const { service, start } = await studio();
    const id = await start([{ verb: 'clean' }], output, { template: '{name}', keepTree: true });
    await until(service, isOver(service, id));
    expect(await tree(output)).toEqual([join('one', 'a.jpg'), join('two', 'deep', 'a.jpg')]);
  });

  it('wants the rights confirmed before unicalizing', async () => {
    await writePicture(join(input, 'a.jpg'), 1);
    await files.add(join(input, 'a.jpg'));
    const { service } = await studio();
    const folderId = output;
    const step = { verb: 'unicalize', keep: false, variants: 1, strength: 'balanced', seed: 1, mirror: false } as const;
    const asked = {
      name: 'x',
      fileIds: files.ids,
      steps: [step],
      output: { folderId, template: '{name}', conflict: 'number', keepTree: false },
    } as const;
    await expect(service.start({ ...asked, fileIds: [...files.ids], steps: [step], rightsConfirmed: false })).rejects.toMatchObject({
      code: 'recipe.invalid',
      field: 'rightsConfirmed',
    });
  });
});

it('a full disk pauses the batch instead of failing its files; it goes on when there is room', async () => {
  for (let n = 0; n < 3; n += 1) {
    await writePicture(join(input, `p${n}.jpg`), n);
    await files.add(join(input, `p${n}.jpg`));
  }
  const real = testEngine(1);
  let isFull = true;
  const engine: BatchServiceOptions['engine'] = {
    workers: 1,
    run: async (job, options) => {
      if (isFull) throw new AppError('output.diskFull', 'ENOSPC');
      return await real.run(job, options);
    },
  };
  const { service, start } = await studio({ engine });
  const id = await start([{ verb: 'clean' }], output);
  await until(service, () => service.list().batches[0]?.state === 'paused' && !service.activity().running);
  expect(service.items(id).map((item) => item.state)).toEqual(['queued', 'queued', 'queued']);
  expect(service.items(id)[0]?.error).toMatchObject({ code: 'output.diskFull' });
  expect(await tree(output)).toEqual([]);
  isFull = false;
  service.resume(id);
  await until(service, isOver(service, id));
  expect(service.items(id).map((item) => [item.state, item.error])).toEqual([
    ['done', null],
    ['done', null],
    ['done', null],
  ]);
  expect(await tree(output)).toEqual(['p0-1.jpg', 'p1-1.jpg', 'p2-1.jpg']);
  await real.close();
});

describe('stopping', () => {
  it('cancels everything within a second and leaves no partial file', async () => {
    for (let n = 0; n < 12; n += 1) {
      await writePicture(join(input, `p${n}.jpg`), n, 1600, 1200);
      await files.add(join(input, `p${n}.jpg`));
    }
    const { service, start, journal } = await studio();
    const id = await start([{ verb: 'unicalize', variants: 3, strength: 'strong' }], output);
    await until(service, () => service.items(id).some((item) => item.state === 'running' && item.progress > 0));
    const started = performance.now();
    const canceled = service.cancel(id);
    expect(service.items(id).filter((item) => item.state === 'canceled')).toHaveLength(canceled);
    await until(service, () => journal.items.dirty().length === 0);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(service.list().batches[0]?.state).toBe('canceled');
    const results = await service.results({ batchId: id, limit: 100 });
    expect(await tree(output)).toEqual(results.map((result) => result.name).sort());
    expect(await tree(join(root, 'user', 'work')).catch(() => [])).toEqual([]);
  });

  it('cancels one item and goes on with the others', async () => {
    for (let n = 0; n < 4; n += 1) {
      await writePicture(join(input, `p${n}.jpg`), n);
      await files.add(join(input, `p${n}.jpg`));
    }
    const { service, start } = await studio({ workers: 1 });
    const id = await start([{ verb: 'clean' }], output);
    const last = service.items(id).at(-1);
    expect(last && service.cancel(id, last.id)).toBe(1);
    await until(service, isOver(service, id));
    expect(service.items(id).map((item) => item.state)).toEqual(['done', 'done', 'done', 'canceled']);
    expect(last && service.retry(id, last.id)).toBe(1);
    await until(service, isOver(service, id));
    expect(await tree(output)).toEqual(['p0-1.jpg', 'p1-1.jpg', 'p2-1.jpg', 'p3-1.jpg']);
  });

  it('pauses after the step at hand, survives a restart, and resumes', async () => {
    for (let n = 0; n < 6; n += 1) {
      await writePicture(join(input, `p${n}.jpg`), n);
      await files.add(join(input, `p${n}.jpg`));
    }
    const first = await studio({ workers: 1 });
    const id = await first.start([{ verb: 'clean' }, { verb: 'convert', format: 'png' }], output);
    await until(first.service, () => first.service.items(id).some((item) => item.state === 'done'));
    first.service.pause(id);
    await until(first.service, () => first.service.items(id).every((item) => item.state !== 'running'));
    const done = first.service.items(id).filter((item) => item.state === 'done').length;
    expect(done).toBeLessThan(6);
    expect(first.service.list().batches[0]?.state).toBe('paused');
    await first.close();
    open.splice(0);
    const second = await studio();
    expect(second.service.list().batches[0]?.state).toBe('paused');
    second.service.resume(id);
    await until(second.service, isOver(second.service, id));
    expect(second.service.items(id).every((item) => item.state === 'done')).toBe(true);
    expect(await tree(output)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `p${n}-1.png`));
  });

  it('a quit leaves an interrupted batch that goes on at the next start', async () => {
    for (let n = 0; n < 5; n += 1) {
      await writePicture(join(input, `p${n}.jpg`), n);
      await files.add(join(input, `p${n}.jpg`));
    }
    const first = await studio({ workers: 1 });
    const id = await first.start([{ verb: 'clean' }], output);
    await until(first.service, () => first.service.items(id).some((item) => item.state === 'done'));
    await first.close();
    open.splice(0);
    const second = await studio();
    expect(second.service.list().batches[0]?.state).toBe('interrupted');
    second.service.resume(id);
    await until(second.service, isOver(second.service, id));
    expect(await tree(output)).toEqual([0, 1, 2, 3, 4].map((n) => `p${n}-1.jpg`));
  });
});
