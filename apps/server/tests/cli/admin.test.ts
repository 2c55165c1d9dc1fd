import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type World } from '../helpers/generation-world.ts';

const ADMIN = path.resolve(import.meta.dirname, '../../src/cli/admin.ts');
let world: World;
const email = `operator-test-${randomUUID()}@example.org`;
let userId: string;
beforeAll(async () => {
  world = await createWorld();
  userId = await world.newUser(10);
  await world.db.user.create({ data: { id: userId, email, locale: 'en' } });
});
afterAll(() => world.stop());

/** Runs the command as the operator does. */
const admin = (...words: string[]) => adminWith({}, ...words);
function adminWith(more: NodeJS.ProcessEnv, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, DATABASE_URL: world.databaseUrl, ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, [ADMIN, ...words], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('shows a user by e-mail and by id', async () => {
  const byMail = await admin('user', 'show', email.toUpperCase());
  expect(byMail.code).toBe(0);
  expect(JSON.parse(byMail.out)).toMatchObject({ user: { id: userId, email }, wallet: { available: 10 } });
  expect((await admin('user', 'show', userId)).out).toBe(byMail.out);
  expect(await admin('user', 'show', 'nobody@example.org')).toMatchObject({ code: 1, out: '' });
});

test('gives credits once per key, explains them, and finds the ledger sound', async () => {
  const give = ['credits', 'grant', email, '25', '--reason', 'goodwill', '--key', `k-${userId}`];
  expect(JSON.parse((await admin(...give)).out)).toMatchObject({ outcome: 'adjusted', wallet: { available: 35 } });
  expect(JSON.parse((await admin(...give)).out)).toMatchObject({ outcome: 'already', wallet: { available: 35 } });
  // The same key for somebody else would give nothing: that must not look like success.
  const other = await world.newUser(1);
  await world.db.user.create({ data: { id: other, email: `${other}@example.org`, locale: 'en' } });
  const foreign = await admin('credits', 'grant', other, '25', '--reason', 'goodwill', '--key', `k-${userId}`);
  expect([foreign.code, JSON.parse(foreign.err).error.code]).toEqual([1, 'request.idempotencyMismatch']);
  const explained = await admin('ledger', 'explain', email);
  expect(explained.code).toBe(0);
  expect(JSON.parse(explained.out)).toMatchObject({
    addsUp: true,
    wallet: { available: 35 },
    movements: [{ kind: 'grant' }, { kind: 'adjust', reason: 'goodwill' }],
  });
  const check = await admin('ledger', 'check');
  expect(check.code).toBe(0);
  expect(JSON.parse(check.out).violations).toEqual([]);
});

test('says what is broken, with exit code 1', async () => {
  await world.db.$executeRaw`UPDATE wallet SET held = held + 1 WHERE user_id = ${userId}::uuid`;
  const check = await admin('ledger', 'check');
  expect(check.code).toBe(1);
  expect(JSON.parse(check.out).violations.map((v: { ids: string[] }) => v.ids)).toContainEqual([userId]);
  await world.db.$executeRaw`UPDATE wallet SET held = held - 1 WHERE user_id = ${userId}::uuid`;
});

test('switches off a second factor that its owner lost, once, with a reason on record and a mail', async () => {
  const sealed = { userId, secretSealed: new Uint8Array(8), confirmedAt: new Date() };
  await world.db.totpFactor.create({ data: sealed });
  await world.db.recoveryCode.create({ data: { userId, codeHash: new Uint8Array(32) } });
  expect((await admin('user', 'end-two-factor', email)).code).toBe(2);
  const done = await admin('user', 'end-two-factor', email, '--reason', 'passport seen');
  expect(JSON.parse(done.out)).toMatchObject({ user: userId, twoFactor: false });
  expect(await world.db.recoveryCode.count({ where: { userId } })).toBe(0);
  const event = await world.db.securityEvent.findFirstOrThrow({ where: { kind: 'secondFactor.off', userId } });
  expect(event.details).toMatchObject({ reason: 'passport seen', operator: expect.any(String) });
  expect(await world.db.mailOutbox.count({ where: { recipient: email, template: 'secondFactorOff' } })).toBe(1);
  expect((await admin('user', 'end-two-factor', email, '--reason', 'passport seen')).code).toBe(1);
});

test('A21: keys are rotated by command; a foreign sealing key changes nothing', async () => {
  const sealing = (fill: string): NodeJS.ProcessEnv => ({
    PINGPLEX_SEALING_KEY: Buffer.from(`${fill}abcdefghijklmnopqrstuvwxyz01234`.slice(0, 32)).toString('base64'),
    PINGPLEX_PASSWORD_PEPPERS: `1:${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}`,
  });
  const first = JSON.parse((await adminWith(sealing('1'), 'keys', 'rotate')).out) as {
    before: string;
    current: string;
    published: string[];
  };
  expect(first.current).not.toBe(first.before);
  expect(first.published).toEqual(expect.arrayContaining([first.before, first.current]));
  expect(first.published.length).toBeGreaterThanOrEqual(3);
  const foreign = await adminWith(sealing('2'), 'keys', 'rotate');
  expect([foreign.code, foreign.err]).toEqual([1, expect.stringContaining('PINGPLEX_SEALING_KEY')]);
  const second = JSON.parse((await adminWith(sealing('1'), 'keys', 'rotate')).out) as { before: string };
  expect(second.before).toBe(first.current);
});

test('traces a generation without its prompt', async () => {
  const made = await world.create(userId, 'a secret garden');
  await world.ended(userId, made.id);
  const trace = await admin('generation', 'trace', made.id);
  expect(trace.code).toBe(0);
  expect(JSON.parse(trace.out)).toMatchObject({
    generation: { id: made.id, state: 'succeeded', attempts: [{ outcome: 'delivered' }], results: [{ mime: 'image/png' }] },
    hold: { state: 'captured' },
    movements: [{ kind: 'hold' }, { kind: 'capture' }],
  });
  expect(trace.out).not.toContain('secret garden');
});

describe('wrong usage ends with 2 and the help', () => {
  test.each([
    [[]],
    [['user']],
    [['ledger', 'burn']],
    [['credits', 'grant', email, 'many']],
    [['credits', 'grant', email, '5']],
    [['user', 'show', 'x', '--nope']],
  ])('%j', async (words) => {
    const { code, err } = await admin(...words);
    expect(code).toBe(2);
    expect(err).toContain('admin <command>');
  });
  test('--help is no mistake', async () => {
    expect(await admin('--help')).toMatchObject({ code: 0, err: '' });
  });
});
