import { randomUUID } from 'node:crypto';
import type { Generation } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWallet } from '../../src/modules/credits/service.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import { until } from '../helpers/generation-world.ts';
import { call, createServerWorld, type ServerWorld } from '../helpers/server-process.ts';

let world: ServerWorld;
beforeAll(async () => {
  world = await createServerWorld();
});
afterAll(() => world.stop());

test('workers killed while films are under way: each goes on by its handle, is ordered once, and every one is delivered', async () => {
  world.kling.state.setControls(Controls.parse({ waitMs: 400, workMs: 1_500 }));
  const api = await world.start('api');
  const who = await world.signIn(500);
  const tag = randomUUID();
  // The answer of the third is lost on the way.
  const prompts = ['one', 'two', 'three [[drop]]', 'four'].map((name) => `${tag} ${name}`);
  for (const prompt of prompts) {
    const body = { modelId: 'kling/kling-3.0', prompt, settings: { duration: 3 } };
    const answer = await call(api.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() });
    expect(answer.status, await answer.clone().text()).toBe(201);
    expect(((await answer.json()) as Generation).state).toBe('queued');
  }
  const accepted = () => world.kling.state.journal().filter((entry) => entry.accepted && JSON.stringify(entry.body).includes(tag)).length;
  const over = () => world.db.generation.count({ where: { userId: who.userId, finishedAt: { not: null } } });
  // Killed after the second order went out, and again after the first film is there.
  for (const isReached of [async () => accepted() >= 2, async () => (await over()) >= 1]) {
    const worker = await world.start('worker');
    await until(isReached, (is) => is);
    await worker.stop('SIGKILL');
  }
  const last = await world.start('worker');
  await until(over, (n) => n === prompts.length);
  const rows = await world.db.generation.findMany({ where: { userId: who.userId }, include: { attempts: true } });
  expect(rows.map((row) => row.state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  expect(accepted()).toBe(prompts.length);
  expect(await readWallet(world.db, who.userId)).toMatchObject({ available: 500 - 4 * 26, held: 0 });
  expect(await world.violations()).toEqual([]);
  await last.stop();
  await api.stop();
}, 300_000);
