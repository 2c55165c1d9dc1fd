import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCountryLookup } from '../../src/modules/auth/country.ts';
import { createSigningKeys } from '../../src/modules/auth/signing-keys.ts';
import { DEVICE, startServer, type TestServer, type Tokens } from '../helpers/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const refresh = (refreshToken: string, on = server) => on.call('POST', '/v1/auth/refresh', { body: { refreshToken } });
const account = (token: string, on = server) => on.call('GET', '/v1/account', { token });
const wallet = (token: string) => server.call('GET', '/v1/wallet', { token });
const next = (answer: { body: unknown }): Tokens => answer.body as Tokens;
/** Moves the moment of all rotations of a session into the past. */
const age = (sessionId: string, ms: number) =>
  server.db.refreshToken.updateMany({ where: { sessionId, spentAt: { not: null } }, data: { spentAt: new Date(Date.now() - ms) } });
const decode = (part: string | undefined): Record<string, unknown> => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

describe('access tokens', () => {
  test('A16: at+jwt with kid, lives at most 15 minutes and says nothing personal', async () => {
    const user = await server.newUser();
    const [header, payload] = user.accessToken.split('.').map((part, i) => (i < 2 ? decode(part) : {}));
    expect(header).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.any(String) });
    expect(Object.keys(payload ?? {}).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']);
    expect(Number(payload?.['exp']) - Number(payload?.['iat'])).toBeLessThanOrEqual(900);
  });

  test('A16: forged, foreign, unsigned, old and expiry-less tokens are refused', async () => {
    const user = await server.newUser();
    const [h = '', p = ''] = user.accessToken.split('.');
    const header = decode(h);
    const claims = decode(p);
    const stranger = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwks = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
    const publicBytes = Buffer.from(String(jwks.keys.find((k) => k.kid === header['kid'])?.x), 'base64url');
    const { keys } = server.running.app.services.accounts;
    const ours = await keys.current();
    const sign = (change: Record<string, unknown>, head: Record<string, unknown> = {}): Promise<string> =>
      new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: ours.kid, ...head }).sign(ours.key);
    const now = Math.floor(Date.now() / 1000);
    const forged = {
      unsigned: `${Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url')}.${p}.`,
      hmacWithPublicKey: await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: ours.kid }).sign(publicBytes),
      foreignKey: await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: ours.kid }).sign(stranger.privateKey),
      embeddedKey: await new SignJWT(claims)
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: ours.kid, jwk: await exportJWK(stranger.publicKey) })
        .sign(stranger.privateKey),
      unknownKid: await sign({}, { kid: 'unknown' }),
      otherType: await sign({}, { typ: 'JWT' }),
      otherIssuer: await sign({ iss: 'urn:somebody' }),
      otherAudience: await sign({ aud: 'urn:somebody' }),
      expired: await sign({ iat: now - 2_000, exp: now - 1_000 }),
      withoutExpiry: await sign({ exp: undefined }),
      farExpiry: await sign({ iat: now - 3_600, exp: now + 86_400 }),
      garbage: 'abc.def.ghi',
    };
    expect((await account(await sign({}))).status).toBe(200);
    for (const [name, token] of Object.entries(forged)) {
      expect([name, await account(token)]).toMatchObject([name, { status: 401, body: { code: 'auth.required' } }]);
    }
  });

  test('A21: two keys are published; rotating under load refuses nobody; a process that did not rotate follows', async () => {
    const user = await server.newUser();
    const second = await startServer({ databaseUrl: server.databaseUrl, dataFolder: server.dataFolder, role: 'api' });
    const listed = await fetch(`${server.url}/.well-known/jwks.json`);
    expect(listed.headers.get('cache-control')).toMatch(/max-age/);
    const { keys } = (await listed.json()) as { keys: JWK[] };
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
      await importJWK(key, 'EdDSA');
    }
    let running = true;
    const statuses: number[] = [];
    const load = (async () => {
      while (running) statuses.push((await account(user.accessToken)).status, (await account(user.accessToken, second)).status);
    })();
    const before = (await server.running.app.services.accounts.keys.current()).kid;
    await server.running.app.services.accounts.keys.rotate('now');
    const rotated = next(await refresh(user.refreshToken));
    expect(decode(rotated.accessToken.split('.')[0])['kid']).not.toBe(before);
    // The next key was published before it was used, so the other process knows it already.
    expect((await account(rotated.accessToken, second)).status).toBe(200);
    running = false;
    await load;
    expect(new Set(statuses)).toEqual(new Set([200]));
    await second.stop();
  });

  test('A21: private keys lie sealed, and another sealing key does not open them', async () => {
    const rows = await server.db.signingKey.findMany();
    expect(rows.every((row) => !Buffer.from(row.privateSealed).toString('latin1').includes('PRIVATE KEY'))).toBe(true);
    await expect(createSigningKeys(server.db, Buffer.alloc(32, 7)).current()).rejects.toThrow(/PINGPLEX_SEALING_KEY/);
  });

  test('A23: only the Authorization header counts; nothing sets a cookie', async () => {
    const user = await server.newUser();
    for (const attempt of [
      { route: `/v1/account?access_token=${user.accessToken}` },
      { route: '/v1/account', headers: { Cookie: `token=${user.accessToken}` } },
    ]) {
      const answer = await server.call('GET', attempt.route, 'headers' in attempt ? { headers: attempt.headers } : {});
      expect(answer.status).toBe(401);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });
});

