import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finishGoogle, type Google, handedOver, signInWithGoogle, startGoogle, throughGoogle } from '../helpers/browser.ts';
import { DEVICE, startServer, type TestServer, type Tokens, tokenOf } from '../helpers/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const OWN = 'only the owner knows this';
const THEIRS = 'attacker knows this one';
const post = (route: string, body: unknown, token?: string) =>
  server.call('POST', route, { body, ...(token === undefined ? {} : { token }) });
const signIn = (email: string, password: string) => post('/v1/auth/sign-in', { email, password, device: DEVICE });
const wallet = (token: string) => server.call('GET', '/v1/wallet', { token });
const unlink = (token: string) => server.call('DELETE', '/v1/account/google', { token, body: {} });
/** What the page says when this person comes back from Google. */
async function asked(who: Google): Promise<string> {
  return (await throughGoogle(server, await startGoogle(server), who)).page.html;
}
/** Links as a signed-in app does. */
async function link(user: Tokens, who: Google) {
  const app = await startGoogle(server, { token: user.accessToken, route: '/v1/account/google/link' });
  const { browser, page } = await throughGoogle(server, app, who);
  const end = await browser.submit(page, { way: 'app' });
  const code = handedOver(end).code || 'none-at-all';
  return { page, answer: await finishGoogle(server, app, code, { token: user.accessToken, route: '/v1/account/google/finish' }) };
}

describe('A29: for which addresses Google can vouch', () => {
  test('A29: its own ones and those of an organisation join the account that has the address, with a mail', async () => {
    for (const [email, hd] of [
      ['a29@gmail.com', ''],
      ['a29@studio.example', 'studio.example'],
    ] as const) {
      const user = await server.newUser({ email });
      expect(await asked({ email, hd })).toContain('will be linked to your Google account');
      const answer = await signInWithGoogle(server, { email, hd });
      expect(answer.body).toMatchObject({ account: { id: user.account.id, google: email, hasPassword: true } });
      expect((await server.mails(email, 2))[0]?.subject).toBe('Google was linked to your pingplex account');
    }
  });

  test('A29, A38: any other address is sent to e-mail and password, whether or not it has an account', async () => {
    const user = await server.newUser({ email: 'a29@elsewhere.example' });
    const known = await asked({ email: user.email });
    const unknown = await asked({ email: 'nobody@elsewhere.example' });
    expect(known).toContain('can’t vouch for this address');
    expect(unknown).toBe(known);
    expect((await signInWithGoogle(server, { email: user.email })).status).toBe(422);
    expect(await server.db.googleIdentity.count({ where: { email: { endsWith: '@elsewhere.example' } } })).toBe(0);
    // After its owner signed in with the existing method it can be linked, and then it opens the account.
    expect((await link(user, { email: user.email })).answer.body).toMatchObject({ google: user.email });
    expect((await signInWithGoogle(server, { email: user.email })).body).toMatchObject({ account: { id: user.account.id } });
  });

  test('A27, A29: an address that went to another Google account opens nothing of the former one', async () => {
    const who = { email: 'handed.on@studio.example', hd: 'studio.example' };
    const first = (await signInWithGoogle(server, { ...who, sub: 'first-owner' })).body as unknown as Tokens;
    expect(await asked({ ...who, sub: 'second-owner' })).toContain('can’t vouch');
    expect((await signInWithGoogle(server, { ...who, sub: 'second-owner' })).status).toBe(422);
    // And the first one is known by who it is, whatever its address is today.
    const renamed = await signInWithGoogle(server, { email: 'renamed@elsewhere.example', sub: 'first-owner' });
    expect(renamed.body).toMatchObject({ account: { id: first.account.id, email: who.email } });
  });
});

