import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Generation, GenerationResult, Problem, Upload } from '@pingplex/shared/contracts/http';
import { isGenerationOver } from '@pingplex/shared/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readGeneration } from '../../src/modules/generations/service.ts';
import { sound } from '../../src/sandbox/kit/sound.ts';
import { picture, sha256Of, until } from '../helpers/generation-world.ts';
import { call, createServerWorld, type ServerProcess, type ServerWorld, type SignedIn } from '../helpers/server-process.ts';

let world: ServerWorld;
let server: ServerProcess;
let who: SignedIn;
let other: SignedIn;
beforeAll(async () => {
  world = await createServerWorld();
  server = await world.start('all');
  [who, other] = [await world.signIn(50), await world.signIn(0)];
});
afterAll(() => world.stop());

const b64 = (text: string) => Buffer.from(text).toString('base64');
const TUS = { 'tus-resumable': '1.0.0' };

function begin(user: SignedIn, bytes: Buffer, meta: { sha256?: string; mime?: string; length?: number } = {}): Promise<Response> {
  const metadata = `sha256 ${b64(meta.sha256 ?? sha256Of(bytes))},mime ${b64(meta.mime ?? 'image/png')},filename ${b64('holiday.png')}`;
  return fetch(`${server.url}/v1/uploads`, {
    method: 'POST',
    headers: {
      ...TUS,
      authorization: `Bearer ${user.accessToken}`,
      'upload-length': String(meta.length ?? bytes.length),
      'upload-metadata': metadata,
    },
  });
}

function patch(user: SignedIn, location: string, bytes: Buffer, offset: number): Promise<Response> {
  return fetch(server.url + location, {
    method: 'PATCH',
    headers: {
      ...TUS,
      authorization: `Bearer ${user.accessToken}`,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
    },
    body: new Uint8Array(bytes),
  });
}