describe('refresh', () => {
  test('A17: the credential rotates, its hash alone is stored, and a spent one ends the session, with an event and a mail', async () => {
    const user = await server.newUser();
    const second = next(await refresh(user.refreshToken));
    expect(second.refreshToken).not.toBe(user.refreshToken);
    const third = next(await refresh(second.refreshToken));
    const dump = JSON.stringify(await server.db.refreshToken.findMany(), (_, v) =>
      v instanceof Uint8Array ? Buffer.from(v).toString('utf8') : v,
    );
    for (const { refreshToken } of [user, second, third]) expect(dump).not.toContain(refreshToken);
    expect(await refresh(user.refreshToken)).toMatchObject({ status: 401, body: { code: 'auth.refreshReused' } });
    expect(await refresh(third.refreshToken)).toMatchObject({ status: 401, body: { code: 'auth.sessionEnded' } });
    expect((await wallet(third.accessToken)).body).toMatchObject({ code: 'auth.sessionEnded' });
    expect(await server.db.securityEvent.count({ where: { kind: 'session.refreshReused', sessionId: user.sessionId } })).toBe(1);
    expect((await server.mails(user.email, 2))[0]?.subject).toBe('We signed a device out of your pingplex account');
  });

  test('A18: who lost our answer may ask again within a minute, and goes on with the fresh credential', async () => {
    const user = await server.newUser();
    const lost = next(await refresh(user.refreshToken));
    const again = await refresh(user.refreshToken);
    expect(again.status).toBe(200);
    expect(next(again).refreshToken).not.toBe(lost.refreshToken);
    expect((await refresh(next(again).refreshToken)).status).toBe(200);
    // Once the successor was used, its predecessor is theft, minute or not.
    expect((await refresh(user.refreshToken)).body).toMatchObject({ code: 'auth.refreshReused' });
  });

  test('A18: after a minute the spent credential is theft even if the successor was never used', async () => {
    const user = await server.newUser();
    await refresh(user.refreshToken);
    await age(user.sessionId, 61_000);
    expect((await refresh(user.refreshToken)).body).toMatchObject({ code: 'auth.refreshReused' });
  });

  test('A18: two processes that refresh at once end with exactly one live credential and stay signed in', async () => {
    const second = await startServer({ databaseUrl: server.databaseUrl, dataFolder: server.dataFolder, role: 'api' });
    for (let round = 0; round < 5; round += 1) {
      const user = await server.newUser();
      const answers = await Promise.all([refresh(user.refreshToken), refresh(user.refreshToken, second)]);
      expect(answers.map((a) => a.status)).toEqual([200, 200]);
      const live = await server.db.refreshToken.count({ where: { sessionId: user.sessionId, state: 'live' } });
      expect(live).toBe(1);
      // Whichever answer the app kept, it is still signed in.
      const kept = next(answers[round % 2] ?? { body: {} });
      expect((await refresh(kept.refreshToken)).status).toBe(200);
    }
    await second.stop();
  });

  test('A19: 30 idle days or 180 days in all end a session', async () => {
    const day = 86_400_000;
    const idle = await server.newUser();
    await server.db.deviceSession.update({ where: { id: idle.sessionId }, data: { lastUsedAt: new Date(Date.now() - 30 * day - 1_000) } });
    expect((await refresh(idle.refreshToken)).body).toMatchObject({ code: 'auth.sessionEnded' });
    const old = await server.newUser();
    const row = await server.db.deviceSession.findUniqueOrThrow({ where: { id: old.sessionId } });
    expect(Math.round((row.expiresAt.getTime() - row.createdAt.getTime()) / day)).toBe(180);
    await server.db.deviceSession.update({ where: { id: old.sessionId }, data: { expiresAt: new Date(Date.now() - 1) } });
    expect((await refresh(old.refreshToken)).body).toMatchObject({ code: 'auth.sessionEnded' });
    expect((await wallet(old.accessToken)).status).toBe(401);
  });
});

