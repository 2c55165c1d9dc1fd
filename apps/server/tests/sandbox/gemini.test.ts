import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeImage, proveFilm } from '../../src/modules/files/service.ts';
import { startGeminiSandbox } from '../../src/sandbox/gemini/server.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { GEMINI_KEY, picture, until } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningKit;
let frame: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-gemini-'));
  frame = (await picture(320, 240, 'jpeg')).toString('base64');
  sandbox = await startGeminiSandbox({ port: 0, folder, apiKey: GEMINI_KEY });
});
beforeEach(() => sandbox.state.setControls(Controls.parse({ waitMs: 0, workMs: 0 })));
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

type Json = {
  id: string;
  status: string;
  error?: { status: string };
  steps: { content: { type: string; data?: string; uri?: string; mime_type: string }[] }[];
  usage?: { output_tokens_by_modality: unknown };
};
async function call(method: string, route: string, body?: unknown, key = GEMINI_KEY) {
  const headers = { 'x-goog-api-key': key, 'content-type': 'application/json' };
  const answer = await fetch(sandbox.url + route, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}
const ROUTE = '/v1beta/interactions';
const common = { background: true, store: true };
const input = () => [
  { type: 'image', data: frame, mime_type: 'image/jpeg' },
  { type: 'text', text: 'make it dusk' },
];
const still = () => ({
  ...common,
  model: 'gemini-3.1-flash-image',
  input: input(),
  response_format: { type: 'image', aspect_ratio: '4:3', image_size: '1K', mime_type: 'image/jpeg', delivery: 'inline' },
});
const film = () => ({
  ...common,
  model: 'gemini-omni-1.1-flash',
  input: input(),
  response_format: { type: 'video', aspect_ratio: '9:16', resolution: '360p', duration: '3s', delivery: 'uri' },
  generation_config: { video_config: { task: 'image_to_video' } },
});

describe.each([
  ['a picture', still],
  ['a film', film],
] as const)('%s', (_name, body) => {
  test('is taken with every field of the reference', async () => {
    const { status, json } = await call('POST', ROUTE, body());
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: expect.any(String), status: 'queued', model: body().model });
  });
  test.each(['model', 'input', 'response_format'])('is refused without %s', async (name) => {
    const { [name]: _, ...rest } = body() as Record<string, unknown>;
    expect(await call('POST', ROUTE, rest)).toMatchObject({ status: 400, json: { error: { status: 'INVALID_ARGUMENT' } } });
  });
  test('is refused with one field too many, also inside', async () => {
    for (const wrong of [
      { ...body(), seed: 1 },
      { ...body(), response_format: { ...body().response_format, quality: 'high' } },
      { ...body(), generation_config: { video_config: { task: 'text_to_video', fps: 24 } } },
    ]) {
      expect(await call('POST', ROUTE, wrong)).toMatchObject({ status: 400 });
    }
  });
  test('is refused in the background without being stored, with a wrong key, and by a model that is gone', async () => {
    expect(await call('POST', ROUTE, { ...body(), store: false })).toMatchObject({ status: 400 });
    expect(await call('POST', ROUTE, body(), 'AIza-other')).toMatchObject({ status: 400, json: { error: { status: 'INVALID_ARGUMENT' } } });
    expect(await call('POST', ROUTE, { ...body(), model: 'imagen-4.0' })).toMatchObject({ status: 404 });
    expect((await fetch(`${sandbox.url}${ROUTE}?key=${GEMINI_KEY}`, { method: 'POST', body: '{}' })).status).toBe(400);
  });
});

test('refuses what does not go together', async () => {
  for (const wrong of [
    { ...film(), response_format: { ...film().response_format, duration: '11s' } },
    { ...film(), generation_config: { video_config: { task: 'text_to_video' } } },
    { ...still(), model: 'gemini-3-pro-image', response_format: { type: 'image', image_size: '512' } },
    { ...still(), model: 'gemini-3.1-flash-lite-image' },
  ]) {
    expect(await call('POST', ROUTE, wrong)).toMatchObject({ status: 400 });
  }
});

const done = async (body: unknown) => {
  const { id } = (await call('POST', ROUTE, body)).json;
  return until(
    async () => (await call('GET', `${ROUTE}/${id}`)).json,
    (json) => json.status === 'completed',
  );
};

test('a picture of the asked shape comes in the answer, with what it counts', async () => {
  const json = await done(still());
  const [part] = json.steps[0]?.content ?? [];
  expect(await decodeImage(Buffer.from(part?.data ?? '', 'base64'))).toEqual({ mime: 'image/jpeg', width: 1184, height: 880 });
  expect(json.usage?.output_tokens_by_modality).toEqual([{ modality: 'image', tokens: 1120 }]);
});

test('a film is a file that gets ready, is had with the key only, and can be deleted with its interaction', async () => {
  const json = await done(film());
  const [part] = json.steps[0]?.content ?? [];
  const uri = new URL(part?.uri ?? '');
  const states = new Set<unknown>();
  await until(
    async () => (await call('GET', uri.pathname)).json as unknown as { state: string },
    ({ state }) => {
      states.add(state);
      return state === 'ACTIVE';
    },
  );
  expect(states).toContain('ACTIVE');
  expect((await fetch(`${uri.href}:download?alt=media`)).status).toBe(400);
  const answer = await fetch(`${uri.href}:download?alt=media`, { headers: { 'x-goog-api-key': GEMINI_KEY } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const facts = await proveFilm(async (from, to) => bytes.subarray(from, to + 1), bytes.length);
  expect(facts).toEqual({ mime: 'video/mp4', width: 360, height: 640, durationMs: 3_000 });
  expect(json.usage?.output_tokens_by_modality).toEqual([{ modality: 'video', tokens: 3 * 1931 }]);
  expect((await call('DELETE', uri.pathname)).status).toBe(200);
  expect((await call('DELETE', `${ROUTE}/${json.id}`)).status).toBe(200);
  expect((await call('GET', `${ROUTE}/${json.id}`)).status).toBe(404);
  expect((await call('GET', uri.pathname)).status).toBe(404);
});

test('what waits can be called off', async () => {
  sandbox.state.setControls(Controls.parse({ waitMs: 60_000 }));
  const { id } = (await call('POST', ROUTE, still())).json;
  expect((await call('POST', `${ROUTE}/${id}/cancel`, {})).json.status).toBe('cancelled');
});
