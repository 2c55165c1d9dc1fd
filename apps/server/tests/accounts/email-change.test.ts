import { HTTP_ROUTES, type Route } from '@pingplex/shared/contracts/http';
import { TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgetOld } from '../../src/modules/auth/jobs.ts';
import { DEVICE, startServer, type TestServer, type Tokens, tokenOf } from '../helpers/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const PASSWORD = 'quite unusual words 51';
const post = (route: string, body: unknown, token?: string) =>
  server.call('POST', route, { body, ...(token === undefined ? {} : { token }) });
const change = (token: string, email: string) => post('/v1/account/email', { email }, token);
const confirm = (token: string) => post('/v1/auth/email/confirm', { token });
const undo = (token: string) => post('/v1/auth/email/undo', { token });
const signIn = (email: string, password: string) => post('/v1/auth/sign-in', { email, password, device: DEVICE });
const ageProof = (sessionId: string) =>
  server.db.deviceSession.update({ where: { id: sessionId }, data: { authenticatedAt: new Date(Date.now() - 11 * 60_000) } });
const invalid = { status: 400, body: { code: 'auth.tokenInvalid' } };

describe('fresh authentication', () => {
  const fresh = (Object.entries(HTTP_ROUTES) as [string, Route][]).filter(([, route]) => route.access === 'fresh');

  test('A9: whatever changes a way into the account asks for a sign-in of the last ten minutes', async () => {
    const user = await server.newUser();
    await ageProof(user.sessionId);
    expect(fresh.map(([id]) => id)).toEqual(
      expect.arrayContaining([
        'auth.changePassword',
        'account.changeEmail',
        'account.startTwoFactor',
        'account.disableTwoFactor',
        'account.unlinkGoogle',
      ]),
    );
    for (const [id, route] of fresh) {
      const answer = await server.call(route.method, route.path, {
        token: user.accessToken,
        ...(route.method === 'GET' ? {} : { body: {} }),
      });
      expect([id, answer]).toMatchObject([id, { status: 403, body: { code: 'auth.freshSignInRequired' } }]);
    }
  });

  test('A9: the password proves it again, for this device only; a wrong one counts as a failed sign-in', async () => {
    const user = await server.newUser();
    const other = (await signIn(user.email, user.password)).body as unknown as Tokens;
    for (const { sessionId } of [user, other]) await ageProof(sessionId);
    const prove = (password: string) => post('/v1/auth/fresh', { password }, user.accessToken);
    expect(await prove('not the password')).toMatchObject({ status: 401, body: { code: 'auth.badCredentials' } });
    expect((await change(user.accessToken, 'a9@example.org')).status).toBe(403);
    expect((await prove(user.password)).status).toBe(200);
    expect((await change(user.accessToken, 'a9@example.org')).status).toBe(202);
    expect((await change(other.accessToken, 'a9-other@example.org')).status).toBe(403);
    for (let i = 0; i < 5; i += 1) await prove('not the password');
    expect(await prove(user.password)).toMatchObject({ status: 429 });
  });
});

