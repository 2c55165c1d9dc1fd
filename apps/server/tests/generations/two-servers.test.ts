import { randomUUID } from 'node:crypto';
import type { Generation } from '@pingplex/shared/contracts/http';
import { isGenerationOver } from '@pingplex/shared/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWallet } from '../../src/modules/credits/service.ts';
import { readGeneration } from '../../src/modules/generations/service.ts';
import { until } from '../helpers/generation-world.ts';
import { call, createServerWorld, type ServerProcess, type ServerWorld } from '../helpers/server-process.ts';

let world: ServerWorld;
let servers: [ServerProcess, ServerProcess];
beforeAll(async () => {
  world = await createServerWorld();
  servers = [await world.start('api'), await world.start('api')];
});
afterAll(() => world.stop());

const body = (prompt: string) => ({ modelId: 'openai/gpt-image-2.6-flare', prompt, settings: { quality: 'low' } });

test('of fifty parallel requests for the last credit over two processes exactly one is accepted', async () => {
  const who = await world.signIn(1);
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const server = servers[i % 2 === 0 ? 0 : 1];
      const answer = await call(server.url, who, 'POST', '/v1/generations', body(`last credit ${i}`), { 'idempotency-key': randomUUID() });
      return { status: answer.status, body: (await answer.json()) as { code?: string; params?: unknown } };
    }),
  );
  expect(answers.filter((a) => a.status === 201)).toHaveLength(1);
  const refused = answers.filter((a) => a.status !== 201);
  expect(new Set(refused.map((a) => `${a.status} ${a.body.code}`))).toEqual(new Set(['402 credits.insufficient']));
  expect(refused[0]?.body.params).toEqual({ need: 1, have: 0 });
  expect(await readWallet(world.db, who.userId)).toMatchObject({ available: 0, held: 1 });
  expect(await world.db.generation.count({ where: { userId: who.userId } })).toBe(1);
  expect(await world.violations()).toEqual([]);
});

test('one key at both processes at once is one generation', async () => {
  const who = await world.signIn(10);
  const key = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      call(servers[i % 2 === 0 ? 0 : 1].url, who, 'POST', '/v1/generations', body('same'), { 'idempotency-key': key }).then(async (a) => ({
        status: a.status,
        body: (await a.json()) as Generation,
      })),
    ),
  );
  expect(new Set(answers.map((a) => a.status))).toEqual(new Set([201]));
  expect(new Set(answers.map((a) => a.body.id)).size).toBe(1);
  expect((await readWallet(world.db, who.userId)).held).toBe(1);
});

test('without a key, with a key for another body, and by somebody else', async () => {
  const [who, other] = [await world.signIn(10), await world.signIn(0)];
  const [{ url }] = servers;
  expect(await (await call(url, who, 'POST', '/v1/generations', body('x'))).json()).toMatchObject({
    code: 'request.idempotencyKeyMissing',
  });
  const key = { 'idempotency-key': randomUUID() };
  const made = (await (await call(url, who, 'POST', '/v1/generations', body('x'), key)).json()) as Generation;
  expect(await (await call(url, who, 'POST', '/v1/generations', body('y'), key)).json()).toMatchObject({
    status: 422,
    code: 'request.idempotencyMismatch',
  });
  for (const [method, route] of [
    ['GET', ''],
    ['POST', '/cancel'],
  ] as const) {
    const foreign = await call(url, other, method, `/v1/generations/${made.id}${route}`);
    const absent = await call(url, other, method, `/v1/generations/${randomUUID()}${route}`);
    const shape = async (r: Response) => ({ ...((await r.json()) as object), requestId: '' });
    expect(foreign.status).toBe(404);
    expect(await shape(foreign)).toEqual(await shape(absent));
  }
  expect(await (await call(url, other, 'GET', '/v1/generations')).json()).toEqual({ generations: [], next: null });
});