describe('devices', () => {
  const signIn = async (email: string, password: string, name: string): Promise<Tokens> =>
    next(await server.call('POST', '/v1/auth/sign-in', { body: { email, password, device: { ...DEVICE, name } } }));

  test('A20: the list shows the devices; one or all others can be signed out, at once where it matters', async () => {
    const user = await server.newUser();
    const laptop = await signIn(user.email, user.password, 'Laptop');
    const studio = await signIn(user.email, user.password, 'Studio');
    const list = await server.call('GET', '/v1/auth/sessions', { token: studio.accessToken });
    const sessions = list.body['sessions'] as { id: string; current: boolean; device: { name: string } }[];
    expect(sessions.map((s) => [s.device.name, s.current]).sort()).toEqual([
      ['Laptop', false],
      ['Studio', true],
      ['Test device', false],
    ]);
    expect((await server.call('DELETE', `/v1/auth/sessions/${laptop.sessionId}`, { token: studio.accessToken })).status).toBe(200);
    expect((await wallet(laptop.accessToken)).status).toBe(401);
    expect((await refresh(laptop.refreshToken)).status).toBe(401);
    expect((await wallet(user.accessToken)).status).toBe(200);
    expect((await server.call('POST', '/v1/auth/sessions/revoke-others', { token: studio.accessToken })).status).toBe(200);
    expect((await wallet(user.accessToken)).status).toBe(401);
    expect((await wallet(studio.accessToken)).status).toBe(200);
  });

  test('A20: the list tells the country of each sign-in, looked up on this machine, and nothing finer', async () => {
    const behind = await startServer({
      databaseUrl: server.databaseUrl,
      dataFolder: server.dataFolder,
      role: 'api',
      change: (c) => ({ ...c, trustProxy: 1 }),
    });
    const user = await server.newUser();
    for (const ip of ['8.8.8.8', '77.88.8.8', '::ffff:8.8.8.8', '127.0.0.1']) {
      const body = { email: user.email, password: user.password, device: { ...DEVICE, name: ip } };
      await behind.call('POST', '/v1/auth/sign-in', { body, headers: { 'X-Forwarded-For': ip } });
    }
    const list = await server.call('GET', '/v1/auth/sessions', { token: user.accessToken });
    const sessions = list.body['sessions'] as { country: string | null; device: { name: string } }[];
    const known = Object.fromEntries(sessions.map((s) => [s.device.name, s.country]));
    expect(known).toMatchObject({ '8.8.8.8': 'US', '77.88.8.8': 'RU', '::ffff:8.8.8.8': 'US', '127.0.0.1': null });
    const rows = JSON.stringify(await server.db.deviceSession.findMany({ where: { userId: user.account.id, deviceName: DEVICE.name } }));
    expect(rows).not.toContain('127.0.0.1');
    await behind.stop();
    const lines: unknown[] = [];
    const lost = createCountryLookup('/nowhere/at-all.mmdb', { warn: (...line: unknown[]) => void lines.push(line) });
    expect([await lost('8.8.8.8'), await lost('8.8.4.4'), lines.length]).toEqual([null, null, 1]);
  });

  test("B6: somebody else's session and one that never was give the same 404", async () => {
    const [ann, bob] = [await server.newUser(), await server.newUser()];
    const foreign = await server.call('DELETE', `/v1/auth/sessions/${bob.sessionId}`, { token: ann.accessToken });
    const absent = await server.call('DELETE', '/v1/auth/sessions/0197f0c0-0000-7000-8000-000000000000', { token: ann.accessToken });
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...absent.body, requestId: '' });
    expect((await wallet(bob.accessToken)).status).toBe(200);
  });

  test('A20: a suspended person is out at once everywhere', async () => {
    const user = await server.newUser();
    await server.db.user.update({ where: { id: user.account.id }, data: { suspendedAt: new Date() } });
    expect((await account(user.accessToken)).body).toMatchObject({ code: 'auth.suspended' });
    expect((await refresh(user.refreshToken)).body).toMatchObject({ code: 'auth.suspended' });
  });

  test('A22: signing out ends the session on the server, and doing it twice or with nonsense is no error', async () => {
    const user = await server.newUser();
    const signOut = (refreshToken: string) => server.call('POST', '/v1/auth/sign-out', { body: { refreshToken } });
    expect((await signOut(user.refreshToken)).status).toBe(200);
    expect((await wallet(user.accessToken)).body).toMatchObject({ code: 'auth.sessionEnded' });
    expect((await refresh(user.refreshToken)).status).toBe(401);
    expect((await signOut(user.refreshToken)).status).toBe(200);
    expect((await signOut('x'.repeat(43))).status).toBe(200);
  });
});
