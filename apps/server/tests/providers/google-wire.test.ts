import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Submission } from '../../src/providers/port.ts';
import { startGeminiSandbox } from '../../src/sandbox/gemini/server.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { GEMINI_KEY, googleFor, picture } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningKit;
let frame: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-gemini-wire-'));
  sandbox = await startGeminiSandbox({ port: 0, folder, apiKey: GEMINI_KEY });
  sandbox.state.setControls(Controls.parse({ waitMs: 600_000 }));
  frame = await picture(400, 300, 'png');
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const signal = AbortSignal.timeout(60_000);
async function sent(given: Partial<Submission>, key = GEMINI_KEY) {
  const provider = googleFor(sandbox.url, key);
  const answer = await provider.submit({ prompt: 'a kite', userTag: 'tag', submitKey: 'key', sources: [], signal, ...given } as Submission);
  return { provider, answer, call: sandbox.state.journal().at(-1) };
}
const source = { role: 'image' as const, mime: 'image/png', bytes: Buffer.alloc(0) };
const part = () => ({ type: 'image', data: `<${frame.toString('base64').length} characters>`, mime_type: 'image/png' });

describe('row 47: what we send is what the reference says, field by field', () => {
  test('a new picture, and a large one by address', async () => {
    const settings = { aspect_ratio: '16:9', image_size: '1K' };
    const { answer, call } = await sent({ capability: 'image', providerModel: 'gemini-nano-banana-2.1', settings });
    expect(answer).toEqual({ kind: 'accepted', requestId: expect.any(String), handle: expect.any(String), firstPollMs: 50 });
    expect(call).toMatchObject({ method: 'POST', path: '/v1beta/interactions', accepted: true });
    expect(call?.body).toEqual({
      model: 'gemini-nano-banana-2.1',
      input: 'a kite',
      background: true,
      store: true,
      response_format: { type: 'image', aspect_ratio: '16:9', image_size: '1K', delivery: 'inline' },
    });
    const large = await sent({
      ...{ capability: 'image', providerModel: 'gemini-3-pro-image', settings: { aspect_ratio: '1:1', image_size: '4K' } },
    });
    expect(large.call?.body).toMatchObject({ response_format: { delivery: 'uri' } });
  });

  test('an edit with two references, in the shape of the source', async () => {
    const sources = [
      { ...source, bytes: frame },
      { ...source, bytes: frame },
    ];
    const settings = { aspect_ratio: 'auto', image_size: '1K' };
    const { call } = await sent({ capability: 'imageEdit', providerModel: 'gemini-3.1-flash-image', settings, sources });
    expect(call).toMatchObject({ accepted: true });
    expect(call?.body).toEqual({
      model: 'gemini-3.1-flash-image',
      input: [part(), part(), { type: 'text', text: 'a kite' }],
      background: true,
      store: true,
      response_format: { type: 'image', image_size: '1K', delivery: 'inline' },
    });
  });

  test('films from text and from a picture', async () => {
    const settings = { resolution: '720p', duration: 4, aspect_ratio: '9:16' };
    const text = await sent({ capability: 'video', providerModel: 'gemini-omni-1.2-flash', settings });
    const response_format = { type: 'video', aspect_ratio: '9:16', resolution: '720p', duration: '4s', delivery: 'uri' };
    expect(text.call).toMatchObject({ accepted: true });
    expect(text.call?.body).toEqual({
      ...{ model: 'gemini-omni-1.2-flash', input: 'a kite', background: true, store: true, response_format },
      generation_config: { video_config: { task: 'text_to_video' } },
    });
    const sources = [{ ...source, bytes: frame }];
    const image = await sent({ capability: 'imageToVideo', providerModel: 'gemini-omni-1.1-flash', settings, sources });
    expect(image.call).toMatchObject({ accepted: true });
    expect(image.call?.body).toEqual({
      ...{ model: 'gemini-omni-1.1-flash', input: [part(), { type: 'text', text: 'a kite' }], background: true, store: true },
      response_format,
      generation_config: { video_config: { task: 'image_to_video' } },
    });
  });

  test('speech in a manner, and music', async () => {
    const speech = await sent({
      capability: 'speech',
      providerModel: 'gemini-3.8-flash-tts',
      settings: { voice: 'Puck', manner: 'whispering' },
    });
    expect(speech.call).toMatchObject({ accepted: true });
    expect(speech.call?.body).toEqual({
      model: 'gemini-3.8-flash-tts',
      input: [
        {
          type: 'user_input',
          content: [{ type: 'text', text: 'a kite', annotations: [{ type: 'speech_metadata', style: 'whispering' }] }],
        },
      ],
      background: true,
      store: true,
      response_format: { type: 'audio', mime_type: 'audio/wav', sample_rate: 24_000, delivery: 'uri' },
      generation_config: { speech_config: [{ voice: 'Puck' }] },
    });
    const music = await sent({ capability: 'music', providerModel: 'lyria-3.5', settings: {} });
    expect(music.call).toMatchObject({ accepted: true });
    expect(music.call?.body).toEqual({
      ...{ model: 'lyria-3.5', input: 'a kite', background: true, store: true },
      response_format: { type: 'audio', mime_type: 'audio/wav', delivery: 'uri' },
    });
  });

  test('a text about a picture, told while it is written', async () => {
    const seen: string[] = [];
    const settings = { max_output_tokens: 400, effort: 'none', instructions: 'be brief' };
    const sources = [{ ...source, bytes: frame }];
    const given = { capability: 'text', providerModel: 'gemini-3.5-flash-lite', settings, sources } as const;
    const { answer, call } = await sent({ ...given, onText: (text) => seen.push(text) });
    expect(call).toMatchObject({ path: '/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse', accepted: true });
    expect(call?.body).toEqual({
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: part().data } }, { text: 'a kite' }] }],
      systemInstruction: { parts: [{ text: 'be brief' }] },
      generationConfig: { maxOutputTokens: 400, thinkingConfig: { thinkingLevel: 'minimal' } },
    });
    const text = answer.kind === 'delivered' && Buffer.isBuffer(answer.outputs[0]) ? answer.outputs[0].toString('utf8') : '';
    expect(answer).toMatchObject({ tokens: { input: 260, output: seen.length }, costMicroUsd: Math.round(260 * 0.3 + seen.length * 2.5) });
    expect(seen.at(-1)).toBe(text);
    expect(text).toMatch(/^SANDBOX/);
  });

  test.each([
    ['cut', 'delivered'],
    ['filtered', 'delivered'],
    ['refuse', 'refused'],
    ['rateLimit', 'throttled'],
    ['serverError', 'unknown'],
    ['drop', 'unknown'],
  ])('a text that goes wrong: %s → %s', async (fault, kind) => {
    const settings = { max_output_tokens: 400, effort: 'low', instructions: '' };
    const { answer } = await sent({ capability: 'text', providerModel: 'gemini-3.8-flash', settings, prompt: `x [[${fault}]]` });
    expect(answer.kind).toBe(kind);
    if (kind === 'delivered') expect(answer).toMatchObject({ isPartial: true, tokens: null });
  });

  test('looks, calling off, and forgetting', async () => {
    const { provider, answer } = await sent({ capability: 'image', providerModel: 'gemini-3-pro-image', settings: {} });
    const handle = answer.kind === 'accepted' ? answer.handle : '';
    const about = { handle, capability: 'image', providerModel: 'gemini-3-pro-image', signal } as const;
    expect(await provider.tasks?.poll(about)).toEqual({ kind: 'working', requestId: expect.any(String), stage: 'waiting' });
    expect(sandbox.state.journal().at(-1)).toMatchObject({ method: 'GET', path: `/v1beta/interactions/${handle}`, body: null });
    expect(await provider.tasks?.cancel?.(about)).toBe('canceled');
    expect(sandbox.state.journal().at(-1)).toMatchObject({ method: 'POST', path: `/v1beta/interactions/${handle}/cancel`, body: {} });
    await provider.tasks?.discard?.(about);
    expect(sandbox.state.journal().at(-1)).toMatchObject({ method: 'DELETE', path: `/v1beta/interactions/${handle}`, status: 200 });
    expect(await provider.tasks?.poll(about)).toMatchObject({ kind: 'gone' });
  });
});

test.each([
  ['refuse', 'accepted'],
  ['rateLimit', 'throttled'],
  ['concurrency', 'throttled'],
  ['serverError', 'unknown'],
  ['broken', 'unknown'],
  ['drop', 'unknown'],
])('each failure becomes its kind: %s', async (fault, kind) => {
  const { answer } = await sent({ capability: 'image', providerModel: 'gemini-3-pro-image', settings: {}, prompt: `x [[${fault}]]` });
  expect(answer.kind).toBe(kind);
  if (answer.kind === 'throttled') expect(answer.retryAfterMs).toBe(1_000);
});

test('a wrong key is for the operator, a wrong parameter or model is ours', async () => {
  const image = { capability: 'image', providerModel: 'gemini-3-pro-image' } as const;
  expect((await sent({ ...image, settings: {} }, 'AIza-wrong-key')).answer.kind).toBe('misconfigured');
  expect((await sent({ ...image, settings: { image_size: '8K' } })).answer.kind).toBe('rejected');
  expect((await sent({ ...image, providerModel: 'imagen-4', settings: {} })).answer.kind).toBe('rejected');
});
