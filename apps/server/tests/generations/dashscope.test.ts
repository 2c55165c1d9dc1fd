import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cancelGeneration } from '../../src/modules/generations/service.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import { createWorld, picture, until, type World } from '../helpers/generation-world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({}, 2_000);
});
afterEach(async () => {
  world.dashscope.state.setControls(Controls.parse({}));
  expect(await world.violations()).toEqual([]);
});
afterAll(() => world.stop());

const unique = (text: string) => `${text} ${randomUUID()}`;
const taken = (prompt: string) =>
  world.dashscope.state.journal().filter((call) => call.accepted && JSON.stringify(call.body).includes(prompt));

test('row 47: pictures from tasks are proved one by one, and what did not come is not paid', async () => {
  const userId = await world.newUser(50);
  const prompt = unique('three dunes [[short]]');
  const made = await world.create(userId, prompt, { modelId: 'dashscope/wan2.7-image', settings: { n: 3 } });
  const done = await world.ended(userId, made.id);
  expect(done).toMatchObject({ state: 'succeeded', credits: { held: 0, captured: 6, released: 3 } });
  expect(done.results.map(({ kind, mime, width, durationMs }) => ({ kind, mime, width, durationMs }))).toEqual(
    Array.from({ length: 2 }, () => ({ kind: 'image', mime: 'image/png', width: 1024, durationMs: null })),
  );
  const attempt = await world.db.attempt.findFirstOrThrow({ where: { generationId: made.id } });
  expect(attempt).toMatchObject({ providerCostMicroUsd: 60_000n, usage: { image_count: 2 } });
});

test('row 48: an edit takes its references along', async () => {
  const userId = await world.newUser(50);
  const prompt = unique('at dusk');
  const uploads = [await picture(400, 300, 'jpeg'), await picture(300, 300, 'png')];
  const sources = [
    { uploadId: (await world.upload(userId, uploads[0] as Buffer, 'image/jpeg')) as never, role: 'image' as const },
    { uploadId: (await world.upload(userId, uploads[1] as Buffer, 'image/png')) as never, role: 'image' as const },
  ];
  const made = await world.create(userId, prompt, { modelId: 'dashscope/wan2.7-image:edit', sources });
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: 3 } });
  expect(
    world.dashscope.tasks.get((await world.db.attempt.findFirstOrThrow({ where: { generationId: made.id } })).providerTaskId ?? '')?.order
      .sources,
  ).toHaveLength(2);
});

test('row 49: a film by Wan', async () => {
  const userId = await world.newUser(50);
  const settings = { duration: 2, resolution: '480P', ratio: '1:1' };
  const made = await world.create(userId, unique('a wave'), { modelId: 'dashscope/wan3.0-video', settings });
  expect(await world.ended(userId, made.id)).toMatchObject({
    state: 'succeeded',
    credits: { captured: 10 },
    results: [{ kind: 'video', mime: 'video/mp4', width: 480, height: 480, durationMs: 2_000 }],
  });
});

test('a task that waits at the provider is called off there, and everything is given back', async () => {
  world.dashscope.state.setControls(Controls.parse({ waitMs: 600_000 }));
  const userId = await world.newUser(50);
  const made = await world.create(userId, unique('never begun'), { modelId: 'dashscope/wan2.7-image' });
  const attempt = await until(
    () => world.db.attempt.findFirst({ where: { generationId: made.id } }),
    (found) => found !== null && found.providerTaskId !== null,
  );
  await cancelGeneration(world.deps, userId, made.id);
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'canceled', credits: { captured: 0, released: 3 } });
  const task = world.dashscope.tasks.get(attempt?.providerTaskId ?? '');
  expect(task && world.dashscope.tasks.stageOf(task)).toBe('canceled');
});

test.each(['drop', 'serverError'])(
  'without an id of ours a lost answer stays lost: given back, and never sent again: %s',
  async (fault) => {
    const userId = await world.newUser(50);
    const prompt = unique(`a bridge [[${fault}]]`);
    const made = await world.create(userId, prompt, { modelId: 'dashscope/wan2.7-image' });
    expect(await world.ended(userId, made.id)).toMatchObject({
      state: 'failed',
      failure: { code: 'generation.submitLost' },
      credits: { captured: 0, released: 3 },
    });
    expect(taken(prompt)).toHaveLength(fault === 'drop' ? 1 : 0);
    expect(await world.db.attempt.count({ where: { generationId: made.id } })).toBe(1);
  },
);

test('a result that can not be fetched at once is fetched a little later', async () => {
  const userId = await world.newUser(50);
  const prompt = unique('a shy one [[away]]');
  const made = await world.create(userId, prompt, { modelId: 'dashscope/wan2.7-image', settings: { n: 2 } });
  expect(await world.ended(userId, made.id)).toMatchObject({
    state: 'succeeded',
    credits: { captured: 6 },
    results: [{ kind: 'image' }, { kind: 'image' }],
  });
  expect(taken(prompt)).toHaveLength(1);
});

test('row 51: a text by Qwen', async () => {
  const userId = await world.newUser(50);
  const made = await world.create(userId, unique('a haiku'), { modelId: 'dashscope/qwen3.8-flash' });
  expect(await world.ended(userId, made.id)).toMatchObject({
    ...{ state: 'succeeded', credits: { captured: 1 }, isPartial: false },
    results: [{ kind: 'text', mime: 'text/plain' }],
  });
});

test('a refusal during the work is told as one, and costs nothing', async () => {
  const userId = await world.newUser(50);
  const made = await world.create(userId, unique('no [[refuseLater]]'), { modelId: 'dashscope/wan2.7-image' });
  expect(await world.ended(userId, made.id)).toMatchObject({
    state: 'failed',
    failure: { code: 'generation.refused' },
    credits: { captured: 0 },
  });
});
