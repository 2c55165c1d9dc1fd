import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { proveFilm } from '../../src/modules/files/service.ts';
import { signToken } from '../../src/providers/kling/auth.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { startKlingSandbox } from '../../src/sandbox/kling/server.ts';
import { KLING_KEYS, picture, until } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningKit;
let frame: string;
const start = () => startKlingSandbox({ port: 0, folder, keys: KLING_KEYS });
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-kling-'));
  frame = (await picture(320, 320, 'jpeg')).toString('base64');
  sandbox = await start();
});
afterEach(() => sandbox.state.setControls(Controls.parse({ waitMs: 0, workMs: 0 })));
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

type Answer = { status: number; json: { code: number; message: string; request_id: string; data?: unknown } };
async function call(method: string, route: string, body?: unknown, token: string = KLING_KEYS.apiKey): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(sandbox.url + route, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Answer['json'] };
}

const ownId = (): string => `own-${randomUUID()}`;
const text = () => ({
  prompt: 'a paper boat',
  settings: { resolution: '720p', duration: 3, aspect_ratio: '16:9', audio: 'off', multi_shot: false },
  options: { external_task_id: ownId(), watermark_info: { enabled: false } },
});
const image = () => ({
  contents: [
    { type: 'prompt', text: 'a paper boat' },
    { type: 'first_frame', url: frame },
    { type: 'last_frame', url: frame },
  ],
  settings: { resolution: '720p', duration: 3, audio: 'native' },
  options: { external_task_id: ownId() },
});
const legacyText = () => ({
  ...{ model_name: 'kling-v3', prompt: 'a paper boat', negative_prompt: 'rain', mode: 'std', duration: '3', sound: 'off' },
  ...{ aspect_ratio: '1:1', external_task_id: ownId() },
});
const legacyImage = () => ({
  ...{ model_name: 'kling-v3', prompt: 'a paper boat', mode: 'pro', duration: '3', sound: 'on' },
  ...{ image: frame, image_tail: frame, external_task_id: ownId() },
});

const ENDPOINTS: readonly [string, () => object, readonly string[]][] = [
  ['/text-to-video/kling-3.0', text, ['prompt']],
  ['/image-to-video/kling-3.0', image, ['contents']],
  ['/v1/videos/text2video', legacyText, ['model_name', 'prompt']],
  ['/v1/videos/image2video', legacyImage, ['model_name', 'prompt', 'image']],
];

describe.each(ENDPOINTS)('POST %s', (route, body, required) => {
  test('takes every field of the reference', async () => {
    const { status, json } = await call('POST', route, body());
    expect(json).toEqual({ code: 0, message: 'SUCCEED', request_id: expect.any(String), data: expect.any(Object) });
    expect(status).toBe(200);
    const isLegacy = route.startsWith('/v1');
    const fields = isLegacy
      ? ['created_at', 'task_id', 'task_info', 'task_status', 'updated_at']
      : ['create_time', 'external_id', 'id', 'message', 'status', 'update_time'];
    expect(Object.keys(json.data as object).sort()).toEqual(fields);
  });
  test.each(required)('refuses it without %s', async (name) => {
    const { [name]: _, ...rest } = body() as Record<string, unknown>;
    expect(await call('POST', route, rest)).toMatchObject({ status: 400, json: { code: 1200 } });
  });
  test('refuses one field too many, also inside', async () => {
    expect(await call('POST', route, { ...body(), seed: 1 })).toMatchObject({ status: 400, json: { code: 1200 } });
    const given = body() as Record<string, unknown>;
    if (typeof given['settings'] !== 'object') return;
    const settings = { ...given['settings'], cfg_scale: 0.5 };
    expect(await call('POST', route, { ...given, settings })).toMatchObject({ status: 400, json: { code: 1200 } });
  });
});

