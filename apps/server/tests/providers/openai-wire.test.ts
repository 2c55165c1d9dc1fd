import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proveSound } from '../../src/modules/files/service.ts';
import { createOpenAiProvider } from '../../src/providers/openai/adapter.ts';
import type { Submission } from '../../src/providers/port.ts';
import { sound } from '../../src/sandbox/kit/sound.ts';
import { type RunningSandbox, startOpenAiSandbox } from '../../src/sandbox/openai/server.ts';
import { picture, SANDBOX_KEY } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningSandbox;
let frame: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-openai-wire-'));
  sandbox = await startOpenAiSandbox({ port: 0, folder, apiKey: SANDBOX_KEY });
  frame = await picture(64, 48, 'png');
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const signal = AbortSignal.timeout(60_000);
const provider = (apiKey = SANDBOX_KEY) => createOpenAiProvider({ apiKey, baseUrl: `${sandbox.url}/v1`, timeoutMs: 5_000 });
async function sent(given: Partial<Submission>) {
  const asked = { prompt: 'a kite', userTag: 'tag', submitKey: 'key', sources: [], units: 1, signal, ...given } as Submission;
  const answer = await provider().submit(asked);
  return { answer, call: sandbox.state.journal().at(-1) };
}
const TEXT = { capability: 'text', providerModel: 'gpt-6-luna' } as const;
const SETTINGS = { max_output_tokens: 500, effort: 'low', instructions: '' };
const SPEECH = { capability: 'speech', providerModel: 'gpt-4o-mini-tts' } as const;
const HEARD = { capability: 'transcript', providerModel: 'whisper-1' } as const;
const source = (seconds = 2) => ({ role: 'audio' as const, mime: 'audio/wav', bytes: sound({ seconds, prompt: 'x' }) });
const textOf = (answer: Awaited<ReturnType<typeof sent>>['answer']) =>
  answer.kind === 'delivered' && Buffer.isBuffer(answer.outputs[0]) ? answer.outputs[0].toString('utf8') : '';

