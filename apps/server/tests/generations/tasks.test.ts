import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readWallet } from '../../src/modules/credits/service.ts';
import { proveFilm } from '../../src/modules/files/service.ts';
import { cancelGeneration } from '../../src/modules/generations/service.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import { startKlingSandbox } from '../../src/sandbox/kling/server.ts';
import { createWorld, KLING_KEYS, klingFor, picture, until, type World } from '../helpers/generation-world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({}, 2_000);
});
afterEach(async () => {
  world.kling.state.setControls(Controls.parse({}));
  expect(await world.violations()).toEqual([]);
});
afterAll(() => world.stop());

const unique = (text: string) => `${text} ${randomUUID()}`;
const FILM = { duration: 3 };
const MODEL = 'kling/kling-2.5-turbo';
/** 3 seconds of Kling 3.0 at 720p without sound. */
const PRICE = 26;
const order = (userId: string, prompt: string, settings: Record<string, string | number | boolean> = FILM) =>
  world.create(userId, prompt, { modelId: 'kling/kling-3.0', settings });
/** Submits that the stand-in took for this prompt. */
const taken = (prompt: string) => world.kling.state.journal().filter((call) => call.accepted && JSON.stringify(call.body).includes(prompt));
const attemptOf = (generationId: string) => world.db.attempt.findFirstOrThrow({ where: { generationId }, orderBy: { n: 'desc' } });

describe('row 47: a film from a provider that works on tasks', () => {
  test('ends with a proved film of the asked size and length, paid once; the handle was there before the first look', async () => {
    const userId = await world.newUser(100);
    const prompt = unique('a fox in the snow');
    const made = await order(userId, prompt, { ...FILM, aspect_ratio: '9:16' });
    const seen = await until(
      () => attemptOf(made.id).catch(() => null),
      (attempt) => attempt?.providerTaskId !== null && attempt !== null,
    );
    expect(world.kling.tasks.get(seen?.providerTaskId ?? '')).toMatchObject({ externalId: seen?.submitKey });
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'succeeded', credits: { held: 0, captured: PRICE, released: 0 }, failure: null, sandbox: true });
    const [result] = done.results;
    expect(done.results).toEqual([
      expect.objectContaining({ kind: 'video', mime: 'video/mp4', width: 720, height: 1280, durationMs: 3_000 }),
    ]);
    const bytes = await buffer(await world.deps.storage.get(result?.sha256 ?? ''));
    expect(bytes.length).toBe(result?.sizeBytes);
    expect(await proveFilm(async (start, end) => bytes.subarray(start, end + 1), bytes.length)).toMatchObject({ durationMs: 3_000 });
    expect(taken(prompt)).toHaveLength(1);
    // 0.6 units a second at 0.14 dollars.
    expect(await attemptOf(made.id)).toMatchObject({ outcome: 'delivered', providerCostMicroUsd: 252_000n });
  });

  test('begins and ends with the frames that were given', async () => {
    const userId = await world.newUser(100);
    const prompt = unique('from day to night');
    const frames = await Promise.all([picture(640, 480, 'jpeg'), picture(800, 600, 'png')]);
    const [first, last] = [await world.upload(userId, frames[0], 'image/jpeg'), await world.upload(userId, frames[1], 'image/png')];
    const sources = [
      { uploadId: first as never, role: 'image' as const },
      { uploadId: last as never, role: 'lastFrame' as const },
    ];
    const made = await world.create(userId, prompt, { modelId: 'kling/kling-3.0:image', settings: FILM, sources });
    expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', results: [{ kind: 'video', width: 960, height: 720 }] });
    const [call] = taken(prompt);
    expect(call?.body).toMatchObject({ contents: [{ type: 'prompt' }, { type: 'first_frame' }, { type: 'last_frame' }] });
    const small = await world.upload(userId, await picture(200, 400, 'png'), 'image/png');
    await expect(
      world.create(userId, prompt, {
        modelId: 'kling/kling-3.0:image',
        settings: FILM,
        sources: [{ uploadId: small as never, role: 'image' }],
      }),
    ).rejects.toMatchObject({ code: 'generation.sourceNotAllowed' });
  });

  test('is paid by what came: a second less costs a second less', async () => {
    const userId = await world.newUser(100);
    const made = await world.create(userId, unique('too short [[short]]'), { modelId: MODEL });
    expect(await world.ended(userId, made.id)).toMatchObject({
      state: 'succeeded',
      credits: { captured: 16, released: 5 },
      results: [{ durationMs: 4_000 }],
    });
  });
});