describe('A30: accounts that somebody prepared for their victim', () => {
  test('A30 (1): a password set for the victim’s address opens nothing when the victim comes with Google, nor does its link later', async () => {
    const email = 'victim1@gmail.com';
    await post('/v1/auth/sign-up', { email, password: THEIRS, adult: true });
    const mailed = tokenOf((await server.mails(email))[0]);
    const victim = await signInWithGoogle(server, { email });
    expect(victim.body).toMatchObject({ account: { email, hasPassword: false } });
    expect((await signIn(email, THEIRS)).status).toBe(401);
    expect((await post('/v1/auth/verification/confirm', { token: mailed })).status).toBe(400);
    expect((await signIn(email, THEIRS)).status).toBe(401);
  });

  test('A30 (2): a session that somebody opened before does not survive the victim’s reset', async () => {
    const user = await server.newUser();
    const attacker = (await signIn(user.email, user.password)).body as unknown as Tokens;
    await post('/v1/auth/password/forgot', { email: user.email });
    await post('/v1/auth/password/reset', { token: tokenOf((await server.mails(user.email, 2))[0]), password: OWN });
    expect((await wallet(attacker.accessToken)).status).toBe(401);
    expect((await post('/v1/auth/refresh', { refreshToken: attacker.refreshToken })).status).toBe(401);
    // Nor is there one to open before the address was proved.
    const fresh = `fresh-${user.email}`;
    await post('/v1/auth/sign-up', { email: fresh, password: THEIRS, adult: true });
    expect((await signIn(fresh, THEIRS)).body).toMatchObject({ code: 'auth.badCredentials' });
  });

  test('A30 (3): an identity cannot be linked in advance, and one that waits in a browser ends with the victim’s reset', async () => {
    const email = 'victim3@example.org';
    // There is nothing to link to before the address was proved: an unproved sign-up opens no session.
    await post('/v1/auth/sign-up', { email, password: THEIRS, adult: true });
    expect((await post('/v1/account/google/link', {}, undefined)).status).toBe(401);
    expect(await server.db.user.count({ where: { email } })).toBe(0);
    // Somebody who was in for a while leaves a linking that only has to be finished.
    const user = await server.newUser();
    const attacker = (await signIn(user.email, user.password)).body as unknown as Tokens;
    const app = await startGoogle(server, { token: attacker.accessToken, route: '/v1/account/google/link' });
    const { browser, page } = await throughGoogle(server, app, { email: 'attacker@gmail.com' });
    const { code } = handedOver(await browser.submit(page, { way: 'app' }));
    await post('/v1/auth/password/forgot', { email: user.email });
    await post('/v1/auth/password/reset', { token: tokenOf((await server.mails(user.email, 2))[0]), password: OWN });
    const finish = (token: string) => finishGoogle(server, app, code, { token, route: '/v1/account/google/finish' });
    expect((await finish(attacker.accessToken)).status).toBe(401);
    // Not even when its owner is made to finish it.
    const owner = (await signIn(user.email, OWN)).body as unknown as Tokens;
    expect((await finish(owner.accessToken)).status).toBe(410);
    expect(await server.db.googleIdentity.count({ where: { userId: user.account.id } })).toBe(0);
  });

  test('A30 (3): a Google account that a thief linked a moment ago opens nothing after the owner’s reset', async () => {
    const user = await server.newUser();
    await server.db.googleIdentity.create({
      data: { userId: user.account.id, subject: `thief-${user.account.id}`, email: 'thief@gmail.com' },
    });
    await post('/v1/auth/password/forgot', { email: user.email });
    await post('/v1/auth/password/reset', { token: tokenOf((await server.mails(user.email, 2))[0]), password: OWN });
    expect(await server.db.googleIdentity.count({ where: { userId: user.account.id } })).toBe(0);
  });

  test('A30 (4): a change of address that somebody left pending does not fire after the victim’s reset', async () => {
    const user = await server.newUser();
    const attacker = (await signIn(user.email, user.password)).body as unknown as Tokens;
    await post('/v1/account/email', { email: `mine-${user.email}` }, attacker.accessToken);
    const pending = tokenOf((await server.mails(`mine-${user.email}`))[0]);
    await post('/v1/auth/password/forgot', { email: user.email });
    await post('/v1/auth/password/reset', { token: tokenOf((await server.mails(user.email, 2))[0]), password: OWN });
    expect((await post('/v1/auth/email/confirm', { token: pending })).status).toBe(400);
    expect((await signIn(user.email, OWN)).status).toBe(200);
  });

  test('A30 (5): a provider that did not verify the address gives nothing: no account, no way into one', async () => {
    const user = await server.newUser({ email: 'victim5@gmail.com' });
    for (const who of [
      { email: user.email, verified: false },
      { email: 'victim5-new@gmail.com', verified: false },
      { email: 'victim5@studio.example', verified: false, hd: 'studio.example' },
    ]) {
      expect((await signInWithGoogle(server, { ...who, sub: `attacker-${who.email}` })).status).toBe(422);
    }
    expect(await server.db.googleIdentity.count({ where: { subject: { startsWith: 'attacker-' } } })).toBe(0);
    expect(await server.db.user.count({ where: { email: { startsWith: 'victim5' } } })).toBe(1);
  });
});