const head = (user: SignedIn, location: string) =>
  fetch(server.url + location, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${user.accessToken}` } });

async function upload(user: SignedIn, bytes: Buffer, mime = 'image/png'): Promise<string> {
  const location = (await begin(user, bytes, { mime })).headers.get('location') ?? '';
  expect((await patch(user, location, bytes, 0)).status).toBe(204);
  return location.split('/').at(-1) ?? '';
}

const byHash = (user: SignedIn, sha256: string) => call(server.url, user, 'GET', `/v1/uploads/by-hash/${sha256}`);
const parts = async () => readdir(path.join(world.folder, 'uploads'));

describe('an upload', () => {
  test('goes on where it broke off, is proved, and is found by its hash by its owner only', async () => {
    const bytes = await picture(400, 300);
    const made = await begin(who, bytes);
    expect(made.status).toBe(201);
    const location = made.headers.get('location') ?? '';
    expect((await patch(who, location, bytes.subarray(0, 1000), 0)).headers.get('upload-offset')).toBe('1000');
    expect((await patch(who, location, bytes.subarray(0, 10), 0)).status).toBe(409);
    expect((await head(who, location)).headers.get('upload-offset')).toBe('1000');
    expect((await byHash(who, sha256Of(bytes))).status).toBe(404);
    expect((await patch(who, location, bytes.subarray(1000), 1000)).status).toBe(204);
    const found = (await (await byHash(who, sha256Of(bytes))).json()) as Upload;
    expect(found).toMatchObject({ id: location.split('/').at(-1), sha256: sha256Of(bytes), sizeBytes: bytes.length, mime: 'image/png' });
    // The answer to the last byte may get lost: asking again says that all is there.
    const again = await head(who, location);
    expect([again.status, again.headers.get('upload-offset')]).toEqual([200, String(bytes.length)]);
    expect((await byHash(other, sha256Of(bytes))).status).toBe(404);
    expect((await head(other, location)).status).toBe(404);
    expect((await patch(other, location, bytes, 0)).status).toBe(404);
    expect(await parts()).toEqual([]);
  });

  test('of a sound is proved, and can be written down and fetched as subtitles', async () => {
    const bytes = sound({ seconds: 3, prompt: 'talk' });
    const uploadId = await upload(who, bytes, 'audio/wav');
    expect(await world.db.upload.findUnique({ where: { id: uploadId } })).toMatchObject({ durationMs: 3_000, width: null, state: 'ready' });
    const body = { modelId: 'openai/whisper-1', prompt: '', sources: [{ uploadId, role: 'audio' }] };
    const made = (await (
      await call(server.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() })
    ).json()) as Generation;
    const done = await until(
      () => readGeneration(world.db, who.userId, made.id),
      (g) => g !== null && isGenerationOver(g.state),
    );
    const answer = await call(server.url, who, 'GET', `/v1/results/${done?.results[0]?.id}/content`);
    expect(answer.headers.get('content-type')).toContain('application/x-subrip');
    expect(answer.headers.get('content-disposition')).toContain('.srt"');
    expect(await answer.text()).toMatch(/^1\n00:00:00,000 --> /);
  });

  test('with another hash is refused and forgotten', async () => {
    const bytes = await picture(64, 64);
    const location = (await begin(who, bytes, { sha256: sha256Of(Buffer.from('other')) })).headers.get('location') ?? '';
    const answer = await patch(who, location, bytes, 0);
    expect(answer.status).toBe(422);
    expect((await answer.json()) as Problem).toMatchObject({ code: 'upload.hashMismatch' });
    expect((await head(who, location)).status).toBe(404);
    expect(await parts()).toEqual([]);
  });

  test.each([
    ['text that claims to be PNG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/png'],
    ['JPEG bytes that claim to be PNG', () => picture(64, 64, 'jpeg'), 'image/png'],
    ['half a picture', async () => (await picture(64, 64)).subarray(0, 300), 'image/png'],
    ['a sound that breaks off', async () => sound({ seconds: 2, prompt: 'x' }).subarray(0, 9_000), 'audio/wav'],
    ['WAV bytes that claim to be MP3', async () => sound({ seconds: 1, prompt: 'x' }), 'audio/mpeg'],
    [
      'a script behind JPEG magic',
      async () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from('<script>')]),
      'image/jpeg',
    ],
  ])('of %s is refused', async (_name, make, mime) => {
    const bytes = await make();
    const location = (await begin(who, bytes, { mime })).headers.get('location') ?? '';
    const answer = await patch(who, location, bytes, 0);
    expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([422, 'upload.typeNotAllowed']);
    expect(await parts()).toEqual([]);
  });

  test('of somebody else can not be named behind an own one', async () => {
    const bytes = await picture(64, 64);
    const [own, foreign] = await Promise.all(
      [begin(who, bytes), begin(other, bytes)].map(async (r) => (await r).headers.get('location') ?? ''),
    );
    const trick = `${own}?/${foreign?.split('/').at(-1)}`;
    expect((await patch(who, trick, bytes.subarray(0, 100), 0)).status).toBe(204);
    expect((await head(other, foreign ?? '')).headers.get('upload-offset')).toBe('0');
    expect((await head(who, own ?? '')).headers.get('upload-offset')).toBe('100');
    await fetch(server.url + trick, { method: 'DELETE', headers: { ...TUS, authorization: `Bearer ${who.accessToken}` } });
    expect((await head(other, foreign ?? '')).status).toBe(200);
    expect((await head(who, own ?? '')).status).toBe(404);
    expect((await patch(other, foreign ?? '', bytes, 0)).status).toBe(204);
  });

  test('is refused before the first byte: no token, wrong type, no hash, too large, nothing', async () => {
    const bytes = await picture(16, 16);
    expect((await begin({ ...who, accessToken: 'nonsense' }, bytes)).status).toBe(401);
    expect((await begin(who, bytes, { mime: 'image/svg+xml' })).status).toBe(422);
    expect((await begin(who, bytes, { sha256: 'abc' })).status).toBe(400);
    expect((await begin(who, bytes, { length: 60_000_000 })).status).toBe(413);
    expect((await begin(who, bytes, { length: 0 })).status).toBe(422);
    expect(await world.db.upload.count({ where: { userId: who.userId, state: 'receiving' } })).toBe(0);
  });
});

describe('an edit and its result', () => {
  let generation: Generation;
  let result: GenerationResult;
  beforeAll(async () => {
    const uploadId = await upload(who, await picture(900, 600, 'jpeg'), 'image/jpeg');
    const body = {
      modelId: 'openai/gpt-image-2.6-flare:edit',
      prompt: 'evening light',
      settings: { quality: 'low', output_format: 'jpeg' },
      sources: [{ uploadId, role: 'image' }],
    };
    const made = (await (
      await call(server.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() })
    ).json()) as Generation;
    generation = (await until(
      () => readGeneration(world.db, who.userId, made.id),
      (g) => g !== null && isGenerationOver(g.state),
    )) as Generation;
    result = generation.results[0] as GenerationResult;
  });
  const content = (headers: Record<string, string> = {}, user = who) =>
    call(server.url, user, 'GET', `/v1/results/${result.id}/content`, undefined, headers);

  test('sends the source and keeps its shape', () => {
    expect(generation).toMatchObject({ state: 'succeeded', modelId: 'openai/gpt-image-2.6-flare:edit', credits: { captured: 1 } });
    expect(result).toMatchObject({ mime: 'image/jpeg', width: 1536, height: 1024 });
    expect(world.sandbox.state.journal().at(-1)).toMatchObject({ path: '/v1/images/edits', sources: 1 });
  });

  test('is fetched whole and in parts, and nobody shows it inline', async () => {
    const whole = await content();
    expect(whole.status).toBe(200);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-disposition': expect.stringMatching(/^attachment; filename="[0-9a-f-]{36}\.jpg"$/),
      etag: `"${result.sha256}"`,
      'accept-ranges': 'bytes',
    });
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(sha256Of(bytes)).toBe(result.sha256);
    const part = await content({ range: 'bytes=100-199', 'if-range': `"${result.sha256}"` });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${result.sizeBytes}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    expect((await content({ range: 'bytes=100-', 'if-range': '"other"' })).status).toBe(200);
    expect((await content({ range: `bytes=${result.sizeBytes}-` })).status).toBe(416);
    expect((await content({ 'if-none-match': `"${result.sha256}"` })).status).toBe(304);
  });

  test('is nobody else’s, and is gone when its time is over', async () => {
    expect((await content({}, other)).status).toBe(404);
    expect((await call(server.url, who, 'GET', '/v1/results/not-an-id/content')).status).toBe(404);
    await world.db.generationResult.update({ where: { id: result.id }, data: { expiresAt: new Date(Date.now() - 1000) } });
    const gone = await content();
    expect([gone.status, ((await gone.json()) as Problem).code]).toEqual([410, 'generation.expired']);
  });

  test.each([
    ['no source', () => [], 'generation.sourceMissing'],
    ['an upload of nobody', () => [{ uploadId: randomUUID(), role: 'image' }], 'generation.sourceMissing'],
    ['only a mask', () => [{ uploadId: randomUUID(), role: 'mask' }], 'generation.sourceMissing'],
  ])('is refused with %s, and costs nothing', async (_name, sources, code) => {
    const before = await world.db.hold.count();
    const body = { modelId: 'openai/gpt-image-2.6-flare:edit', prompt: 'x', settings: {}, sources: sources() };
    const answer = await call(server.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() });
    expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([422, code]);
    expect(await world.db.hold.count()).toBe(before);
  });

  test('somebody else’s upload is like none', async () => {
    const uploadId = await upload(other, await picture(32, 32));
    const body = { modelId: 'openai/gpt-image-2.6-flare:edit', prompt: 'x', settings: {}, sources: [{ uploadId, role: 'image' }] };
    const answer = await call(server.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() });
    expect(((await answer.json()) as Problem).code).toBe('generation.sourceMissing');
  });

  test('a mask must have the size of the first image', async () => {
    const image = await upload(who, await picture(100, 80));
    const mask = await upload(who, await picture(80, 100));
    const sources = [
      { uploadId: image, role: 'image' },
      { uploadId: mask, role: 'mask' },
    ];
    const body = { modelId: 'openai/gpt-image-2.6-flare:edit', prompt: 'x', settings: {}, sources };
    const answer = await call(server.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() });
    expect(((await answer.json()) as Problem).code).toBe('generation.sourceNotAllowed');
  });
});

test('the catalogue carries schemas with labels in both languages, limits and prices', async () => {
  const { models } = (await (await fetch(`${server.url}/v1/models`)).json()) as { models: Record<string, unknown>[] };
  expect(models.filter((m) => m['provider'] === 'openai' && m['resultKind'] === 'image').map((m) => m['id'])).toEqual([
    'openai/gpt-image-2.6-flare',
    'openai/gpt-image-2.6-flare:edit',
    'openai/gpt-image-2.6-sunburst',
    'openai/gpt-image-2.6-sunburst:edit',
  ]);
  expect(models[1]).toMatchObject({
    available: true,
    settingsSchema: {
      properties: { quality: { enum: ['low', 'medium', 'high'], default: 'medium', 'x-label': { en: 'Quality', ru: 'Качество' } } },
    },
    limits: { minSources: 1, maxSources: 16 },
  });
});

test('row 49: a film is made from a first frame and fetched by its owner, in parts too', async () => {
  const uploadId = await upload(who, await picture(480, 480, 'jpeg'), 'image/jpeg');
  const body = {
    modelId: 'kling/kling-2.5-turbo:image',
    prompt: 'a slow turn',
    settings: { duration: 5 },
    sources: [{ uploadId, role: 'image' }],
  };
  const made = (await (
    await call(server.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() })
  ).json()) as Generation;
  const done = (await until(
    () => readGeneration(world.db, who.userId, made.id),
    (g) => g !== null && isGenerationOver(g.state),
  )) as Generation;
  expect(done).toMatchObject({
    state: 'succeeded',
    credits: { captured: 21 },
    results: [{ kind: 'video', mime: 'video/mp4', durationMs: 5_000 }],
  });
  const [film] = done.results;
  const read = (headers: Record<string, string> = {}) =>
    call(server.url, who, 'GET', `/v1/results/${film?.id ?? ''}/content`, undefined, headers);
  const whole = await read();
  expect(whole.headers.get('content-type')).toBe('video/mp4');
  expect(whole.headers.get('content-disposition')).toMatch(/\.mp4"$/);
  expect(sha256Of(Buffer.from(await whole.arrayBuffer()))).toBe(film?.sha256);
  const part = await read({ range: 'bytes=4-7' });
  expect([part.status, await part.text()]).toEqual([206, 'ftyp']);
});

test('usage is kept as sums', async () => {
  const event = { verb: 'clean', kind: 'image', count: 3, sizeClass: '1-10MB' };
  for (let i = 0; i < 2; i += 1) expect((await call(server.url, who, 'POST', '/v1/usage', { events: [event, event] })).status).toBe(202);
  const rows = await world.db.usageCount.findMany({ where: { userId: who.userId } });
  expect(rows).toHaveLength(1);
  expect(Number(rows[0]?.count)).toBe(12);
  expect((await call(server.url, who, 'POST', '/v1/usage', { events: [{ ...event, name: 'secret.jpg' }] })).status).toBe(400);
});
