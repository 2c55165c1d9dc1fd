import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, finishGoogle, handedOver, newPkce, signInWithGoogle, startGoogle, throughGoogle } from '../helpers/browser.ts';
import { DEVICE, startServer, type TestServer, type Tokens } from '../helpers/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const wallet = (token: string) => server.call('GET', '/v1/wallet', { token });
const over = { status: 410, body: { code: 'auth.browserSignInOver' } };
const wrong = { status: 422, body: { code: 'auth.browserCodeWrong' } };
/** Up to the code in the app's hands. */
async function toCode(email: string) {
  const app = await startGoogle(server);
  const { browser, page } = await throughGoogle(server, app, { email });
  const end = await browser.submit(page, { way: 'app', adult: 'on' });
  return { app, browser, page, ...handedOver(end) };
}

describe('Google sign-in', () => {
  test('row 63: a new person comes in through the browser: account, trial credits and a session with the device that asked', async () => {
    const answer = await signInWithGoogle(server, { email: 'new.person@gmail.com' });
    expect(answer).toMatchObject({
      status: 200,
      body: { account: { email: 'new.person@gmail.com', google: 'new.person@gmail.com', hasPassword: false, twoFactor: false } },
    });
    const tokens = answer.body as unknown as Tokens;
    expect((await wallet(tokens.accessToken)).body).toMatchObject({ available: 100 });
    const again = await signInWithGoogle(server, { email: 'New.Person@gmail.com' });
    expect(again.body).toMatchObject({ account: { id: tokens.account.id } });
    const devices = await server.call('GET', '/v1/auth/sessions', { token: tokens.accessToken });
    expect(devices.body['sessions']).toMatchObject([{ device: { name: 'Ann’s <Mac>' } }, { device: { os: 'macOS 26' } }]);
    const user = await server.db.user.findUniqueOrThrow({ where: { id: tokens.account.id } });
    expect(user.adultConfirmedAt).not.toBeNull();
  });

  test('A24: only S256 with a challenge and a state of 128 bits begins; the address of the browser carries the code, never a token', async () => {
    const { challenge, state } = newPkce();
    const good = { challenge, method: 'S256', state, redirectUri: 'http://127.0.0.1:5/sign-in/return', device: DEVICE };
    for (const change of [
      { method: 'plain' },
      { challenge: 'short' },
      { state: 'short' },
      { challenge: undefined },
      { method: undefined },
    ]) {
      const refused = await server.call('POST', '/v1/auth/google/start', { body: { ...good, ...change } });
      expect([change, refused.status]).toEqual([change, 400]);
    }
    const { app, code, state: returned, to } = await toCode('a24@gmail.com');
    expect({ to, returned }).toEqual({ to: app.redirectUri, returned: app.state });
    expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const answer = await finishGoogle(server, app, code);
    for (const secret of [answer.body['accessToken'], answer.body['refreshToken']]) expect(server.logs()).not.toContain(String(secret));
    expect(server.logs()).not.toContain(code);
  });

  test('A24: the code is bound to challenge and redirect, lives 60 seconds and works once; a second use ends what it gave', async () => {
    const { app, code } = await toCode('a24-once@gmail.com');
    expect(await finishGoogle(server, app, code, { verifier: newPkce().verifier })).toMatchObject(over);
    expect(await finishGoogle(server, app, code, { redirectUri: 'http://127.0.0.1:49153/sign-in/return' })).toMatchObject(over);
    expect(await finishGoogle(server, app, code, { redirectUri: null })).toMatchObject(over);
    const row = await server.db.browserSignIn.findUniqueOrThrow({ where: { id: app.requestId } });
    expect((row.codeExpires?.getTime() ?? 0) - (row.confirmedAt?.getTime() ?? 0)).toBeLessThanOrEqual(61_000);
    const first = await finishGoogle(server, app, code);
    expect(first.status).toBe(200);
    const { accessToken } = first.body as unknown as Tokens;
    expect((await wallet(accessToken)).status).toBe(200);
    expect(await finishGoogle(server, app, code)).toMatchObject(over);
    expect((await wallet(accessToken)).body).toMatchObject({ code: 'auth.sessionEnded' });
    expect(await server.db.securityEvent.count({ where: { kind: 'google.codeReused' } })).toBe(1);
    const late = await toCode('a24-once@gmail.com');
    await server.db.browserSignIn.update({ where: { id: late.app.requestId }, data: { codeExpires: new Date(Date.now() - 1) } });
    expect(await finishGoogle(server, late.app, late.code)).toMatchObject(over);
  });

  test('A24: of two that bring the code at once one gets a session, and that one ends', async () => {
    const { app, code } = await toCode('a24-race@gmail.com');
    const answers = await Promise.all([finishGoogle(server, app, code), finishGoogle(server, app, code)]);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(await server.db.deviceSession.count({ where: { user: { email: 'a24-race@gmail.com' } } })).toBe(1);
  });

  test('A26: a code to carry over by hand: eight letters, ten minutes, five tries', async () => {
    const app = await startGoogle(server, { redirectUri: null });
    const { browser, page } = await throughGoogle(server, app, { email: 'a26@gmail.com' });
    expect(await finishGoogle(server, app, 'AAAA-BBBB')).toMatchObject(wrong);
    const shown = await browser.submit(page, { way: 'paste', adult: 'on' });
    expect(shown.html).toContain('lang="en"');
    const [, code = ''] = /<output>([A-Z2-9]{4}-[A-Z2-9]{4})<\/output>/.exec(shown.html) ?? [];
    expect(code).not.toBe('');
    const row = await server.db.browserSignIn.findUniqueOrThrow({ where: { id: app.requestId } });
    expect((row.codeExpires?.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(600_000);
    for (let i = 0; i < 4; i += 1) expect(await finishGoogle(server, app, 'AAAA-BBBB')).toMatchObject(wrong);
    // However it was typed.
    expect((await finishGoogle(server, app, ` ${code.replace('-', ' ').toLowerCase()}`)).status).toBe(200);

    const spent = await startGoogle(server, { redirectUri: null });
    const second = await throughGoogle(server, spent, { email: 'a26@gmail.com' });
    const other = await second.browser.submit(second.page, { way: 'paste' });
    const [, right = ''] = /<output>([^<]+)/.exec(other.html) ?? [];
    for (let i = 0; i < 4; i += 1) expect(await finishGoogle(server, spent, 'AAAA-BBBB')).toMatchObject(wrong);
    expect(await finishGoogle(server, spent, 'AAAA-BBBB')).toMatchObject(over);
    expect((await finishGoogle(server, spent, right)).status).toBe(410);
  });

  test('A26: when the app’s listener did not answer, going back shows a code, and the first one is dead', async () => {
    const { app, browser, page, code } = await toCode('a26-back@gmail.com');
    const back = await browser.open(page.url);
    expect(back.html).toContain('confirmed this already');
    const shown = await browser.submit(back, { way: 'paste' });
    const [, byHand = ''] = /<output>([^<]+)/.exec(shown.html) ?? [];
    expect(await finishGoogle(server, app, code)).toMatchObject(wrong);
    expect((await finishGoogle(server, app, byHand)).status).toBe(200);
  });

  test('A28: the page names the app, the device and the account; opening it hands nothing over, and no other browser can go on', async () => {
    const app = await startGoogle(server);
    const { browser, page } = await throughGoogle(server, app, { email: 'a28@gmail.com' });
    expect(page.status).toBe(200);
    for (const text of ['pingplex', 'Ann’s &lt;Mac&gt;', 'a28@gmail.com', '18 or older']) expect(page.html).toContain(text);
    expect(await server.db.user.count({ where: { email: 'a28@gmail.com' } })).toBe(0);
    expect((await server.db.browserSignIn.findUniqueOrThrow({ where: { id: app.requestId } })).codeHash).toBeNull();
    const stranger = new Browser();
    expect((await stranger.open(`${server.url}/sign-in/google/${app.requestId}`)).status).toBe(410);
    expect((await stranger.open(`${server.url}/sign-in/confirm`)).status).toBe(410);
    // Without the tick there is no account.
    const refused = await browser.submit(page, { way: 'app' });
    expect(refused.html).toContain('role="alert"');
    expect(await server.db.user.count({ where: { email: 'a28@gmail.com' } })).toBe(0);
    const canceled = await browser.submit(page, { way: 'cancel' });
    expect(canceled.html).toContain('Canceled');
    expect(await server.db.browserSignIn.count({ where: { id: app.requestId } })).toBe(0);
  });

  test('A28: who declines at Google comes to a page that says so', async () => {
    const app = await startGoogle(server);
    const browser = new Browser();
    const chooser = await browser.open(`${server.url}/sign-in/google/${app.requestId}`);
    expect((await browser.submit(chooser, { way: 'cancel' })).status).toBe(410);
  });

  test('a suspended person is not let in, neither known nor by the address', async () => {
    const answer = await signInWithGoogle(server, { email: 'suspended@gmail.com' });
    await server.db.user.update({
      where: { id: (answer.body as unknown as Tokens).account.id },
      data: { suspendedAt: new Date() },
    });
    const app = await startGoogle(server);
    const { page } = await throughGoogle(server, app, { email: 'suspended@gmail.com' });
    expect(page.html).toContain('can’t be used');
  });
});

describe('the browser pages', () => {
  test('A39: the only cookie is __Host-, Secure, HttpOnly, SameSite and ends with the browser', async () => {
    const app = await startGoogle(server);
    const answer = await fetch(`${server.url}/sign-in/google/${app.requestId}`, { redirect: 'manual' });
    const [cookie = '', ...more] = answer.headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(/^__Host-pingplex-sign-in=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    // The database alone does not tell the cookie.
    const value = /=([\w-]{43});/.exec(cookie)?.[1] ?? '-';
    const rows = JSON.stringify(await server.db.browserSignIn.findMany(), (_, v) =>
      v instanceof Uint8Array ? Buffer.from(v).toString('latin1') : v,
    );
    expect(rows).not.toContain(value);
  });

  test('A39: a form counts only from our page in this browser', async () => {
    const app = await startGoogle(server);
    const { browser, page } = await throughGoogle(server, app, { email: 'a39@gmail.com' });
    const [, token = ''] = /name="token" value="([^"]*)"/.exec(page.html) ?? [];
    const url = `${server.url}/sign-in/confirm`;
    const post = (form: Record<string, string>, headers: Record<string, string>, from = browser) =>
      from.open(url, { method: 'POST', form, headers });
    const form = { token, way: 'app', adult: 'on' };
    const own = { 'Sec-Fetch-Site': 'same-origin' };
    const elsewhere = await throughGoogle(server, await startGoogle(server), { email: 'a39-other@gmail.com' });
    const refused = {
      withoutHeaders: await post(form, {}),
      crossSite: await post(form, { 'Sec-Fetch-Site': 'cross-site' }),
      sameSite: await post(form, { 'Sec-Fetch-Site': 'same-site' }),
      otherOrigin: await post(form, { Origin: 'https://evil.example' }),
      nullOrigin: await post(form, { Origin: 'null' }),
      withoutToken: await post({ way: 'app', adult: 'on' }, own),
      otherToken: await post({ ...form, token: token.replace(/.$/, token.endsWith('A') ? 'B' : 'A') }, own),
      withoutCookie: await post(form, own, new Browser()),
      otherBrowser: await post(form, own, elsewhere.browser),
      otherType: await post(form, { ...own, 'content-type': 'text/plain' }),
    };
    for (const [name, answer] of Object.entries(refused)) expect([name, answer.status >= 400]).toEqual([name, true]);
    expect(await server.db.user.count({ where: { email: 'a39@gmail.com' } })).toBe(0);
  });

  test('A39: the JSON API takes application/json only and knows no cookie', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await server.call('POST', '/v1/auth/google/start', { raw: '{}', headers: { 'Content-Type': type } });
      expect([type, answer.status]).toEqual([type, 415]);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });

  test('A39: the pages load nothing, cannot be framed and send forms nowhere but to us and to the app', async () => {
    const app = await startGoogle(server);
    const { page } = await throughGoogle(server, app, { email: 'a39-csp@gmail.com' });
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/127\.0\.0\.1:49152; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.html).not.toMatch(/(src|href)=/);
  });

  test('A25, A40: the app can only name its own listener on 127.0.0.1; everything else is refused before a browser sees it', async () => {
    const { challenge, state } = newPkce();
    const good = { challenge, method: 'S256', state, device: DEVICE };
    const start = (redirectUri: string) => server.call('POST', '/v1/auth/google/start', { body: { ...good, redirectUri } });
    for (const port of [1, 8080, 65_535]) expect((await start(`http://127.0.0.1:${port}/sign-in/return`)).status).toBe(200);
    for (const evil of [
      '//evil.example/sign-in/return',
      'https:evil.example',
      '\\\\evil.example\\sign-in\\return',
      'http://127.0.0.1:80@evil.example/sign-in/return',
      'http://127.0.0.1.evil.example:80/sign-in/return',
      'http://localhost:8080/sign-in/return',
      'http://0.0.0.0:8080/sign-in/return',
      'http://127.0.0.1:8080/sign-in/return?next=//evil.example',
      'http://127.0.0.1:8080/sign-in/return/../../evil',
      'http://127.0.0.1:8080/%2e%2e//evil.example',
      'http://127.0.0.1:8080/sign-in/return#x',
      'https://127.0.0.1:8080/sign-in/return',
      'http://127.0.0.1/sign-in/return',
      'pingplex://sign-in/return',
      'javascript:alert(1)',
      'http://127.0.0.1:8080/sign-in/return\nX: y',
    ]) {
      expect([evil, (await start(evil)).status]).toEqual([evil, 400]);
    }
  });
});
