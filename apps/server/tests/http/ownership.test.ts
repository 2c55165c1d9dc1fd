import { randomUUID } from 'node:crypto';
import { EVENTS_PATH, type Generation, HTTP_ROUTES, type HttpRouteId, type Route } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { picture, sha256Of, until } from '../helpers/generation-world.ts';
import { type Answer, type CallOptions, startServer, type TestServer, type Tokens } from '../helpers/test-server.ts';

type Person = Tokens & { email: string; password: string };

let server: TestServer;
let owner: Person;
let stranger: Person;
/** What the owner has. */
let things: {
  finished: string;
  waiting: string;
  result: string;
  upload: string;
  sha256: string;
  session: string;
  purchase: string;
  payment: string;
};

const create = async (prompt: string): Promise<Generation> => {
  const answer = await server.call('POST', '/v1/generations', {
    token: owner.accessToken,
    headers: { 'Idempotency-Key': randomUUID() },
    body: { modelId: 'openai/gpt-image-2.6-flare', prompt, settings: { quality: 'low' } },
  });
  expect(answer.status).toBe(201);
  return answer.body as unknown as Generation;
};

/** An open purchase of the owner's, and a payment that could be refunded. */
async function buyAsOwner(): Promise<{ purchase: string; payment: string }> {
  const userId = owner.account.id;
  const bought = await server.call('POST', '/v1/billing/purchases', {
    token: owner.accessToken,
    headers: { 'Idempotency-Key': randomUUID() },
    body: { offerId: 'pack-small', processor: 'stripe', currency: 'USD' },
  });
  expect(bought.status).toBe(201);
  const sum = { amount: 800, currency: 'USD', credits: 500, months: 1 };
  const names = { processor: 'stripe', externalId: `pi_${userId}`, sourceKey: `test:${userId}`, kind: 'pack', offerId: 'pack-small' };
  const payment = await server.db.payment.create({
    data: { id: randomUUID(), userId, ...names, ...sum, state: 'review', paidAt: new Date() },
  });
  return { purchase: String(bought.body['id']), payment: payment.id };
}

beforeAll(async () => {
  server = await startServer();
  [owner, stranger] = [await server.newUser(), await server.newUser()];
  const { id: finished } = await create('secret of the owner');
  const done = await until(
    () => server.call('GET', `/v1/generations/${finished}`, { token: owner.accessToken }),
    (answer) => answer.body['state'] === 'succeeded',
  );
  await server.db.providerState.upsert({
    where: { provider: 'openai' },
    create: { provider: 'openai', blockedUntil: new Date(Date.now() + 3_600_000) },
    update: { blockedUntil: new Date(Date.now() + 3_600_000) },
  });
  const { id: waiting } = await create('another secret of the owner');
  const bytes = await picture(16, 16);
  const sha256 = sha256Of(bytes);
  const upload = await server.db.upload.create({
    data: {
      id: randomUUID(),
      userId: owner.account.id,
      sha256,
      mime: 'image/png',
      sizeBytes: bytes.length,
      state: 'ready',
      width: 16,
      height: 16,
      expiresAt: new Date(Date.now() + 86_400_000),
    },
  });
  const result = (done.body as unknown as Generation).results[0]?.id ?? '';
  things = { finished, waiting, result, upload: upload.id, sha256, session: owner.sessionId, ...(await buyAsOwner()) };
});
afterAll(() => server.stop());

type Ids = { generation: string; session: string; sha256: string; upload: string; purchase: string; payment: string };
type Case =
  /** Asks for a thing by its name: somebody else's must look exactly like none. */
  | { names: (ids: Ids) => string; options?: (ids: Ids) => CallOptions }
  /** Is about who asks: nothing of the owner may be in the answer. */
  | { about: CallOptions; status?: number; path?: string };

/** What an app tells before it opens the browser. */
const BROWSER = { challenge: 'c'.repeat(43), method: 'S256', state: 's'.repeat(22), redirectUri: null };

