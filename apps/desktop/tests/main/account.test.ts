import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAccountService, createKeychainStore, type Keychain, type SecretStore } from '../../src/main/account/index.ts';
import { createApiClient, createEventStream } from '../../src/main/api/index.ts';
import { silentLogger } from '../../src/main/logging/logger-port.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import { faultyLine, newAccount, openSession, PASSWORD } from './helpers/cloud.ts';

/** A keychain in memory that can be locked, taken away or made to hang, as the real ones do. */
class TestKeychain implements Keychain {
  readonly values = new Map<string, string>();
  mode: 'open' | 'locked' | 'absent' | 'hangs' = 'open';

  async #answer<T>(value: T, locked: T): Promise<T> {
    if (this.mode === 'absent') throw new Error('no session bus');
    if (this.mode === 'hangs') return await new Promise<T>(() => undefined);
    return this.mode === 'locked' ? locked : value;
  }
  getPassword(_service: string, name: string): Promise<string | null> {
    return this.#answer(this.values.get(name) ?? null, null);
  }
  async setPassword(_service: string, name: string, value: string): Promise<void> {
    await this.#answer(undefined, undefined);
    if (this.mode === 'open') this.values.set(name, value);
  }
  async deletePassword(_service: string, name: string): Promise<boolean> {
    await this.#answer(undefined, undefined);
    return this.mode === 'open' && this.values.delete(name);
  }
}

let serverRoot: string;
let server: RunningServer;
let root: string;
let email: string;
const sessions: ReturnType<typeof openSession>[] = [];