test.each([
  ['/text-to-video/kling-1.5', text, {}, 404, 1203],
  ['/text-to-video/kling-3.0', text, { settings: { duration: 16 } }, 400, 1201],
  ['/text-to-video/kling-2.5-turbo', text, { settings: { duration: 7 } }, 400, 1201],
  ['/image-to-video/kling-3.0-turbo', image, { settings: {} }, 400, 1201],
  ['/v1/videos/text2video', legacyText, { duration: 5 }, 400, 1201],
  ['/v1/videos/text2video', legacyText, { model_name: 'kling-v1' }, 404, 1203],
  ['/v1/videos/image2video', legacyImage, { image: 'data:image/png;base64,AAAA' }, 400, 1201],
  ['/v1/videos/image2video', legacyImage, { image: Buffer.from('no picture').toString('base64') }, 400, 1201],
] as const)('refuses as the provider does, and unpaid: %s %#', async (route, body, change, status, code) => {
  const before = sandbox.state.journal().filter((entry) => entry.accepted).length;
  expect(await call('POST', route, { ...body(), ...change })).toMatchObject({ status, json: { code } });
  expect(sandbox.state.journal().filter((entry) => entry.accepted)).toHaveLength(before);
});

test('lets in by key or by a token that is signed, begun and not over; the new door takes no token', async () => {
  const { accessKey, secretKey } = KLING_KEYS;
  const now = Math.floor(Date.now() / 1000);
  const ask = (token: string, route = '/v1/videos/text2video') => call('POST', route, legacyText(), token);
  expect((await ask(signToken(accessKey, secretKey, now))).status).toBe(200);
  expect(await ask(signToken(accessKey, secretKey, now + 60))).toMatchObject({ status: 401, json: { code: 1003 } });
  expect(await ask(signToken(accessKey, secretKey, now - 2000))).toMatchObject({ status: 401, json: { code: 1004 } });
  expect(await ask(signToken('somebody', secretKey, now))).toMatchObject({ status: 401, json: { code: 1002 } });
  expect(await ask(signToken(accessKey, 'another secret', now))).toMatchObject({ status: 401, json: { code: 1000 } });
  expect(await ask(signToken(accessKey, secretKey, now), '/text-to-video/kling-3.0')).toMatchObject({ status: 401 });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const extra = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: accessKey, exp: now + 100, nbf: now, iat: now })}`;
  const signed = `${extra}.${createHmac('sha256', secretKey).update(extra).digest('base64url')}`;
  expect(await ask(signed)).toMatchObject({ status: 401, json: { code: 1002 } });
  const bare = await fetch(`${sandbox.url}/tasks?task_ids=x`);
  expect(await bare.json()).toMatchObject({ code: 1001 });
});

test('a task waits, works and is done; it is found by both ids; its film is of the asked size and length and survives a restart', async () => {
  sandbox.state.setControls(Controls.parse({ waitMs: 300, workMs: 300 }));
  const order = text();
  const made = (await call('POST', '/text-to-video/kling-3.0', order)).json.data as { id: string; status: string };
  expect(made.status).toBe('submitted');
  await sandbox.stop();
  sandbox = await start();
  const seen = new Set<string>();
  const ask = async () =>
    ((await call('GET', `/tasks?task_ids=${made.id}`)).json.data as { status: string; outputs: { url: string }[] }[])[0];
  const done = await until(ask, (task) => {
    seen.add(task?.status ?? '');
    return task?.status === 'succeeded';
  });
  expect([...seen]).not.toContain('failed');
  const found = await call('GET', `/tasks?external_task_ids=${order.options.external_task_id}`);
  expect(found.json.data).toMatchObject([
    { id: made.id, external_id: order.options.external_task_id, billing: [{ charge_type: 'unit', amount: '1.8' }] },
  ]);
  expect(await call('GET', '/tasks?task_ids=a&external_task_ids=b')).toMatchObject({ status: 400, json: { code: 1200 } });
  expect((await call('GET', '/tasks?task_ids=unknown')).json.data).toEqual([]);
  expect(await call('POST', '/text-to-video/kling-3.0', order)).toMatchObject({ status: 400, json: { code: 1201 } });
  const url = done?.outputs[0]?.url ?? '';
  expect((await fetch(url, { headers: { referer: 'https://example.org/' } })).status).toBe(403);
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const facts = await proveFilm(async (from, to) => bytes.subarray(from, to + 1), bytes.length);
  expect(facts).toEqual({ mime: 'video/mp4', width: 1280, height: 720, durationMs: 3_000 });
});

test('more tasks at once than the account has are refused with 1303', async () => {
  sandbox.state.setControls(Controls.parse({ waitMs: 60_000, maxParallel: 1 }));
  expect((await call('POST', '/text-to-video/kling-3.0', text())).status).toBe(200);
  expect(await call('POST', '/text-to-video/kling-3.0', text())).toMatchObject({ status: 429, json: { code: 1303 } });
});
