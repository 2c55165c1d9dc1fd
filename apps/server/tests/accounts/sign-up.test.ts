import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgetOld } from '../../src/modules/auth/jobs.ts';
import { DEVICE, startServer, type TestServer, tokenOf } from '../helpers/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const PASSWORD = 'quite unusual words 51';
const signUp = (email: string, password = PASSWORD) => server.call('POST', '/v1/auth/sign-up', { body: { email, password, adult: true } });
const signIn = (email: string, password = PASSWORD) =>
  server.call('POST', '/v1/auth/sign-in', { body: { email, password, device: DEVICE } });
const confirm = (token: string) => server.call('POST', '/v1/auth/verification/confirm', { body: { token } });

describe('sign-up and confirmation', () => {
  test('A10: nothing exists before the address is confirmed; then the account begins with its trial credits', async () => {
    const email = 'a10@example.org';
    expect(await signUp(email)).toMatchObject({ status: 202, body: { status: 'mailSent' } });
    // The right password, a wrong one and an address that has an account answer alike: none of them tells who is here (A38).
    const known = await server.newUser();
    const refused = await signIn(email);
    expect(refused).toMatchObject({ status: 401, body: { code: 'auth.badCredentials' } });
    expect((await signIn(known.email, 'not its password')).body).toEqual({ ...refused.body, requestId: expect.any(String) });
    expect(await signIn(email, 'a wrong password')).toMatchObject({ status: 401, body: { code: 'auth.badCredentials' } });
    expect(await server.db.user.count({ where: { email } })).toBe(0);
    expect(await confirm(tokenOf((await server.mails(email))[0]))).toMatchObject({ status: 200, body: { done: true } });
    const signedIn = await signIn(email);
    expect(signedIn.status).toBe(200);
    const wallet = await server.call('GET', '/v1/wallet', { token: String(signedIn.body['accessToken']) });
    expect(wallet.body).toMatchObject({ available: 100 });
  });

  test('A10: an unconfirmed sign-up is forgotten after 7 days', async () => {
    await signUp('a10-old@example.org');
    const day = 86_400_000;
    await forgetOld(server.db, new Date(Date.now() + 6.9 * day));
    expect(await server.db.pendingSignUp.count({ where: { email: 'a10-old@example.org' } })).toBe(1);
    await forgetOld(server.db, new Date(Date.now() + 7.1 * day));
    expect(await server.db.pendingSignUp.count({ where: { email: 'a10-old@example.org' } })).toBe(0);
  });

  test('A11: a confirmation works once, and a newer mail kills the older link', async () => {
    const email = 'a11@example.org';
    await signUp(email);
    const first = tokenOf((await server.mails(email))[0]);
    expect(first.length).toBeGreaterThanOrEqual(43);
    await server.call('POST', '/v1/auth/verification/resend', { body: { email } });
    const second = tokenOf((await server.mails(email, 2))[0]);
    expect(await confirm(first)).toMatchObject({ status: 400, body: { code: 'auth.tokenInvalid' } });
    const both = await Promise.all([confirm(second), confirm(second)]);
    expect(both.map((a) => a.status).sort()).toEqual([200, 400]);
    const dump = JSON.stringify([await server.db.pendingSignUp.findMany(), await server.db.mailOutbox.findMany()]);
    expect(dump).not.toContain(second);
  });

  test('A11: a link older than 24 hours is refused', async () => {
    const email = 'a11-late@example.org';
    await signUp(email);
    const token = tokenOf((await server.mails(email))[0]);
    await server.db.pendingSignUp.update({ where: { email }, data: { tokenExpires: new Date(Date.now() - 1) } });
    expect(await confirm(token)).toMatchObject({ status: 400, body: { code: 'auth.tokenInvalid' } });
  });

  test('A30 (1): the password of an earlier, unconfirmed sign-up by somebody else does not open the account', async () => {
    const email = 'victim@example.org';
    await signUp(email, 'attacker knows this one');
    await server.mails(email);
    await signUp(email, 'only the owner knows this');
    await confirm(tokenOf((await server.mails(email, 2))[0]));
    expect((await signIn(email, 'attacker knows this one')).status).toBe(401);
    expect((await signIn(email, 'only the owner knows this')).status).toBe(200);
  });

  test('A12: the link begins with our address whatever Host the request names', async () => {
    const email = 'a12@example.org';
    await server.call('POST', '/v1/auth/sign-up', {
      body: { email, password: PASSWORD, adult: true },
      headers: { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' },
    });
    const [mail] = await server.mails(email);
    expect(mail?.links[0]?.startsWith(`${server.url}/mail/confirm`)).toBe(true);
    expect(JSON.stringify(mail)).not.toContain('evil.example');
  });

  test('A13: opening the link changes nothing; the page loads nothing from elsewhere and the token never reaches the server', async () => {
    const email = 'a13@example.org';
    await signUp(email);
    const link = (await server.mails(email))[0]?.links[0] ?? '';
    const page = await fetch(link);
    const html = await page.text();
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self'/);
    expect(page.headers.get('set-cookie')).toBeNull();
    expect(html).toContain('<button>');
    expect(html).not.toMatch(/(src|href)=/);
    expect(new URL(link).search).not.toContain('token');
    expect(await server.db.user.count({ where: { email } })).toBe(0);
    expect(server.logs()).not.toContain(tokenOf((await server.mails(email))[0]));
  });

  test('A38: sign-up with a known address answers as for a new one and mails "you already have an account"', async () => {
    const { email } = await server.newUser();
    const known = await signUp(email, 'somebody elses password');
    const fresh = await signUp('a38-new@example.org');
    expect(shape(known)).toEqual(shape(fresh));
    const mails = await server.mails(email, 2);
    expect(mails[0]).toMatchObject({ subject: 'You already have a pingplex account', links: [] });
    expect((await signIn(email, 'somebody elses password')).status).toBe(401);
  });

  test('A38: reset and resend answer the same for known and unknown addresses; the unknown get no mail', async () => {
    const { email } = await server.newUser();
    for (const route of ['/v1/auth/password/forgot', '/v1/auth/verification/resend']) {
      const known = await server.call('POST', route, { body: { email } });
      const unknown = await server.call('POST', route, { body: { email: 'a38-nobody@example.org' } });
      expect(shape(known)).toEqual(shape(unknown));
    }
    await server.mails(email, 3);
    const stranger = await fetch(`${server.mailUrl}/messages?to=a38-nobody@example.org`);
    expect(await stranger.json()).toMatchObject({ messages: [] });
  });

  test('mails come in the language of the account', async () => {
    await server.call('POST', '/v1/auth/sign-up', { body: { email: 'ru@example.org', password: PASSWORD, locale: 'ru', adult: true } });
    const [mail] = await server.mails('ru@example.org');
    expect(mail).toMatchObject({ subject: 'Подтвердите адрес для pingplex' });
    expect(mail?.html).toContain('lang="ru"');
    expect(mail?.links[0]).toContain('lang=ru');
  });

  test('R35: with the mail server down sign-up answers as always and the mail follows later, once', async () => {
    const dataFolder = await mkdtemp(path.join(tmpdir(), 'pingplex-r35-'));
    const broken = await startServer({
      dataFolder,
      change: (c) => ({ ...c, mail: { ...c.mail, smtpUrl: 'smtp://127.0.0.1:1' } }),
    });
    expect(
      await broken.call('POST', '/v1/auth/sign-up', { body: { email: 'r35@example.org', password: PASSWORD, adult: true } }),
    ).toMatchObject({
      status: 202,
    });
    await expect.poll(() => broken.db.mailOutbox.findFirst({ where: { failure: { not: null } } }), { timeout: 20_000 }).not.toBeNull();
    await broken.stop();
    const mended = await startServer({ dataFolder, databaseUrl: broken.databaseUrl });
    await mended.db.mailOutbox.updateMany({ data: { nextAttemptAt: new Date() } });
    await mended.call('POST', '/v1/auth/password/forgot', { body: { email: 'wakes-the-sender@example.org' } });
    expect(await mended.mails('r35@example.org')).toHaveLength(1);
    await mended.stop();
    await rm(dataFolder, { recursive: true });
  });
});

/** What a stranger can compare: everything but ids and dates. */
function shape(answer: Awaited<ReturnType<typeof signUp>>): unknown {
  const changing = ['date', 'x-request-id'];
  return { status: answer.status, body: answer.body, headers: [...answer.headers].filter(([name]) => !changing.includes(name)) };
}
