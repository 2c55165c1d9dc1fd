import { randomUUID } from 'node:crypto';
import type { Generation, ServerEvent } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '../../src/db/transaction.ts';
import { appendEvents } from '../../src/modules/events/service.ts';
import { call, createServerWorld, type ServerProcess, type ServerWorld, type SignedIn } from '../helpers/server-process.ts';

let world: ServerWorld;
let api: ServerProcess;
beforeAll(async () => {
  world = await createServerWorld();
  [api] = await Promise.all([world.start('api'), world.start('worker')]);
});
afterAll(() => world.stop());

type Frame = { id: number; type: string; data: ServerEvent['data'] };

/** Reads a stream frame by frame. */
async function listen(who: SignedIn, lastId?: number) {
  const gone = new AbortController();
  const response = await fetch(`${api.url}/v1/events`, {
    headers: { authorization: `Bearer ${who.accessToken}`, ...(lastId === undefined ? {} : { 'last-event-id': String(lastId) }) },
    signal: gone.signal,
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const frames: Frame[] = [];
  const ids: number[] = [];
  let text = '';
  let wake = (): void => undefined;
  const reading = (async () => {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        text = text.slice(end + 2);
        if (fields.has('id')) ids.push(Number(fields.get('id')));
        const data = fields.get('data');
        if (data !== undefined)
          frames.push({ id: Number(fields.get('id')), type: fields.get('event') ?? '', data: JSON.parse(data) as Frame['data'] });
      }
      wake();
    }
  })().catch(() => undefined);
  const waitFor = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  await waitFor(() => ids.length > 0);
  const close = (): Promise<void> => {
    gone.abort();
    return reading;
  };
  return { frames, ids, waitFor, close };
}

const order = async (who: SignedIn, body: object) =>
  (await (await call(api.url, who, 'POST', '/v1/generations', body, { 'idempotency-key': randomUUID() })).json()) as Generation;
const create = (who: SignedIn, prompt: string) =>
  order(who, { modelId: 'openai/gpt-image-2.6-flare', prompt, settings: { quality: 'low' } });
const isDone = (f: Frame) => f.type === 'generation.changed' && (f.data as Generation).state === 'succeeded';

test('a generation is followed to its end across processes, and a reader that was away misses nothing', async () => {
  const who = await world.signIn(10);
  const first = await listen(who);
  await create(who, 'followed');
  await first.waitFor(() => first.frames.some(isDone) && first.frames.at(-1)?.type !== undefined);
  await first.waitFor(() => first.frames.filter((f) => f.type === 'wallet.changed').length > 0);
  const seen = first.frames.map((f) => f.id);
  expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  await first.close();
  const place = first.ids.at(-1) ?? 0;
  await create(who, 'while away');
  const second = await listen(who, place);
  await second.waitFor(() => second.frames.some(isDone));
  expect(second.frames.every((f) => f.id > place)).toBe(true);
  expect(second.frames.some((f) => f.type === 'resync')).toBe(false);
  await second.close();
});

test('numbers have no gap although writers race, and readers see nobody else’s events', async () => {
  const [who, other] = [await world.signIn(0), await world.signIn(0)];
  const stranger = await listen(other);
  await Promise.all(
    Array.from({ length: 30 }, () =>
      inTransaction(world.db, (tx) =>
        appendEvents(tx, who.userId, [{ type: 'wallet.changed' }, { type: 'session.ended', subject: randomUUID() }]),
      ),
    ),
  );
  const rows = await world.db.event.findMany({ where: { userId: who.userId }, orderBy: { seq: 'asc' } });
  expect(rows.map((r) => Number(r.seq))).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  const reader = await listen(who, 0);
  await reader.waitFor(() => reader.ids.at(-1) === 60);
  // All thirty wallet events show the same wallet: one is enough.
  expect(reader.frames.filter((f) => f.type === 'wallet.changed')).toHaveLength(1);
  expect(reader.frames.filter((f) => f.type === 'session.ended')).toHaveLength(30);
  expect(stranger.frames).toEqual([]);
  await Promise.all([reader.close(), stranger.close()]);
});

test('a place that the log no longer has is answered with resync', async () => {
  const who = await world.signIn(0);
  for (let i = 0; i < 3; i += 1) await inTransaction(world.db, (tx) => appendEvents(tx, who.userId, [{ type: 'wallet.changed' }]));
  await world.db.event.deleteMany({ where: { userId: who.userId, seq: { lte: 2 } } });
  for (const place of [0, 99, Number.NaN]) {
    const reader = await listen(who, place);
    expect(reader.frames[0]).toMatchObject({ id: 3, type: 'resync' });
    await reader.close();
  }
  const fresh = await listen(who, 2);
  await fresh.waitFor(() => fresh.frames.length > 0);
  expect(fresh.frames[0]).toMatchObject({ id: 3, type: 'wallet.changed' });
  await fresh.close();
});

test('without a token there is no stream', async () => {
  expect((await fetch(`${api.url}/v1/events`)).status).toBe(401);
});

test('row 51: a text reaches the reader while it is being written, each time a little longer', async () => {
  const who = await world.signIn(10);
  const stream = await listen(who);
  const { id } = await order(who, { modelId: 'openai/gpt-6-luna', prompt: `a story ${randomUUID()} [[word:40]]` });
  await stream.waitFor(() => stream.frames.some(isDone));
  const texts = stream.frames.flatMap((frame) => (frame.type === 'generation.changed' ? ((frame.data as Generation).text ?? []) : []));
  expect(texts.length).toBeGreaterThan(1);
  for (const [n, text] of texts.entries()) expect(text.startsWith(texts[n - 1] ?? '')).toBe(true);
  const done = stream.frames.find(isDone)?.data as Generation;
  const result = await call(api.url, who, 'GET', `/v1/results/${done.results[0]?.id}/content`);
  expect((await result.text()).startsWith(texts.at(-1) ?? 'x')).toBe(true);
  expect(done).toMatchObject({ id, text: null, isPartial: false });
  await stream.close();
});
