import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signInWithGoogle, startGoogle, throughGoogle } from '../helpers/browser.ts';
import { DEVICE, startServer, type TestServer, type Tokens, tokenOf } from '../helpers/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

type Person = Tokens & { email: string; password: string };
type Guarded = { user: Person; totp: TOTP; recoveryCodes: string[] };

const post = (route: string, body: unknown, token?: string) =>
  server.call('POST', route, { body, ...(token === undefined ? {} : { token }) });
const signIn = (user: Person, secondFactor?: string) =>
  post('/v1/auth/sign-in', {
    email: user.email,
    password: user.password,
    device: DEVICE,
    ...(secondFactor === undefined ? {} : { secondFactor }),
  });
/** Codes of other half-minutes: each works once, so tests take neighbours instead of waiting. */
const codeAt = (totp: TOTP, steps: number): string => totp.generate({ timestamp: Date.now() + steps * 30_000 });
const wrong = { status: 401, body: { code: 'auth.secondFactorWrong' } };
/** The spent steps and the tries are forgotten, as they are after a while. */
const later = async (user: Person): Promise<void> => {
  await server.db.totpFactor.update({ where: { userId: user.account.id }, data: { lastStep: 0 } });
  await server.db.rateLimit.deleteMany({ where: { key: { startsWith: 'secondFactor' } } });
};

async function guarded(): Promise<Guarded> {
  const user = await server.newUser();
  const started = await post('/v1/account/two-factor/start', {}, user.accessToken);
  const totp = new TOTP({ secret: Secret.fromBase32(String(started.body['secret'])) });
  const on = await post('/v1/account/two-factor/confirm', { code: totp.generate() }, user.accessToken);
  expect(on.status).toBe(200);
  await later(user);
  return { user, totp, recoveryCodes: on.body['recoveryCodes'] as string[] };
}

