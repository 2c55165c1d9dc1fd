import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchId, ItemId } from '@pingplex/shared/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApiClient, createEventStream } from '../../src/main/api/index.ts';
import { LiveBatch } from '../../src/main/batches/live.ts';
import type { BatchRow, CallRow } from '../../src/main/db/index.ts';
import { createGenerationService } from '../../src/main/generations/index.ts';
import { silentLogger } from '../../src/main/logging/logger-port.ts';
import { writePicture } from './helpers/media.ts';
import { isOver, noCloud, openStudio, type Studio, sha256, TestFiles, tree, until } from './helpers/studio.ts';

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
  root = await mkdtemp(join(tmpdir(), 'pp-edges-'));
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

const callOf = (batchId: BatchId, itemId: ItemId, change: Partial<CallRow>): CallRow => ({
  key: crypto.randomUUID(),
  batchId,
  itemId,
  step: 0,
  input: 0,
  inputSha256: 'a'.repeat(64),
  accountId: 'first',
  request: '{}',
  state: 'made',
  generationId: null,
  credits: 0,
  ...change,
});

describe('where results go', () => {
  it('a link in the output tree that leads out of it is refused', async () => {
    const elsewhere = join(root, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, join(output, 'one'));
    await writePicture(join(input, 'one', 'deep', 'a.jpg'), 1);
    await writePicture(join(input, 'two', 'b.jpg'), 2);
    await files.add(join(input, 'one', 'deep', 'a.jpg'), input);
    await files.add(join(input, 'two', 'b.jpg'), input);
    const { service, start } = await studio();
    const id = await start([{ verb: 'clean' }], output, { template: '{name}', keepTree: true });
    await until(service, isOver(service, id));
    expect(service.items(id).map((item) => [item.state, item.error?.code])).toEqual([
      ['failed', 'output.folderNotWritable'],
      ['done', undefined],
    ]);
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it("'replace' spares the other sources of the batch too, also when the folder is reached through a link", async () => {
    await writePicture(join(input, 'p.png'), 1);
    await writePicture(join(input, 'px.jpg'), 2);
    await files.add(join(input, 'p.png'));
    await files.add(join(input, 'px.jpg'));
    const link = join(root, 'link');
    await symlink(input, link);
    const before = await sha256(join(input, 'px.jpg'));
    const { service, start } = await studio();
    const id = await start([{ verb: 'convert', format: 'jpeg' }], link, { template: '{name}x', conflict: 'replace' });
    await until(service, isOver(service, id));
    expect(service.items(id).map((item) => [item.state, item.error?.code])).toEqual([
      ['failed', 'output.sameAsSource'],
      ['done', undefined],
    ]);
    expect(await sha256(join(input, 'px.jpg'))).toBe(before);
    expect(await tree(input)).toEqual(['p.png', 'px.jpg', 'pxx.jpg']);
  });
});

describe('cancel', () => {
  it('and a retry before the item has come to its end: it runs again', async () => {
    await writePicture(join(input, 'a.jpg'), 1, 1600, 1200);
    await files.add(join(input, 'a.jpg'));
    const { service, start } = await studio({ workers: 1 });
    const id = await start([{ verb: 'unicalize', variants: 2, strength: 'strong' }], output);
    await until(service, () => service.items(id).some((item) => item.progress > 0));
    const [item] = service.items(id);
    expect(item && service.cancel(id, item.id)).toBe(1);
    expect(item && service.retry(id, item.id)).toBe(1);
    await until(service, isOver(service, id));
    expect(service.items(id)).toMatchObject([{ state: 'done', attempts: 2, results: 2 }]);
    expect(await tree(output)).toEqual(['a-1.jpg', 'a-2.jpg']);
  });

  it('tells the server about requests of items that only wait', async () => {
    for (let n = 0; n < 4; n += 1) {
      await writePicture(join(input, `p${n}.jpg`), n);
      await files.add(join(input, `p${n}.jpg`));
    }
    const abandoned: ItemId[] = [];
    const cloud = {
      ...noCloud,
      abandon: async (id: ItemId) => {
        abandoned.push(id);
      },
    };
    const { service, start, journal } = await studio({ workers: 1, cloud });
    const id = await start([{ verb: 'clean' }], output);
    service.pause(id);
    const waiting = service.items(id).filter((item) => item.state === 'queued');
    expect(waiting).toHaveLength(2);
    for (const item of waiting) journal.calls.insert(callOf(id, item.id, { generationId: `made-${item.id}` }), 1);
    const [first, second] = waiting;
    if (first) service.cancel(id, first.id);
    expect(abandoned).toContain(first?.id);
    service.cancel(id);
    expect(abandoned).toContain(second?.id);
  });
});

it('what one account has paid stays on record when another takes over', async () => {
  const { journal } = await studio();
  const call = callOf('batch' as BatchId, 'item' as ItemId, { state: 'paid', credits: 8 });
  journal.calls.insert(call, 1);
  const api = createApiClient({ baseUrl: () => 'http://127.0.0.1:1', appVersion: '0.0.0-test', logger: silentLogger });
  const service = createGenerationService({
    api,
    events: createEventStream({ api, logger: silentLogger }),
    journal,
    engine: { run: () => Promise.reject(new Error('not asked')) },
    accountId: () => 'second',
    logger: silentLogger,
  });
  const request = {
    batchId: call.batchId,
    itemId: call.itemId,
    step: 0,
    input: 0,
    modelId: 'm',
    prompt: 'p',
    settings: {},
    sources: [{ role: 'image', path: join(input, 'a.jpg'), sha256: call.inputSha256, sizeBytes: 1, format: 'jpeg' }],
    inputSha256: call.inputSha256,
    place: { dir: output, stem: '.pingplex-x' },
  } as const;
  const context = { signal: new AbortController().signal, onStage: () => undefined };
  await expect(service.run(request, context)).rejects.toMatchObject({ code: 'network.offline' });
  expect(journal.calls.ofItem(call.itemId)).toMatchObject([{ state: 'closed', credits: 8 }]);
  expect(journal.batches.creditsSpent(call.batchId)).toBe(8);
});

it('a pause does not count as time that the work took', () => {
  let now = 0;
  const row = { workMs: 100_000 } as BatchRow;
  const live = new LiveBatch(row, [], 0, false, 2, undefined, () => now);
  now = 10_000;
  live.finishedWorkMs = 50_000;
  const before = live.etaMs();
  live.isPaused = true;
  now += 3_600_000;
  live.goOn(50_000);
  now += 5000;
  live.finishedWorkMs = 75_000;
  const after = live.etaMs();
  expect(after.high).toBeLessThan(before.high);
});
