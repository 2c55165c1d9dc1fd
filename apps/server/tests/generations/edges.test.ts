import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelGeneration } from '../../src/modules/generations/service.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { Provider, Submission, SubmitAnswer } from '../../src/providers/port.ts';
import { createWorld, picture, until, type World } from '../helpers/generation-world.ts';

/** A provider whose answers the test decides, one call at a time. */
function scripted() {
  const seen: Submission[] = [];
  let answer: (submission: Submission) => Promise<SubmitAnswer> = () => Promise.reject(new Error('no answer was set'));
  const provider: Provider = {
    check: async () => ({ ok: true, message: '' }),
    submit(submission) {
      seen.push(submission);
      return answer(submission);
    },
  };
  const answers = (next: typeof answer): void => {
    answer = next;
  };
  return { provider, seen, answers };
}

let world: World;
const openai = scripted();
const log: string[] = [];
beforeAll(async () => {
  // Nobody goes silent here: what is stored and not finished waits for the sweeper that the test sends.
  world = await createWorld({ leaseS: 3600 });
  const lines = new PassThrough();
  lines.on('data', (line: Buffer) => log.push(line.toString('utf8')));
  Object.assign(world.deps.providers, { openai: openai.provider });
  Object.assign(world.deps, { log: createLogger('debug', lines) });
});
afterAll(() => world.stop());

const delivered = async (): Promise<SubmitAnswer> => ({
  kind: 'delivered',
  requestId: null,
  outputs: [await picture(64, 64)],
  usage: null,
  costMicroUsd: null,
});
const sweepDeadlines = () => world.deps.queue.enqueue('sweep.deadlines', {}, { key: randomUUID() });

test('a key answers with its generation however often, also after its row was deleted', async () => {
  openai.answers(delivered);
  const userId = await world.newUser(5);
  const key = randomUUID();
  const made = await world.create(userId, 'once', { key });
  await world.ended(userId, made.id);
  await world.db.idempotency.deleteMany({ where: { userId } });
  for (let time = 0; time < 3; time += 1) expect((await world.create(userId, 'once', { key })).id).toBe(made.id);
  expect(await world.db.hold.count({ where: { userId } })).toBe(1);
});

test('a key in use by a request that is not through yet is refused for now; for another user it is another key', async () => {
  openai.answers(delivered);
  const [userId, other] = [await world.newUser(5), await world.newUser(5)];
  const key = randomUUID();
  let letGo: () => void = () => undefined;
  const through = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let taken: () => void = () => undefined;
  const isTaken = new Promise<void>((resolve) => {
    taken = resolve;
  });
  const first = world.db
    .$transaction(
      async (tx) => {
        await tx.idempotency.create({ data: { userId, key, route: 'generations.create', bodyHash: 'x', resourceId: randomUUID() } });
        taken();
        await through;
        throw new Error('rolled back');
      },
      { timeout: 60_000 },
    )
    .catch(() => undefined);
  await isTaken;
  await expect(world.create(userId, 'meanwhile', { key })).rejects.toMatchObject({ code: 'request.inProgress', retryAfterMs: 1_000 });
  const foreign = await world.create(other, 'meanwhile', { key });
  letGo();
  await first;
  const own = await world.create(userId, 'meanwhile', { key });
  expect(own.id).not.toBe(foreign.id);
  await Promise.all([world.ended(userId, own.id), world.ended(other, foreign.id)]);
});

test.each(['throttled', 'notSent'] as const)('a wish to cancel is kept when the provider did not take the task: %s', async (kind) => {
  const userId = await world.newUser(5);
  let letGo: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  openai.answers(async () => {
    await asked;
    openai.answers(delivered);
    return kind === 'throttled' ? { kind, requestId: null, retryAfterMs: 10 } : { kind, requestId: null, message: 'no connection' };
  });
  const prompt = `not any more ${kind}`;
  const made = await world.create(userId, prompt);
  await until(
    () => world.db.attempt.findFirst({ where: { generationId: made.id, sentAt: { not: null } } }),
    (a) => a !== null,
  );
  await cancelGeneration(world.deps, userId, made.id);
  letGo();
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'canceled', credits: { captured: 0, released: 1 } });
  expect(openai.seen.filter((s) => s.prompt === prompt)).toHaveLength(1);
  await world.db.$executeRaw`UPDATE provider_state SET blocked_until = NULL`;
});

