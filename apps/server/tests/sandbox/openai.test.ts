import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI, { toFile } from 'openai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningSandbox, startOpenAiSandbox } from '../../src/sandbox/openai/server.ts';
import { picture, SANDBOX_KEY, sha256Of } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningSandbox;
let client: OpenAI;
const connect = (apiKey = SANDBOX_KEY) => new OpenAI({ apiKey, baseURL: `${sandbox.url}/v1`, maxRetries: 0 });
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-sandbox-'));
  sandbox = await startOpenAiSandbox({ port: 0, folder, apiKey: SANDBOX_KEY });
  client = connect();
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const control = (body: unknown) => fetch(`${sandbox.url}/__control`, { method: 'POST', body: JSON.stringify(body) });
const bytesOf = (answer: OpenAI.ImagesResponse, i = 0) => Buffer.from(answer.data?.[i]?.b64_json ?? '', 'base64');

test('the real client lists models and is refused with a wrong key', async () => {
  const ids = (await client.models.list()).data.map((m) => m.id);
  expect(ids).toContain('gpt-image-2.6-flare');
  await expect(connect('sk-wrong').models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
});

test('a new picture has the size, format and number asked for, counts its tokens, and is the same for the same prompt', async () => {
  const ask = () =>
    client.images.generate({
      model: 'gpt-image-2.6-flare',
      prompt: 'a red boat',
      n: 2,
      size: '1536x1024',
      quality: 'high',
      output_format: 'jpeg',
    });
  const { data: answer, request_id } = await ask().withResponse();
  expect(request_id).toMatch(/^req_/);
  expect(answer.data).toHaveLength(2);
  expect(await sharp(bytesOf(answer)).metadata()).toMatchObject({ format: 'jpeg', width: 1536, height: 1024 });
  // The published figure for high at this size.
  expect(answer.usage?.output_tokens).toBe(2 * 5488);
  expect(sha256Of(bytesOf(await ask()))).toBe(sha256Of(bytesOf(answer)));
  expect(sha256Of(bytesOf(answer, 0))).not.toBe(sha256Of(bytesOf(answer, 1)));
});

describe('an edit', () => {
  test('changes the source visibly, carries the label, and keeps what the mask covers', async () => {
    const source = await picture(768, 512);
    // Left half opaque (keep), right half transparent (change).
    const left = await sharp({ create: { width: 384, height: 512, channels: 4, background: '#000' } })
      .png()
      .toBuffer();
    const mask = await sharp({ create: { width: 768, height: 512, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .composite([{ input: left, left: 0, top: 0 }])
      .png()
      .toBuffer();
    const answer = await client.images.edit({
      model: 'gpt-image-2.6-flare',
      prompt: 'make it dusk',
      image: [await toFile(source, 'a.png', { type: 'image/png' }), await toFile(source, 'b.png', { type: 'image/png' })],
      mask: await toFile(mask, 'm.png', { type: 'image/png' }),
    });
    const edited = bytesOf(answer);
    expect(await sharp(edited).metadata()).toMatchObject({ format: 'png', width: 1536, height: 1024 });
    const difference = async (left: number, top: number) => {
      const region = { left, top, width: 300, height: 300 };
      const a = await sharp(edited).removeAlpha().extract(region).raw().toBuffer();
      const whole = await sharp(source).resize(1536, 1024, { fit: 'cover' }).png().toBuffer();
      const b = await sharp(whole).removeAlpha().extract(region).raw().toBuffer();
      return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
    };
    expect(await difference(380, 20)).toBeLessThan(2);
    expect(await difference(1000, 20)).toBeGreaterThan(15);
    // The label: a dark plate with white strokes at the lower right.
    const plate = await sharp(edited).extract({ left: 500, top: 700, width: 1000, height: 300 }).stats();
    expect(plate.channels[0]?.max).toBeGreaterThan(245);
    expect(sandbox.state.journal().at(-1)).toMatchObject({ path: '/v1/images/edits', sources: 2, prompt: 'make it dusk' });
  });

  test('is refused without a picture, with a broken one, and with a mask of another size', async () => {
    const [good, mask] = [await picture(64, 64), await picture(32, 32)];
    const edit = (image: Buffer, withMask?: Buffer) =>
      Promise.all([
        toFile(image, 'a.png', { type: 'image/png' }),
        withMask ? toFile(withMask, 'm.png', { type: 'image/png' }) : undefined,
      ]).then(([i, m]) => client.images.edit({ model: 'gpt-image-2', prompt: 'x', image: i, ...(m ? { mask: m } : {}) }));
    await expect(edit(Buffer.from('nope'))).rejects.toMatchObject({ status: 400, code: 'invalid_image_file' });
    await expect(edit(good, mask)).rejects.toMatchObject({ status: 400, code: 'invalid_image_mask' });
  });
});

test.each([
  [{ model: 'gpt-image-9' }, 404, 'model_not_found'],
  [{ n: 11 }, 400, 'integer_above_max_value'],
  [{ size: '1000x1000' }, 400, 'invalid_value'],
  [{ size: '4096x1024' }, 400, 'invalid_value'],
  [{ background: 'transparent', output_format: 'jpeg' }, 400, 'invalid_value'],
  [{ quality: 'ultra' }, 400, 'invalid_value'],
  [{ prompt: '' }, 400, 'missing_required_parameter'],
])('refuses as the provider does, and unpaid: %j', async (fields, status, code) => {
  const before = sandbox.state.journal().length;
  const ask = { model: 'gpt-image-2', prompt: 'x', ...fields } as OpenAI.ImageGenerateParamsNonStreaming;
  await expect(client.images.generate(ask)).rejects.toMatchObject({ status, code });
  expect(sandbox.state.journal()).toHaveLength(before);
});

test('faults come when ordered, as often as ordered; a model is gone from its date on', async () => {
  const ask = () => client.images.generate({ model: 'gpt-image-2', prompt: 'x', size: '1024x1024', quality: 'low' });
  await control({ rateLimit: { times: 1, retryAfterS: 3 }, moderation: 1, gone: { 'gpt-image-2.5-flare': '2026-01-01' } });
  await expect(ask()).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  await expect(ask()).rejects.toMatchObject({ status: 400, code: 'moderation_blocked' });
  expect((await ask()).data).toHaveLength(1);
  await expect(client.images.generate({ model: 'gpt-image-2.5-flare', prompt: 'x' })).rejects.toMatchObject({ status: 404 });
  expect((await control({ unknown: 1 })).status).toBe(400);
});

test('a restart of the stand-in forgets no paid call', async () => {
  const before = sandbox.state.journal();
  expect(before.length).toBeGreaterThan(0);
  await sandbox.stop();
  sandbox = await startOpenAiSandbox({ port: 0, folder, apiKey: SANDBOX_KEY });
  expect((await (await fetch(`${sandbox.url}/__journal`)).json()) as unknown).toEqual({ accepted: before, peak: 0 });
});
