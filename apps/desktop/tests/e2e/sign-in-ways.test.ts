import { createHmac } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Desk, openDesk } from '../driver/desk.ts';
import { PersonsBrowser } from '../driver/google.ts';
import { waitForLink } from '../driver/mail.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import type { Studio } from '../driver/studio.ts';
import { faultyLine, newAccount, openSession, PASSWORD } from '../main/helpers/cloud.ts';

let server: RunningServer;
let desk: Desk;
let studio: Studio;
const EMAIL = 'maker@gmail.com';

beforeAll(async () => {
  desk = await openDesk('ways');
  server = await startServer(path.join(desk.root, 'server'));
  await desk.running().close();
  studio = await desk.reopen({ serverUrl: server.url });
  await studio.app.evaluate(({ shell }) => {
    const seen = globalThis as unknown as { opened: string[] };
    seen.opened = [];
    shell.openExternal = (url) => {
      seen.opened.push(url);
      return Promise.resolve();
    };
  });
});
afterAll(async () => {
  await desk?.done();
  await server?.stop();
});

/** The address that the app hands to the system browser next. */
async function opened(): Promise<string> {
  for (;;) {
    const url = await studio.app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened.shift());
    if (url !== undefined) return url;
    await studio.page.waitForTimeout(50);
  }
}