test('what was delivered and stored is finished, not thrown away, when the deadline passed meanwhile', async () => {
  openai.answers(delivered);
  const userId = await world.newUser(5);
  let letGo: () => void = () => undefined;
  const made = await world.create(userId, 'stored in time');
  const lock = world.db.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM wallet WHERE user_id = ${userId}::uuid FOR UPDATE`;
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
    },
    { timeout: 60_000 },
  );
  // The worker can't pay while we hold the wallet, and has given up by now: as after a crash.
  await until(
    async () => log.some((line) => line.includes(made.id) && line.includes('dropped')),
    (isDropped) => isDropped,
  );
  letGo();
  await lock;
  await world.db.generation.update({ where: { id: made.id }, data: { deadlineAt: new Date(Date.now() - 60_000) } });
  await sweepDeadlines();
  const done = await world.ended(userId, made.id);
  expect(done).toMatchObject({ state: 'succeeded', credits: { captured: 1 } });
  expect(done.results).toHaveLength(1);
});

test('an answer that comes after all was given up costs the user nothing, and what it cost us is on record', async () => {
  const userId = await world.newUser(5);
  let letGo: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  openai.answers(async () => {
    await asked;
    return { kind: 'delivered', requestId: 'late', outputs: [await picture(64, 64)], usage: null, costMicroUsd: 4321 };
  });
  const made = await world.create(userId, 'too late');
  await until(
    () => world.db.attempt.findFirst({ where: { generationId: made.id, sentAt: { not: null } } }),
    (a) => a !== null,
  );
  await world.db.generation.update({ where: { id: made.id }, data: { deadlineAt: new Date(Date.now() - 60_000) } });
  await sweepDeadlines();
  const over = await world.ended(userId, made.id);
  expect(over).toMatchObject({ state: 'failed', failure: { code: 'generation.timedOut' }, credits: { captured: 0, released: 1 } });
  letGo();
  const attempt = await until(
    () => world.db.attempt.findFirstOrThrow({ where: { generationId: made.id } }),
    (a) => a.providerCostMicroUsd !== null,
  );
  expect([Number(attempt.providerCostMicroUsd), attempt.providerRequestId]).toEqual([4321, 'late']);
  expect(await world.violations()).toEqual([]);
});

test('no prompt is in the log, also when the provider quotes it', async () => {
  const userId = await world.newUser(5);
  const prompt = `canary ${randomUUID()}`;
  openai.answers(async (s) => ({ kind: 'unknown', requestId: null, message: `could not work on: ${s.prompt}` }));
  const made = await world.create(userId, prompt);
  expect(await world.ended(userId, made.id)).toMatchObject({ state: 'failed', failure: { code: 'generation.submitLost' } });
  expect(log.some((line) => line.includes(made.id))).toBe(true);
  expect(log.join('').includes(prompt)).toBe(false);
});

test('one generation that can not be ended keeps no other one from being ended', async () => {
  const userId = await world.newUser(5);
  await world.db.$executeRaw`INSERT INTO provider_state (provider, blocked_until) VALUES ('openai', now() + interval '1 hour')
    ON CONFLICT (provider) DO UPDATE SET blocked_until = excluded.blocked_until`;
  const [bad, good] = [await world.create(userId, 'bad'), await world.create(userId, 'good')];
  await world.db.holdLine.deleteMany({ where: { holdId: bad.id } });
  await world.db.hold.delete({ where: { id: bad.id } });
  await world.db.generation.update({ where: { id: bad.id }, data: { deadlineAt: new Date(Date.now() - 120_000) } });
  await world.db.generation.update({ where: { id: good.id }, data: { deadlineAt: new Date(Date.now() - 60_000) } });
  await sweepDeadlines();
  expect(await world.ended(userId, good.id)).toMatchObject({ state: 'failed', failure: { code: 'generation.timedOut' } });
  expect((await world.db.generation.findUniqueOrThrow({ where: { id: bad.id } })).state).toBe('queued');
});