describe('what the provider does wrong', () => {
  test.each([
    ['refuse', 'generation.refused', 0],
    ['refuseLater', 'generation.refused', 1],
    ['failLater', 'generation.providerRejected', 1],
    ['wrongType', 'generation.resultUnreadable', 1],
    ['expired', 'generation.resultUnreadable', 1],
    ['serverError', 'generation.submitLost', 0],
  ])('fails with everything given back: %s', async (fault, code, paid) => {
    const userId = await world.newUser(100);
    const prompt = unique(`a storm [[${fault}]]`);
    const made = await order(userId, prompt);
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'failed', failure: { code }, credits: { held: 0, captured: 0, released: PRICE }, results: [] });
    expect(taken(prompt)).toHaveLength(paid);
    expect((await readWallet(world.db, userId)).available).toBe(100);
  });

  test.each(['drop', 'hang', 'broken', 'drip'])(
    'an accepted task whose answer is lost is found by our own id, and never sent again: %s',
    async (fault) => {
      const userId = await world.newUser(100);
      const prompt = unique(`a ship [[${fault}]]`);
      const made = await order(userId, prompt);
      expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: PRICE } });
      expect(taken(prompt)).toHaveLength(1);
      expect(await world.db.attempt.count({ where: { generationId: made.id } })).toBe(1);
    },
  );

  test('a task that the provider has forgotten ends, and the user pays nothing', async () => {
    const userId = await world.newUser(100);
    const made = await order(userId, unique('lost at sea [[lose]]'));
    expect(await world.ended(userId, made.id)).toMatchObject({
      state: 'failed',
      failure: { code: 'generation.submitLost' },
      credits: { captured: 0 },
    });
  });

  test('a link that has ended is asked for anew', async () => {
    const userId = await world.newUser(100);
    const made = await order(userId, unique('a slow train [[expire]]'));
    expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', results: [{ kind: 'video' }] });
  });

  test.each([
    ['rateLimit', 0.2],
    ['concurrency', 0.2],
  ] as const)('waits when it is told to and is sent again: %s', async (fault, retryAfterS) => {
    world.kling.state.setControls(Controls.parse({ faults: { [fault]: 2 }, retryAfterS }));
    const userId = await world.newUser(100);
    const prompt = unique('a queue');
    const made = await order(userId, prompt);
    expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded' });
    const attempts = await world.db.attempt.findMany({ where: { generationId: made.id }, orderBy: { n: 'asc' } });
    expect(attempts.map((attempt) => attempt.outcome)).toEqual(['throttled', 'throttled', 'delivered']);
    expect(taken(prompt)).toHaveLength(1);
  });
});

test('looks that fail end nothing: a provider that is away while it works is asked until it is back', async () => {
  world.kling.state.setControls(Controls.parse({ waitMs: 100, workMs: 1_500 }));
  const userId = await world.newUser(100);
  const prompt = unique('far away');
  const made = await order(userId, prompt);
  await until(
    () => attemptOf(made.id).catch(() => null),
    (attempt) => attempt?.providerTaskId !== null && attempt !== null,
  );
  const port = Number(new URL(world.kling.url).port);
  await world.kling.stop();
  const before = (await attemptOf(made.id)).polls;
  await until(
    () => attemptOf(made.id),
    (attempt) => attempt.polls > before + 1,
  );
  world.kling = await startKlingSandbox({ port, folder: path.join(world.folder, 'kling'), keys: KLING_KEYS });
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: PRICE } });
  expect(taken(prompt)).toHaveLength(1);
});

test('a look that nobody takes any more is found by the sweeper', async () => {
  world.kling.state.setControls(Controls.parse({ waitMs: 200, workMs: 600 }));
  const userId = await world.newUser(100);
  const made = await order(userId, unique('forgotten look'));
  await until(
    () => attemptOf(made.id).catch(() => null),
    (attempt) => attempt?.providerTaskId !== null && attempt !== null,
  );
  // What a worker leaves that is killed while it looks.
  await world.db.$executeRaw`DELETE FROM pgboss.job WHERE name = 'generations.poll' AND data->>'id' = ${made.id}`;
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded' });
});

test('a wish to cancel a film that is under way is kept: what comes is delivered, what fails costs nothing', async () => {
  world.kling.state.setControls(Controls.parse({ waitMs: 200, workMs: 1_000 }));
  const userId = await world.newUser(100);
  const [comes, fails] = [await order(userId, unique('too late')), await order(userId, unique('too late [[failLater]]'))];
  for (const made of [comes, fails]) {
    await until(
      () => attemptOf(made.id).catch(() => null),
      (attempt) => attempt?.providerTaskId !== null && attempt !== null,
    );
    await cancelGeneration(world.deps, userId, made.id);
  }
  expect(await world.ended(userId, comes.id)).toMatchObject({ state: 'succeeded', credits: { captured: PRICE } });
  expect(await world.ended(userId, fails.id)).toMatchObject({ state: 'canceled', credits: { captured: 0, released: PRICE } });
});

test('the legacy door, with signed tokens, delivers the same', async () => {
  const { accessKey, secretKey } = KLING_KEYS;
  const before = world.deps.providers['kling'];
  Object.assign(world.deps.providers, { kling: klingFor(world.kling.url, { accessKey, secretKey }) });
  const userId = await world.newUser(100);
  const prompt = unique('the older door');
  const made = await order(userId, prompt);
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: PRICE } });
  expect(taken(prompt)[0]?.path).toBe('/v1/videos/text2video');
  Object.assign(world.deps.providers, { kling: before });
});
