import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cancelGeneration, readGeneration } from '../../src/modules/generations/service.ts';
import { sound } from '../../src/sandbox/kit/sound.ts';
import { createWorld, picture, until, type World } from '../helpers/generation-world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({}, 20_000);
});
afterEach(async () => expect(await world.violations()).toEqual([]));
afterAll(() => world.stop());

const unique = (text: string) => `${text} ${randomUUID()}`;
const paid = (prompt: string) => world.sandbox.state.journal().filter((call) => call.prompt === prompt);
const contentOf = async (sha256: string | undefined) => (await buffer(await world.deps.storage.get(sha256 ?? ''))).toString('utf8');
const TEXT = 'openai/gpt-6.1-sol';

describe('row 51: a text', () => {
  test('is shown while it is written, costs what it used and never more than was held', async () => {
    const userId = await world.newUser(100);
    const prompt = unique('a story [[word:40]]');
    const made = await world.create(userId, prompt, { modelId: TEXT, settings: { max_output_tokens: 4_000 } });
    // At most: 4,000 tokens at 1,000 credits a million, and what is sent.
    expect(made.credits.held).toBe(5);
    const early = await until(
      () => readGeneration(world.db, userId, made.id),
      (g) => (g?.text ?? '') !== '',
    );
    expect(early).toMatchObject({ state: 'submitting', results: [] });
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'succeeded', text: null, isPartial: false, credits: { held: 0, captured: 1, released: 4 } });
    expect(done.results).toEqual([expect.objectContaining({ kind: 'text', mime: 'text/plain', width: null })]);
    const whole = await contentOf(done.results[0]?.sha256);
    expect(whole.startsWith(early?.text ?? 'x')).toBe(true);
    const events = await world.db.event.findMany({ where: { userId, type: 'generation.changed' } });
    expect(events.length).toBeGreaterThan(4);
    const attempt = await world.db.attempt.findFirstOrThrow({ where: { generationId: made.id } });
    expect(attempt.tokensOut).toBeGreaterThan(40);
  });

  test('takes pictures along', async () => {
    const userId = await world.newUser(100);
    const uploadId = (await world.upload(userId, await picture(80, 60), 'image/png')) as never;
    const prompt = unique('what is this?');
    const made = await world.create(userId, prompt, { modelId: 'openai/gpt-6-luna', sources: [{ uploadId, role: 'image' }] });
    expect(await world.ended(userId, made.id)).toMatchObject({ state: 'succeeded', credits: { captured: 1 } });
    expect(paid(prompt)).toMatchObject([{ sources: 1, path: '/v1/responses' }]);
  });

  test('that breaks off, or is stopped, is delivered as far as it came', async () => {
    const userId = await world.newUser(100);
    const broken = await world.create(userId, unique('[[cut]]'), { modelId: TEXT });
    const slow = await world.create(userId, unique('a long one [[word:400]]'), { modelId: TEXT });
    const done = await world.ended(userId, broken.id);
    expect(done).toMatchObject({ state: 'succeeded', isPartial: true, credits: { captured: 1 }, results: [{ kind: 'text' }] });
    await until(
      () => readGeneration(world.db, userId, slow.id),
      (g) => (g?.text ?? '') !== '',
    );
    await cancelGeneration(world.deps, userId, slow.id);
    const stopped = await world.ended(userId, slow.id);
    expect(stopped).toMatchObject({ state: 'succeeded', isPartial: true, credits: { captured: 1 } });
    expect(await contentOf(stopped.results[0]?.sha256)).toMatch(/^SANDBOX/);
  });

  test('whose worker dies is delivered as far as it was written down', async () => {
    const userId = await world.newUser(100);
    const prompt = unique('never answered [[hang]]');
    const made = await world.create(userId, prompt, { modelId: TEXT });
    await until(
      async () => paid(prompt),
      (calls) => calls.length === 1,
    );
    // As the row is after some words came and the worker went silent.
    await world.db.$executeRaw`
      UPDATE generation SET state = 'unknown', unknown_since = now() - interval '1 hour', lease_until = NULL, live_text = 'SANDBOX: a half'
      WHERE id = ${made.id}::uuid`;
    const done = await world.ended(userId, made.id);
    expect(done).toMatchObject({ state: 'succeeded', isPartial: true, credits: { captured: 1 } });
    expect(await contentOf(done.results[0]?.sha256)).toBe('SANDBOX: a half');
    expect(paid(prompt)).toHaveLength(1);
  });
});

test('row 50: speech in a voice, paid by its characters', async () => {
  const userId = await world.newUser(100);
  const prompt = `${unique('Good evening.')} ${'word '.repeat(240)}`;
  const made = await world.create(userId, prompt, { modelId: 'openai/gpt-4o-mini-tts', settings: { voice: 'sage' } });
  // Two thousand begun at 1.5 credits each.
  expect(await world.ended(userId, made.id)).toMatchObject({
    ...{ state: 'succeeded', credits: { captured: 3 } },
    results: [{ kind: 'audio', mime: 'audio/wav', durationMs: Math.round((prompt.length / 15) * 1000) }],
  });
  const broken = await world.create(userId, unique('[[wrong]]'), { modelId: 'openai/gpt-4o-mini-tts' });
  expect(await world.ended(userId, broken.id)).toMatchObject({ state: 'failed', failure: { code: 'generation.resultUnreadable' } });
});

test('row 50: subtitles of a sound, paid by its minutes; no prompt is needed', async () => {
  const userId = await world.newUser(100);
  const bytes = sound({ seconds: 61, prompt: 'talk', sampleRate: 8_000 });
  const uploadId = (await world.upload(userId, bytes, 'audio/wav', 61_000)) as never;
  const sources = [{ uploadId, role: 'audio' as const }];
  const made = await world.create(userId, '', { modelId: 'openai/whisper-1', settings: { format: 'vtt' }, sources });
  const done = await world.ended(userId, made.id);
  // Two minutes begun at 0.6 credits each.
  expect(done).toMatchObject({ state: 'succeeded', credits: { captured: 2 }, results: [{ kind: 'text', mime: 'text/vtt' }] });
  expect(await contentOf(done.results[0]?.sha256)).toMatch(/^WEBVTT\n[\s\S]*--> 00:01:01\.000\n/);
  await expect(world.create(userId, '', { modelId: 'openai/gpt-6-luna' })).rejects.toMatchObject({ code: 'request.invalid' });
  const asPicture = { modelId: 'openai/gpt-6-luna', sources };
  await expect(world.create(userId, 'x', asPicture)).rejects.toMatchObject({ code: 'generation.sourceNotAllowed' });
});

test('row 58: what must not be made is refused before anything is paid, with the categories, at every provider', async () => {
  const userId = await world.newUser(100);
  const prompt = unique('[[flag:sexual/minors]]');
  for (const modelId of ['openai/gpt-image-2.6-flare', 'dashscope/wan2.7-image']) {
    const made = await world.create(userId, prompt, { modelId });
    expect(await world.ended(userId, made.id)).toMatchObject({
      ...{ state: 'failed', failure: { code: 'generation.refused', categories: ['sexual/minors'] } },
      credits: { held: 0, captured: 0 },
    });
    const attempt = await world.db.attempt.findFirstOrThrow({ where: { generationId: made.id } });
    expect(attempt).toMatchObject({ sentAt: null, outcome: 'moderated' });
  }
  expect(paid(prompt)).toHaveLength(0);
  expect(world.dashscope.state.journal().filter((call) => JSON.stringify(call.body).includes(prompt))).toHaveLength(0);
});
