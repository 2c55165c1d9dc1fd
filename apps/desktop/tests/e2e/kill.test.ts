import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ResultView } from '@pingplex/shared/contracts/ipc';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hashesBelow } from '../driver/disk.ts';
import { launchApp, type RunningApp, temporaryFolder } from '../driver/launch.ts';
import { descendants, stillAlive } from '../driver/processes.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import { Studio } from '../driver/studio.ts';
import { writePicture, writeTone } from '../main/helpers/media.ts';
import { admin, controlProvider, paidCalls, randomFrom } from './kit.ts';

const KILLS = 30;
const PICTURES = 20;
const VARIANTS = 2;
/** The longest that a run is left alone, in milliseconds: long enough to reach every stage of the cloud step. */
const LONGEST_MS = 2500;
const EMAIL = 'killed@studio.example';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: RunningServer;
let running: RunningApp | undefined;
const at = (...parts: string[]): string => path.join(folder.path, ...parts);

beforeAll(async () => {
  folder = await temporaryFolder('kill');
  server = await startServer(at('server'));
  for (let n = 0; n < PICTURES; n += 1) await writePicture(at('in', `${n}.${n % 3 === 0 ? 'png' : 'jpg'}`), n);
  for (const n of [1, 2]) await writeTone(at('in', `tone ${n}.wav`), 300 * n, 1);
  await mkdir(at('out'));
});

afterAll(async () => {
  await running?.close();
  await server?.stop();
  await folder?.done();
});

async function open(): Promise<Studio> {
  running = await launchApp({ userData: at('app'), serverUrl: server.url });
  return new Studio(running.app, running.window);
}

/** SIGKILL for the whole app; what it started has to end by itself. @returns the number of engine workers among that */
async function kill(): Promise<number> {
  if (running === undefined) return 0;
  const started = await descendants(running.pid);
  await running.kill();
  running = undefined;
  await vi.waitFor(async () => expect(await stillAlive(started)).toEqual([]), { timeout: 60_000, interval: 100 });
  return started.filter(({ command }) => /engine.main\.(ts|mjs)/.test(command)).length;
}

/** Local steps and an AI edit over all sources, put together and started in the window. */
async function startMixedBatch(studio: Studio): Promise<string> {
  await studio.go('workspace');
  await studio.addFolder(at('in'));
  await studio.filesReady(PICTURES + 2);
  await studio.clearSteps();
  await studio.addStep('clean');
  await studio.page.keyboard.press('Escape');
  await studio.addStep('unicalize');
  await studio.editStep(1, (page) => page.getByLabel('Variants per file').fill(String(VARIANTS)));
  await studio.addStep('generate');
  await studio.editStep(2, (page) => page.getByLabel('Prompt').fill('A quiet morning'));
  await studio.editStep(1, (page) => page.getByRole('checkbox', { name: /Save this step/ }).check());
  await studio.chooseOutput(at('out'), '{name}-{step}-{variant}');
  await studio.confirmRights();
  return await studio.run();
}

/** Waits until the batch has one result more, or is over. */
async function somethingFinished(studio: Studio, id: string): Promise<void> {
  const before = (await studio.batch(id)).results;
  for (;;) {
    const { results, state } = await studio.batch(id);
    if (results > before || state === 'finished') return;
    await wait(20);
  }
}

async function allResults(studio: Studio): Promise<readonly ResultView[]> {
  return (await studio.call('batches.results', { limit: 10_000 })).results;
}

/** The folder holds the results that the app knows, whole, and nothing else. */
async function expectWhole(results: readonly ResultView[]): Promise<void> {
  const promised = Object.fromEntries(results.map((one) => [one.name, one.sha256]));
  expect(Object.keys(promised)).toHaveLength(results.length);
  expect(await hashesBelow(at('out'))).toEqual(promised);
}

test(`must-show 4, row 12: killed at ${KILLS} random moments of mixed batches, the app goes on; nothing is lost, left over or paid twice`, {
  timeout: 1_200_000,
}, async () => {
  const seed = Number(process.env['PINGPLEX_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  process.stdout.write(`kill test: PINGPLEX_TEST_SEED=${seed}\n`);
  const random = randomFrom(seed);
  const sources = await hashesBelow(at('in'));
  let studio = await open();
  await studio.signUp(EMAIL, 'a few words to remember', server.sandboxes.mail);
  await admin(at('server'), 'credits', 'grant', EMAIL, '900', '--reason', 'for a long test', '--key', 'kill-test');
  const before = (await studio.call('wallet.refresh', {})).available;
  await controlProvider(server.sandboxes.openai, { delayMs: 250 });

  const batches: string[] = [];
  let current: string | undefined;
  let seen: readonly ResultView[] = [];
  const moments: string[] = [];
  let workers = 0;
  while (moments.length < KILLS) {
    if (current === undefined) {
      current = await startMixedBatch(studio);
      batches.push(current);
    } else {
      expect((await studio.batch(current)).state).toBe('interrupted');
      await studio.goOn(current);
    }
    // Half of the kills count from the moment that something more was finished, so that they strike about a result's birth.
    const isAboutResult = random() < 0.5;
    const moment = Math.round(random() ** 2 * LONGEST_MS);
    if (isAboutResult) await somethingFinished(studio, current);
    await wait(moment);
    seen = await allResults(studio);
    if ((await studio.batch(current)).state === 'finished') {
      current = undefined;
      continue;
    }
    moments.push(`${isAboutResult ? 'result +' : ''}${moment}`);
    workers += await kill();
    studio = await open();
    const now = await allResults(studio);
    const kept = new Map(now.map((one) => [one.id, one.sha256]));
    for (const one of seen) expect(kept.get(one.id), one.name).toBe(one.sha256);
    await expectWhole(now);
    // The kill may have struck between the last item and the end of the batch.
    if ((await studio.batch(current)).state === 'finished') current = undefined;
  }
  process.stdout.write(`killed after ${moments.join(', ')} ms in ${batches.length} batches\n`);
  expect(workers, 'engine workers that were at work when the app was killed').toBeGreaterThan(0);
  if (current !== undefined) await studio.goOn(current);
  for (const id of batches) {
    const { batch, items, results } = await studio.finished(id);
    expect(items.filter(({ state }) => state !== 'done')).toEqual([]);
    expect(batch.counts.done).toBe(PICTURES + 2);
    const made = (verb: string): number => results.filter((one) => one.verb === verb).length;
    expect([made('unicalize'), made('generate')]).toEqual([VARIANTS * (PICTURES + 2), PICTURES]);
  }
  const results = await allResults(studio);
  await expectWhole(results);
  expect(await hashesBelow(at('in'))).toEqual(sources);
  expect(await readdir(at('app', 'work')).catch(() => [])).toEqual([]);

  // One paid call for each edit that was delivered, and not one credit more than these cost.
  const edits = results.filter(({ verb }) => verb === 'generate');
  expect(new Set(edits.map(({ measurements }) => measurements.generation?.id)).size).toBe(edits.length);
  expect(await paidCalls(server.sandboxes.openai)).toHaveLength(edits.length);
  const wallet = await studio.call('wallet.refresh', {});
  expect(before - wallet.available).toBe(edits.reduce((sum, { credits }) => sum + credits, 0));
  expect(wallet.held).toBe(0);
  const check = await admin(at('server'), 'ledger', 'check');
  expect(check).toMatchObject({ violations: [] });
});
