import { randomUUID } from 'node:crypto';
import { HTTP_ROUTES, Problem, type Route } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, DEVICE, startServer, type TestServer, type Tokens } from '../helpers/test-server.ts';

let server: TestServer;
let user: Tokens;
beforeAll(async () => {
  server = await startServer();
  user = await server.newUser();
});
afterAll(() => server.stop());

const ROUTES = Object.entries(HTTP_ROUTES) as [string, Route][];
const pathOf = (route: Route): string =>
  route.path.replace(':id', '0197f0c0-0000-7000-8000-000000000000').replace(':sha256', 'a'.repeat(64));

/** Every refusal has this shape and tells nothing of the inside. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer).toMatchObject({ status, body: { status, code, requestId: answer.headers.get('x-request-id') } });
  Problem.parse(answer.body);
  expect(answer.text).not.toMatch(/node_modules|prisma|SELECT|at .*\.ts:|\/apps\//i);
}

describe('the HTTP layer', () => {
  test('B16: every route that is not public refuses a request without a token, before it looks at anything else', async () => {
    for (const [id, route] of ROUTES) {
      if (route.access === 'public') continue;
      const answer = await server.call(route.method, pathOf(route), route.method === 'GET' ? {} : { body: { anything: 1 } });
      expect([id, answer.status]).toEqual([id, 401]);
      expectProblem(answer, 401, 'auth.required');
    }
  });

  test('B1: unknown fields in body, query and a wrong parameter are refused with the field', async () => {
    const extra = await server.call('POST', '/v1/auth/sign-in', { body: { email: 'a@b.org', password: 'x', device: DEVICE, admin: true } });
    expectProblem(extra, 400, 'request.invalid');
    expect(extra.body['errors']).toEqual([{ path: 'body', message: 'unknown fields' }]);
    expectProblem(await server.call('GET', '/v1/generations?limit=5&order=asc', { token: user.accessToken }), 400, 'request.invalid');
    expectProblem(await server.call('GET', '/v1/generations?limit=1000', { token: user.accessToken }), 400, 'request.invalid');
    const badId = await server.call('DELETE', '/v1/auth/sessions/not-an-id', { token: user.accessToken });
    expect(badId.body['errors']).toMatchObject([{ path: 'params.id' }]);
  });

  test('B2: an object where a text belongs never reaches a query', async () => {
    const body = { email: { contains: '' }, password: { not: '' }, device: DEVICE };
    expectProblem(await server.call('POST', '/v1/auth/sign-in', { body }), 400, 'request.invalid');
    expectProblem(await server.call('POST', '/v1/auth/refresh', { body: { refreshToken: { contains: '' } } }), 400, 'request.invalid');
  });

  test('B3: wrong type, charset, size, depth, syntax and __proto__ are refused', async () => {
    const post = (raw: string, type = 'application/json') =>
      server.call('POST', '/v1/auth/refresh', { raw, headers: { 'Content-Type': type } });
    expectProblem(await post('refreshToken=x', 'application/x-www-form-urlencoded'), 415, 'request.unsupportedType');
    expectProblem(await post('{}', 'text/plain'), 415, 'request.unsupportedType');
    expectProblem(await post('{}', 'application/json; charset=utf-7'), 415, 'request.unsupportedType');
    expectProblem(await post(JSON.stringify({ refreshToken: 'x'.repeat(100_001) })), 413, 'request.tooLarge');
    expectProblem(await post('['.repeat(40_000) + ']'.repeat(40_000)), 400, 'request.invalid');
    expectProblem(await post(`{"refreshToken":"${'x'.repeat(30)}","__proto__":{"a":1}}`), 400, 'request.invalid');
    expectProblem(await post('{"refreshToken":'), 400, 'request.invalid');
    expectProblem(await post('"text"'), 400, 'request.invalid');
  });

  test('B4: headers of every kind of answer', async () => {
    for (const route of ['/v1/info', '/nowhere', '/openapi.json', '/mail/confirm']) {
      const { headers } = await server.call('GET', route);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('strict-transport-security')).toContain('max-age=');
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    }
    expect((await server.call('GET', '/v1/account', { token: user.accessToken })).headers.get('cache-control')).toBe('no-store');
  });

  test('pages behind mails show no blanks of a text', async () => {
    for (const page of ['/mail/confirm?lang=en', '/mail/reset?lang=ru']) {
      const html = await (await fetch(`${server.url}${page}`)).text();
      const { errors } = JSON.parse(/id="words">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}') as { errors: Record<string, string> };
      expect(errors['auth.passwordTooShort']).toContain(' 8 ');
      expect(Object.values(errors).filter((text) => /[{}]/.test(text))).toEqual([]);
    }
  });

  test('B5: 404 and 405 are problems; 405 names what is allowed; TRACE and odd methods are refused', async () => {
    expectProblem(await server.call('GET', '/v1/nowhere'), 404, 'request.notFound');
    expectProblem(await server.call('POST', '/V1/INFO'), 404, 'request.notFound');
    const wrong = await server.call('PUT', '/v1/auth/sign-in', { body: {} });
    expectProblem(wrong, 405, 'request.methodNotAllowed');
    expect(wrong.headers.get('allow')).toBe('POST');
    expectProblem(await server.call('PURGE', '/v1/info'), 405, 'request.methodNotAllowed');
    expectProblem(await server.call('GET', '/v1/generations/%ff', { token: user.accessToken }), 400, 'request.invalid');
  });

  test('B11: a paid request without its key is refused', async () => {
    const answer = await server.call('POST', '/v1/generations', { token: user.accessToken, body: { modelId: 'x', prompt: 'y' } });
    expectProblem(answer, 400, 'request.idempotencyKeyMissing');
  });

  test('OpenAPI describes every route of the contract', async () => {
    const { body, status } = await server.call('GET', '/openapi.json');
    expect(status).toBe(200);
    expect(body['openapi']).toBe('3.1.0');
    const paths = body['paths'] as Record<string, Record<string, { operationId: string; responses: object; security: unknown[] }>>;
    const described = Object.values(paths).flatMap((p) => Object.values(p).map((o) => o.operationId));
    const pages = ['auth.confirmPage', 'auth.emailPage', 'auth.resetPage', 'auth.undoPage', 'auth.confirmSignIn', 'auth.confirmSignInPage'];
    const raw = [
      ...pages,
      'auth.googleBegin',
      'auth.googleCallback',
      'billing.canceledPage',
      'billing.donePage',
      'billing.secretWebhook',
      'billing.webhook',
      'auth.jwks',
      'events.stream',
      'results.content',
      'results.head',
      'system.openApi',
    ];
    const tus = ['uploads.append', 'uploads.create', 'uploads.drop', 'uploads.offset', 'uploads.options'];
    expect(described.sort()).toEqual([...ROUTES.map(([id]) => id), ...raw, ...tus].sort());
    // What a path allows is what is described for it.
    for (const [path, operations] of Object.entries(paths)) {
      const refused = await server.call('PUT', path.replaceAll(/\{\w+\}/g, randomUUID()), { token: user.accessToken });
      expect([path, refused.headers.get('allow')?.toLowerCase().split(', ').sort()]).toEqual([path, Object.keys(operations).sort()]);
    }
    expect(Object.keys(paths['/v1/results/{id}/content']?.['get']?.responses ?? {})).toEqual(['200', '206', '304', '416', 'default']);
    for (const [id, route] of ROUTES) {
      const operation = paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()];
      expect([id, Object.keys(operation?.responses ?? {})]).toEqual([id, [String(route.status), 'default']]);
      expect(operation?.security).toEqual(route.access === 'public' ? [] : [{ accessToken: [] }]);
    }
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, ref]) => ref ?? '');
    for (const ref of references)
      expect([ref, ref.split('/').reduce<unknown>((o, k) => (o as Record<string, unknown>)?.[k], body) !== undefined]).toEqual([ref, true]);
  });

  test('liveness, readiness and what the server is', async () => {
    expect(await server.call('GET', '/livez')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await server.call('GET', '/readyz')).toMatchObject({ status: 200, body: { ok: true } });
    const { body } = await server.call('GET', '/v1/info');
    expect(body).toMatchObject({ name: 'pingplex', sandbox: true, mailSandboxUrl: server.mailUrl });
    expect((await server.call('GET', '/metrics')).status).toBe(404);
  });

  test('the mail sandbox says what it is', async () => {
    expect(await (await fetch(server.mailUrl)).text()).toContain('these mails were caught here and went to nobody');
  });

  test('B14: no password, token, address or key is in the log, whatever happens', async () => {
    const email = 'canary-address@example.org';
    const password = 'canary-password-77 Ω';
    const known = await server.newUser({ email, password });
    const canaries = [
      email,
      password,
      'canary-password',
      known.accessToken,
      known.refreshToken,
      'canary-token-000000000000000000',
      'canary-query',
    ];
    await server.call('POST', '/v1/auth/sign-in', { body: { email, password: `${password}x`, device: DEVICE } });
    await server.call('POST', '/v1/auth/refresh', {
      raw: `{"refreshToken":"canary-token-000000000000000000"`,
      headers: { 'Content-Type': 'application/json' },
    });
    await server.call('POST', '/v1/auth/password/reset', { body: { token: 'canary-token-000000000000000000', password } });
    await server.call('GET', '/v1/account?secret=canary-query', { token: known.accessToken });
    await server.call('GET', '/nowhere/canary-query');
    const log = server.logs();
    expect(log.split('\n').length).toBeGreaterThan(8);
    for (const canary of canaries) expect([canary, log.includes(canary)]).toEqual([canary, false]);
    const line = log
      .split('\n')
      .map((l) => (l === '' ? {} : (JSON.parse(l) as Record<string, unknown>)))
      .find((l) => l['route'] === '/v1/auth/sign-in');
    expect(line).toMatchObject({ msg: 'request', method: 'POST', requestId: expect.any(String) });
  });

  test('B15: what happens to accounts is recorded, and addresses leave the record after 30 days', async () => {
    const kinds = (await server.db.securityEvent.findMany({ where: { userId: user.account.id } })).map((e) => e.kind);
    expect(kinds).toEqual(expect.arrayContaining(['signUp.confirmed', 'signIn.succeeded']));
  });
});
