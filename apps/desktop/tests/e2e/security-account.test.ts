import { readdir, readFile, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchApp, type RunningApp, temporaryFolder } from '../driver/launch.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import { writePicture } from '../main/helpers/media.ts';
import { batchState, call, codeOf, data, eventually, filesRead, startBatch } from './security-kit.ts';

const PASSWORD = 'canary bird sings 4711 at noon';
const WRONG_PASSWORD = 'canary that never fitted 0815';
const FILE_NAME = 'canary-holiday-with-anna.jpg';
const JWT = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: RunningServer;
const at = (...parts: string[]): string => path.join(folder.path, ...parts);

beforeAll(async () => {
  folder = await temporaryFolder('account');
  server = await startServer(at('server'));
  await writePicture(at('media', FILE_NAME), 5);
});

afterAll(async () => {
  await server?.stop();
  await folder?.done();
});

/** Makes an account the way a user does: sign up in the window, follow the link in the mail. */
async function signUp(running: RunningApp, email: string): Promise<void> {
  await data(call(running.window, 'account.signUp', { email, password: PASSWORD, adult: true }));
  const links = async (): Promise<string[]> => {
    const answer = await fetch(`${server.sandboxes.mail}/messages?to=${encodeURIComponent(email)}`);
    const { messages } = (await answer.json()) as { messages: { links: string[] }[] };
    return messages.flatMap((message) => message.links);
  };
  await eventually(async () => (await links()).length > 0, true);
  const token = new URL((await links())[0] ?? '').hash.replace('#token=', '');
  const confirmed = await fetch(`${server.url}/v1/auth/verification/confirm`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  expect(confirmed.status).toBe(200);
}

/** Every file below a folder with its text, each byte one letter. */
async function everything(root: string): Promise<{ name: string; text: string; mode: number }[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const full = path.join(entry.parentPath, entry.name);
        return { name: path.relative(root, full), text: await readFile(full, 'latin1'), mode: (await stat(full)).mode & 0o777 };
      }),
  );
}

/** Names of the files that hold one of the texts. */
function holding(files: readonly { name: string; text: string }[], ...texts: (string | RegExp)[]): string[] {
  return files
    .filter(({ text }) => texts.some((one) => (typeof one === 'string' ? text.includes(one) : one.test(text))))
    .map(({ name }) => name);
}

type Keytar = { findCredentials(service: string): Promise<{ account: string; password: string }[]> };

/** What the keychain of this session keeps for the app. */
async function keptSecrets(): Promise<string[]> {
  const loaded = (await import('keytar')) as unknown as Keytar & { default?: Keytar };
  return (await (loaded.default ?? loaded).findCredentials('pingplex')).map(({ password }) => password);
}

describe('with a keychain', () => {
  const userData = (): string => at('with');

  test('rows 16, 18 and 24: the session rests in the keychain, and neither logs nor files hold a secret', async () => {
    const email = 'canary.kept@example.org';
    const others = await keptSecrets();
    const running = await launchApp({ userData: userData(), serverUrl: server.url, openWith: [at('media')] });
    let token: string | undefined;
    try {
      await filesRead(running.window, 1);
      await signUp(running, email);
      expect(await codeOf(call(running.window, 'account.signIn', { email, password: WRONG_PASSWORD }))).toBe('auth.badCredentials');
      await data(call(running.window, 'account.signIn', { email, password: PASSWORD }));
      const state = await data(call(running.window, 'app.getState', {}));
      expect(state).toMatchObject({ keychain: 'kept', account: { email } });
      expect(JSON.stringify(state)).not.toMatch(JWT);
      token = (await keptSecrets()).find((one) => !others.includes(one));
      expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(JSON.stringify(state)).not.toContain(token);
      const id = await startBatch(running, at('out'), [{ verb: 'clean' }]);
      await eventually(() => batchState(running.window, id), 'finished');
      const { text } = await data(call(running.window, 'app.diagnostics', {}));
      for (const secret of [PASSWORD, WRONG_PASSWORD, email, token ?? '-', os.homedir()]) expect(text).not.toContain(secret);
      const seen = await running.window.evaluate<string>(
        'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])',
      );
      for (const secret of [PASSWORD, WRONG_PASSWORD, token ?? '-']) expect(seen).not.toContain(secret);
    } finally {
      await running.close();
    }
    const files = await everything(userData());
    expect(holding(files, PASSWORD, WRONG_PASSWORD, token ?? '-', JWT)).toEqual([]);
    const logs = files.filter(({ name }) => name.startsWith('logs'));
    expect(logs.length).toBeGreaterThan(0);
    expect(holding(logs, email, FILE_NAME, folder.path, `${os.homedir()}/`)).toEqual([]);
  });

  test.runIf(process.platform !== 'win32')('E15: nobody else on the machine can read what the app keeps', async () => {
    expect((await stat(userData())).mode & 0o777).toBe(0o700);
    const ours = /^(settings\.json|account\.json|journal\.db.*|logs\/.*)$/;
    const files = (await everything(userData())).filter(({ name }) => ours.test(name));
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['settings.json', 'account.json', 'journal.db', 'logs/pingplex.log']),
    );
    expect(files.filter(({ mode }) => mode !== 0o600).map(({ name, mode }) => `${name} ${mode.toString(8)}`)).toEqual([]);
    const folders = (await readdir(userData(), { withFileTypes: true })).filter((entry) => /^(logs|previews|work)$/.test(entry.name));
    for (const { name } of folders) expect((await stat(path.join(userData(), name))).mode & 0o777, name).toBe(0o700);
  });

  test('row 16: the next start is signed in; signing out empties the keychain', async () => {
    const before = await keptSecrets();
    const running = await launchApp({ userData: userData(), serverUrl: server.url });
    try {
      const account = async (): Promise<string | null> => (await data(call(running.window, 'app.getState', {}))).account?.email ?? null;
      await eventually(account, 'canary.kept@example.org');
      await data(call(running.window, 'wallet.refresh', {}));
      const during = await keptSecrets();
      expect(during).toHaveLength(before.length);
      await data(call(running.window, 'account.signOut', {}));
      await eventually(account, null);
      expect(await keptSecrets()).toHaveLength(before.length - 1);
      expect(await readdir(userData())).not.toContain('account.json');
    } finally {
      await running.close();
    }
  });
});

describe.runIf(process.platform === 'linux')('without a keychain (Linux: no session bus)', () => {
  const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };

  test('row 16: the session lives until quit, nothing is written in clear text, and the next start says so by asking', async () => {
    const email = 'canary.session@example.org';
    const running = await launchApp({ userData: at('without'), serverUrl: server.url, env });
    try {
      await signUp(running, email);
      await data(call(running.window, 'account.signIn', { email, password: PASSWORD }));
      const state = await data(call(running.window, 'app.getState', {}));
      expect(state).toMatchObject({ keychain: 'sessionOnly', account: { email } });
      expect((await data(call(running.window, 'wallet.refresh', {}))).version).toBeGreaterThan(0);
    } finally {
      await running.close();
    }
    const files = await everything(at('without'));
    expect(holding(files, PASSWORD, email, JWT)).toEqual([]);
    expect(
      holding(
        files.filter(({ name }) => !/Cache|\.pak$|Local State/.test(name)),
        /"refresh|refreshToken/,
      ),
    ).toEqual([]);
    const again = await launchApp({ userData: at('without'), serverUrl: server.url, env });
    try {
      expect((await data(call(again.window, 'app.getState', {}))).account).toBeNull();
    } finally {
      await again.close();
    }
  });
});