describe('row 47: what we send is what the reference says, field by field', () => {
  test('new pictures', async () => {
    const settings = { size: '1024x1024', quality: 'low', n: 2, output_format: 'webp', background: 'auto' };
    const { answer, call } = await sent({ capability: 'image', providerModel: 'gpt-image-2.6-flare', settings, units: 2 });
    expect(call?.path).toBe('/v1/images/generations');
    expect(call?.body).toEqual({ ...settings, model: 'gpt-image-2.6-flare', prompt: 'a kite', safety_identifier: 'tag', stream: false });
    expect(answer).toMatchObject({ kind: 'delivered', costMicroUsd: 2 * 196 * 30 + 2 * 5 });
    expect(answer.kind === 'delivered' && answer.outputs).toHaveLength(2);
  });

  test('an edit with a reference and a mask', async () => {
    const settings = { size: 'auto', quality: 'low', n: 1, output_format: 'png', background: 'opaque' };
    const image = { role: 'image' as const, mime: 'image/png', bytes: frame };
    const mask = { role: 'mask' as const, mime: 'image/png', bytes: await sharp(frame).ensureAlpha(0.5).png().toBuffer() };
    const given = { capability: 'imageEdit', providerModel: 'gpt-image-2.6-sunburst', settings, sources: [image, image, mask] } as const;
    const { call } = await sent({ ...given, sources: [...given.sources] });
    expect(call?.path).toBe('/v1/images/edits');
    const file = (bytes: Buffer) => `<image/png of ${bytes.length} bytes>`;
    expect(call?.body).toEqual({
      ...{ ...settings, n: '1', model: 'gpt-image-2.6-sunburst', prompt: 'a kite', safety_identifier: 'tag', stream: 'false' },
      'image[]': [file(frame), file(frame)],
      mask: [file(mask.bytes)],
    });
  });

  test('a text, told while it is written', async () => {
    const seen: string[] = [];
    const { answer, call } = await sent({ ...TEXT, settings: SETTINGS, onText: (text) => seen.push(text) });
    expect(call?.path).toBe('/v1/responses');
    expect(call?.body).toEqual({
      model: 'gpt-6-luna',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'a kite' }] }],
      reasoning: { effort: 'low' },
      max_output_tokens: 500,
      safety_identifier: 'tag',
      store: false,
      stream: true,
    });
    expect(answer).toMatchObject({ kind: 'delivered', tokens: { input: 9, output: seen.length } });
    expect(answer).not.toHaveProperty('isPartial');
    expect(seen.at(-1)).toBe(textOf(answer));
    expect(textOf(answer)).toContain('SANDBOX');
    // 9 tokens in at 0.10 and the rest at 0.50 dollars a million.
    expect(answer).toMatchObject({ costMicroUsd: Math.round(0.9 + seen.length * 0.5) });
  });

  test('a text about two pictures, with instructions', async () => {
    const image = { role: 'image' as const, mime: 'image/png', bytes: frame };
    const { call } = await sent({ ...TEXT, settings: { ...SETTINGS, instructions: 'be brief' }, sources: [image, image] });
    const part = { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${frame.toString('base64')}` };
    const shown = part.image_url.length > 200 ? { ...part, image_url: `<${part.image_url.length} characters>` } : part;
    expect(call?.body).toMatchObject({
      instructions: 'be brief',
      input: [{ role: 'user', content: [shown, shown, { type: 'input_text', text: 'a kite' }] }],
    });
  });

  test('speech in a manner, and by an older model', async () => {
    const { answer, call } = await sent({ ...SPEECH, settings: { voice: 'marin', speed: 1.5, instructions: 'whisper' } });
    expect(call?.path).toBe('/v1/audio/speech');
    expect(call?.body).toEqual({
      ...{ model: 'gpt-4o-mini-tts', input: 'a kite', voice: 'marin', instructions: 'whisper', speed: 1.5, response_format: 'wav' },
    });
    const bytes = answer.kind === 'delivered' && Buffer.isBuffer(answer.outputs[0]) ? answer.outputs[0] : Buffer.alloc(0);
    expect(await proveSound(async (from, to) => bytes.subarray(from, to + 1), bytes.length)).toEqual({
      mime: 'audio/wav',
      durationMs: 500,
    });
    const older = await sent({ ...SPEECH, providerModel: 'tts-1-hd', settings: { voice: 'nova', speed: 1 } });
    expect(older.call?.body).toEqual({ model: 'tts-1-hd', input: 'a kite', voice: 'nova', speed: 1, response_format: 'wav' });
  });

  test('a sound that is written down with times, and plainly', async () => {
    const timed = await sent({ ...HEARD, settings: { format: 'srt', language: 'ru' }, sources: [source()], prompt: 'Kremer' });
    expect(timed.call?.path).toBe('/v1/audio/transcriptions');
    const file = [expect.stringMatching(/^<audio\/wav of \d+ bytes>$/)];
    expect(timed.call?.body).toEqual({ model: 'whisper-1', language: 'ru', prompt: 'Kremer', response_format: 'srt', file });
    expect(textOf(timed.answer)).toMatch(/^1\n00:00:00,000 --> 00:00:\d\d,\d{3}\n/);
    expect(timed.answer).toMatchObject({ costMicroUsd: 6_000 });
    const vtt = await sent({ ...HEARD, settings: { format: 'vtt', language: 'auto' }, sources: [source()], prompt: '' });
    expect(vtt.call?.body).toEqual({ model: 'whisper-1', response_format: 'vtt', file });
    expect(textOf(vtt.answer)).toMatch(/^WEBVTT\n\n00:00:00\.000 --> /);
    const plain = await sent({
      ...HEARD,
      providerModel: 'gpt-transcribe',
      settings: { language: 'auto' },
      sources: [source(40)],
      prompt: '',
    });
    expect(plain.call?.body).toEqual({ model: 'gpt-transcribe', response_format: 'json', file });
    expect(plain.answer).toMatchObject({ usage: { type: 'duration', seconds: 40 }, costMicroUsd: 3_000 });
  });

  test('the free check, of words and of pictures', async () => {
    const images = [{ role: 'image' as const, mime: 'image/png', bytes: frame }];
    expect(await provider().moderate?.({ prompt: 'a kite', images, signal })).toEqual([]);
    expect(await provider().moderate?.({ prompt: 'x [[flag:hate]] [[flag:violence]]', images: [], signal })).toEqual(['hate']);
    expect(await provider('sk-wrong').moderate?.({ prompt: 'x', images: [], signal })).toBeNull();
  });
});

describe('what becomes of a text that goes wrong', () => {
  test.each([
    ['cut', 'delivered'],
    ['failing', 'delivered'],
    ['refusal', 'refused'],
    ['moderation', 'refused'],
    ['429', 'throttled'],
    ['500', 'unknown'],
    ['drop', 'unknown'],
  ])('%s → %s', async (fault, kind) => {
    const { answer } = await sent({ ...TEXT, settings: SETTINGS, prompt: `x [[${fault}]]` });
    expect(answer.kind).toBe(kind);
    // What had come is delivered, and said to be only a part.
    if (kind === 'delivered') expect(answer).toMatchObject({ isPartial: true, tokens: null });
  });

  test('one that reaches its longest length is whole', async () => {
    const { answer } = await sent({ ...TEXT, settings: { ...SETTINGS, max_output_tokens: 16 } });
    expect(answer).toMatchObject({ kind: 'delivered', tokens: { output: 16 } });
    expect(answer).not.toHaveProperty('isPartial');
  });
});

test('what the real one refuses is refused, and unpaid', async () => {
  const before = sandbox.state.journal().length;
  const wrong: Partial<Submission>[] = [
    { capability: 'image', providerModel: 'gpt-image-2', settings: { seed: 1 } },
    { ...TEXT, providerModel: 'gpt-3', settings: SETTINGS },
    { ...TEXT, settings: { ...SETTINGS, effort: 'great' } },
    { ...SPEECH, settings: { voice: 'nobody' } },
    { ...SPEECH, settings: { voice: 'marin' }, prompt: 'x'.repeat(4_097) },
    { ...SPEECH, providerModel: 'tts-1-hd', settings: { voice: 'cedar' } },
    { ...HEARD, providerModel: 'gpt-transcribe', settings: { format: 'srt' }, sources: [source()] },
    { ...HEARD, settings: { format: 'srt' }, sources: [{ ...source(), bytes: Buffer.from('no sound') }] },
  ];
  for (const given of wrong) expect((await sent(given)).answer.kind).toBe('rejected');
  expect(sandbox.state.journal()).toHaveLength(before);
});
