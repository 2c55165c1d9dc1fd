import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/transaction.ts';
import { writeChange } from '../../src/modules/catalogue/service.ts';
import { cancelGeneration, listGenerations, readGeneration, setProviderLimits } from '../../src/modules/generations/service.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import { Controls as OpenAiControls } from '../../src/sandbox/openai/state.ts';
import { createWorld, until, type World } from '../helpers/generation-world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
beforeEach(() => {
  world.dashscope.state.setControls(Controls.parse({}));
  world.sandbox.state.setControls(OpenAiControls.parse({ wordMs: 0 }));
});
afterEach(async () => expect(await world.violations()).toEqual([]));
afterAll(() => world.stop());

const PICTURE = 'dashscope/wan2.7-image';
const TEXT = 'openai/gpt-6-luna';
const unique = (text: string) => `${text} ${randomUUID()}`;
const limit = (provider: string, limits: { slots: number | null; perMinute: number | null }) =>
  inTransaction(world.db, (tx) => setProviderLimits(tx, provider, limits, 4, world.deps.catalogue.entries()));
async function many(userId: string, count: number, modelId: string, text = 'x') {
  const made = [];
  for (let n = 0; n < count; n += 1) made.push(await world.create(userId, unique(text), { modelId }));
  return made;
}
const allEnded = (userId: string, made: readonly { id: string }[]) => Promise.all(made.map(({ id }) => world.ended(userId, id)));

test('a model with a limit of its own never runs more at once, whoever asks; others of its provider go on', async () => {
  await writeChange(world.db, PICTURE, { maxParallel: 1 }, 'test');
  await until(
    async () => {
      await world.deps.catalogue.refresh();
      return world.deps.catalogue.require(PICTURE).entry;
    },
    (entry) => entry.maxParallel === 1,
  );
  await limit('dashscope', { slots: null, perMinute: null });
  const users = await Promise.all([world.newUser(50), world.newUser(50)]);
  const made = await Promise.all(users.map((userId) => many(userId, 2, PICTURE)));
  const waits = await until(
    () => Promise.all(users.flatMap((userId, i) => (made[i] ?? []).map(({ id }) => readGeneration(world.db, userId, id)))),
    (all) => all.some((g) => g?.waiting?.reason === 'modelLimit'),
  );
  expect(waits.filter((g) => g?.state === 'queued').length).toBeGreaterThan(0);
  await Promise.all(users.map((userId, i) => allEnded(userId, made[i] ?? [])));
  expect(world.dashscope.tasks.peak()).toBe(1);
  await writeChange(world.db, PICTURE, null, 'test');
});

test('requests go out no faster than the operator says', async () => {
  await limit('openai', { slots: 4, perMinute: 120 });
  const users = await Promise.all([world.newUser(50), world.newUser(50)]);
  const made = await Promise.all(users.map((userId) => many(userId, 3, TEXT)));
  await Promise.all(users.map((userId, i) => allEnded(userId, made[i] ?? [])));
  const attempts = await world.db.attempt.findMany({ where: { generationId: { in: made.flat().map(({ id }) => id) } } });
  const times = attempts.map((attempt) => attempt.createdAt.getTime()).sort((a, b) => a - b);
  expect(times).toHaveLength(6);
  // Two a second, after the one that the bucket began with.
  for (const [n, at] of times.entries()) expect(at - (times[0] ?? 0)).toBeGreaterThanOrEqual(n * 500 - 60);
  await limit('openai', { slots: null, perMinute: null });
});

