import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { IPC_ROUTES } from '@pingplex/shared/contracts/ipc';
import type { StepInput } from '@pingplex/shared/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createJournal } from '../../src/main/db/index.ts';
import { silentLogger } from '../../src/main/logging/logger-port.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import { acceptedCalls, newAccount, openSession, PASSWORD } from './helpers/cloud.ts';
import { writePicture, writeTone } from './helpers/media.ts';
import { sha256, tree } from './helpers/studio.ts';

const PROGRAM = join(import.meta.dirname, 'runner-program.ts');
const KILLS = 20;
let root: string;
let server: RunningServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pp-kill-'));
  server = await startServer(join(root, 'server'));
});
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

type Told = { readonly results: { path: string; sha256: string }[]; readonly over: string | null };

/** Runs the program; kills it `afterMs` after it has put things in order, or lets it finish. */
async function run(order: object, afterMs: number | null): Promise<Told> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const results: Told['results'] = [];
  let over: string | null = null;
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('result ')) results.push(JSON.parse(line.slice(7)));
    if (line.startsWith('over ')) over = line.slice(5);
    if (line === 'recovered' && afterMs !== null) setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0 && code !== null) throw new Error(`the program ended with ${code}: ${stderr}`);
  return { results, over };
}

it(`killed ${KILLS} times in a mixed batch: no finished result is lost, nothing is paid twice, nothing is left lying about`, {
  timeout: 600_000,
}, async () => {
  const userData = join(root, 'user');
  const output = join(root, 'out');
  await mkdir(userData);
  await mkdir(output);
  const inputs: string[] = [];
  for (let n = 0; n < 10; n += 1) {
    const path = join(root, 'in', n % 2 === 0 ? `p${n}.jpg` : `p${n}.png`);
    await writePicture(path, n, 640, 480);
    inputs.push(path);
  }
  for (let n = 0; n < 2; n += 1) {
    const path = join(root, 'in', `s${n}.wav`);
    await writeTone(path, 300 + 200 * n, 1);
    inputs.push(path);
  }
  const email = await newAccount(server.url, server.sandboxes.mail);
  const steps: StepInput[] = [
    { verb: 'clean', keep: true },
    { verb: 'unicalize', variants: 2, keep: true },
    { verb: 'generate', modelId: 'openai/gpt-image-2.6-flare:edit', prompt: 'killed', settings: { quality: 'low' } },
  ];
  const order = {
    userData,
    inputs,
    output,
    serverUrl: server.url,
    email,
    steps: IPC_ROUTES['batches.estimate'].input.shape.steps.parse(steps),
  };
  const told = new Map<string, string>();
  let over: string | null = null;
  for (let n = 0; n < KILLS && over === null; n += 1) {
    const heard = await run(order, Math.round(Math.random() ** 2 * 2500));
    for (const result of heard.results) told.set(result.path, result.sha256);
    over = heard.over;
  }
  const last = await run(order, null);
  for (const result of last.results) told.set(result.path, result.sha256);
  expect(JSON.parse(last.over ?? 'null')).toEqual(inputs.map((path) => [basename(path), 'done', null]));

  // 10 pictures × (1 clean + 2 variants + 1 edit) + 2 sounds × (1 clean + 2 variants)
  const names = await tree(output);
  expect(names).toHaveLength(46);
  expect(names.filter((name) => name.startsWith('.pingplex-') || name.includes('('))).toEqual([]);
  for (const [path, hash] of told) expect(await sha256(path)).toBe(hash);
  const journal = await createJournal(join(userData, 'journal.db'), silentLogger);
  const results = journal.results.list({ limit: 1000 });
  expect(results.map((result) => basename(result.path ?? '')).sort()).toEqual(names);
  for (const result of results) expect(await sha256(result.path ?? '')).toBe(result.sha256);
  journal.close();
  expect(await tree(join(userData, 'work')).catch(() => [])).toEqual([]);

  expect((await acceptedCalls(server.sandboxes.openai)).filter((call) => call.prompt === 'killed')).toHaveLength(10);
  const { account } = openSession(server.url, join(root, 'other'));
  await account.signIn(email, PASSWORD);
  expect(await account.refreshWallet()).toMatchObject({ available: 90, held: 0, debt: 0 });
  account.stop();
});