/** Every route that is not public; one without a case fails below. */
const CASES: Partial<Record<HttpRouteId, Case>> = {
  'auth.changePassword': { about: { body: { current: 'not the password', next: 'a new long passphrase 1' } }, status: 401 },
  'auth.confirmIdentity': { about: { body: { password: 'not the password' } }, status: 401 },
  'auth.listSessions': { about: {} },
  'auth.revokeSession': { names: ({ session }) => `/v1/auth/sessions/${session}` },
  'auth.revokeOtherSessions': { about: { body: {} } },
  'billing.createPurchase': {
    about: { headers: { 'Idempotency-Key': randomUUID() }, body: { offerId: 'pack-small', processor: 'stripe', currency: 'USD' } },
  },
  'billing.listPurchases': { about: {} },
  'billing.getPurchase': { names: ({ purchase }) => `/v1/billing/purchases/${purchase}` },
  'billing.refreshPurchase': { names: ({ purchase }) => `/v1/billing/purchases/${purchase}/refresh`, options: () => ({ body: {} }) },
  'billing.cancelPurchase': { names: ({ purchase }) => `/v1/billing/purchases/${purchase}/cancel`, options: () => ({ body: {} }) },
  'billing.subscription': { about: {} },
  'billing.previewChange': { about: {}, path: '/v1/billing/subscription/change?offerId=pro-month', status: 409 },
  'billing.changePlan': { about: { headers: { 'Idempotency-Key': randomUUID() }, body: { offerId: 'pro-month' } }, status: 409 },
  'billing.cancelSubscription': { about: { body: {} }, status: 409 },
  'billing.resumeSubscription': { about: { body: {} }, status: 409 },
  'billing.paymentMethod': { about: { body: {} }, status: 409 },
  'billing.payments': { about: {} },
  'billing.refund': {
    names: ({ payment }) => `/v1/billing/payments/${payment}/refund`,
    options: () => ({ headers: { 'Idempotency-Key': randomUUID() }, body: {} }),
  },
  'account.get': { about: {} },
  'account.getPreferences': { about: {} },
  'account.changePreferences': { about: { body: { theme: 'dark' } } },
  'account.changeEmail': { about: { body: { email: 'another@example.org' } } },
  'account.startTwoFactor': { about: { body: {} } },
  'account.confirmTwoFactor': { about: { body: { code: '000000' } }, status: 401 },
  'account.renewRecoveryCodes': { about: { body: {} }, status: 404 },
  'account.disableTwoFactor': { about: { body: {} } },
  'account.startGoogleLink': { about: { body: BROWSER } },
  'account.startGoogleCheck': { about: { body: BROWSER } },
  'account.finishGoogle': {
    about: { body: { requestId: randomUUID(), code: 'AAAA-BBBB', verifier: 'v'.repeat(43), redirectUri: null } },
    status: 410,
  },
  'account.unlinkGoogle': { about: { body: {} } },
  'wallet.get': { about: {} },
  'wallet.movements': { about: {} },
  'uploads.findByHash': { names: ({ sha256 }) => `/v1/uploads/by-hash/${sha256}` },
  'generations.create': {
    names: () => '/v1/generations',
    options: ({ upload }) => ({
      headers: { 'Idempotency-Key': randomUUID() },
      body: { modelId: 'openai/gpt-image-2.6-flare:edit', prompt: 'x', sources: [{ uploadId: upload, role: 'image' }] },
    }),
  },
  'generations.get': { names: ({ generation }) => `/v1/generations/${generation}` },
  'generations.list': { about: {} },
  'generations.cancel': { names: ({ generation }) => `/v1/generations/${generation}/cancel`, options: () => ({ body: {} }) },
  'usage.report': { about: { body: { events: [{ verb: 'clean', kind: 'image', count: 1, sizeClass: '1-10MB' }] } } },
};

const ROUTES = Object.entries(HTTP_ROUTES) as [HttpRouteId, Route][];
const guarded = ROUTES.filter(([, route]) => route.access !== 'public');
const shapeOf = ({ status, body }: Answer) => ({ status, body: { ...body, requestId: '' } });

describe('B6: what belongs to somebody else is like nothing', () => {
  test('every route that is not public has a case', () => {
    expect(Object.keys(CASES).sort()).toEqual(guarded.map(([id]) => id).sort());
  });

  test.each(guarded)('%s', async (id, route) => {
    const given = CASES[id];
    if (given === undefined) throw new Error(`no case for ${id}`);
    const ask = (path: string, options: CallOptions) => server.call(route.method, path, { ...options, token: stranger.accessToken });
    if ('about' in given) {
      const answer = await ask(given.path ?? route.path, given.about);
      expect(answer.status).toBe(given.status ?? route.status);
      for (const secret of [owner.email, owner.account.id, 'secret of the owner', ...Object.values(things)]) {
        expect([secret, answer.text.includes(secret)]).toEqual([secret, false]);
      }
      return;
    }
    const absent: Ids = {
      generation: randomUUID(),
      session: randomUUID(),
      sha256: 'a'.repeat(64),
      upload: randomUUID(),
      purchase: randomUUID(),
      payment: randomUUID(),
    };
    const nothing = await ask(given.names(absent), given.options?.(absent) ?? {});
    for (const generation of [things.finished, things.waiting]) {
      const ids: Ids = { ...things, generation };
      const foreign = await ask(given.names(ids), given.options?.(ids) ?? {});
      expect(foreign.status).toBe(id === 'generations.create' ? 422 : 404);
      expect(shapeOf(foreign)).toEqual(shapeOf(nothing));
    }
  });

  test('bytes of results and events', async () => {
    const options = { token: stranger.accessToken };
    const [foreign, nothing] = [
      await server.call('GET', `/v1/results/${things.result}/content`, options),
      await server.call('GET', `/v1/results/${randomUUID()}/content`, options),
    ];
    expect(shapeOf(foreign)).toEqual(shapeOf(nothing));
    expect(foreign.status).toBe(404);
    // The whole log of who asks, from its first entry: none of the owner's is in it.
    const gone = new AbortController();
    const stream = await fetch(server.url + EVENTS_PATH, {
      headers: { authorization: `Bearer ${stranger.accessToken}`, 'last-event-id': '0' },
      signal: gone.signal,
    });
    const first = await stream.body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString('utf8')).not.toContain(owner.account.id);
    gone.abort();
  });

  test('nothing of the owner was changed', async () => {
    const token = owner.accessToken;
    expect((await server.call('GET', '/v1/wallet', { token })).body).toMatchObject({ available: 98, held: 1 });
    expect((await server.call('GET', `/v1/generations/${things.waiting}`, { token })).body['state']).toBe('queued');
    expect((await server.call('GET', `/v1/results/${things.result}/content`, { token })).status).toBe(200);
    expect((await server.call('GET', `/v1/uploads/by-hash/${things.sha256}`, { token })).status).toBe(200);
    expect(await server.db.usageCount.count({ where: { userId: owner.account.id } })).toBe(0);
  });
});
