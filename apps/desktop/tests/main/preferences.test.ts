import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Preferences } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPreferenceSync } from '../../src/main/account/index.ts';
import { silentLogger } from '../../src/main/logging/logger-port.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import { faultyLine, newAccount, openSession, PASSWORD } from './helpers/cloud.ts';

const FIRST: Required<Preferences> = {
  theme: 'system',
  language: 'system',
  view: 'grid',
  gridSize: 152,
  template: '{name}-{variant}',
  conflict: 'number',
  keepTree: false,
};
const SOON = { timeout: 20_000 };

let root: string;
let server: RunningServer;
let email: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pp-preferences-'));
  server = await startServer(join(root, 'server'));
  email = await newAccount(server.url, server.sandboxes.mail);
});
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

/** One computer: its choices, its folder, its session. */
async function computer(url = server.url, folder = join(root, crypto.randomUUID())) {
  const session = openSession(url, folder);
  let now = FIRST;
  const sync = createPreferenceSync({
    api: session.api,
    account: session.account,
    read: () => now,
    apply: (change) => {
      now = { ...now, ...change };
    },
    file: join(folder, 'preferences.json'),
    logger: silentLogger,
  });
  await sync.start();
  return {
    ...session,
    folder,
    now: () => now,
    choose: (change: Preferences) => {
      now = { ...now, ...change };
      sync.changed(Object.keys(change));
    },
  };
}
const onServer = async (one: Awaited<ReturnType<typeof computer>>): Promise<Preferences> =>
  (await one.api.call('account.getPreferences', {})).values;

describe('preferences', () => {
  it('follow a person: the first computer gives its own, the next one takes them', async () => {
    const first = await computer();
    first.choose({ theme: 'dark' });
    await first.account.signIn(email, PASSWORD);
    await expect.poll(() => onServer(first), SOON).toEqual({ ...FIRST, theme: 'dark' });
    first.choose({ template: '{date}-{name}', gridSize: 220 });
    await expect.poll(() => onServer(first), SOON).toMatchObject({ template: '{date}-{name}', gridSize: 220 });
    const second = await computer();
    second.choose({ theme: 'light' });
    await second.account.signIn(email, PASSWORD);
    await expect.poll(second.now, SOON).toEqual({ ...FIRST, theme: 'dark', template: '{date}-{name}', gridSize: 220 });
    for (const one of [first, second]) one.account.stop();
  });

  it('two computers that choose different things at once lose nothing', async () => {
    const [a, b] = [await computer(), await computer()];
    for (const one of [a, b]) await one.account.signIn(email, PASSWORD);
    await expect.poll(() => [a.now().theme, b.now().theme], SOON).toEqual(['dark', 'dark']);
    a.choose({ view: 'table' });
    b.choose({ keepTree: true });
    await expect.poll(() => onServer(a), SOON).toMatchObject({ view: 'table', keepTree: true });
    for (const one of [a, b]) one.account.stop();
  });

  it('what was chosen without a network is sent when there is one, also by the next start', async () => {
    let isUp = true;
    const line = await faultyLine(server.url, () => (isUp ? 'pass' : 'refuse'));
    const one = await computer(line.url);
    await one.account.signIn(email, PASSWORD);
    await expect.poll(() => one.now().theme, SOON).toBe('dark');
    isUp = false;
    one.choose({ conflict: 'skip' });
    const stored = async (): Promise<unknown> => JSON.parse(await readFile(join(one.folder, 'preferences.json'), 'utf8'));
    await expect.poll(stored, SOON).toMatchObject({ unsent: ['conflict'] });
    isUp = true;
    await one.account.refreshWallet();
    await expect.poll(() => onServer(one), SOON).toMatchObject({ conflict: 'skip' });
    await expect.poll(stored, SOON).toMatchObject({ unsent: [] });
    one.account.stop();
    line.server.closeAllConnections();
    line.server.close();
  });

  it('of somebody else are never mixed in', async () => {
    const one = await computer();
    await one.account.signIn(email, PASSWORD);
    await expect.poll(() => one.now().theme, SOON).toBe('dark');
    const other = await newAccount(server.url, server.sandboxes.mail);
    await one.account.signOut();
    await one.account.signIn(other, PASSWORD);
    one.choose({ theme: 'light' });
    await expect.poll(() => onServer(one), SOON).toMatchObject({ theme: 'light' });
    await one.account.signOut();
    await one.account.signIn(email, PASSWORD);
    await expect.poll(() => one.now().theme, SOON).toBe('dark');
    one.account.stop();
  });
});
