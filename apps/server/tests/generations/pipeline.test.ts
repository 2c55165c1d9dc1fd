import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readWallet } from '../../src/modules/credits/service.ts';
import { cancelGeneration, QUEUES } from '../../src/modules/generations/service.ts';
import { startOpenAiSandbox } from '../../src/sandbox/openai/server.ts';
import { Controls } from '../../src/sandbox/openai/state.ts';
import { createWorld, SANDBOX_KEY, sha256Of, until, type World } from '../helpers/generation-world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterEach(async () => {
  world.sandbox.state.setControls(Controls.parse({}));
  expect(await world.violations()).toEqual([]);
});
afterAll(() => world.stop());

const paidFor = (prompt: string) => world.sandbox.state.journal().filter((entry) => entry.prompt === prompt);
const unique = (text: string) => `${text} ${randomUUID()}`;

/** Nobody gets a turn at the provider until it is resumed. */
const pauseProvider = () =>
  world.db.$executeRaw`INSERT INTO provider_state (provider, blocked_until) VALUES ('openai', now() + interval '1 hour')
    ON CONFLICT (provider) DO UPDATE SET blocked_until = excluded.blocked_until`;
const resumeProvider = async () => {
  await world.db.$executeRaw`UPDATE provider_state SET blocked_until = NULL`;
  await world.deps.queue.enqueue(QUEUES.pump, { provider: 'openai' });
};

describe('a generation', () => {
  test('ends with verified results of the asked size, paid once and in full', async () => {
    const userId = await world.newUser(20);
    const prompt = unique('two lighthouses');
    const made = await world.create(userId, prompt, { settings: { n: 2, size: '1536x1024', output_format: 'webp' } });
    expect(made).toMatchObject({ state: 'queued', credits: { held: 2, captured: 0, released: 0 }, sandbox: true });
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'succeeded', credits: { held: 0, captured: 2, released: 0 }, failure: null });
    expect(done.results).toHaveLength(2);
    for (const result of done.results) {
      const bytes = await buffer(await world.deps.storage.get(result.sha256));
      expect(sha256Of(bytes)).toBe(result.sha256);
      expect(bytes.length).toBe(result.sizeBytes);
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 1536, height: 1024 });
    }
    expect(done.results[0]?.sha256).not.toBe(done.results[1]?.sha256);
    expect(paidFor(prompt)).toHaveLength(1);
    expect((await readWallet(world.db, userId)).available).toBe(18);
    const attempt = await world.db.attempt.findFirstOrThrow({ where: { generationId: made.id } });
    expect(attempt).toMatchObject({ n: 1, outcome: 'delivered' });
    expect(Number(attempt.providerCostMicroUsd)).toBeGreaterThan(0);
  });

  test('pays for what came when fewer came than were asked', async () => {
    const userId = await world.newUser(20);
    const made = await world.create(userId, unique('four boats [[missing:1]]'), { settings: { n: 4 } });
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'succeeded', credits: { captured: 3, released: 1 } });
    expect(done.results).toHaveLength(3);
  });

  test.each([
    ['[[moderation]]', 'generation.refused', 0],
    ['[[wrong]]', 'generation.resultUnreadable', 1],
    ['[[broken]]', 'generation.resultUnreadable', 1],
    ['[[missing:9]]', 'generation.resultUnreadable', 1],
  ])('fails with everything given back: %s', async (word, code, paid) => {
    const userId = await world.newUser(5);
    const prompt = unique(`a castle ${word}`);
    const made = await world.create(userId, prompt);
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'failed', credits: { held: 0, captured: 0, released: 1 }, failure: { code }, results: [] });
    if (code === 'generation.refused') expect(done.failure?.categories).toEqual(['violence']);
    expect(paidFor(prompt)).toHaveLength(paid);
    expect((await readWallet(world.db, userId)).available).toBe(5);
  });

  test.each(['[[drop]]', '[[500]]'])('whose answer is lost is never sent again: %s', async (word) => {
    const userId = await world.newUser(5);
    const prompt = unique(`a bridge ${word}`);
    const made = await world.create(userId, prompt);
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'failed', failure: { code: 'generation.submitLost' }, credits: { captured: 0, released: 1 } });
    expect(paidFor(prompt)).toHaveLength(word === '[[500]]' ? 0 : 1);
    expect(await world.db.attempt.count({ where: { generationId: made.id } })).toBe(1);
  });

  test('waits as long as the provider asks when it is busy, and is sent again', async () => {
    world.sandbox.state.setControls(Controls.parse({ rateLimit: { times: 2, retryAfterS: 0.2 } }));
    const userId = await world.newUser(5);
    const prompt = unique('a busy market');
    const made = await world.create(userId, prompt);
    const done = await world.ended(userId, made.id);
    expect(done.state).toBe('succeeded');
    const attempts = await world.db.attempt.findMany({ where: { generationId: made.id }, orderBy: { n: 'asc' } });
    expect(attempts.map((a) => a.outcome)).toEqual(['throttled', 'throttled', 'delivered']);
    expect(paidFor(prompt)).toHaveLength(1);
  });
});

