import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, DASHSCOPE_KEY, GEMINI_KEY, KLING_KEYS, SANDBOX_KEY, type World } from '../helpers/generation-world.ts';

const ADMIN = path.resolve(import.meta.dirname, '../../src/cli/admin.ts');
let world: World;
let env: Record<string, string>;
beforeAll(async () => {
  world = await createWorld();
  // Keys and addresses as an operator gives them: nothing else tells our stand-ins from the real ones.
  env = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: world.databaseUrl,
    PINGPLEX_SEALING_KEY: randomBytes(32).toString('base64'),
    PINGPLEX_PASSWORD_PEPPERS: `1:${randomBytes(32).toString('base64')}`,
    PINGPLEX_SMTP_URL: 'smtp://127.0.0.1:9',
    OPENAI_API_KEY: SANDBOX_KEY,
    PINGPLEX_OPENAI_URL: `${world.sandbox.url}/v1`,
    GEMINI_API_KEY: GEMINI_KEY,
    PINGPLEX_GEMINI_URL: `${world.gemini.url}/v1beta`,
    KLING_API_KEY: KLING_KEYS.apiKey,
    PINGPLEX_KLING_URL: world.kling.url,
    DASHSCOPE_API_KEY: DASHSCOPE_KEY,
    PINGPLEX_DASHSCOPE_URL: world.dashscope.url,
  };
});
afterAll(() => world.stop());

function admin(words: string[], more: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [ADMIN, ...words], { env: { ...env, ...more } }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('provider check asks every provider that has a key, the cheapest way, and says who is wrong', async () => {
  const journal = () => world.gemini.state.journal().length;
  const before = journal();
  const good = await admin(['provider', 'check']);
  expect(good).toMatchObject({ code: 0 });
  const { checks } = JSON.parse(good.out) as { checks: { provider: string; ok: boolean; sandbox: boolean; notes?: string[] }[] };
  expect(checks.map(({ provider, ok, sandbox }) => ({ provider, ok, sandbox }))).toEqual(
    ['openai', 'google', 'kling', 'dashscope'].map((provider) => ({ provider, ok: true, sandbox: false })),
  );
  expect(world.gemini.state.journal().slice(before)).toMatchObject([
    { path: '/v1beta/models/gemini-3.5-flash-lite:generateContent', body: { generationConfig: { maxOutputTokens: 16 } }, status: 200 },
  ]);
  // Nothing was bought.
  for (const kit of [world.kling, world.dashscope]) expect(kit.state.journal().filter((call) => call.accepted)).toEqual([]);
  expect(world.sandbox.state.journal()).toEqual([]);
  const bad = await admin(['provider', 'check'], { DASHSCOPE_API_KEY: 'sk-another-key-00', GEMINI_API_KEY: 'AIza-another-key' });
  expect(bad.code).toBe(1);
  const wrong = (JSON.parse(bad.out) as { checks: { provider: string; ok: boolean; message: string }[] }).checks.filter((one) => !one.ok);
  expect(wrong.map(({ provider, message }) => `${provider}: ${message}`)).toEqual([
    'google: status 400: API key not valid. Please pass a valid API key.',
    'dashscope: status 401: Invalid API-key provided.',
  ]);
});

test('the catalogue is changed without a release, and what was bought keeps its price', async () => {
  const id = 'openai/gpt-6-luna';
  const userId = await world.newUser(1_000);
  const first = await world.create(userId, 'before', { modelId: id });
  const price = {
    kind: 'perToken',
    unit: 'token',
    inPerMillion: 10,
    outPerMillion: 50_000,
    outFrom: 'max_output_tokens',
    since: '2026-12-01',
  };
  const set = await admin(['model', 'set', id, JSON.stringify({ price, label: { en: 'Luna', ru: 'Луна' } })]);
  expect(set).toMatchObject({ code: 0, err: '' });
  await expect
    .poll(async () => (await world.create(userId, 'after', { modelId: id })).credits.held, { timeout: 20_000, interval: 500 })
    .toBe(101);
  expect(await world.ended(userId, first.id)).toMatchObject({ credits: { captured: 1 } });
  const listed = JSON.parse((await admin(['model', 'list'])).out) as { models: { id: string; changed: unknown }[] };
  expect(listed.models.find((model) => model.id === id)?.changed).toMatchObject({ label: { ru: 'Луна' } });
  expect(await admin(['model', 'reset', id])).toMatchObject({ code: 0 });
  for (const [name, json, code] of [
    ['openai/new', '{"enabled": true}', 'generation.modelUnknown'],
    [id, JSON.stringify({ price: { ...price, outFrom: 3 } }), 'request.invalid'],
  ] as const) {
    const refused = await admin(['model', 'set', name, json]);
    expect([refused.code, JSON.parse(refused.err).error.code]).toEqual([1, code]);
  }
});

test('limits of a provider are set, shown and taken back', async () => {
  const set = await admin(['provider', 'limit', 'kling', '--slots', '2', '--per-minute', '30']);
  expect(JSON.parse(set.out).providers).toContainEqual({
    ...{ provider: 'kling', slots: 2, taken: 0, perMinute: 30, pausedUntil: null, failuresInARow: 0 },
  });
  const back = await admin(['provider', 'limit', 'kling']);
  expect(JSON.parse(back.out).providers).toContainEqual(expect.objectContaining({ provider: 'kling', slots: 6, perMinute: null }));
  expect((await admin(['provider', 'limit', 'nobody', '--slots', '2'])).code).toBe(1);
});
