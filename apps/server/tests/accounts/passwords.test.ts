import bcrypt from 'bcrypt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPasswordHasher } from '../../src/modules/auth/password-hasher.ts';
import { acceptPassword } from '../../src/modules/auth/password-policy.ts';
import { until } from '../helpers/generation-world.ts';
import { DEVICE, startServer, type TestServer, tokenOf } from '../helpers/test-server.ts';

const pepper = (fill: number): Buffer => Buffer.alloc(32, fill);
const peppers = (...versions: number[]) => ({ current: Math.max(...versions), byVersion: new Map(versions.map((v) => [v, pepper(v)])) });
const codeOf = (password: string, email = 'ann@example.org'): string => {
  try {
    acceptPassword(password, email);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('passwords', () => {
  test('A1: all of a long password counts, in any script', async () => {
    const hasher = createPasswordHasher(peppers(1), 10);
    for (const start of ['a'.repeat(72), 'щ'.repeat(64)]) {
      const stored = await hasher.hash(`${start}X`);
      expect(await hasher.verify(`${start}X`, stored)).toBe(true);
      expect(await hasher.verify(`${start}Y`, stored)).toBe(false);
    }
  });

  test('A2: the pepper has a version; an old one verifies, is told to be outdated, and without it nothing matches', async () => {
    const old = createPasswordHasher(peppers(1), 10);
    const stored = await old.hash('some password here');
    const both = createPasswordHasher(peppers(1, 2), 10);
    expect(await both.verify('some password here', stored)).toBe(true);
    expect(both.isOutdated(stored)).toBe(true);
    expect(await createPasswordHasher(peppers(2), 10).verify('some password here', stored)).toBe(false);
  });

  test('A3: composed and decomposed letters are the same password; ill-formed text is refused; spaces and case count', () => {
    expect(acceptPassword('пароль с йодом е\u0301', 'a@b.org')).toBe(
      acceptPassword('пароль с и\u0306одом é'.replace('é', 'е\u0301'), 'a@b.org'),
    );
    expect(codeOf('lone surrogate \ud800 here')).toBe('auth.passwordMalformed');
    expect(acceptPassword(' Spaces And Case ', 'a@b.org')).toBe(' Spaces And Case ');
  });

  test('A4: 8 code points at least, 64 of any script, at most 1,024', () => {
    expect(codeOf('🎥🎥🎨🎬🎧📷📸')).toBe('auth.passwordTooShort');
    expect(codeOf('🎥🎨🎬🎧📷📸🎞🖼')).toBe('accepted');
    expect(codeOf('съешь ещё этих мягких французских булок да выпей чаю сейчас же 1')).toBe('accepted');
    expect(codeOf('xy'.repeat(400) + 'unusual ending'.repeat(20))).toBe('auth.passwordTooLong');
  });

  test('A8: common, leaked, product and own words are refused, in Russian and on the other layout too', () => {
    const refused = [
      'password1',
      'qwertyuiop',
      'пароль12',
      'йцукенгшщз',
      'gfhjkm123',
      'ghbdtn123',
      'Pingplex2026!',
      'p1ngplex',
      'annabelle',
      'aaaaaaaaaa',
      'abcabcabc',
    ];
    for (const password of refused)
      expect([password, codeOf(password, 'annabelle@example.org')]).toEqual([password, 'auth.passwordCommon']);
    expect(codeOf('four words that nobody lists')).toBe('accepted');
  });

  test('A6: too many at once are refused with a time to come back, the others are served', async () => {
    const hasher = createPasswordHasher(peppers(1), 10);
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => hasher.hash('some password here')));
    const refused = outcomes
      .filter((o) => o.status === 'rejected')
      .map((o) => (o as PromiseRejectedResult).reason as { code: string; retryAfterMs: number });
    expect(outcomes.filter((o) => o.status === 'fulfilled').length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code: 'request.busy', retryAfterMs: 5_000 });
  });

  test('A7: an account that is not there, one without a password and a malformed hash cost one comparison each', async () => {
    const compared: string[] = [];
    const hasher = createPasswordHasher(peppers(1), 10, (password, hash) => {
      compared.push(hash);
      return bcrypt.compare(password, hash);
    });
    const real = await hasher.hash('some password here');
    const malformed = [
      { hash: '', pepperVersion: 1 },
      { hash: '$2b$10$short', pepperVersion: 1 },
    ];
    for (const stored of [real, null, ...malformed, { ...real, pepperVersion: 9 }]) {
      compared.length = 0;
      expect(await hasher.verify('a wrong password', stored)).toBe(false);
      expect(compared).toEqual([expect.stringMatching(/^\$2b\$10\$.{53}$/)]);
    }
  });
});

