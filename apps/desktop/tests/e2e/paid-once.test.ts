import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, sha256Of } from '../driver/disk.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import type { Studio } from '../driver/studio.ts';
import { acceptedCalls, faultyLine } from '../main/helpers/cloud.ts';
import { writePicture } from '../main/helpers/media.ts';

let server: RunningServer;
/** What lies between app and server; it can be cut. */
let line: Awaited<ReturnType<typeof faultyLine>>;
let isCut = false;
let desk: Desk;
let studio: Studio;

/**
 * Killed after the request went out, the server only knows after the worker's lease and the grace time (up to two minutes) that no answer
 * will come, and the item runs again then.
 */
const LOST_SUBMIT_MS = 300_000;

const until = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 100_000, interval: 100 });
const paidFor = async (prompt: string): Promise<number> =>
  (await acceptedCalls(server.sandboxes.openai)).filter((call) => call.prompt === prompt).length;
const available = async (): Promise<number> => (await studio.call('wallet.refresh', {})).available;

/** Starts the server again where the app expects it. */
async function startAgain(): Promise<void> {
  server = await startServer(path.join(desk.root, 'server'), ['--port', new URL(server.url).port]);
}

type Started = { readonly output: string; readonly batchId: string; readonly price: number };

/** Puts an AI edit of one picture on the bar and runs it into a folder of its own. */
async function runEdit(name: string, prompt: string): Promise<Started> {
  await clearDesk(studio);
  const file = path.join(desk.input, `${name}.png`);
  await writePicture(file, name.length);
  await studio.addFiles([file]);
  await studio.filesReady(1);
  await studio.addStep('generate');
  await studio.editStep(0, async (page) => {
    await page.getByLabel('Prompt').fill(prompt);
  });
  const output = path.join(desk.output, name);
  await mkdir(output);
  await studio.chooseOutput(output, '{name}');
  const button = studio.page.getByTestId('run');
  await button.getByText(/^Run · \d+ credits?$/).waitFor();
  const price = Number(/\d+/.exec((await button.textContent()) ?? '')?.[0]);
  return { output, batchId: await studio.run(), price };
}

/** One result with its hash, one paid call, one price taken. */
async function expectPaidOnce(prompt: string, { output, batchId, price }: Started, before: number): Promise<void> {
  const { items, results, batch } = await studio.finished(batchId);
  expect(items.map(({ state, error }) => [state, error])).toEqual([['done', null]]);
  expect(await filesBelow(output)).toEqual(results.map(({ name }) => name));
  expect(results).toHaveLength(1);
  expect(await sha256Of(path.join(output, results[0]?.name ?? ''))).toBe(results[0]?.sha256);
  expect(await paidFor(prompt)).toBe(1);
  expect(batch.creditsSpent).toBe(price);
  await until(async () => expect(await available()).toBe(before - price));
  expect((await studio.call('wallet.refresh', {})).held).toBe(0);
}

/** Presses "Retry failed" if a long outage has failed the item by then. */
async function goOn(batchId: string): Promise<void> {
  const { items } = await studio.finished(batchId);
  if (items.every(({ state }) => state === 'done')) return;
  await studio.go('queue');
  await studio.page.locator(`[data-batch-id="${batchId}"]`).getByRole('button', { name: 'Retry failed' }).click();
  await until(async () => expect((await studio.batch(batchId)).counts.done).toBe(1));
}

beforeAll(async () => {
  desk = await openDesk('paid-once');
  server = await startServer(path.join(desk.root, 'server'));
  line = await faultyLine(server.url, () => (isCut ? 'refuse' : 'pass'));
  await desk.running().close();
  studio = await desk.reopen({ serverUrl: line.url });
  await studio.signUp('once@studio.example', 'nobody pays twice for this', server.sandboxes.mail);
});
afterAll(async () => {
  await desk?.done();
  line?.server.closeAllConnections();
  line?.server.close();
  await server?.stop();
});

describe('row 56: a restart or a dead network never pays twice', () => {
  test('row 56: the server is stopped while the provider works, and started again', async () => {
    const prompt = `[[slow:4000]] ${crypto.randomUUID()}`;
    const before = await available();
    const started = await runEdit('server-stop', prompt);
    await until(async () => expect(await paidFor(prompt)).toBe(1));
    await server.stop();
    await startAgain();
    await goOn(started.batchId);
    await expectPaidOnce(prompt, started, before);
  });

  test('row 56: the network dies after the request was sent; when it is back, the same request goes on', async () => {
    const prompt = `[[slow:1500]] ${crypto.randomUUID()}`;
    const before = await available();
    const started = await runEdit('dead-network', prompt);
    await until(async () => expect(await paidFor(prompt)).toBe(1));
    isCut = true;
    line.server.closeAllConnections();
    try {
      await studio.page.getByText('Server out of reach').waitFor();
    } finally {
      isCut = false;
    }
    await goOn(started.batchId);
    await expectPaidOnce(prompt, started, before);
  });

  test('row 56: the app is killed in the middle; after the next start the same request goes on', async () => {
    const prompt = `[[slow:4000]] ${crypto.randomUUID()}`;
    const before = await available();
    const started = await runEdit('app-kill', prompt);
    await until(async () => expect(await paidFor(prompt)).toBe(1));
    await desk.running().kill();
    studio = await desk.reopen({ serverUrl: line.url });
    expect((await studio.batch(started.batchId)).state).toBe('interrupted');
    await studio.go('queue');
    await studio.page.getByText('This batch was interrupted').waitFor();
    await studio.page.getByRole('button', { name: 'Go on' }).click();
    await expectPaidOnce(prompt, started, before);
  });

  test(
    'row 56: the server dies without a word while the app polls; local work of the same window is not disturbed',
    async () => {
      const prompt = `[[slow:3000]] ${crypto.randomUUID()}`;
      const before = await available();
      const { output, batchId, price } = await runEdit('server-kill', prompt);
      await until(async () => expect((await studio.call('batches.items', { batchId })).items[0]?.stage).toBe('waiting'));
      await server.kill();
      await clearDesk(studio);
      const local = path.join(desk.output, 'local');
      await mkdir(local);
      const file = path.join(desk.input, 'local.jpg');
      await writePicture(file, 3);
      await studio.addFiles([file]);
      await studio.filesReady(1);
      await studio.addStep('clean');
      await studio.chooseOutput(local, '{name}');
      const cleaned = await studio.finished(await studio.run());
      expect(cleaned.items.map(({ state }) => state)).toEqual(['done']);
      await startAgain();
      await goOn(batchId);
      const { items } = await studio.finished(batchId);
      expect(items[0]?.state).toBe('done');
      const paid = await paidFor(prompt);
      // Killed between sending and storing the answer, the server can't know whether the provider worked: the wallet pays once all the same.
      expect(paid).toBeGreaterThanOrEqual(1);
      expect(await filesBelow(output)).toHaveLength(1);
      await until(async () => expect(await available()).toBe(before - price));
    },
    LOST_SUBMIT_MS,
  );
});
