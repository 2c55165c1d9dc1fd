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
  world.gemini.state.setControls(Controls.parse({}));
  expect(await world.violations()).toEqual([]);
});
afterAll(() => world.stop());

const unique = (text: string) => `${text} ${randomUUID()}`;
const taken = (prompt: string) =>
  world.gemini.state.journal().filter((call) => call.accepted && JSON.stringify(call.body).includes(prompt));
const attemptOf = (generationId: string) => world.db.attempt.findFirstOrThrow({ where: { generationId }, orderBy: { n: 'desc' } });
const PICTURE = 'google/gemini-nano-banana-2.1';

test('row 47: a picture by Google is proved, paid by the list, and forgotten there', async () => {
  const userId = await world.newUser(50);
  const prompt = unique('a lighthouse');
  const made = await world.create(userId, prompt, { modelId: PICTURE, settings: { aspect_ratio: '16:9' } });
  expect(await world.ended(userId, made.id)).toMatchObject({
    state: 'succeeded',
    credits: { held: 0, captured: 4 },
    results: [{ kind: 'image', mime: 'image/png', width: 1360, height: 768 }],
  });
  const { providerTaskId, providerCostMicroUsd } = await attemptOf(made.id);
  // 1,120 tokens of picture at 30 dollars a million, and the words.
  expect(Number(providerCostMicroUsd)).toBeGreaterThanOrEqual(33_600);
  expect(taken(prompt)).toHaveLength(1);
  await expect.poll(() => world.gemini.tasks.get(providerTaskId ?? '')).toBeUndefined();
});

test('row 48: an edit, whose large result is fetched by its address', async () => {
  const userId = await world.newUser(50);
  const uploadId = (await world.upload(userId, await picture(400, 300, 'webp'), 'image/webp')) as never;
  const made = await world.create(userId, unique('at dusk'), {
    ...{ modelId: 'google/gemini-3.1-flash-image:edit', settings: { image_size: '2K', aspect_ratio: '4:3' } },
    sources: [{ uploadId, role: 'image' }],
  });
  expect(await world.ended(userId, made.id)).toMatchObject({
    state: 'succeeded',
    credits: { captured: 11 },
    results: [{ kind: 'image', width: 2368, height: 1776 }],
  });
});

test.each(['', '[[expire]]', '[[away]]'])(
  'row 49: a film of the asked length comes whatever becomes of its first address: %s',
  async (fault) => {
    const userId = await world.newUser(100);
    const prompt = unique(`waves ${fault}`);
    const settings = { duration: 3, resolution: '360p', aspect_ratio: '9:16' };
    const made = await world.create(userId, prompt, { modelId: 'google/gemini-omni-1.2-flash', settings });
    expect(await world.ended(userId, made.id)).toMatchObject({
      state: 'succeeded',
      credits: { captured: 11 },
      results: [{ kind: 'video', mime: 'video/mp4', width: 360, height: 640, durationMs: 3_000 }],
    });
    expect(taken(prompt)).toHaveLength(1);
  },
);

test('a film from a picture, a second too short, costs a second less', async () => {
  const userId = await world.newUser(100);
  const uploadId = (await world.upload(userId, await picture(400, 300, 'png'), 'image/png')) as never;
  const made = await world.create(userId, unique('it moves [[short]]'), {
    ...{ modelId: 'google/gemini-omni-1.1-flash:image', settings: { duration: 4, resolution: '360p' } },
    sources: [{ uploadId, role: 'image' }],
  });
  // Four seconds are 14 credits.
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: 10, released: 4 } });
});

test('rows 50 and 51: speech, music and a text by Google', async () => {
  const userId = await world.newUser(100);
  const order = async (modelId: string, prompt: string, settings = {}) => {
    const made = await world.create(userId, prompt, { modelId, settings });
    return world.ended(userId, made.id);
  };
  const prompt = unique('Good evening, ladies and gentlemen');
  const [speech, music, text] = await Promise.all([
    order('google/gemini-3.8-flash-tts', prompt, { voice: 'Leda' }),
    order('google/lyria-3.5', unique('a slow waltz')),
    order('google/gemini-3.8-flash', unique('a haiku')),
  ]);
  expect(speech).toMatchObject({ state: 'succeeded', credits: { captured: 2 }, results: [{ kind: 'audio', mime: 'audio/wav' }] });
  expect(speech.results[0]?.durationMs).toBeCloseTo((prompt.length / 15) * 1000, -1);
  expect(music).toMatchObject({ state: 'succeeded', credits: { captured: 8 }, results: [{ kind: 'audio', durationMs: 20_000 }] });
  expect((await attemptOf(music.id)).providerCostMicroUsd).toBe(80_000n);
  expect(text).toMatchObject({ state: 'succeeded', credits: { captured: 1 }, results: [{ kind: 'text', mime: 'text/plain' }] });
});

test('what goes wrong costs nothing and is said', async () => {
  const userId = await world.newUser(100);
  const expected = {
    refuse: 'generation.refused',
    refuseLater: 'generation.refused',
    failLater: 'generation.providerRejected',
    wrongType: 'generation.resultUnreadable',
    drop: 'generation.submitLost',
    lose: 'generation.submitLost',
  };
  const ended = Object.entries(expected).map(async ([fault, code]) => {
    const made = await world.create(userId, unique(`x [[${fault}]]`), { modelId: PICTURE });
    expect(await world.ended(userId, made.id)).toMatchObject({ state: 'failed', failure: { code }, credits: { captured: 0, released: 4 } });
  });
  await Promise.all(ended);
});

test('a task that waits is called off at Google', async () => {
  world.gemini.state.setControls(Controls.parse({ waitMs: 600_000 }));
  const userId = await world.newUser(50);
  const made = await world.create(userId, unique('never begun'), { modelId: PICTURE });
  const attempt = await until(
    () => world.db.attempt.findFirst({ where: { generationId: made.id } }),
    (found) => found !== null && found.providerTaskId !== null,
  );
  await cancelGeneration(world.deps, userId, made.id);
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'canceled', credits: { captured: 0 } });
  const task = world.gemini.tasks.get(attempt?.providerTaskId ?? '');
  expect(task && world.gemini.tasks.stageOf(task)).toBe('canceled');
});
