import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Submission } from '../../src/providers/port.ts';
import { startDashScopeSandbox } from '../../src/sandbox/dashscope/server.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { DASHSCOPE_KEY, dashScopeFor, picture } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningKit;
let frame: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-dashscope-wire-'));
  sandbox = await startDashScopeSandbox({ port: 0, folder, apiKey: DASHSCOPE_KEY });
  sandbox.state.setControls(Controls.parse({ waitMs: 600_000 }));
  frame = await picture(400, 300, 'png');
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const signal = AbortSignal.timeout(60_000);
async function sent(given: Partial<Submission>, key = DASHSCOPE_KEY) {
  const provider = dashScopeFor(sandbox.url, key);
  const answer = await provider.submit({ prompt: 'a kite', userTag: 'tag', submitKey: 'key', sources: [], signal, ...given } as Submission);
  return { provider, answer, call: sandbox.state.journal().at(-1) };
}
const source = (role: 'image' | 'lastFrame') => ({ role, mime: 'image/png', bytes: frame });
const uri = () => `<${`data:image/png;base64,${frame.toString('base64')}`.length} characters>`;
const FILM = { resolution: '720P', duration: 4, audio: false };

describe('row 47: what we send is what the reference says, field by field', () => {
  test('text to video', async () => {
    const { answer, call } = await sent({ capability: 'video', providerModel: 'wan3.0-video', settings: { ...FILM, ratio: '9:16' } });
    expect(answer).toEqual({ kind: 'accepted', requestId: expect.any(String), handle: expect.any(String), firstPollMs: 50 });
    expect(call).toMatchObject({ method: 'POST', path: '/api/v1/services/aigc/video-generation/video-synthesis', accepted: true });
    expect(call?.body).toEqual({
      model: 'wan3.0-video',
      input: { prompt: 'a kite' },
      parameters: { resolution: '720P', duration: 4, audio: false, ratio: '9:16', watermark: false },
    });
  });

  test('image to video with a first and a last frame', async () => {
    const sources = [source('image'), source('lastFrame')];
    const { call } = await sent({ capability: 'imageToVideo', providerModel: 'wan3.0-video', settings: FILM, sources });
    expect(call).toMatchObject({ accepted: true });
    expect(call?.body).toEqual({
      model: 'wan3.0-video',
      input: {
        prompt: 'a kite',
        media: [
          { type: 'first_frame', url: uri() },
          { type: 'last_frame', url: uri() },
        ],
      },
      parameters: { ...FILM, watermark: false },
    });
  });

  test('a new picture, and an edit with two references', async () => {
    const settings = { size: '1K', n: 2 };
    const fresh = await sent({ capability: 'image', providerModel: 'wan2.7-image', settings });
    expect(fresh.call).toMatchObject({ path: '/api/v1/services/aigc/image-generation/generation', accepted: true });
    expect(fresh.call?.body).toEqual({
      model: 'wan2.7-image',
      input: { messages: [{ role: 'user', content: [{ text: 'a kite' }] }] },
      parameters: { size: '1K', n: 2, watermark: false },
    });
    const sources = [source('image'), source('image')];
    const edit = await sent({ capability: 'imageEdit', providerModel: 'wan2.7-image', settings, sources });
    expect(edit.call).toMatchObject({
      accepted: true,
      body: { input: { messages: [{ role: 'user', content: [{ image: uri() }, { image: uri() }, { text: 'a kite' }] }] } },
    });
  });

  test('pictures and speech that come at once', async () => {
    const path = '/api/v1/services/aigc/multimodal-generation/generation';
    const sources = [source('image')];
    const edit = { capability: 'imageEdit', providerModel: 'qwen-image-3.0', settings: { size: 'auto', n: 2 }, sources } as const;
    const picture = await sent({ ...edit, sources });
    expect(picture.call).toMatchObject({ method: 'POST', path, accepted: true });
    expect(picture.call?.body).toEqual({
      model: 'qwen-image-3.0',
      input: { messages: [{ role: 'user', content: [{ image: uri() }, { text: 'a kite' }] }] },
      parameters: { n: 2, watermark: false },
    });
    expect(picture.answer).toMatchObject({ kind: 'delivered', costMicroUsd: 60_000, outputs: [{ url: expect.any(String) }, {}] });
    const fresh = await sent({ capability: 'image', providerModel: 'qwen-image-3.0', settings: { size: '1664*928', n: 1 } });
    expect(fresh.call?.body).toMatchObject({ parameters: { size: '1664*928', n: 1, watermark: false } });
    const settings = { voice: 'Ethan', language_type: 'Auto' };
    const speech = await sent({ capability: 'speech', providerModel: 'qwen3-tts-flash', settings, prompt: 'hello 字' });
    expect(speech.call).toMatchObject({ path, accepted: true });
    expect(speech.call?.body).toEqual({ model: 'qwen3-tts-flash', input: { text: 'hello 字', ...settings } });
    expect(speech.answer).toMatchObject({ kind: 'delivered', costMicroUsd: 80, usage: { characters: 8 } });
  });

  test('a text, told while it is written', async () => {
    const seen: string[] = [];
    const settings = { max_output_tokens: 300, instructions: 'be brief' };
    const { answer, call } = await sent({
      capability: 'text',
      providerModel: 'qwen3.8-flash',
      settings,
      onText: (text) => seen.push(text),
    });
    expect(call).toMatchObject({ method: 'POST', path: '/compatible-mode/v1/chat/completions', accepted: true });
    expect(call?.body).toEqual({
      model: 'qwen3.8-flash',
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'a kite' },
      ],
      max_tokens: 300,
      enable_thinking: false,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(answer).toMatchObject({ kind: 'delivered', tokens: { input: 4, output: seen.length } });
    expect(answer).toMatchObject({ costMicroUsd: Math.round(4 * 0.15 + seen.length * 0.47) });
    expect(seen.at(-1)).toMatch(/^SANDBOX/);
  });

  test.each([
    ['cut', 'delivered'],
    ['refuse', 'refused'],
    ['rateLimit', 'throttled'],
    ['serverError', 'unknown'],
    ['drop', 'unknown'],
  ])('a text that goes wrong: %s → %s', async (fault, kind) => {
    const settings = { max_output_tokens: 300, instructions: '' };
    const { answer } = await sent({ capability: 'text', providerModel: 'qwen3.8-max', settings, prompt: `x [[${fault}]]` });
    expect(answer.kind).toBe(kind);
    if (kind === 'delivered') expect(answer).toMatchObject({ isPartial: true, tokens: null });
  });

  test('looks, and calling off while it waits', async () => {
    const { provider, answer } = await sent({ capability: 'video', providerModel: 'wan3.0-video', settings: { ...FILM, ratio: '1:1' } });
    const handle = answer.kind === 'accepted' ? answer.handle : '';
    const about = { handle, capability: 'video', providerModel: 'wan3.0-video', signal } as const;
    expect(await provider.tasks?.poll(about)).toEqual({ kind: 'working', requestId: expect.any(String), stage: 'waiting' });
    expect(sandbox.state.journal().at(-1)).toMatchObject({ method: 'GET', path: `/api/v1/tasks/${handle}`, body: null });
    expect(await provider.tasks?.cancel?.(about)).toBe('canceled');
    expect(sandbox.state.journal().at(-1)).toMatchObject({ method: 'POST', path: `/api/v1/tasks/${handle}/cancel` });
    expect(await provider.tasks?.cancel?.(about)).toBe('tooLate');
    expect(await provider.tasks?.poll({ ...about, handle: 'nothing' })).toMatchObject({ kind: 'gone' });
  });
});

test.each([
  ['refuse', 'refused'],
  ['rateLimit', 'throttled'],
  ['concurrency', 'throttled'],
  ['serverError', 'unknown'],
  ['broken', 'unknown'],
  ['drop', 'unknown'],
])('each failure becomes its kind: %s', async (fault, kind) => {
  const { answer } = await sent({ capability: 'image', providerModel: 'wan2.7-image', settings: {}, prompt: `x [[${fault}]]` });
  expect(answer.kind).toBe(kind);
});

test('a wrong key is for the operator, a wrong parameter is ours', async () => {
  const image = { capability: 'image', providerModel: 'wan2.7-image' } as const;
  expect((await sent({ ...image, settings: {} }, 'sk-wrong')).answer.kind).toBe('misconfigured');
  expect((await sent({ ...image, settings: { n: 9 } })).answer.kind).toBe('rejected');
  const text = { capability: 'text', settings: { max_output_tokens: 300 } } as const;
  expect((await sent({ ...text, providerModel: 'qwen3.8-flash' }, 'sk-wrong')).answer.kind).toBe('misconfigured');
  expect((await sent({ ...text, providerModel: 'qwen-old' })).answer.kind).toBe('rejected');
});