describe('A32: two-factor', () => {
  test('A32: it begins with a first code; the secret and the codes lie unreadable; the owner gets a mail', async () => {
    const user = await server.newUser();
    const started = await post('/v1/account/two-factor/start', {}, user.accessToken);
    const secret = String(started.body['secret']);
    expect(Secret.fromBase32(secret).buffer.byteLength).toBe(20);
    expect(started.body['uri']).toMatch(/^otpauth:\/\/totp\/pingplex:.*secret=[A-Z2-7]+/);
    // Not asked for before it was confirmed.
    expect((await signIn(user)).status).toBe(200);
    expect(await post('/v1/account/two-factor/confirm', { code: '000000' }, user.accessToken)).toMatchObject(wrong);
    const on = await post('/v1/account/two-factor/confirm', { code: new TOTP({ secret }).generate() }, user.accessToken);
    const codes = on.body['recoveryCodes'] as string[];
    expect(codes).toHaveLength(10);
    // 16 of 32 letters: 80 bits each.
    for (const code of codes) expect(code).toMatch(/^([A-Z2-9]{4}-){3}[A-Z2-9]{4}$/);
    expect(new Set(codes).size).toBe(10);
    const rows = [await server.db.totpFactor.findMany(), await server.db.recoveryCode.findMany()];
    const dump = JSON.stringify(rows, (_, v) => (v instanceof Uint8Array ? Buffer.from(v).toString('latin1') : v));
    for (const text of [secret, Buffer.from(Secret.fromBase32(secret).buffer).toString('latin1'), ...codes])
      expect(dump).not.toContain(text);
    expect(server.logs()).not.toContain(secret);
    expect((await server.mails(user.email, 2))[0]?.subject).toBe('Two-factor sign-in is on for your pingplex account');
    expect((await post('/v1/account/two-factor/start', {}, user.accessToken)).body).toMatchObject({ code: 'auth.secondFactorOn' });
  });

  test('A32: sign-in asks for a code after the right password only, and a code works once, one step early or late', async () => {
    const { user, totp } = await guarded();
    expect(await signIn(user)).toMatchObject({ status: 401, body: { code: 'auth.secondFactorRequired' } });
    const guess = await post('/v1/auth/sign-in', {
      email: user.email,
      password: 'a wrong one',
      device: DEVICE,
      secondFactor: codeAt(totp, 0),
    });
    expect(guess.body).toMatchObject({ code: 'auth.badCredentials' });
    expect(await signIn(user, codeAt(totp, -3))).toMatchObject(wrong);
    expect(await signIn(user, codeAt(totp, 3))).toMatchObject(wrong);
    const code = codeAt(totp, 0);
    const both = await Promise.all([signIn(user, code), signIn(user, code)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(await signIn(user, code)).toMatchObject(wrong);
    await later(user);
    expect((await signIn(user, codeAt(totp, -1))).status).toBe(200);
    expect((await signIn(user, `${codeAt(totp, 1).slice(0, 3)} ${codeAt(totp, 1).slice(3)}`)).status).toBe(200);
    // An older one than the last that was taken is spent too.
    expect(await signIn(user, codeAt(totp, 0))).toMatchObject(wrong);
  });

  test('A32: five tries in 15 minutes per account, whatever the network', async () => {
    const { user, totp } = await guarded();
    for (let i = 0; i < 5; i += 1) expect(await signIn(user, '000000')).toMatchObject(wrong);
    expect(await signIn(user, codeAt(totp, 0))).toMatchObject({ status: 429, body: { code: 'request.rateLimited' } });
    await later(user);
    expect((await signIn(user, codeAt(totp, 0))).status).toBe(200);
  });

  test('A32: each recovery code works once, in any spelling, with a mail; new ones end the old', async () => {
    const { user, recoveryCodes } = await guarded();
    const [first = '', second = ''] = recoveryCodes;
    const signedIn = await signIn(user, first.toLowerCase().replaceAll('-', ' '));
    expect(signedIn.status).toBe(200);
    expect((await server.mails(user.email, 3))[0]?.text).toContain('9 are left');
    expect(await signIn(user, first)).toMatchObject(wrong);
    const { accessToken } = signedIn.body as unknown as Tokens;
    const fresh = await post('/v1/account/two-factor/recovery-codes', {}, accessToken);
    expect(await signIn(user, second)).toMatchObject(wrong);
    const [other = ''] = fresh.body['recoveryCodes'] as string[];
    expect((await signIn(user, other)).status).toBe(200);
  });

  test('A32: somebody else’s recovery code opens nothing', async () => {
    const [ann, bob] = [await guarded(), await guarded()];
    expect(await signIn(ann.user, bob.recoveryCodes[0])).toMatchObject(wrong);
    expect((await signIn(bob.user, bob.recoveryCodes[0])).status).toBe(200);
  });

  test('A14, A32: a reset by mail neither switches it off nor gets around it', async () => {
    const { user, totp } = await guarded();
    await post('/v1/auth/password/forgot', { email: user.email });
    const token = tokenOf((await server.mails(user.email, 3))[0]);
    const password = 'a brand new passphrase';
    expect((await post('/v1/auth/password/reset', { token, password })).status).toBe(200);
    expect((await signIn({ ...user, password })).body).toMatchObject({ code: 'auth.secondFactorRequired' });
    expect((await signIn({ ...user, password }, codeAt(totp, 0))).status).toBe(200);
  });

  test('A9, A32: proving again who is there takes the code too; switching off needs that and sends a mail', async () => {
    const { user, totp } = await guarded();
    const old = { authenticatedAt: new Date(Date.now() - 11 * 60_000) };
    await server.db.deviceSession.update({ where: { id: user.sessionId }, data: old });
    const off = () => post('/v1/account/two-factor/disable', {}, user.accessToken);
    expect((await off()).body).toMatchObject({ code: 'auth.freshSignInRequired' });
    const prove = (more: object) => post('/v1/auth/fresh', { password: user.password, ...more }, user.accessToken);
    expect((await prove({})).body).toMatchObject({ code: 'auth.secondFactorRequired' });
    expect((await off()).status).toBe(403);
    expect((await prove({ secondFactor: codeAt(totp, 0) })).status).toBe(200);
    expect((await off()).status).toBe(200);
    expect((await signIn(user)).body).toMatchObject({ account: { twoFactor: false } });
    expect((await server.mails(user.email, 3))[0]?.subject).toBe('Two-factor sign-in is off for your pingplex account');
    expect(await server.db.recoveryCode.count({ where: { userId: user.account.id } })).toBe(0);
  });

  test('A32: Google alone is no way around it: the page of the browser asks for the code', async () => {
    const email = 'a32@gmail.com';
    const first = (await signInWithGoogle(server, { email })).body as unknown as Tokens;
    const secret = String((await post('/v1/account/two-factor/start', {}, first.accessToken)).body['secret']);
    const totp = new TOTP({ secret });
    await post('/v1/account/two-factor/confirm', { code: totp.generate() }, first.accessToken);
    await later({ ...first, email, password: '' });
    const { browser, page } = await throughGoogle(server, await startGoogle(server), { email });
    expect(page.html).toContain('name="secondFactor"');
    const attempts: Record<string, string>[] = [{ way: 'app' }, { way: 'app', secondFactor: '000000' }, { way: 'paste' }];
    for (const fields of attempts) {
      const refused = await browser.submit(page, fields);
      expect([fields, refused.status, refused.html.includes('role="alert"')]).toEqual([fields, 401, true]);
    }
    const answer = await signInWithGoogle(server, { email }, { secondFactor: codeAt(totp, 0) });
    expect(answer.status).toBe(200);
  });
});
