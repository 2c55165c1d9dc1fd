import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineJob } from '@pingplex/shared/contracts/engine';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EngineHost } from '../../src/main/engine-host/index.ts';
import { deadlineFor } from '../../src/main/engine-host/limits.ts';
import { writePicture } from './helpers/media.ts';
import { testEngine } from './helpers/studio.ts';

let dir: string;
let out: string;
let picture: string;
let host: EngineHost | undefined;

const settings = { variants: 8, strength: 'strong', seed: 1, mirror: false } as const;
const longJob = (): EngineJob & { verb: 'unicalize' } => ({
  verb: 'unicalize',
  path: picture,
  temp: { dir: out, stem: '.pingplex-abcdef-s0' },
  settings,
});
const use = (made: EngineHost): EngineHost => {
  host = made;
  return made;
};
const leftovers = async (): Promise<string[]> => (await readdir(out)).filter((name) => name.startsWith('.pingplex-abcdef-'));
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Runs a job and calls `act` once, when it has begun to tell progress. */
async function duringJob(engine: EngineHost, act: () => void, options: { signal?: AbortSignal } = {}): Promise<unknown> {
  let acted = false;
  return await engine.run(longJob(), {
    ...options,
    onProgress: () => {
      if (acted) return;
      acted = true;
      act();
    },
  });
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pp-engine-'));
  out = join(dir, 'out');
  await mkdir(out);
  picture = join(dir, 'a.jpg');
  await writePicture(picture, 1, 1600, 1200);
});
afterEach(async () => {
  await host?.close();
  host = undefined;
  await rm(dir, { recursive: true, force: true });
});

it('does jobs of several verbs in real workers and says which version answers', async () => {
  const engine = use(testEngine(2));
  const states: boolean[] = [];
  engine.onState((state) => states.push(state.ready));
  const [inspected, verified] = await Promise.all([
    engine.run({ verb: 'inspect', path: picture, depth: 'quick' }),
    engine.run({ verb: 'verify', path: picture }),
  ]);
  expect(inspected.summary).toMatchObject({ width: 1600, height: 1200 });
  expect(verified).toMatchObject({ decodes: true, format: 'jpeg' });
  expect(engine.state()).toMatchObject({ ready: true, version: expect.stringMatching(/\d/) });
  expect(states).toEqual([true]);
});

it('tries a file once more when its worker is killed, then names the crash; other files are unharmed', async () => {
  const engine = use(testEngine(1));
  let kills = 0;
  const crash = engine.run(longJob(), {
    onProgress: () => {
      if (kills >= 2) return;
      kills += 1;
      for (const pid of engine.pids()) process.kill(pid, 'SIGKILL');
    },
  });
  const next = engine.run({ verb: 'verify', path: picture });
  await expect(crash).rejects.toMatchObject({ code: 'engine.crashed' });
  expect(kills).toBe(2);
  expect((await next).decodes).toBe(true);
  expect(await leftovers()).toEqual([]);
});

it('a file that crashes a worker once is done by the next one', async () => {
  const engine = use(testEngine(1));
  const outcome = await duringJob(engine, () => {
    for (const pid of engine.pids()) process.kill(pid, 'SIGKILL');
  });
  expect((outcome as { variants: unknown[] }).variants).toHaveLength(8);
});

it('ends a worker that hangs, and leaves nothing of it', async () => {
  const engine = use(testEngine(1, { silenceMs: 1500 }));
  let stopped: number[] = [];
  const hung = duringJob(engine, () => {
    stopped = engine.pids();
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  });
  await expect(hung).rejects.toMatchObject({ code: 'engine.timedOut' });
  expect(stopped.map(alive)).toEqual(stopped.map(() => false));
  expect(await leftovers()).toEqual([]);
  expect((await engine.run({ verb: 'verify', path: picture })).decodes).toBe(true);
});

it('ends a worker that takes too much memory', async () => {
  const engine = use(testEngine(1, { rssBytes: 10_000_000 }));
  await expect(engine.run(longJob())).rejects.toMatchObject({ code: 'engine.memory' });
  expect(await leftovers()).toEqual([]);
});

