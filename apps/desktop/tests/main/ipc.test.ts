import { IPC_ROUTES, type IpcRouteId } from '@pingplex/shared/contracts/ipc';
import { AppError } from '@pingplex/shared/errors';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRouter, type IpcHandlers } from '../../src/main/ipc/router.ts';

const ours = { url: 'app://pingplex/index.html', isMainFrame: true, windowIsOurs: true };
const reached: { route: string; input: unknown }[] = [];
const reported: string[] = [];
let fault: unknown;

const routes = Object.keys(IPC_ROUTES) as IpcRouteId[];
const handlers = Object.fromEntries(
  routes.map((route) => [
    route,
    (input: unknown) => {
      reached.push({ route, input });
      if (fault !== undefined) throw fault;
      return { done: true };
    },
  ]),
) as unknown as IpcHandlers;
const answer = createRouter(handlers, (route, error) => reported.push(`${route} ${error.code}`));
const ask = (route: unknown, input: unknown, fromPreload = false) => answer({ sender: ours, fromPreload, route, input });

beforeEach(() => {
  reached.length = 0;
  reported.length = 0;
  fault = undefined;
});

describe('the door to main', () => {
  test('row 10: no route is reached by a stranger', async () => {
    for (const route of routes) {
      for (const sender of [null, { ...ours, isMainFrame: false }, { ...ours, windowIsOurs: false }, { ...ours, url: 'about:blank' }]) {
        expect(await answer({ sender, fromPreload: true, route, input: {} })).toMatchObject({ ok: false, error: { code: 'ipc.refused' } });
      }
    }
    expect(reached).toEqual([]);
  });

  test('row 11: every route refuses a field that it does not know, and what is no object', async () => {
    for (const route of routes) {
      for (const input of [{ unknownField: 1 }, null, undefined, 'text', 5, [], ['x']]) {
        const { ok, error } = (await ask(route, input, true)) as { ok: boolean; error?: { code: string } };
        expect([ok, error?.code], `${route} ${JSON.stringify(input)}`).toEqual([false, 'request.invalid']);
      }
    }
    expect(reached).toEqual([]);
  });

  test('row 11: giants and things that cannot be measured are refused before they are looked at', async () => {
    const round: Record<string, unknown> = {};
    round['self'] = round;
    for (const input of [{ name: 'x'.repeat(10_000_000) }, round, { n: 1n }]) {
      expect(await ask('app.getState', input)).toMatchObject({ ok: false, error: { code: 'request.tooLarge' } });
    }
  });

  test('row 11: names from the prototype are no routes', async () => {
    for (const route of [
      'constructor',
      '__proto__',
      'hasOwnProperty',
      'toString',
      undefined,
      Symbol.iterator,
      { toString: () => 'app.getState' },
    ]) {
      expect(await ask(route, {})).toMatchObject({ ok: false, error: { code: 'ipc.unknownRoute' } });
    }
  });

  test('row 12: routes of preload are closed to the page', async () => {
    const closed = routes.filter((route) => IPC_ROUTES[route].preloadOnly);
    expect(closed).toEqual(['library.addPaths']);
    expect(await ask('library.addPaths', { paths: ['/a.jpg'] })).toMatchObject({ ok: false, error: { code: 'ipc.refused' } });
    expect(await ask('library.addPaths', { paths: ['/a.jpg'] }, true)).toMatchObject({ ok: true });
  });

  test('handlers get what was parsed, defaults included', async () => {
    expect(await ask('library.page', {})).toEqual({ ok: true, data: { done: true } });
    expect(reached).toEqual([{ route: 'library.page', input: { offset: 0, limit: 2000 } }]);
  });

  test('errors of ours keep their code; what nobody expected keeps its words to itself', async () => {
    fault = new AppError('file.notFound', 'gone', { params: { name: 'a.jpg' } });
    expect(await ask('app.getState', {})).toMatchObject({ ok: false, error: { code: 'file.notFound', params: { name: 'a.jpg' } } });
    expect(reported).toEqual([]);
    fault = new Error('the secret is 42 in /home/anna');
    const hidden = await ask('app.getState', {});
    expect(hidden).toMatchObject({ ok: false, error: { code: 'internal.unexpected' } });
    expect(JSON.stringify(hidden)).not.toMatch(/42|anna/);
    expect(reported).toEqual(['app.getState internal.unexpected']);
  });
});