describe('change of address', () => {
  test('A15: it counts once the new address has proved itself; the old one gets a notice with a way back', async () => {
    const user = await server.newUser();
    const next = `next-${user.email}`;
    expect((await change(user.accessToken, next.toUpperCase())).status).toBe(202);
    const mail = (await server.mails(next))[0];
    expect((await signIn(next, user.password)).status).toBe(401);
    expect((await signIn(user.email, user.password)).status).toBe(200);
    // Opening the page changes nothing.
    expect((await fetch(mail?.links[0] ?? '')).status).toBe(200);
    expect((await signIn(user.email, user.password)).status).toBe(200);
    const both = await Promise.all([confirm(tokenOf(mail)), confirm(tokenOf(mail))]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await signIn(next, user.password)).body).toMatchObject({ account: { email: next, id: user.account.id } });
    expect((await signIn(user.email, user.password)).status).toBe(401);
    const notice = (await server.mails(user.email, 2))[0];
    expect(notice?.subject).toBe('Your pingplex account has another address now');
    const row = await server.db.emailUndo.findFirstOrThrow({ where: { userId: user.account.id } });
    expect(row.expiresAt.getTime() - row.createdAt.getTime()).toBeGreaterThanOrEqual(7 * 86_400_000 - 5_000);
    const dump = JSON.stringify([
      await server.db.emailUndo.findMany(),
      await server.db.emailChange.findMany(),
      await server.db.mailOutbox.findMany(),
    ]);
    for (const token of [tokenOf(mail), tokenOf(notice)]) expect(dump).not.toContain(token);
  });

  test('A15: the way back restores the address, ends every session and the password, and what was added since', async () => {
    const user = await server.newUser();
    const thief = `thief-${user.email}`;
    await change(user.accessToken, thief);
    await confirm(tokenOf((await server.mails(thief))[0]));
    const { accessToken } = (await signIn(thief, user.password)).body as unknown as Tokens;
    const secret = String((await post('/v1/account/two-factor/start', {}, accessToken)).body['secret']);
    expect((await post('/v1/account/two-factor/confirm', { code: new TOTP({ secret }).generate() }, accessToken)).status).toBe(200);
    const back = tokenOf((await server.mails(user.email, 2))[0]);
    const { length } = await server.mails(user.email);
    expect((await undo(back)).status).toBe(200);
    expect(await undo(back)).toMatchObject(invalid);
    for (const email of [thief, user.email]) expect((await signIn(email, user.password)).status).toBe(401);
    for (const token of [user.accessToken, accessToken]) expect((await server.call('GET', '/v1/wallet', { token })).status).toBe(401);
    const reset = (await server.mails(user.email, length + 1))[0];
    expect(reset?.subject).toBe('Set a new pingplex password');
    expect((await post('/v1/auth/password/reset', { token: tokenOf(reset), password: PASSWORD })).status).toBe(200);
    expect((await signIn(user.email, PASSWORD)).body).toMatchObject({ account: { id: user.account.id, twoFactor: false } });
  });

  test('A15: what somebody prepared before the change ends with it too', async () => {
    const user = await server.newUser();
    const thief = `thief-${user.email}`;
    const { accessToken } = user;
    const secret = String((await post('/v1/account/two-factor/start', {}, accessToken)).body['secret']);
    expect((await post('/v1/account/two-factor/confirm', { code: new TOTP({ secret }).generate() }, accessToken)).status).toBe(200);
    await server.db.googleIdentity.create({ data: { userId: user.account.id, subject: `thief-${user.account.id}`, email: thief } });
    await change(accessToken, thief);
    await confirm(tokenOf((await server.mails(thief))[0]));
    const notice = (await server.mails(user.email, 3)).find(({ subject }) => /address/i.test(subject));
    expect((await undo(tokenOf(notice))).status).toBe(200);
    expect(await server.db.googleIdentity.count({ where: { userId: user.account.id } })).toBe(0);
    expect(await server.db.totpFactor.count({ where: { userId: user.account.id } })).toBe(0);
  });

  test('A15: after two changes the first owner still gets everything back, and the later way back is dead', async () => {
    const user = await server.newUser();
    const [second, third] = [`b-${user.email}`, `c-${user.email}`];
    await change(user.accessToken, second);
    await confirm(tokenOf((await server.mails(second))[0]));
    const first = tokenOf((await server.mails(user.email, 2))[0]);
    await change(user.accessToken, third);
    await confirm(tokenOf((await server.mails(third))[0]));
    const later = tokenOf((await server.mails(second, 2))[0]);
    expect((await undo(first)).status).toBe(200);
    expect(await undo(later)).toMatchObject(invalid);
    expect(await server.db.user.findUniqueOrThrow({ where: { id: user.account.id } })).toMatchObject({ email: user.email });
  });

  test('A15: while the way back is open nobody begins an account with the old address; afterwards it is free', async () => {
    const user = await server.newUser();
    const next = `moved-${user.email}`;
    await change(user.accessToken, next);
    await confirm(tokenOf((await server.mails(next))[0]));
    await server.mails(user.email, 2);
    expect((await post('/v1/auth/sign-up', { email: user.email, password: PASSWORD, adult: true })).status).toBe(202);
    expect((await server.mails(user.email, 3))[0]).toMatchObject({ subject: 'You already have a pingplex account', links: [] });
    await forgetOld(server.db, new Date(Date.now() + 7.1 * 86_400_000));
    await post('/v1/auth/sign-up', { email: user.email, password: PASSWORD, adult: true });
    expect((await server.mails(user.email, 4))[0]).toMatchObject({ subject: 'Confirm your address for pingplex' });
  });

  test('A15: a newer wish replaces the older; a password change ends it; a link of the old mailbox opens nothing after the change', async () => {
    const user = await server.newUser();
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => `a15-${letter}-${user.email}`) as [string, string, string];
    await change(user.accessToken, a);
    const older = tokenOf((await server.mails(a))[0]);
    await change(user.accessToken, b);
    const newer = tokenOf((await server.mails(b))[0]);
    expect(await confirm(older)).toMatchObject(invalid);
    const body = { current: user.password, next: 'changed in the meantime' };
    expect((await post('/v1/auth/password/change', body, user.accessToken)).status).toBe(200);
    expect(await confirm(newer)).toMatchObject(invalid);
    await post('/v1/auth/password/forgot', { email: user.email });
    const reset = tokenOf((await server.mails(user.email, 3))[0]);
    await change(user.accessToken, c);
    expect((await confirm(tokenOf((await server.mails(c))[0]))).status).toBe(200);
    expect(await post('/v1/auth/password/reset', { token: reset, password: PASSWORD })).toMatchObject(invalid);
  });

  test('A15, A38: a wish for an address that is taken answers as any other; its owner hears of it', async () => {
    const [user, other] = [await server.newUser(), await server.newUser()];
    const taken = await change(user.accessToken, other.email);
    const free = await change(user.accessToken, `free-${user.email}`);
    expect([taken.status, taken.body]).toEqual([free.status, free.body]);
    expect((await change(user.accessToken, other.email)).status).toBe(202);
    const mail = (await server.mails(other.email, 2))[0];
    expect(mail).toMatchObject({ subject: 'This address has a pingplex account of its own', links: [] });
  });
});