/** The code that an authenticator app shows (RFC 6238). @param steps half-minutes from now: each code works once */
function totp(secret: string, steps = 0): string {
  const letters = [...secret.replaceAll(' ', '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'));
  const key = Buffer.from((letters.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac[19] ?? 0) & 0xf;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const signOut = async (): Promise<void> => {
  await studio.go('account');
  await studio.page.getByTestId('account').getByRole('button', { name: 'Sign out', exact: true }).click();
  await studio.page.getByRole('form', { name: 'Sign in or create an account' }).waitFor();
};
const row = (name: string) => studio.page.getByTestId('security').getByRole('region', { name });

describe('Google in the system browser', () => {
  test('row 63: cancel, then through the browser and back by itself: signed in, and the window came to know without a hand', async () => {
    const { page } = studio;
    await studio.go('account');
    await page.getByRole('button', { name: 'Continue with Google' }).click();
    await page.getByTestId('google-waiting').waitFor();
    const first = await opened();
    expect(first.startsWith(`${server.url}/sign-in/google/`)).toBe(true);
    await page.getByTestId('google-waiting').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Continue with Google' }).click();
    const browser = new PersonsBrowser();
    const asking = await browser.throughGoogle(await opened(), EMAIL);
    expect(asking.html).toContain('Create a pingplex account?');
    expect((await studio.call('app.getState', {})).account).toBeNull();
    const end = await browser.submit(asking, { way: 'app', adult: 'on' });
    expect(end).toMatchObject({ status: 200, html: expect.stringContaining('Back to pingplex') });
    await page.getByTestId('account').getByText(EMAIL).waitFor();
    await page.getByTestId('balance').getByText('100', { exact: true }).waitFor();
  });

  test('A26: a code carried over by hand; a wrong one is told beside its field (row 63)', async () => {
    const { page } = studio;
    await signOut();
    await page.getByRole('button', { name: 'Continue with Google' }).click();
    const browser = new PersonsBrowser();
    const asking = await browser.throughGoogle(await opened(), EMAIL);
    const shown = await browser.submit(asking, { way: 'paste' });
    const [, code = ''] = /<output>([^<]+)/.exec(shown.html) ?? [];
    const waiting = page.getByTestId('google-waiting');
    await waiting.getByLabel('Code from the browser').fill('AAAA-AAAA');
    await waiting.getByRole('button', { name: 'Use the code' }).click();
    await waiting.getByRole('alert').waitFor();
    await waiting.getByLabel('Code from the browser').fill(code.toLowerCase());
    await waiting.getByRole('button', { name: 'Use the code' }).click();
    await page.getByTestId('account').getByText(EMAIL).waitFor();
  });
});

describe('ways into the account', () => {
  let email: string;
  let secret: string;

  test('row 64: devices are listed; another one is signed out at once', async () => {
    await signOut();
    email = await newAccount(server.url, server.sandboxes.mail);
    // What was chosen on another computer is here from the first moment.
    const other = openSession(server.url, path.join(desk.root, 'other'));
    await other.account.signIn(email, PASSWORD);
    const theme = await studio.page.evaluate<string>('document.documentElement.dataset.theme');
    const chosen = theme === 'dark' ? 'light' : 'dark';
    await other.api.call('account.changePreferences', { body: { theme: chosen } });
    await studio.signIn(email, PASSWORD);
    await studio.page.locator(`html[data-theme=${chosen}]`).waitFor();
    await studio.page.getByTestId('devices').locator('li').first().waitFor();
    await studio.go('workspace');
    await studio.go('account');
    const devices = studio.page.getByTestId('devices').locator('li');
    await expect.poll(() => devices.count()).toBe(2);
    await studio.page
      .getByTestId('devices')
      .locator('li[data-current=false]')
      .getByRole('button', { name: /^End the session/ })
      .click();
    await expect.poll(() => devices.count()).toBe(1);
    await expect(other.api.call('wallet.get', {})).rejects.toMatchObject({ code: expect.stringMatching(/^auth\./) });
    other.account.stop();
  });

  test('row 64: two-factor: scanned, confirmed, recovery codes shown once; then sign-in asks for a code', async () => {
    const { page } = studio;
    await row('Two-factor sign-in').getByRole('button', { name: 'Switch on' }).click();
    await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor();
    secret = (await page.getByTestId('totp-secret').textContent()) ?? '';
    const setup = page.getByTestId('two-factor-setup');
    await setup.getByLabel('Code of your authenticator app').fill('000000');
    await setup.getByRole('button', { name: 'Confirm' }).click();
    await setup.getByRole('alert').waitFor();
    await setup.getByLabel('Code of your authenticator app').fill(totp(secret, -1));
    await setup.getByRole('button', { name: 'Confirm' }).click();
    const codes = page.getByTestId('recovery-codes').locator('li');
    await codes.first().waitFor();
    expect(await codes.count()).toBe(10);
    const [recovery = ''] = await codes.allTextContents();
    await page.getByRole('button', { name: 'I kept them' }).click();
    await row('Two-factor sign-in').getByText('On: a code is asked for at sign-in').waitFor();
    await signOut();
    await studio.signIn(email, PASSWORD);
    const form = page.getByRole('form', { name: 'Sign in or create an account' });
    await form.getByLabel('Code of your authenticator app').fill('999999');
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await form.getByRole('alert').waitFor();
    await form.getByLabel('Code of your authenticator app').fill(recovery.toLowerCase());
    await form.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByTestId('account').getByText(email).waitFor();
  });

  test('A9: a change of address asks who is there when the sign-in is a while ago, goes on by itself, and counts with the mail (row 64)', async () => {
    const next = `next-${email}`;
    let isFresh = false;
    // The server as it is ten minutes after the sign-in.
    const line = await faultyLine(server.url, ({ method, url }) => {
      if (url === '/v1/auth/fresh') isFresh = true;
      return method === 'POST' && url === '/v1/account/email' && !isFresh
        ? { refusedWith: { status: 403, code: 'auth.freshSignInRequired' } }
        : 'pass';
    });
    await desk.running().close();
    studio = await desk.reopen({ serverUrl: line.url });
    await studio.go('account');
    await row('E-mail').getByRole('button', { name: 'Change' }).click();
    await row('E-mail').getByLabel('New e-mail address').fill(next);
    await row('E-mail').getByRole('button', { name: 'Send the link' }).click();
    const dialog = studio.page.getByRole('dialog', { name: 'Please confirm that it’s you' });
    await dialog.getByLabel('Password', { exact: true }).fill('not the password at all');
    await dialog.getByLabel('Code of your authenticator app').fill('000000');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await dialog.getByLabel('Code of your authenticator app').fill(totp(secret, 1));
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await row('E-mail').getByText('We sent you a mail').waitFor();
    const link = new URL(await waitForLink(server.sandboxes.mail, next));
    const answer = await fetch(new URL('/v1/auth/email/confirm', link), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: new URLSearchParams(link.hash.slice(1)).get('token') }),
    });
    expect(answer.status).toBe(200);
    await studio.go('workspace');
    await studio.go('account');
    await row('E-mail').getByText(next, { exact: true }).waitFor();
    line.server.closeAllConnections();
    line.server.close();
  });
});
