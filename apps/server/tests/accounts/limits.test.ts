import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { createDb } from '../../src/db/client.ts';
import { networkOf } from '../../src/modules/auth/identity.ts';
import { createAuthLimits } from '../../src/modules/auth/limits.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { DEVICE, startServer, type TestServer } from '../helpers/test-server.ts';

const PASSWORD = 'quite unusual words 51';
const productionLimits = (config: Config): Config => ({
  ...config,
  trustProxy: 1,
  limits: { signUps: 5, mailsPerAddress: 3, mailsPerAddressDay: 10, mailsPerNetwork: 20, signInAlarm: 500, writesPerMinute: 600 },
});

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ change: productionLimits });
});
afterAll(() => server.stop());

/** As the one proxy in front would pass it on. */
const from = (ip: string) => ({ headers: { 'X-Forwarded-For': ip } });
const signIn = (email: string, password: string, ip: string) =>
  server.call('POST', '/v1/auth/sign-in', { body: { email, password, device: DEVICE }, ...from(ip) });

describe('limits', () => {
  test('A34: counters are exact: of 60 parallel tries over two processes exactly as many pass as the limit says', async () => {
    const url = await createTestDatabase();
    const limits = { signUps: 20, mailsPerAddress: 20, mailsPerAddressDay: 20, mailsPerNetwork: 20, signInAlarm: 20, writesPerMinute: 20 };
    const two = [createAuthLimits(url, limits, Buffer.alloc(32, 1)), createAuthLimits(url, limits, Buffer.alloc(32, 1))] as const;
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, (_, i) => two[i % 2 === 0 ? 0 : 1].countSignUp('198.51.100.7')));
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(20);
    for (const limiter of two) await limiter.close();
  });

  test('A34: with the counters out of reach sign-in refuses instead of letting everybody try', async () => {
    const limits = { signUps: 1, mailsPerAddress: 1, mailsPerAddressDay: 1, mailsPerNetwork: 1, signInAlarm: 1, writesPerMinute: 1 };
    const lost = createAuthLimits('postgresql://nobody:x@127.0.0.1:1/none', limits, Buffer.alloc(32, 1));
    await expect(lost.startSignIn('a@example.org', '192.0.2.1', false)).rejects.toMatchObject({ code: 'request.busy' });
    await lost.close();
  });

  test('A35: five failures from one network, then 429 with Retry-After, also for the right password', async () => {
    const user = await server.newUser();
    for (let i = 0; i < 5; i += 1) expect((await signIn(user.email, 'wrong password', '203.0.113.9')).status).toBe(401);
    const limited = await signIn(user.email, user.password, '203.0.113.200');
    expect(limited).toMatchObject({ status: 429, body: { code: 'request.rateLimited' } });
    const wait = Number(limited.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(900);
    expect(limited.headers.get('content-type')).toContain('application/problem+json');
  });

  test('A35: ten failures from anywhere stop strangers, while the owner gets in from where they signed in before', async () => {
    const user = await server.newUser();
    await server.call('POST', '/v1/auth/sign-in', {
      body: { email: user.email, password: user.password, device: DEVICE },
      ...from('192.0.2.44'),
    });
    for (let i = 0; i < 10; i += 1) expect((await signIn(user.email, 'wrong password', `10.1.${i}.1`)).status).toBe(401);
    expect((await signIn(user.email, user.password, '10.1.99.1')).status).toBe(429);
    expect((await signIn(user.email, user.password, '192.0.2.45')).status).toBe(200);
  });

  test('A35: the pause grows from a quarter of an hour to an hour and no further, and is never for good', async () => {
    const url = await createTestDatabase();
    const limits = { signUps: 1, mailsPerAddress: 1, mailsPerAddressDay: 1, mailsPerNetwork: 1, signInAlarm: 1, writesPerMinute: 1 };
    const limiter = createAuthLimits(url, limits, Buffer.alloc(32, 1));
    const db = createDb(url, { max: 1 });
    const pauses: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      // The pause before is over, the count of pauses is not.
      await db.rateLimit.deleteMany({ where: { key: { startsWith: 'signInAccount' } } });
      for (let i = 0; i < 10; i += 1) await limiter.startSignIn('a35@example.org', `10.${round}.${i}.1`, false);
      const refused = await limiter.startSignIn('a35@example.org', `10.${round}.99.1`, false).catch((error: unknown) => error);
      pauses.push(Math.round(((refused as { retryAfterMs: number }).retryAfterMs ?? 0) / 60_000));
    }
    expect(pauses).toEqual([15, 30, 60, 60]);
    await db.$disconnect();
    await limiter.close();
  });

  test('A35: unusually many failures of everybody raise one alarm, in the log and in the record', async () => {
    const watched = await startServer({ change: (c) => ({ ...c, limits: { ...c.limits, signInAlarm: 3 } }) });
    const attempt = (i: number) =>
      watched.call('POST', '/v1/auth/sign-in', { body: { email: `nobody-${i}@example.org`, password: 'wrong password', device: DEVICE } });
    for (let i = 0; i < 6; i += 1) expect((await attempt(i)).status).toBe(401);
    expect(await watched.db.securityEvent.count({ where: { kind: 'signIn.alarm' } })).toBe(1);
    expect(watched.logs()).toContain('unusually many sign-ins fail');
    await watched.stop();
  });

  test('A35, A38: the limits of an address that has no account are the same', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await signIn('nobody@example.org', 'wrong password', '203.0.113.77')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });

  test('A36: three mails an hour per address, known or not, then 429', async () => {
    for (const email of ['a36@example.org', 'a36-unknown@example.org']) {
      const statuses: number[] = [];
      for (let i = 0; i < 4; i += 1) {
        statuses.push((await server.call('POST', '/v1/auth/password/forgot', { body: { email }, ...from(`10.36.${i}.1`) })).status);
      }
      expect(statuses).toEqual([202, 202, 202, 429]);
    }
  });

  test('A36: five sign-ups an hour per network', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      const body = { email: `a36-${i}@example.org`, password: PASSWORD, adult: true };
      statuses.push((await server.call('POST', '/v1/auth/sign-up', { body, ...from(`198.51.100.${i + 1}`) })).status);
    }
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
  });

  test('A37: without a proxy in front a made-up X-Forwarded-For changes nothing', async () => {
    const direct = await startServer({ change: (c) => ({ ...productionLimits(c), trustProxy: 0 }) });
    const statuses: number[] = [];
    for (let i = 0; i < 200; i += 1) {
      const body = { email: `a37-${i}@example.org` };
      statuses.push((await direct.call('POST', '/v1/auth/password/forgot', { body, ...from(`10.${i}.7.1`) })).status);
    }
    expect(statuses.filter((status) => status === 202)).toHaveLength(20);
    await direct.stop();
  });

  test('addresses are counted by the range that one customer gets', () => {
    expect(networkOf('203.0.113.9')).toBe('203.0.113.0/24');
    expect(networkOf('::ffff:203.0.113.9')).toBe('203.0.113.0/24');
    expect(networkOf('2001:db8:aa:bbcc::1')).toBe('2001:db8:aa:bb00::/56');
    expect(networkOf('2001:db8:aa:bbff:1:2:3:4')).toBe('2001:db8:aa:bb00::/56');
    expect(networkOf('::1')).toBe('0:0:0:0::/56');
  });
});