beforeAll(async () => {
  serverRoot = await mkdtemp(join(tmpdir(), 'pp-account-server-'));
  server = await startServer(serverRoot);
  email = await newAccount(server.url, server.sandboxes.mail);
});
afterAll(async () => {
  await server.stop();
  await rm(serverRoot, { recursive: true, force: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pp-account-'));
});
afterEach(async () => {
  for (const session of sessions.splice(0)) session.account.stop();
  await rm(root, { recursive: true, force: true });
});

function open(keychain: TestKeychain, url = server.url): ReturnType<typeof openSession> {
  const session = openSession(url, root, createKeychainStore(keychain, silentLogger));
  sessions.push(session);
  return session;
}

/** Resolves when the account's state fits. */
async function becomes(session: ReturnType<typeof openSession>, fits: () => boolean): Promise<void> {
  if (fits()) return;
  await new Promise<void>((resolve) => {
    const stop = session.account.onChange(() => {
      if (!fits()) return;
      stop();
      resolve();
    });
  });
}

describe('a session', () => {
  it('survives a restart, rotates its credential, and writes no secret anywhere but to the keychain', async () => {
    const keychain = new TestKeychain();
    const first = open(keychain);
    await first.account.signIn(email, PASSWORD);
    expect(first.account.state()).toMatchObject({ account: { email }, keychain: 'kept' });
    const stored = keychain.values.get('refresh');
    first.account.stop();
    const marker = await readFile(join(root, 'account.json'), 'utf8');
    expect(marker).not.toContain(stored);

    const second = open(keychain);
    await second.account.start();
    expect(second.account.state().account).toMatchObject({ email });
    expect(await second.account.refreshWallet()).toMatchObject({ available: 100 });
    expect(keychain.values.get('refresh')).not.toBe(stored);
  });

  it('is renewed once, however many calls need it', async () => {
    const keychain = new TestKeychain();
    const first = open(keychain);
    await first.account.signIn(email, PASSWORD);
    first.account.stop();
    let refreshes = 0;
    const line = await faultyLine(server.url, (request) => {
      if (request.url === '/v1/auth/refresh') refreshes += 1;
      return 'pass';
    });
    const second = open(keychain, line.url);
    await second.account.start();
    await Promise.all(Array.from({ length: 20 }, () => second.api.call('account.get', {})));
    expect(refreshes).toBe(1);
    line.server.closeAllConnections();
    line.server.close();
  });

  it('A18: survives a lost answer to its renewal', async () => {
    const keychain = new TestKeychain();
    const first = open(keychain);
    await first.account.signIn(email, PASSWORD);
    first.account.stop();
    let lost = false;
    const line = await faultyLine(server.url, (request) => {
      if (request.url !== '/v1/auth/refresh' || lost) return 'pass';
      lost = true;
      return 'loseAnswer';
    });
    const second = open(keychain, line.url);
    await second.account.start();
    expect(await second.api.call('account.get', {})).toMatchObject({ email });
    expect(lost).toBe(true);
    line.server.closeAllConnections();
    line.server.close();
  });

  it('A22: signs out on this machine without a network, and tells the server later', async () => {
    const keychain = new TestKeychain();
    const first = open(keychain);
    await first.account.signIn(email, PASSWORD);
    first.account.stop();
    let isUp = true;
    const line = await faultyLine(server.url, () => (isUp ? 'pass' : 'refuse'));
    const second = open(keychain, line.url);
    await second.account.start();
    await second.account.refreshWallet();
    const credential = keychain.values.get('refresh') ?? '';
    isUp = false;
    await second.account.signOut();
    expect(second.account.state()).toMatchObject({ account: null, wallet: null });
    expect(keychain.values.has('refresh')).toBe(false);
    expect(keychain.values.has('revocations')).toBe(true);
    await expect(stat(join(root, 'account.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(second.api.call('account.get', {})).rejects.toMatchObject({ code: 'auth.required' });
    second.account.stop();

    isUp = true;
    const third = open(keychain, line.url);
    await third.account.start();
    expect(third.account.state().account).toBeNull();
    while (keychain.values.has('revocations')) await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(third.api.call('auth.refresh', { body: { refreshToken: credential } })).rejects.toMatchObject({
      code: expect.stringMatching(/^auth\./),
    });
    line.server.closeAllConnections();
    line.server.close();
  });

  it('never shows the wallet of whoever was signed in before', async () => {
    const held = Promise.withResolvers<void>();
    const bothAsked = Promise.withResolvers<void>();
    let asked = 0;
    const line = await faultyLine(server.url, (request) => {
      if (asked === 2 || request.url?.startsWith('/v1/wallet') !== true) return 'pass';
      asked += 1;
      if (asked === 2) bothAsked.resolve();
      return { holdUntil: held.promise };
    });
    const { account } = open(new TestKeychain(), line.url);
    await account.signIn(email, PASSWORD);
    const late = account.refreshWallet();
    late.catch(() => undefined);
    // The sign-in asked for the wallet too.
    await bothAsked.promise;
    const other = await newAccount(server.url, server.sandboxes.mail);
    await account.signIn(other, PASSWORD);
    held.resolve();
    await expect(late).rejects.toMatchObject({ code: 'auth.required' });
    expect(await account.refreshWallet()).toMatchObject({ available: 100 });
    expect(account.state().account).toMatchObject({ email: other });
    line.server.closeAllConnections();
    line.server.close();
  });

  it('is never shown to another server, neither by a call nor by its end', async () => {
    const seen: string[] = [];
    const stranger = await faultyLine(server.url, (request) => {
      seen.push(`${request.url} ${request.headers.authorization ?? 'no token'}`);
      return 'pass';
    });
    let url = server.url;
    const keychain = new TestKeychain();
    const api = createApiClient({ baseUrl: () => url, appVersion: '0.0.0-test', logger: silentLogger });
    const account = createAccountService({
      api,
      events: createEventStream({ api, logger: silentLogger }),
      secrets: createKeychainStore(keychain, silentLogger),
      markerPath: join(root, 'account.json'),
      device: { name: 'test', os: 'test', appVersion: '0.0.0-test' },
      logger: silentLogger,
    });
    await account.signIn(email, PASSWORD);
    await account.refreshWallet();
    const credential = keychain.values.get('refresh') ?? '';
    url = stranger.url;
    await expect(api.call('account.get', {})).rejects.toMatchObject({ code: 'auth.required' });
    await account.signOut();
    expect(account.state().account).toBeNull();
    expect(seen).toEqual([]);
    url = server.url;
    await account.signOut();
    expect(keychain.values.has('revocations')).toBe(false);
    await expect(api.call('auth.refresh', { body: { refreshToken: credential } })).rejects.toMatchObject({
      code: expect.stringMatching(/^auth\./),
    });
    account.stop();
    stranger.server.closeAllConnections();
    stranger.server.close();
  });

  it('A20: ended from another device is ended here', async () => {
    const one = open(new TestKeychain());
    await one.account.signIn(email, PASSWORD);
    await one.account.refreshWallet();
    const other = openSession(server.url, join(root, 'other'));
    sessions.push(other);
    await other.account.signIn(email, PASSWORD);
    await other.api.call('auth.revokeOtherSessions', {});
    await becomes(one, () => one.account.state().account === null);
    await expect(stat(join(root, 'account.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('A22: is over when a sign-out was cut off half-way by a crash', async () => {
    const keychain = new TestKeychain();
    const first = open(keychain);
    await first.account.signIn(email, PASSWORD);
    first.account.stop();
    const credential = keychain.values.get('refresh') ?? '';
    await rm(join(root, 'account.json'));
    const second = open(keychain);
    await second.account.start();
    expect(second.account.state().account).toBeNull();
    expect(keychain.values.has('refresh')).toBe(false);
    while (keychain.values.has('revocations')) await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(second.api.call('auth.refresh', { body: { refreshToken: credential } })).rejects.toMatchObject({
      code: expect.stringMatching(/^auth\./),
    });
  });

  it('names a wrong password and stays signed out', async () => {
    const session = open(new TestKeychain());
    await expect(session.account.signIn(email, 'not the password 1')).rejects.toMatchObject({ code: 'auth.badCredentials' });
    expect(session.account.state().account).toBeNull();
  });
});

describe('the keychain', () => {
  it('locked at start is no sign-out: the account waits until it opens', async () => {
    const keychain = new TestKeychain();
    const first = open(keychain);
    await first.account.signIn(email, PASSWORD);
    first.account.stop();
    keychain.mode = 'locked';
    const second = open(keychain);
    await second.account.start();
    expect(second.account.state()).toMatchObject({ account: null, keychain: 'locked' });
    await expect(second.api.call('account.get', {})).rejects.toMatchObject({ code: 'keychain.locked' });
    await stat(join(root, 'account.json'));
    keychain.mode = 'open';
    expect(await second.account.unlock()).toBe('kept');
    expect(second.account.state().account).toMatchObject({ email });
  });

  it('absent means a session until quit, and says so', async () => {
    const keychain = new TestKeychain();
    keychain.mode = 'absent';
    const first = open(keychain);
    await first.account.start();
    expect(first.account.state()).toMatchObject({ account: null, keychain: 'sessionOnly' });
    await first.account.signIn(email, PASSWORD);
    expect(first.account.state()).toMatchObject({ account: { email }, keychain: 'sessionOnly' });
    expect(await first.account.refreshWallet()).toMatchObject({ held: 0 });
    first.account.stop();
    const second = open(keychain);
    await second.account.start();
    expect(second.account.state().account).toBeNull();
  });

  it('that hangs is given up after three seconds', async () => {
    const keychain = new TestKeychain();
    keychain.mode = 'hangs';
    const store: SecretStore = createKeychainStore(keychain, silentLogger);
    expect(await store.get('refresh')).toEqual({ state: 'locked', value: null });
    expect(await store.set('refresh', 'x')).toBe('locked');
    expect(await store.get('refresh')).toMatchObject({ value: 'x' });
  });
});

it('A23: logs neither tokens nor passwords', async () => {
  const lines: string[] = [];
  const log = (fields: object, message: string): void => {
    lines.push(JSON.stringify(fields) + message);
  };
  const logger = { debug: log, info: log, warn: log, error: log };
  const keychain = new TestKeychain();
  const api = createApiClient({ baseUrl: () => server.url, appVersion: '0', logger });
  const events = createEventStream({ api, logger });
  const secrets = createKeychainStore(keychain, logger);
  const device = { name: 'd', os: 'o', appVersion: '0' };
  const account = createAccountService({ api, events, secrets, markerPath: join(root, 'account.json'), device, logger });
  await account.signIn(email, PASSWORD);
  await account.refreshWallet();
  const first = keychain.values.get('refresh') ?? '';
  await account.signIn(email, 'wrong wrong wrong 1').catch(() => undefined);
  await account.signOut();
  account.stop();
  expect(lines.length).toBeGreaterThan(2);
  const all = lines.join('\n');
  expect(all).not.toContain(PASSWORD);
  expect(all).not.toContain(first);
  expect(all).not.toMatch(/eyJ|Bearer/);
  expect(all).not.toContain(email);
});
