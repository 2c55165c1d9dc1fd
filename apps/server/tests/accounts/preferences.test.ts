import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../helpers/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const ROUTE = '/v1/account/preferences';

test('choices are kept one by one: writers of different ones lose nothing, the last writer of one wins', async () => {
  const { accessToken: token } = await server.newUser();
  const change = (body: unknown) => server.call('PATCH', ROUTE, { token, body });
  expect((await server.call('GET', ROUTE, { token })).body).toEqual({ values: {} });
  const answers = await Promise.all([change({ theme: 'dark' }), change({ gridSize: 200 }), change({ template: '{name}' })]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await change({ theme: 'light' })).body).toEqual({ values: { theme: 'light', gridSize: 200, template: '{name}' } });
  expect((await server.call('GET', ROUTE, { token })).body).toEqual({ values: { theme: 'light', gridSize: 200, template: '{name}' } });
});

test('nothing but known choices is taken or told', async () => {
  const user = await server.newUser();
  const { accessToken: token } = user;
  for (const body of [{ theme: 'pink' }, { isAdmin: true }, { gridSize: 1 }, { template: 'x'.repeat(301) }]) {
    expect([body, (await server.call('PATCH', ROUTE, { token, body })).status]).toEqual([body, 400]);
  }
  await server.call('PATCH', ROUTE, { token, body: { view: 'table' } });
  // As a newer program that was rolled back may have left it.
  await server.db.preference.update({ where: { userId: user.account.id }, data: { values: { view: 'table', theme: 'pink', future: 1 } } });
  expect((await server.call('GET', ROUTE, { token })).body).toEqual({ values: { view: 'table' } });
});