describe('passwords over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());
  const signIn = (email: string, password: string) =>
    server.call('POST', '/v1/auth/sign-in', { body: { email, password, device: DEVICE } });

  test('A5: a hash of another cost is replaced at the next sign-in without a word', async () => {
    const { email, password } = await server.newUser();
    const stronger = await startServer({
      databaseUrl: server.databaseUrl,
      dataFolder: server.dataFolder,
      change: (c) => ({ ...c, bcryptCost: 11 }),
    });
    expect((await stronger.call('POST', '/v1/auth/sign-in', { body: { email, password, device: DEVICE } })).status).toBe(200);
    const row = await server.db.passwordCredential.findFirstOrThrow({ where: { user: { email } } });
    expect(bcrypt.getRounds(row.hash)).toBe(11);
    expect((await signIn(email, password)).status).toBe(200);
    await stronger.stop();
  });

  test('A9: changing the password asks for the present one and a fresh sign-in, ends other sessions and mails the owner', async () => {
    const user = await server.newUser();
    const other = await signIn(user.email, user.password);
    const next = 'another long passphrase 7';
    const change = (current: string) =>
      server.call('POST', '/v1/auth/password/change', { token: user.accessToken, body: { current, next } });
    expect(await change('not the password')).toMatchObject({ status: 401, body: { code: 'auth.badCredentials' } });
    await server.db.deviceSession.update({ where: { id: user.sessionId }, data: { authenticatedAt: new Date(Date.now() - 11 * 60_000) } });
    expect(await change(user.password)).toMatchObject({ status: 403, body: { code: 'auth.freshSignInRequired' } });
    await server.db.deviceSession.update({ where: { id: user.sessionId }, data: { authenticatedAt: new Date() } });
    expect(await change(user.password)).toMatchObject({ status: 200 });
    expect((await server.call('GET', '/v1/wallet', { token: user.accessToken })).status).toBe(200);
    expect((await server.call('GET', '/v1/wallet', { token: String(other.body['accessToken']) })).status).toBe(401);
    expect((await signIn(user.email, user.password)).status).toBe(401);
    expect((await signIn(user.email, next)).status).toBe(200);
    expect((await server.mails(user.email, 2))[0]?.subject).toBe('Your pingplex password was changed');
  });

  test('A14: a reset ends every session, does not sign in, kills its own and older links and mails a notice', async () => {
    const user = await server.newUser();
    const forgot = () => server.call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
    const reset = (token: string, password = 'a brand new passphrase') =>
      server.call('POST', '/v1/auth/password/reset', { body: { token, password } });
    await forgot();
    const older = tokenOf((await server.mails(user.email, 2))[0]);
    await forgot();
    const newer = tokenOf((await server.mails(user.email, 3))[0]);
    expect(await reset(older)).toMatchObject({ status: 400, body: { code: 'auth.tokenInvalid' } });
    expect(await reset(newer, 'password')).toMatchObject({ status: 422, body: { code: 'auth.passwordCommon' } });
    const answer = await reset(newer);
    expect(answer).toMatchObject({ status: 200, body: { done: true } });
    expect(await reset(newer)).toMatchObject({ status: 400 });
    expect((await server.call('GET', '/v1/wallet', { token: user.accessToken })).status).toBe(401);
    expect((await server.call('POST', '/v1/auth/refresh', { body: { refreshToken: user.refreshToken } })).status).toBe(401);
    expect((await signIn(user.email, 'a brand new passphrase')).status).toBe(200);
    expect((await server.mails(user.email, 4))[0]?.subject).toBe('Your pingplex password was changed');
  });

  test('A14: a sign-in with the old password that is under way while the reset happens does not outlive it', async () => {
    const user = await server.newUser();
    await server.call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
    const token = tokenOf((await server.mails(user.email, 2))[0]);
    const waiting = async (): Promise<number> => {
      const rows = await server.db.$queryRaw<{ n: bigint }[]>`
        SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      return Number(rows[0]?.n);
    };
    const reset = () => server.call('POST', '/v1/auth/password/reset', { body: { token, password: 'a brand new passphrase' } });
    // While we hold the person's row, a new session can't be written: the password was found right, nothing is committed.
    const [slow, change] = await server.db.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM app_user WHERE id = ${user.account.id}::uuid FOR UPDATE`;
        const signingIn = signIn(user.email, user.password);
        await until(waiting, (n) => n === 1);
        let isThrough = false;
        const changing = reset().finally(() => {
          isThrough = true;
        });
        await until(waiting, (n) => n === 2 || isThrough);
        return [signingIn, changing].map((answer) => () => answer);
      },
      { timeout: 60_000 },
    );
    const [signedIn, changed] = [await slow?.(), await change?.()];
    expect(changed?.status).toBe(200);
    if (signedIn?.status === 200) {
      const refreshToken = String(signedIn.body['refreshToken']);
      expect((await server.call('POST', '/v1/auth/refresh', { body: { refreshToken } })).status).toBe(401);
    } else expect(signedIn).toMatchObject({ status: 401, body: { code: 'auth.badCredentials' } });
  });

  test('A11: a password change kills a reset link that is still open; a reset link lives 30 minutes', async () => {
    const user = await server.newUser();
    await server.call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
    const token = tokenOf((await server.mails(user.email, 2))[0]);
    const row = await server.db.mailToken.findFirstOrThrow({ where: { userId: user.account.id } });
    expect(row.expiresAt.getTime() - row.createdAt.getTime()).toBeLessThanOrEqual(30 * 60_000 + 1_000);
    const body = { current: user.password, next: 'changed in the meantime' };
    expect((await server.call('POST', '/v1/auth/password/change', { token: user.accessToken, body })).status).toBe(200);
    expect(await server.call('POST', '/v1/auth/password/reset', { body: { token, password: 'whatever it may be' } })).toMatchObject({
      status: 400,
    });
  });
});