test('a worker that is killed while the provider is at work loses nothing: no charge, one paid call, sound ledger', async () => {
  const who = await world.signIn(10);
  const [{ url }] = servers;
  const worker = await world.start('worker');
  const prompt = `killed in between ${randomUUID()} [[slow:30000]]`;
  const made = (await (
    await call(url, who, 'POST', '/v1/generations', body(prompt), { 'idempotency-key': randomUUID() })
  ).json()) as Generation;
  const paid = () => world.sandbox.state.journal().filter((entry) => entry.prompt === prompt).length;
  await until(
    async () => paid(),
    (n) => n === 1,
  );
  await worker.stop('SIGKILL');
  const next = await world.start('worker');
  const done = await until(
    () => readGeneration(world.db, who.userId, made.id),
    (g) => g !== null && isGenerationOver(g.state),
  );
  expect(done).toMatchObject({ state: 'failed', failure: { code: 'generation.submitLost' }, credits: { captured: 0, released: 1 } });
  expect(paid()).toBe(1);
  expect(await world.violations()).toEqual([]);
  await next.stop();
});

test('a worker that is killed after the result is stored and before it is paid: another one finishes it, with one paid call', async () => {
  const who = await world.signIn(10);
  const [{ url }] = servers;
  const worker = await world.start('worker');
  const prompt = `killed before capture ${randomUUID()}`;
  // The wallet is locked by us: capture has to wait, storing has not.
  let letGo: () => void = () => undefined;
  const made = (await (
    await call(url, who, 'POST', '/v1/generations', body(prompt), { 'idempotency-key': randomUUID() })
  ).json()) as Generation;
  const lock = world.db.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM wallet WHERE user_id = ${who.userId}::uuid FOR UPDATE`;
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
    },
    { timeout: 30_000 },
  );
  await until(
    () => world.db.generation.findUniqueOrThrow({ where: { id: made.id } }),
    (g) => g.state === 'storing',
  );
  await worker.stop('SIGKILL');
  letGo();
  await lock;
  expect((await world.db.generation.findUniqueOrThrow({ where: { id: made.id } })).state).toBe('storing');
  const next = await world.start('worker');
  const done = await until(
    () => readGeneration(world.db, who.userId, made.id),
    (g) => g !== null && isGenerationOver(g.state),
  );
  expect(done).toMatchObject({ state: 'succeeded', credits: { captured: 1 } });
  expect(done?.results).toHaveLength(1);
  expect(world.sandbox.state.journal().filter((entry) => entry.prompt === prompt)).toHaveLength(1);
  expect(await world.violations()).toEqual([]);
  await next.stop();
});

test('workers killed at random moments: every generation ends, none is paid twice, the ledger is sound', async () => {
  const who = await world.signIn(40);
  const [{ url }] = servers;
  const tag = randomUUID();
  const prompts = Array.from({ length: 12 }, (_, i) => `${tag} ${i} [[slow:${(i % 4) * 120}]]`);
  const made = await Promise.all(
    prompts.map(async (prompt) => {
      const answer = await call(url, who, 'POST', '/v1/generations', body(prompt), { 'idempotency-key': randomUUID() });
      return (await answer.json()) as Generation;
    }),
  );
  const over = () => world.db.generation.count({ where: { userId: who.userId, finishedAt: { not: null } } });
  for (let kill = 0; kill < 3; kill += 1) {
    const before = await over();
    const worker = await world.start('worker');
    // Somewhere in its work: after a random share of what is left, a random moment later.
    const enough = before + Math.floor(Math.random() * 3);
    await until(over, (n) => n >= Math.min(enough, made.length));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    await worker.stop('SIGKILL');
  }
  const last = await world.start('worker');
  await until(over, (n) => n === made.length);
  const accepted = world.sandbox.state.journal().filter((entry) => entry.prompt.startsWith(tag));
  expect(new Set(accepted.map((entry) => entry.prompt)).size).toBe(accepted.length);
  const wallet = await readWallet(world.db, who.userId);
  const succeeded = await world.db.generation.count({ where: { userId: who.userId, state: 'succeeded' } });
  expect(wallet).toMatchObject({ available: 40 - succeeded, held: 0 });
  expect(accepted.length).toBeGreaterThanOrEqual(succeeded);
  expect(await world.db.generationResult.count({ where: { userId: who.userId } })).toBe(succeeded);
  expect(await world.violations()).toEqual([]);
  await last.stop();
}, 300_000);
