import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Desk, openDesk } from '../driver/desk.ts';
import { temporaryFolder } from '../driver/launch.ts';
import { type RunningServer, startServer } from '../driver/server.ts';

const PASSWORD = 'the kettle hums at noon 31';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: RunningServer;

beforeAll(async () => {
  folder = await temporaryFolder('keychain');
  server = await startServer(path.join(folder.path, 'server'));
});
afterAll(async () => {
  await server?.stop();
  await folder?.done();
});

/** Names of the files below a folder that hold one of the texts. */
async function holding(root: string, texts: readonly (string | RegExp)[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = path.join(entry.parentPath, entry.name);
    const text = await readFile(full, 'latin1');
    if (texts.some((one) => (typeof one === 'string' ? text.includes(one) : one.test(text)))) found.push(path.relative(root, full));
  }
  return found;
}

type Keytar = { findCredentials(service: string): Promise<{ account: string; password: string }[]> };
/** Secrets of the app that the keychain of this desktop holds. */
async function keptSecrets(): Promise<string[]> {
  const loaded = (await import('keytar')) as unknown as Keytar & { default?: Keytar };
  return (await (loaded.default ?? loaded).findCredentials('pingplex')).map(({ password }) => password);
}

async function withDesk(env: Readonly<Record<string, string>>, work: (desk: Desk) => Promise<void>): Promise<void> {
  const desk = await openDesk('keychain-app', { serverUrl: server.url, env });
  try {
    await work(desk);
  } finally {
    await desk.done();
  }
}

describe('row 65: tokens rest in the keychain of the system, and the window is honest without one', () => {
  test('row 65: with a keychain the window says so, a restart stays signed in, and no file holds the secret', async () => {
    await withDesk({}, async (desk) => {
      const known = new Set(await keptSecrets());
      await desk.studio().signUp('kept@studio.example', PASSWORD, server.sandboxes.mail);
      const keychain = desk.studio().page.getByTestId('keychain');
      await keychain.getByText('In the system’s keychain').waitFor();
      const secrets = (await keptSecrets()).filter((one) => !known.has(one));
      expect(secrets).toHaveLength(1);
      await desk.running().close();
      expect(await holding(desk.userData, [PASSWORD, ...secrets])).toEqual([]);
      const again = await desk.reopen();
      await again.page.getByTestId('balance').waitFor();
      await again.go('account');
      await again.page.getByTestId('account').getByText('kept@studio.example').waitFor();
      expect((await again.call('wallet.refresh', {})).available).toBeGreaterThan(0);
    });
  });

  test.runIf(process.platform === 'linux')(
    'row 65: without a keychain the window says “until you quit”, nothing is on disk, and the next start asks again',
    async () => {
      await withDesk({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }, async (desk) => {
        await desk.studio().signUp('until-quit@studio.example', PASSWORD, server.sandboxes.mail);
        const { page } = desk.studio();
        await page.getByTestId('keychain').getByText('Until you quit').waitFor();
        await page.getByText('kept in memory only and never written to disk').waitFor();
        expect((await desk.studio().call('wallet.refresh', {})).available).toBeGreaterThan(0);
        await desk.running().close();
        expect(await holding(desk.userData, [PASSWORD, 'until-quit@studio.example', /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/])).toEqual([]);
        const again = await desk.reopen();
        await again.go('account');
        await again.page.getByRole('form', { name: 'Sign in or create an account' }).waitFor();
        expect((await again.call('app.getState', {})).account).toBeNull();
      });
    },
  );
});
