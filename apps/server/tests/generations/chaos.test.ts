/** Every provider, random faults, workers killed and the API restarted, all at once. `CHAOS=300 npx vitest run tests/generations/chaos` for more. */
import { randomUUID } from 'node:crypto';
import type { Generation } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWallet } from '../../src/modules/credits/service.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import { Controls as OpenAiControls } from '../../src/sandbox/openai/state.ts';
import { createLocalStorage } from '../../src/storage/local-folder.ts';
import { sha256Of, until } from '../helpers/generation-world.ts';
import { call, createServerWorld, type ServerProcess, type ServerWorld, type SignedIn } from '../helpers/server-process.ts';

const COUNT = Number(process.env['CHAOS'] ?? 60);
const KILLS = Math.max(3, Math.round(COUNT / 20));

let world: ServerWorld;
beforeAll(async () => {
  world = await createServerWorld();
  // Before a call is taken: turned away, busy, down. What was ordered is used up by whoever comes.
  const faults = { rateLimit: 3, concurrency: 2, serverError: 2 };
  for (const kit of [world.gemini, world.kling, world.dashscope]) kit.state.setControls(Controls.parse({ faults, retryAfterS: 0.5 }));
  world.sandbox.state.setControls(OpenAiControls.parse({ rateLimit: { times: 3, retryAfterS: 0.5 }, fail: { times: 2, status: 502 } }));
});
afterAll(() => world.stop());

const KIT_FAULTS = [
  '',
  '',
  '',
  '',
  '[[drop]]',
  '[[broken]]',
  '[[refuse]]',
  '[[refuseLater]]',
  '[[failLater]]',
  '[[wrongType]]',
  '[[expire]]',
  '[[away]]',
];
const IMAGE_FAULTS = ['', '', '', '[[drop]]', '[[broken]]', '[[moderation]]', '[[wrong]]', '[[slow:400]]'];
const TEXT_FAULTS = ['', '', '[[cut]]', '[[failing]]', '[[drop]]', '[[word:20]]', '[[flag:hate]]'];
const MODELS = [
  { modelId: 'openai/gpt-image-2.6-flare', settings: { quality: 'low' }, faults: IMAGE_FAULTS },
  { modelId: 'google/gemini-3.1-flash-image', settings: { image_size: '512' }, faults: KIT_FAULTS },
  { modelId: 'dashscope/wan3.0-video', settings: { resolution: '480P', duration: 2, ratio: '1:1' }, faults: KIT_FAULTS },
  { modelId: 'kling/kling-2.5-turbo', settings: { duration: 5, aspect_ratio: '1:1' }, faults: KIT_FAULTS },
  { modelId: 'openai/gpt-6-luna', settings: {}, faults: TEXT_FAULTS },
];

/** Every paid call that a stand-in took, by the mark in its prompt. */
function takenBy(mark: string): number {
  const kits = [world.gemini, world.kling, world.dashscope].flatMap((kit) => kit.state.journal().filter((entry) => entry.accepted));
  const prompts = [...kits.map((entry) => JSON.stringify(entry.body)), ...world.sandbox.state.journal().map((entry) => entry.prompt)];
  return prompts.filter((prompt) => prompt.includes(mark)).length;
}

async function order(api: ServerProcess, who: SignedIn, n: number): Promise<{ id: string; mark: string }> {
  const model = MODELS[n % MODELS.length];
  if (!model) throw new RangeError('no model');
  const mark = randomUUID();
  const fault = model.faults[Math.floor(n / MODELS.length) % model.faults.length] ?? '';
  const body = { modelId: model.modelId, prompt: `${mark} ${fault}`, settings: model.settings };
  const answer = await call(api.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() });
  expect(answer.status).toBe(201);
  return { id: ((await answer.json()) as Generation).id, mark };
}

test(`${COUNT} generations over four providers with random faults, killed workers and a restarted API: all end, what is paid was delivered, nothing is bought twice`, async () => {
  const users = await Promise.all(Array.from({ length: 4 }, () => world.signIn(10_000)));
  await world.db.lane.createMany({ data: users.map(({ userId }) => ({ userId, maxRunning: 6 })) });
  const ids = users.map(({ userId }) => userId);
  const over = () => world.db.generation.count({ where: { userId: { in: ids }, finishedAt: { not: null } } });
  let api = await world.start('api');
  let workers = [await world.start('worker'), await world.start('worker')];
  const made: { id: string; mark: string }[] = [];
  const someUser = (n: number) => users[n % users.length] as SignedIn;
  for (let round = 0; round < KILLS; round += 1) {
    const upTo = Math.ceil((COUNT * (round + 1)) / KILLS);
    while (made.length < upTo) made.push(await order(api, someUser(made.length), made.length));
    // Somewhere in the work: when a random share of what is left is over, a random moment later.
    const enough = Math.min(made.length, (await over()) + Math.floor(Math.random() * 6));
    await until(over, (n) => n >= enough);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
    const [victim, ...others] = workers;
    await victim?.stop('SIGKILL');
    workers = [...others, await world.start('worker')];
    if (round < 2) {
      await api.stop(round === 0 ? 'SIGKILL' : 'SIGTERM');
      api = await world.start('api');
    }
  }
  await until(over, (n) => n === COUNT);

  for (const { mark } of made) expect(takenBy(mark)).toBeLessThanOrEqual(1);
  const storage = createLocalStorage(`${world.folder}/objects`);
  const rows = await world.db.generation.findMany({ where: { userId: { in: ids } }, include: { results: true } });
  const holds = new Map((await world.db.hold.findMany({ where: { userId: { in: ids } } })).map((hold) => [hold.id, hold]));
  let captured = 0n;
  for (const row of rows) {
    const paid = holds.get(row.id)?.captured ?? 0n;
    captured += paid;
    expect([row.id, row.state, paid > 0n]).toEqual([row.id, row.state, row.state === 'succeeded']);
    expect(row.results.length > 0).toBe(row.state === 'succeeded');
    if (row.state === 'failed') expect(row.failureCode).not.toBeNull();
    for (const result of row.results) {
      const parts: Buffer[] = [];
      for await (const part of await storage.get(result.sha256)) parts.push(part as Buffer);
      expect(sha256Of(Buffer.concat(parts))).toBe(result.sha256);
    }
  }
  const wallets = await Promise.all(ids.map((userId) => readWallet(world.db, userId)));
  expect(wallets.reduce((sum, wallet) => sum + wallet.available, 0)).toBe(40_000 - Number(captured));
  expect(wallets.every((wallet) => wallet.held === 0)).toBe(true);
  expect(rows.filter((row) => row.state === 'succeeded').length).toBeGreaterThan(COUNT / 4);
  expect(await world.violations()).toEqual([]);
  await Promise.all([api, ...workers].map((server) => server.stop()));
}, 1_200_000);
