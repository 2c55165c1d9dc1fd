import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepInput } from '@pingplex/shared/domain';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../driver/server.ts';
import { acceptedCalls, type CloudStudio, faultyLine, newAccount, openCloudStudio } from './helpers/cloud.ts';
import { writePicture, writeTone } from './helpers/media.ts';
import { isOver, sha256, TestFiles, tree, until } from './helpers/studio.ts';

let serverRoot: string;
let server: RunningServer;
let root: string;
let output: string;
let files: TestFiles;
let email: string;
let open: CloudStudio | undefined;

beforeAll(async () => {
  serverRoot = await mkdtemp(join(tmpdir(), 'pp-cloud-server-'));
  server = await startServer(serverRoot);
});
afterAll(async () => {
  await server.stop();
  await rm(serverRoot, { recursive: true, force: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pp-cloud-'));
  output = join(root, 'out');
  await mkdir(output);
  files = new TestFiles();
  email = await newAccount(server.url, server.sandboxes.mail);
});
afterEach(async () => {
  await open?.close();
  open = undefined;
  await rm(root, { recursive: true, force: true });
});

async function studio(serverUrl = server.url): Promise<CloudStudio> {
  open = await openCloudStudio({ serverUrl, userData: join(root, 'user'), files, email });
  return open;
}
async function picture(name: string, seed: number): Promise<void> {
  await writePicture(join(root, 'in', name), seed);
  await files.add(join(root, 'in', name));
}
const edit = (prompt: string, more: object = {}): StepInput => ({
  verb: 'generate',
  modelId: 'openai/gpt-image-2.6-flare:edit',
  prompt,
  settings: { quality: 'low' },
  ...more,
});
const paidFor = async (prompt: string): Promise<number> =>
  (await acceptedCalls(server.sandboxes.openai)).filter((call) => call.prompt === prompt).length;

it('mixes local and cloud steps: results are on disk with their hashes, the wallet pays once per file', async () => {
  await picture('a.jpg', 1);
  await picture('b.png', 2);
  await writeTone(join(root, 'in', 'c.wav'), 440, 1);
  await files.add(join(root, 'in', 'c.wav'));
  const prompt = `mixed ${crypto.randomUUID()}`;
  const { service, start, estimate, account } = await studio();
  const steps: StepInput[] = [{ verb: 'clean' }, { verb: 'unicalize', variants: 2, keep: true }, edit(prompt)];
  const planned = await estimate(steps, output);
  expect(planned).toMatchObject({ items: 3, results: 8, credits: 2, walletAfter: 98 });
  const id = await start(steps, output);
  await until(service, isOver(service, id));
  expect(service.items(id).map((item) => [item.state, item.error?.code])).toEqual([
    ['done', undefined],
    ['done', undefined],
    ['done', undefined],
  ]);
  const results = await service.results({ batchId: id, limit: 100 });
  expect(results.map((result) => result.name).sort()).toEqual(await tree(output));
  expect(results).toHaveLength(8);
  for (const result of results) expect(await sha256(join(output, result.name))).toBe(result.sha256);
  const made = results.filter((result) => result.verb === 'generate');
  expect(made).toHaveLength(2);
  expect(made[0]?.measurements.generation).toMatchObject({ modelId: 'openai/gpt-image-2.6-flare:edit', credits: 1, sandbox: true });
  expect(await paidFor(prompt)).toBe(2);
  expect(await account.refreshWallet()).toMatchObject({ available: 98, held: 0 });
  expect(service.list().batches[0]?.creditsSpent).toBe(2);
});

it('a refusal gives the credits back, says why, and fails only its file; the next try is a new request', async () => {
  await picture('a.jpg', 1);
  const prompt = `[[moderation]] ${crypto.randomUUID()}`;
  const { service, start, account, journal } = await studio();
  const id = await start([edit(prompt)], output);
  await until(service, isOver(service, id));
  expect(service.items(id)[0]).toMatchObject({ state: 'failed', error: { code: 'generation.refused' } });
  expect(await account.refreshWallet()).toMatchObject({ available: 100, held: 0 });
  service.retry(id);
  await until(service, isOver(service, id));
  const item = service.items(id)[0];
  const calls = item ? journal.calls.ofItem(item.id) : [];
  expect(calls.map((call) => call.state)).toEqual(['closed', 'closed']);
  expect(new Set(calls.map((call) => call.key)).size).toBe(2);
  expect(await tree(output)).toEqual([]);
});

it('an answer that got lost is asked for again under the same key and paid once', async () => {
  await picture('a.jpg', 1);
  const prompt = `lost ${crypto.randomUUID()}`;
  let lost = 0;
  const line = await faultyLine(server.url, (request) => {
    if (request.method !== 'POST' || request.url !== '/v1/generations' || lost >= 2) return 'pass';
    lost += 1;
    return 'loseAnswer';
  });
  const { service, start, account, journal } = await studio(line.url);
  const id = await start([edit(prompt)], output);
  await until(service, isOver(service, id));
  expect(lost).toBe(2);
  expect(service.items(id)[0]).toMatchObject({ state: 'done', attempts: 1 });
  expect(await paidFor(prompt)).toBe(1);
  expect(await account.refreshWallet()).toMatchObject({ available: 99, held: 0 });
  const item = service.items(id)[0];
  expect(item && journal.calls.ofItem(item.id)).toHaveLength(1);
  line.server.closeAllConnections();
  line.server.close();
});

it('a dead line fails the item by name; retry goes on with the same paid request', async () => {
  await picture('a.jpg', 1);
  const prompt = `dead ${crypto.randomUUID()}`;
  let isDead = false;
  const line = await faultyLine(server.url, (request) => {
    if (request.method === 'POST' && request.url === '/v1/generations' && !isDead) {
      isDead = true;
      return 'loseAnswer';
    }
    return isDead ? 'refuse' : 'pass';
  });
  const { service, start } = await studio(line.url);
  const id = await start([edit(prompt)], output);
  await until(service, isOver(service, id));
  expect(service.items(id)[0]).toMatchObject({ state: 'failed', error: { code: 'network.offline', retryable: true } });
  line.server.closeAllConnections();
  line.server.close();
  await open?.close();
  const again = await studio();
  expect(again.service.retry(id)).toBe(1);
  await until(again.service, isOver(again.service, id));
  expect(again.service.items(id)[0]).toMatchObject({ state: 'done', attempts: 2 });
  expect(await paidFor(prompt)).toBe(1);
  expect(await again.account.refreshWallet()).toMatchObject({ available: 99 });
});

/** Resolves when the unfinished download in the output folder has so many bytes. */
async function partHas(bytes: number): Promise<void> {
  for (;;) {
    for (const name of await tree(output)) {
      if (name.startsWith('.pingplex-') && (await stat(join(output, name))).size >= bytes) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('a download that keeps breaking goes on where it stopped', async () => {
  await picture('a.jpg', 1);
  const ranges: string[] = [];
  let cuts = 3;
  const line = await faultyLine(server.url, (request) => {
    if (!request.url?.endsWith('/content')) return 'pass';
    ranges.push(request.headers.range ?? 'whole');
    cuts -= 1;
    const have = 1500 * ranges.length;
    return cuts >= 0 ? { cutAfterBytes: 1500, arrived: () => partHas(have) } : 'pass';
  });
  const { service, start } = await studio(line.url);
  const id = await start([edit(`cut ${crypto.randomUUID()}`)], output);
  await until(service, isOver(service, id));
  expect(service.items(id)[0]).toMatchObject({ state: 'done' });
  expect(ranges[0]).toBe('whole');
  expect(ranges.slice(1)).toEqual(['bytes=1500-', 'bytes=3000-', 'bytes=4500-']);
  const [result] = await service.results({ batchId: id, limit: 10 });
  expect(result && (await sha256(join(output, result.name)))).toBe(result?.sha256);
  line.server.closeAllConnections();
  line.server.close();
});

it('sends the same bytes to the server once', async () => {
  await picture('a.jpg', 1);
  let uploads = 0;
  const line = await faultyLine(server.url, (request) => {
    if (request.method === 'POST' && request.url === '/v1/uploads') uploads += 1;
    return 'pass';
  });
  const { service, start } = await studio(line.url);
  for (const prompt of ['one', 'two']) {
    const id = await start([edit(prompt)], output);
    await until(service, isOver(service, id));
    expect(service.items(id)[0]?.state).toBe('done');
  }
  expect(uploads).toBe(1);
  line.server.closeAllConnections();
  line.server.close();
});

it('a canceled item stops at once and tells the server; a retry takes up what was paid', async () => {
  await picture('a.jpg', 1);
  const prompt = `[[slow:5000]] ${crypto.randomUUID()}`;
  const { service, start, account, journal } = await studio();
  const id = await start([edit(prompt)], output);
  const item = service.items(id)[0];
  if (item === undefined) throw new Error('the batch has no item');
  // From here on the provider works and will be paid: it has no way to stop.
  while ((await paidFor(prompt)) === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(service.cancel(id, item.id)).toBe(1);
  expect(service.items(id)[0]?.state).toBe('canceled');
  await until(service, isOver(service, id));
  expect(await tree(output)).toEqual([]);
  expect(service.retry(id, item.id)).toBe(1);
  await until(service, isOver(service, id));
  expect(service.items(id)[0]).toMatchObject({ state: 'done', results: 1 });
  expect(await paidFor(prompt)).toBe(1);
  expect(journal.calls.ofItem(item.id)).toHaveLength(1);
  expect(await account.refreshWallet()).toMatchObject({ available: 99, held: 0 });
});

it('local steps go on without a server, cloud steps say that nobody is signed in', async () => {
  await picture('a.jpg', 1);
  const { service, start, estimate, account } = await studio();
  await account.signOut();
  expect(account.state()).toMatchObject({ account: null, wallet: null });
  const planned = await estimate([edit('x')], output);
  expect(planned.findings.map((finding) => finding.error?.code)).toContain('auth.required');
  await expect(start([edit('x')], output)).rejects.toMatchObject({ code: 'auth.required' });
  const id = await start([{ verb: 'clean' }], output);
  await until(service, isOver(service, id));
  expect(service.items(id)[0]?.state).toBe('done');
});