describe('A31: linking and unlinking', () => {
  const old = { authenticatedAt: new Date(Date.now() - 11 * 60_000) };

  test('A31: both need a fresh sign-in and send mail; an account with a password keeps it', async () => {
    const user = await server.newUser();
    await server.db.deviceSession.update({ where: { id: user.sessionId }, data: old });
    await expect(startGoogle(server, { token: user.accessToken, route: '/v1/account/google/link' })).rejects.toThrow(/freshSignInRequired/);
    expect((await unlink(user.accessToken)).body).toMatchObject({ code: 'auth.freshSignInRequired' });
    expect((await post('/v1/auth/fresh', { password: user.password }, user.accessToken)).status).toBe(200);
    expect((await link(user, { email: 'a31@gmail.com' })).answer.body).toMatchObject({ google: 'a31@gmail.com' });
    expect((await server.mails(user.email, 2))[0]?.subject).toBe('Google was linked to your pingplex account');
    expect((await signInWithGoogle(server, { email: 'a31@gmail.com' })).body).toMatchObject({ account: { id: user.account.id } });
    expect((await unlink(user.accessToken)).status).toBe(200);
    expect((await server.mails(user.email, 3))[0]?.subject).toBe('Google was unlinked from your pingplex account');
    expect((await server.call('GET', '/v1/account', { token: user.accessToken })).body).toMatchObject({ google: null });
    expect((await signIn(user.email, user.password)).status).toBe(200);
  });

  test('A31: the last way in cannot be unlinked; with a password set by mail it can', async () => {
    const email = 'a31-only@gmail.com';
    const user = (await signInWithGoogle(server, { email })).body as unknown as Tokens;
    expect(await unlink(user.accessToken)).toMatchObject({ status: 409, body: { code: 'auth.lastWayIn' } });
    await post('/v1/auth/password/forgot', { email });
    await post('/v1/auth/password/reset', { token: tokenOf((await server.mails(email))[0]), password: OWN });
    const { accessToken } = (await signIn(email, OWN)).body as unknown as Tokens;
    expect((await unlink(accessToken)).status).toBe(200);
    expect(await asked({ email })).toContain('will be linked');
  });

  test('A31: one Google account opens one account, and one account has one Google account', async () => {
    const [ann, bob] = [await server.newUser(), await server.newUser()];
    await link(ann, { email: 'shared@gmail.com' });
    expect((await link(bob, { email: 'shared@gmail.com' })).page.html).toContain('belongs to another pingplex account');
    expect((await link(ann, { email: 'second@gmail.com' })).page.html).toContain('isn’t the Google account that is linked');
    expect((await link(ann, { email: 'shared@gmail.com' })).answer.status).toBe(200);
  });

  test('A9: the linked Google account proves again who is there, another one does not', async () => {
    const user = (await signInWithGoogle(server, { email: 'a9@gmail.com' })).body as unknown as Tokens;
    await server.db.deviceSession.update({ where: { id: user.sessionId }, data: old });
    const check = async (email: string) => {
      const app = await startGoogle(server, { token: user.accessToken, route: '/v1/account/google/check' });
      const { browser, page } = await throughGoogle(server, app, { email });
      const { code } = handedOver(await browser.submit(page, { way: 'app' }));
      return finishGoogle(server, app, code || 'none-at-all', { token: user.accessToken, route: '/v1/account/google/finish' });
    };
    expect((await check('somebody.else@gmail.com')).status).toBe(422);
    expect((await post('/v1/account/two-factor/start', {}, user.accessToken)).status).toBe(403);
    expect((await check('a9@gmail.com')).status).toBe(200);
    expect((await post('/v1/account/two-factor/start', {}, user.accessToken)).status).toBe(200);
  });

  test('A28: a linking that somebody begins and another finishes is worth nothing to either', async () => {
    const [ann, bob] = [await server.newUser(), await server.newUser()];
    const app = await startGoogle(server, { token: bob.accessToken, route: '/v1/account/google/link' });
    const { browser, page } = await throughGoogle(server, app, { email: 'ann.a28@gmail.com' });
    // The page says whose account it would open.
    expect(page.html).toContain(bob.email);
    const { code } = handedOver(await browser.submit(page, { way: 'app' }));
    for (const route of ['/v1/account/google/finish', '/v1/auth/google/finish']) {
      expect((await finishGoogle(server, app, code, { token: ann.accessToken, route })).status).toBe(410);
    }
    expect(await server.db.googleIdentity.count({ where: { email: 'ann.a28@gmail.com' } })).toBe(0);
  });
});