it('gives larger media more time', () => {
  const job = { verb: 'verify', path: picture } as const;
  expect(deadlineFor(job, { megapixels: 51 })).toBe(71_000);
  expect(deadlineFor(job, { durationMs: 60_000 })).toBe(1_220_000);
  expect(deadlineFor(job)).toBeGreaterThan(deadlineFor(job, { megapixels: 1 }));
  expect(deadlineFor(longJob(), { megapixels: 51 })).toBe((1 + settings.variants) * 71_000);
});

it('ends a job at its deadline', async () => {
  const engine = use(testEngine(1));
  await engine.run({ verb: 'verify', path: picture });
  await expect(engine.run(longJob(), { deadlineMs: 300 })).rejects.toMatchObject({ code: 'engine.timedOut' });
});

it('cancels a running and a waiting job, and takes the files away', async () => {
  const engine = use(testEngine(1));
  const ending = new AbortController();
  const why = new Error('the user changed his mind');
  const waiting = new AbortController();
  const second = engine.run(
    { verb: 'clean', path: picture, keepGroups: [], temp: { dir: out, stem: '.pingplex-abcdef-s9' } },
    { signal: waiting.signal },
  );
  second.catch(() => undefined);
  waiting.abort(why);
  await expect(second).rejects.toBe(why);
  const started = duringJob(engine, () => ending.abort(why), { signal: ending.signal });
  await expect(started).rejects.toBe(why);
  expect(await leftovers()).toEqual([]);
});

it('lets the user look at things while all workers are busy, newest request first', async () => {
  const engine = use(testEngine(1));
  const order: string[] = [];
  let busy = true;
  const begun = Promise.withResolvers<void>();
  const batch = duringJob(engine, begun.resolve).finally(() => {
    busy = false;
  });
  await begun.promise;
  const look = (name: string): Promise<void> =>
    engine.run({ verb: 'inspect', path: picture, depth: 'quick' }, { lane: 'interactive', key: name }).then(() => {
      order.push(name);
    });
  const looks = [look('first'), look('second'), look('third')];
  expect(engine.bump('first')).toBe(true);
  expect(engine.bump('unknown')).toBe(false);
  await Promise.all(looks);
  expect(order).toEqual(['first', 'third', 'second']);
  expect(busy).toBe(true);
  await batch;
});

it('replaces a worker after its share of jobs; quick looks hardly count', async () => {
  const engine = use(testEngine(1, { jobsPerWorker: 2 }));
  const pidsAfter = async (job: EngineJob, times: number): Promise<number> => {
    const seen = new Set<number>();
    for (let n = 0; n < times; n += 1) {
      await engine.run(job);
      for (const pid of engine.pids()) seen.add(pid);
    }
    return seen.size;
  };
  expect(await pidsAfter({ verb: 'inspect', path: picture, depth: 'quick' }, 20)).toBe(1);
  expect(await pidsAfter({ verb: 'verify', path: picture }, 5)).toBeGreaterThanOrEqual(3);
});

it('says that the engine is not available when it does not start', async () => {
  const broken = join(dir, 'broken.mjs');
  await writeFile(broken, 'process.exit(3);');
  const engine = use(testEngine(1, {}, broken));
  await expect(engine.run({ verb: 'verify', path: picture })).rejects.toMatchObject({ code: 'engine.unavailable' });
});

it('gives workers no home folder and no secrets', async () => {
  const spy = join(dir, 'spy.mjs');
  await writeFile(
    spy,
    `process.on('message', (m) => process.send({ type: 'failed', id: m.id, error: { code: 'engine.usage', message: Object.keys(process.env).join(' '), retryable: false } }));
     process.send({ type: 'ready', version: 'spy', pid: process.pid });`,
  );
  process.env['PINGPLEX_TEST_SECRET'] = 'x';
  const engine = use(testEngine(1, {}, spy));
  const told = await engine.run({ verb: 'verify', path: picture }).catch((error: unknown) => error);
  delete process.env['PINGPLEX_TEST_SECRET'];
  const names = (told as Error).message.split(' ');
  expect(names).toContain('PATH');
  expect(names.filter((name) => /HOME|SECRET|TOKEN|PROXY|NODE_OPTIONS|USER/i.test(name))).toEqual([]);
});
