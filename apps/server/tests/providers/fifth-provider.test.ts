/** docs/providers.md, tried: a fifth provider, as small as one can be. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { inTransaction } from '../../src/db/transaction.ts';
import { label, NO_SOURCES } from '../../src/modules/catalogue/entry.ts';
import { type CatalogueEntry, createCatalogue } from '../../src/modules/catalogue/service.ts';
import { setProviderLimits } from '../../src/modules/generations/service.ts';
import { checkOf, exchange, fields, textOf } from '../../src/providers/exchange.ts';
import type { Provider } from '../../src/providers/port.ts';
import { type RunningKit, startKit } from '../../src/sandbox/kit/server.ts';
import { createWorld, type World } from '../helpers/generation-world.ts';

/** The stand-in: `POST /say {text, times}` → `{said}`. */
function startParrotSandbox(folder: string): Promise<RunningKit> {
  const Body = z.strictObject({ text: z.string().min(1), times: z.int().min(1).max(9) });
  return startKit({
    ...{ port: 0, folder },
    answer: async ({ headers, body }, { state }) => {
      if (headers.authorization !== 'Bearer parrot-key') return { status: 401, body: { message: 'who are you?' } };
      const read = Body.safeParse(body);
      if (!read.success) return { status: 400, body: { message: 'say what?' } };
      const { text, times } = read.data;
      if (state.has('refuse', text)) return { status: 451, body: { message: 'not that' } };
      return { status: 200, body: { said: Array<string>(times).fill(text).join(' ') }, accepted: true };
    },
  });
}

/** The adapter. */
function createParrotProvider(baseUrl: string): Provider {
  const say = (body: object, signal: AbortSignal) =>
    exchange({ method: 'POST', url: `${baseUrl}/say`, headers: { authorization: 'Bearer parrot-key' }, body, timeoutMs: 5_000, signal });
  return {
    check: async (_models, signal) => checkOf(await say({ text: 'ok', times: 1 }, signal), (json) => 'said' in fields(json), 'it talks'),
    async submit({ prompt, settings, signal }) {
      const answer = await say({ text: prompt, times: settings['times'] }, signal);
      if (answer.kind !== 'answer')
        return { kind: answer.kind === 'notSent' ? 'notSent' : 'unknown', requestId: null, message: answer.message };
      const { status, requestId, json } = answer;
      if (status === 451) return { kind: 'refused', requestId, categories: [] };
      const message = textOf(fields(json)['message']) ?? '';
      if (status === 401) return { kind: 'misconfigured', requestId, status, message };
      if (status >= 500) return { kind: 'unknown', requestId, message };
      const said = textOf(fields(json)['said']);
      if (status !== 200 || said === null) return { kind: 'rejected', requestId, status, message };
      return { kind: 'delivered', requestId, outputs: [Buffer.from(said)], usage: null, costMicroUsd: 100 };
    },
  };
}

/** The entry of the catalogue. */
const PARROT: CatalogueEntry = {
  ...{ id: 'parrot/green', provider: 'parrot', providerModel: 'green', capability: 'text', resultKind: 'text', retiresAt: null },
  label: { en: 'Parrot', ru: 'Попугай' },
  settings: z.strictObject({ times: z.int().min(1).max(9).default(2).meta(label('How often', 'Сколько раз')) }),
  limits: { maxPromptChars: 100, ...NO_SOURCES },
  price: { kind: 'perUnit', unit: 'song', base: 1, factors: [], since: '2026-11-24' },
};

let world: World;
let sandbox: RunningKit;
beforeAll(async () => {
  world = await createWorld();
  sandbox = await startParrotSandbox(path.join(world.folder, 'parrot'));
  Object.assign(world.deps.providers, { parrot: createParrotProvider(sandbox.url) });
  Object.assign(world.deps, { catalogue: createCatalogue({ parrot: { available: true, sandbox: true } }, undefined, [PARROT]) });
  await inTransaction(world.db, (tx) => setProviderLimits(tx, 'parrot', { slots: 2, perMinute: null }, 2, [PARROT]));
});
afterAll(async () => {
  await sandbox.stop();
  await world.stop();
});

test('a fifth provider is an adapter, an entry and a stand-in: the rest knows nothing of it', async () => {
  const userId = await world.newUser(10);
  const prompt = `hello ${randomUUID()}`;
  const made = await world.create(userId, prompt, { modelId: 'parrot/green', settings: { times: 3 } });
  const done = await world.ended(userId, made.id);
  expect(done).toMatchObject({ state: 'succeeded', credits: { captured: 1 }, results: [{ kind: 'text', mime: 'text/plain' }] });
  expect((await buffer(await world.deps.storage.get(done.results[0]?.sha256 ?? ''))).toString()).toBe(`${prompt} ${prompt} ${prompt}`);
  expect(sandbox.state.journal().at(-1)).toMatchObject({ path: '/say', body: { text: prompt, times: 3 } });
  const refused = await world.create(userId, 'x [[refuse]]', { modelId: 'parrot/green' });
  expect(await world.ended(userId, refused.id)).toMatchObject({ state: 'failed', failure: { code: 'generation.refused' } });
  expect(await world.deps.providers['parrot']?.check([], AbortSignal.timeout(5_000))).toEqual({ ok: true, message: 'it talks' });
  expect(await world.violations()).toEqual([]);
});
