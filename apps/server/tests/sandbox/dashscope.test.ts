import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage, proveFilm } from '../../src/modules/files/service.ts';
import { startDashScopeSandbox } from '../../src/sandbox/dashscope/server.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { DASHSCOPE_KEY, picture, until } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningKit;
let frame: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-dashscope-'));
  frame = `data:image/jpeg;base64,${(await picture(320, 240, 'jpeg')).toString('base64')}`;
  sandbox = await startDashScopeSandbox({ port: 0, folder, apiKey: DASHSCOPE_KEY });
});
afterEach(() => sandbox.state.setControls(Controls.parse({ waitMs: 0, workMs: 0 })));
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

type Task = {
  task_id: string;
  task_status: string;
  code?: string;
  video_url?: string;
  choices?: { message: { content: { image: string }[] } }[];
};
type Json = { request_id: string; code?: string; output?: Task; usage?: Record<string, unknown> };
async function call(method: string, route: string, body?: unknown, more: Record<string, string> = { 'x-dashscope-async': 'enable' }) {
  const headers = { authorization: `Bearer ${DASHSCOPE_KEY}`, 'content-type': 'application/json', ...more };
  const answer = await fetch(sandbox.url + route, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

const VIDEO = '/api/v1/services/aigc/video-generation/video-synthesis';
const IMAGE = '/api/v1/services/aigc/image-generation/generation';
const film = () => ({
  model: 'wan3.0-video',
  input: {
    prompt: 'a paper boat',
    media: [
      { type: 'first_frame', url: frame },
      { type: 'last_frame', url: frame },
    ],
  },
  parameters: { resolution: '480P', ratio: 'adaptive', duration: 2, audio: true, prompt_extend: true, watermark: false, seed: 1 },
});
const still = () => ({
  model: 'wan2.7-image',
  input: { messages: [{ role: 'user', content: [{ image: frame }, { text: 'make it dusk' }] }] },
  parameters: { size: '1K', n: 2, thinking_mode: true, watermark: false, seed: 1 },
});

describe.each([
  [VIDEO, film],
  [IMAGE, still],
] as const)('POST %s', (route, body) => {
  test('takes every field of the reference', async () => {
    const { status, json } = await call('POST', route, body());
    expect(json).toEqual({ request_id: expect.any(String), output: { task_id: expect.any(String), task_status: 'PENDING' } });
    expect(status).toBe(200);
  });
  test.each(['model', 'input'])('refuses it without %s', async (name) => {
    const { [name]: _, ...rest } = body() as Record<string, unknown>;
    expect(await call('POST', route, rest)).toMatchObject({ status: 400, json: { code: 'InvalidParameter' } });
  });
  test('refuses one field too many, also inside', async () => {
    for (const wrong of [
      { ...body(), stream: true },
      { ...body(), parameters: { ...body().parameters, negative_prompt: 'x' } },
      { ...body(), input: { ...body().input, img_url: frame } },
    ]) {
      expect(await call('POST', route, wrong)).toMatchObject({ status: 400, json: { code: 'InvalidParameter' } });
    }
  });
  test('refuses it as a synchronous call, with a wrong key, and for a model that is gone', async () => {
    expect(await call('POST', route, body(), {})).toMatchObject({ status: 403, json: { code: 'AccessDenied' } });
    expect(await call('POST', route, body(), { authorization: 'Bearer sk-wrong' })).toMatchObject({
      status: 401,
      json: { code: 'InvalidApiKey' },
    });
    expect(await call('POST', route, { ...body(), model: 'wan2.6-t2v' })).toMatchObject({ status: 404, json: { code: 'ModelNotFound' } });
  });
});

test('refuses what does not go together', async () => {
  const last = { ...film(), input: { prompt: 'x', media: [{ type: 'last_frame', url: frame }] } };
  const far = { ...film(), input: { prompt: 'x', media: [{ type: 'first_frame', url: 'https://example.org/a.png' }] } };
  const large = { ...still(), parameters: { size: '4K' } };
  for (const body of [last, far]) expect((await call('POST', VIDEO, body)).json.code).toBe('InvalidParameter');
  expect((await call('POST', IMAGE, large)).json.code).toBe('InvalidParameter');
});

const look = async (id: string) => (await call('GET', `/api/v1/tasks/${id}`)).json;
const made = async (route: string, body: unknown) => (await call('POST', route, body)).json.output?.task_id ?? '';
const done = (id: string) =>
  until(
    () => look(id),
    (json) => json.output?.task_status === 'SUCCEEDED',
  );

test('a film of the asked size and length, in the shape of its first frame, with what it costs', async () => {
  const json = await done(await made(VIDEO, film()));
  expect(json.usage).toEqual({ duration: 2, output_video_duration: 2, input_video_duration: 0, fps: 24, SR: 480, ratio: '640:480' });
  const bytes = Buffer.from(await (await fetch(json.output?.video_url ?? '')).arrayBuffer());
  const facts = await proveFilm(async (from, to) => bytes.subarray(from, to + 1), bytes.length);
  expect(facts).toEqual({ mime: 'video/mp4', width: 640, height: 480, durationMs: 2_000 });
});

test('as many pictures of the asked size as were ordered', async () => {
  const json = await done(await made(IMAGE, still()));
  expect(json.usage).toEqual({ image_count: 2, size: '1024*1024' });
  const links = (json.output?.choices ?? []).flatMap((choice) => choice.message.content.map((part) => part.image));
  expect(links).toHaveLength(2);
  for (const link of links) {
    expect(await decodeImage(Buffer.from(await (await fetch(link)).arrayBuffer()))).toMatchObject({
      mime: 'image/png',
      width: 1024,
      height: 1024,
    });
  }
});

test('a task is called off while it waits and not later; one that never was is UNKNOWN', async () => {
  sandbox.state.setControls(Controls.parse({ waitMs: 60_000 }));
  const waiting = await made(VIDEO, film());
  expect((await call('POST', `/api/v1/tasks/${waiting}/cancel`, {})).status).toBe(200);
  expect((await look(waiting)).output?.task_status).toBe('CANCELED');
  sandbox.state.setControls(Controls.parse({ waitMs: 0, workMs: 60_000 }));
  const running = await made(VIDEO, film());
  expect((await call('POST', `/api/v1/tasks/${running}/cancel`, {})).status).toBe(400);
  expect((await look(running)).output?.task_status).toBe('RUNNING');
  expect((await look('nothing')).output).toEqual({ task_id: 'nothing', task_status: 'UNKNOWN' });
});

test('more than twenty looks a second are too many', async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, () => call('GET', '/api/v1/tasks/nothing')));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 429]));
});
