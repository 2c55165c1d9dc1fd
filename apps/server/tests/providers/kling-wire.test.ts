import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KlingCredentials } from '../../src/providers/kling/auth.ts';
import type { Submission } from '../../src/providers/port.ts';
import { Controls } from '../../src/sandbox/kit/faults.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { startKlingSandbox } from '../../src/sandbox/kling/server.ts';
import { KLING_KEYS, klingFor, picture } from '../helpers/generation-world.ts';

let folder: string;
let sandbox: RunningKit;
let frame: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pingplex-kling-wire-'));
  sandbox = await startKlingSandbox({ port: 0, folder, keys: KLING_KEYS });
  sandbox.state.setControls(Controls.parse({ waitMs: 600_000 }));
  frame = await picture(400, 300, 'png');
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const TEXT: Partial<Submission> = {
  ...{ capability: 'video', prompt: 'a kite', providerModel: 'kling-3.0' },
  settings: { resolution: '1080p', duration: 4, aspect_ratio: '9:16', audio: 'native' },
};
const IMAGE: Partial<Submission> = {
  ...{ capability: 'imageToVideo', prompt: 'a kite', providerModel: 'kling-2.5-turbo', settings: { resolution: '720p', duration: 5 } },
};
const signal = AbortSignal.timeout(60_000);

async function sent(credentials: KlingCredentials, given: Partial<Submission>) {
  const submitKey = `key-${randomUUID()}`;
  const sources = [
    { role: 'image' as const, mime: 'image/png', bytes: frame },
    { role: 'lastFrame' as const, mime: 'image/png', bytes: frame },
  ];
  const base = { userTag: 'tag', submitKey, signal, sources: given.capability === 'video' ? [] : sources };
  const provider = klingFor(sandbox.url, credentials);
  const answer = await provider.submit({ ...base, ...given } as Submission);
  const call = sandbox.state.journal().at(-1);
  return { provider, answer, call, submitKey };
}
/** A frame of this size as the journal shows it. */
const base64 = () => `<${frame.toString('base64').length} characters>`;

describe('row 47: what we send is what the reference says, field by field', () => {
  test('new door, text to video', async () => {
    const { answer, call, submitKey } = await sent({ apiKey: KLING_KEYS.apiKey }, TEXT);
    expect(answer).toEqual({ kind: 'accepted', requestId: expect.any(String), handle: expect.any(String), firstPollMs: 50 });
    expect(call).toMatchObject({ method: 'POST', path: '/text-to-video/kling-3.0', status: 200, accepted: true });
    expect(call?.body).toEqual({
      prompt: 'a kite',
      settings: { resolution: '1080p', duration: 4, aspect_ratio: '9:16', audio: 'native' },
      options: { external_task_id: submitKey },
    });
  });

  test('new door, image to video with a first and a last frame', async () => {
    const { call, submitKey } = await sent({ apiKey: KLING_KEYS.apiKey }, IMAGE);
    expect(call).toMatchObject({ path: '/image-to-video/kling-2.5-turbo', accepted: true });
    expect(call?.body).toEqual({
      contents: [
        { type: 'prompt', text: 'a kite' },
        { type: 'first_frame', url: base64() },
        { type: 'last_frame', url: base64() },
      ],
      settings: { resolution: '720p', duration: 5 },
      options: { external_task_id: submitKey },
    });
  });

  test('legacy door, both', async () => {
    const keys = { accessKey: KLING_KEYS.accessKey, secretKey: KLING_KEYS.secretKey };
    const text = await sent(keys, TEXT);
    expect(text.call).toMatchObject({ path: '/v1/videos/text2video', accepted: true });
    expect(text.call?.body).toEqual({
      ...{ model_name: 'kling-v3', prompt: 'a kite', mode: 'pro', duration: '4', sound: 'on', aspect_ratio: '9:16' },
      external_task_id: text.submitKey,
    });
    const image = await sent(keys, IMAGE);
    expect(image.call).toMatchObject({ path: '/v1/videos/image2video', accepted: true });
    expect(image.call?.body).toEqual({
      ...{ model_name: 'kling-v2-5-turbo', prompt: 'a kite', mode: 'std', duration: '5', image: base64(), image_tail: base64() },
      external_task_id: image.submitKey,
    });
  });

  test.each([
    ['new', { apiKey: KLING_KEYS.apiKey }],
    ['legacy', { accessKey: KLING_KEYS.accessKey, secretKey: KLING_KEYS.secretKey }],
  ])('looks and searches: %s door', async (door, keys) => {
    const { answer, provider, submitKey } = await sent(keys, TEXT);
    const handle = answer.kind === 'accepted' ? answer.handle : '';
    const about = { capability: 'video', providerModel: 'kling-3.0', signal } as const;
    expect(await provider.tasks?.poll({ handle, ...about })).toEqual({ kind: 'working', requestId: expect.any(String), stage: 'waiting' });
    const look = door === 'new' ? `/tasks?task_ids=${handle}` : `/v1/videos/text2video/${handle}`;
    expect(sandbox.state.journal().at(-1)).toMatchObject({ method: 'GET', path: look, body: null });
    expect(await provider.tasks?.find?.(submitKey, about)).toBe(handle);
    expect(await provider.tasks?.find?.('somebody else', about)).toBeNull();
    expect(await provider.tasks?.poll({ handle: 'nothing', ...about })).toMatchObject({ kind: 'gone' });
    // Kling has no way to call a task off.
    expect(provider.tasks?.cancel).toBeUndefined();
  });
});

test.each([
  [{ apiKey: 'api-key-kling-wrong' }, 'misconfigured'],
  [{ accessKey: 'test-access', secretKey: 'a wrong secret' }, 'misconfigured'],
])('a wrong key is for the operator, not for the user: %j', async (keys, kind) => {
  expect((await sent(keys, TEXT)).answer.kind).toBe(kind);
});