test('row 47: who waits is told why, and about how many go before', async () => {
  world.dashscope.state.setControls(Controls.parse({ waitMs: 600_000 }));
  await limit('dashscope', { slots: 3, perMinute: null });
  const [mine, theirs, last] = await Promise.all([world.newUser(50), world.newUser(50), world.newUser(50)]);
  const first = await many(mine, 2, PICTURE);
  await until(
    () => Promise.all(first.map(({ id }) => readGeneration(world.db, mine, id))),
    (all) => all.every((g) => g?.state === 'submitted'),
  );
  const third = await world.create(mine, unique('third'), { modelId: PICTURE });
  const fourth = await world.create(mine, unique('fourth'), { modelId: PICTURE });
  const waitingOf = async (userId: string, id: string) => (await readGeneration(world.db, userId, id))?.waiting;
  expect(await waitingOf(mine, third.id)).toEqual({ place: 1, reason: 'yourLimit', until: null });
  expect(await waitingOf(mine, fourth.id)).toEqual({ place: 2, reason: 'yourLimit', until: null });
  const other = await world.create(theirs, unique('theirs'), { modelId: PICTURE });
  await until(
    () => readGeneration(world.db, theirs, other.id),
    (g) => g?.state === 'submitted',
  );
  // All three slots are taken; the two of the first user take turns with this one.
  const late = await world.create(last, unique('late'), { modelId: PICTURE });
  expect(await waitingOf(last, late.id)).toEqual({ place: 2, reason: 'providerLimit', until: null });
  await world.db.$executeRaw`UPDATE provider_state SET blocked_until = now() + interval '1 minute' WHERE provider = 'dashscope'`;
  expect(await waitingOf(last, late.id)).toMatchObject({ reason: 'providerPaused', until: expect.any(String) });
  await world.db.$executeRaw`UPDATE provider_state SET blocked_until = NULL WHERE provider = 'dashscope'`;
  for (const [userId, made] of [
    [mine, [...first, third, fourth]],
    [theirs, [other]],
    [last, [late]],
  ] as const) {
    for (const { id } of made) await cancelGeneration(world.deps, userId, id);
    await allEnded(userId, made);
  }
  await limit('dashscope', { slots: null, perMinute: null });
});

test('five of one user do not wait behind sixty of another, and the limit holds', async () => {
  const [crowd, guest] = [await world.newUser(500), await world.newUser(50)];
  await limit('openai', { slots: 2, perMinute: null });
  const before = world.sandbox.state.peak();
  const sixty = await many(crowd, 60, TEXT, 'one of many');
  const doneOfCrowd = () => world.db.generation.count({ where: { userId: crowd, finishedAt: { not: null } } });
  const began = await doneOfCrowd();
  const five = await many(guest, 5, TEXT, 'a guest');
  await allEnded(guest, five);
  // Turns alternate: as many of the crowd as of the guest, and what was under way.
  expect((await doneOfCrowd()) - began).toBeLessThan(20);
  expect(world.sandbox.state.peak()).toBeLessThanOrEqual(Math.max(before, 2));
  for (const { id } of sixty) await cancelGeneration(world.deps, crowd, id);
  await allEnded(crowd, sixty);
  await limit('openai', { slots: null, perMinute: null });
});

test('row 57: history is searched by words of the prompt, by model and by time', async () => {
  const userId = await world.newUser(50);
  const of = async (query: object) => (await listGenerations(world.db, userId, { limit: 50, ...query })).generations.map((g) => g.prompt);
  for (const prompt of ['A red boat', 'a 100% blue_boat', 'a house'])
    await allEnded(userId, [await world.create(userId, prompt, { modelId: TEXT })]);
  expect(await of({ search: 'BOAT' })).toEqual(['a 100% blue_boat', 'A red boat']);
  expect(await of({ search: '0% b' })).toEqual(['a 100% blue_boat']);
  expect(await of({ search: 'e_b' })).toEqual(['a 100% blue_boat']);
  expect(await of({ search: 'd_b' })).toEqual([]);
  expect(await of({ modelId: PICTURE })).toEqual([]);
  expect(await of({ modelId: TEXT, to: new Date(0).toISOString() })).toEqual([]);
  expect(await of({ from: new Date(0).toISOString() })).toHaveLength(3);
});
