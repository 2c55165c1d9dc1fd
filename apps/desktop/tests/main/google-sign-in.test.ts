import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { createGoogleSignIn } from '../../src/main/account/index.ts';
import { type Loopback, openLoopback } from '../../src/main/account/loopback.ts';
import { createApiClient } from '../../src/main/api/index.ts';
import { silentLogger } from '../../src/main/logging/logger-port.ts';
import { mayOpenServerPage } from '../../src/main/security/external-links.ts';

const STATE = 'a-state-of-many-random-letters-4711';
const CODE = 'code-code-code-code-code-code';
const open: Loopback[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listen(lifeMs?: number): Promise<Loopback> {
  const loopback = await openLoopback(STATE, 'en', lifeMs);
  if (loopback === null) throw new Error('nothing may listen here');
  open.push(loopback);
  return loopback;
}

type Visit = { method?: string; path?: string; host?: string; from?: string };
/** Answers status and body, or null when nobody listens. */
function visit(loopback: Loopback, { method = 'GET', path, host, from }: Visit = {}): Promise<{ status: number; body: string } | null> {
  const url = new URL(loopback.redirectUri);
  const query = `?${new URLSearchParams({ code: CODE, state: STATE })}`;
  return new Promise((resolve) => {
    const sent = request(
      {
        host: from ?? url.hostname,
        port: url.port,
        method,
        path: path ?? url.pathname + query,
        headers: { host: host ?? url.host },
        agent: false,
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (piece: string) => {
          body += piece;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    sent.on('error', () => resolve(null));
    sent.end();
  });
}

describe('the listener for the browser', () => {
  it('A25: takes the one answer that carries the state, shows no code, and is gone after it', async () => {
    const loopback = await listen();
    expect(loopback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sign-in\/return$/);
    const answer = await visit(loopback);
    expect(answer?.status).toBe(200);
    expect(answer?.body).not.toContain(CODE);
    expect(await loopback.code).toBe(CODE);
    await expect.poll(() => visit(loopback)).toBeNull();
  });

  it('A25: refuses another state, path, method and Host, and goes on waiting', async () => {
    const loopback = await listen();
    const query = (state: string, code = CODE): string => `?${new URLSearchParams({ code, state })}`;
    for (const attempt of [
      { path: `/sign-in/return${query('another')}` },
      { path: `/sign-in/return${query('')}` },
      { path: `/sign-in/return?code=${CODE}` },
      { path: `/sign-in/return${query(STATE, '')}` },
      { path: `/sign-in/return${query(STATE, '<script>alert(1)</script>')}` },
      { path: `/${query(STATE)}` },
      { path: `//evil.example/sign-in/return${query(STATE)}` },
      { path: '//' },
      { method: 'POST' },
      { method: 'OPTIONS' },
      { host: 'localhost' },
      { host: 'evil.example' },
    ]) {
      expect([attempt, (await visit(loopback, attempt))?.status]).toEqual([attempt, 404]);
    }
    expect((await visit(loopback))?.status).toBe(200);
  });

  it('A25: listens on 127.0.0.1 alone', async () => {
    const loopback = await listen();
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = ['127.0.0.2', ...others.filter(({ internal }) => !internal).map(({ address }) => address)];
    for (const from of addresses) expect([from, await visit(loopback, { from })]).toEqual([from, null]);
  });

  it('A25: closes after its time', async () => {
    const loopback = await listen(20);
    await expect.poll(() => visit(loopback)).toBeNull();
  });
});

describe('which page the browser is sent to', () => {
  it('only one of the server that is configured, over https or on this machine', () => {
    const server = 'https://api.pingplex.example';
    expect(mayOpenServerPage(`${server}/sign-in/google/1`, server)).toBe(true);
    expect(mayOpenServerPage('http://127.0.0.1:4310/sign-in/google/1', 'http://127.0.0.1:4310')).toBe(true);
    for (const url of [
      'https://api.pingplex.example.evil/sign-in',
      'https://user@api.pingplex.example/sign-in',
      'http://api.pingplex.example/sign-in',
      'https://api.pingplex.example:8443/sign-in',
      'javascript:alert(1)',
    ]) {
      expect([url, mayOpenServerPage(url, server)]).toEqual([url, false]);
    }
    expect(mayOpenServerPage('http://192.0.2.1/sign-in', 'http://192.0.2.1')).toBe(false);
  });

  it('a server that is out of reach, and a browser that does not open, are told at once', async () => {
    const device = { name: 'd', os: 'o', appVersion: '0' };
    const api = createApiClient({ baseUrl: () => 'http://127.0.0.1:1', appVersion: '0', logger: silentLogger });
    const google = createGoogleSignIn({ api, device, openBrowser: () => Promise.resolve(false), logger: silentLogger });
    await expect(google.run('signIn', 'en')).rejects.toMatchObject({ code: 'network.offline' });
    await expect(google.paste('ABCD-EFGH')).rejects.toMatchObject({ code: 'auth.browserSignInOver' });
    google.cancel();
  });
});