test('a provider that never answers is given up, and not asked again', async () => {
  const impatient = await createWorld({}, 1_500);
  const userId = await impatient.newUser(5);
  const made = await impatient.create(userId, 'endless [[hang]]');
  expect(await impatient.ended(userId, made.id)).toMatchObject({ state: 'failed', failure: { code: 'generation.submitLost' } });
  expect(impatient.sandbox.state.journal()).toHaveLength(1);
  expect(await impatient.violations()).toEqual([]);
  await impatient.stop();
});

test('a provider that can not be reached is asked again, and was never paid meanwhile', async () => {
  const alone = await createWorld();
  const port = Number(new URL(alone.sandbox.url).port);
  await alone.sandbox.stop();
  const userId = await alone.newUser(5);
  const made = await alone.create(userId, 'out of reach');
  await until(
    () => alone.db.attempt.count({ where: { generationId: made.id, outcome: 'notSent' } }),
    (n) => n > 0,
  );
  alone.sandbox = await startOpenAiSandbox({ port, folder: path.join(alone.folder, 'sandbox'), apiKey: SANDBOX_KEY });
  expect(await alone.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: 1 } });
  expect(alone.sandbox.state.journal()).toHaveLength(1);
  expect(await alone.violations()).toEqual([]);
  await alone.stop();
});

describe('the same key', () => {
  test('answers with the same generation, also eight times at once', async () => {
    const userId = await world.newUser(50);
    const prompt = unique('one owl');
    const key = randomUUID();
    const all = await Promise.all(Array.from({ length: 8 }, () => world.create(userId, prompt, { key })));
    expect(new Set(all.map((g) => g.id)).size).toBe(1);
    await world.ended(userId, all[0]?.id ?? '');
    expect((await world.create(userId, prompt, { key })).state).toBe('succeeded');
    expect(paidFor(prompt)).toHaveLength(1);
    expect((await readWallet(world.db, userId)).available).toBe(49);
  });

  test('is refused for another request, and is not used up by a refusal', async () => {
    const userId = await world.newUser(1);
    const key = randomUUID();
    await expect(world.create(userId, 'too dear', { key, settings: { quality: 'high' } })).rejects.toMatchObject({
      code: 'credits.insufficient',
      params: { need: 16, have: 1 },
    });
    const made = await world.create(userId, 'cheap', { key });
    await expect(world.create(userId, 'other', { key })).rejects.toMatchObject({ code: 'request.idempotencyMismatch' });
    await world.ended(userId, made.id);
  });
});

describe('cancel', () => {
  test('ends what is not sent at once and gives everything back', async () => {
    const userId = await world.newUser(5);
    await pauseProvider();
    const waiting = await world.create(userId, unique('never sent'));
    const canceled = await cancelGeneration(world.deps, userId, waiting.id);
    expect(canceled).toMatchObject({
      state: 'canceled',
      credits: { held: 0, captured: 0, released: 1 },
      failure: { code: 'generation.canceled' },
    });
    expect(await cancelGeneration(world.deps, userId, waiting.id)).toEqual(canceled);
    await resumeProvider();
    const next = await world.create(userId, unique('sent'));
    await world.ended(userId, next.id);
    expect(await world.db.attempt.count({ where: { generationId: waiting.id } })).toBe(0);
  });

  test('of what is already sent delivers what was paid for', async () => {
    const userId = await world.newUser(5);
    const made = await world.create(userId, unique('too late [[slow:600]]'));
    await until(
      () => world.db.attempt.findFirst({ where: { generationId: made.id, sentAt: { not: null } } }),
      (a) => a !== null,
    );
    await cancelGeneration(world.deps, userId, made.id);
    expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: 1 } });
  });

  test('of a generation of somebody else finds nothing', async () => {
    const [owner, other] = [await world.newUser(5), await world.newUser(0)];
    const made = await world.create(owner, unique('mine'));
    await expect(cancelGeneration(world.deps, other, made.id)).rejects.toMatchObject({ code: 'request.notFound' });
    await world.ended(owner, made.id);
  });
});

test('a user with many items does not make another one wait for all of them', async () => {
  const [many, few] = [await world.newUser(40), await world.newUser(5)];
  await pauseProvider();
  const crowd = await Promise.all(Array.from({ length: 24 }, (_, i) => world.create(many, unique(`crowd ${i} [[slow:60]]`))));
  const single = await world.create(few, unique('just one'));
  await resumeProvider();
  const done = await world.ended(few, single.id);
  const stillWaiting = await world.db.generation.count({ where: { userId: many, finishedAt: null } });
  expect(done.state).toBe('succeeded');
  expect(stillWaiting).toBeGreaterThan(10);
  for (const g of crowd) await world.ended(many, g.id);
  expect((await readWallet(world.db, many)).available).toBe(16);
});
