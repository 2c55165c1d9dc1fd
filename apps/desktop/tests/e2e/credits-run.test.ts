import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { hashesBelow } from '../driver/disk.ts';
import { temporaryFolder } from '../driver/launch.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import type { Studio } from '../driver/studio.ts';
import { writePicture, writeTone } from '../main/helpers/media.ts';
import { admin, controlProvider, paidCalls } from './kit.ts';
import { eventually } from './security-kit.ts';

let data: Awaited<ReturnType<typeof temporaryFolder>>;
let server: RunningServer;
let desk: Desk;
let studio: Studio;
const at = (...parts: string[]): string => path.join(desk.input, ...parts);
const out = (...parts: string[]): string => path.join(desk.output, ...parts);

beforeAll(async () => {
  data = await temporaryFolder('server');
  server = await startServer(data.path);
  desk = await openDesk('credits', { serverUrl: server.url });
  studio = desk.studio();
  for (const n of [1, 2, 3, 4]) await writePicture(at(`${n}.jpg`), n);
  await writeTone(at('voice.wav'), 440, 1);
  await studio.signUp('estimate@studio.example', 'a few words to remember', server.sandboxes.mail);
});

beforeEach(async () => {
  await controlProvider(server.sandboxes.openai, {});
  await clearDesk(studio);
});

afterAll(async () => {
  await desk?.done();
  await server?.stop();
  await data?.done();
});

const wallet = () => studio.call('wallet.refresh', {});
const paid = async (): Promise<number> => (await paidCalls(server.sandboxes.openai)).length;
const estimate = async (part: 'estimate' | 'estimate-basis', text: RegExp): Promise<string> => {
  const line = studio.page.getByTestId(part).filter({ hasText: text });
  await line.waitFor();
  return (await line.textContent()) ?? '';
};

test('row 7: results, time with its basis, disk and credits are told before the run, and the run agrees', async () => {
  await mkdir(out('estimate'));
  const pictures = ['1.jpg', '2.jpg', '3.jpg', '4.jpg'];
  const prepare = async (names: readonly string[]): Promise<void> => {
    await studio.addFiles(names.map((name) => at(name)));
    await studio.filesReady(names.length);
    await studio.addStep('clean');
    await studio.addStep('unicalize');
    await studio.editStep(1, (page) => page.getByLabel('Variants per file').fill('2'));
    await studio.addStep('generate');
    await studio.editStep(2, (page) => page.getByLabel('Prompt').fill('A little more light'));
    await studio.editStep(1, (page) => page.getByRole('checkbox', { name: /Save this step/ }).check());
    await studio.chooseOutput(out('estimate'), '{name}-{step}-{variant}');
    await studio.confirmRights();
  };
  await prepare([...pictures, 'voice.wav']);
  // Two variants of five files, and one edit of each of four pictures.
  expect(await estimate('estimate', /^14 results/)).toMatch(/^14 results · about .*(sec|min).* · [\d.,]+ (byte|kB|MB)/);
  const before = (await wallet()).available;
  const basis = await estimate('estimate-basis', /left after it/);
  const [, credits, left] =
    /^all 5 files · (\d+) credits · (\d+) left after it · failures are given back · time from typical figures$/.exec(basis) ?? [];
  expect(Number(credits)).toBeGreaterThan(0);
  expect(before - Number(credits)).toBe(Number(left));
  await studio.page
    .getByTestId('run')
    .filter({ hasText: `Run · ${credits} credits` })
    .waitFor();

  const { batch, results } = await studio.finished(await studio.run());
  expect(batch.counts).toMatchObject({ done: 5, failed: 0 });
  expect(results).toHaveLength(14);
  expect(await hashesBelow(out('estimate'))).toEqual(Object.fromEntries(results.map((one) => [one.name, one.sha256])));
  expect(batch.creditsSpent).toBe(Number(credits));
  expect(await wallet()).toMatchObject({ available: Number(left), held: 0 });

  // Now there are figures of this very machine to go by; of pictures enough of them.
  await clearDesk(studio);
  await prepare(pictures);
  await estimate('estimate-basis', /time measured on this machine$/);
});

test('row 10: a step that was paid for is not paid again when a later step failed and is tried again', async () => {
  await mkdir(out('paid'));
  await studio.addFiles([at('1.jpg')]);
  await studio.filesReady(1);
  await studio.addStep('generate');
  await studio.editStep(0, (page) => page.getByLabel('Prompt').fill('As if it had just rained'));
  await studio.addStep('convert');
  await studio.chooseOutput(out('paid'), '{name}-{step}-{variant}');
  const [callsBefore, before] = [await paid(), (await wallet()).available];
  await controlProvider(server.sandboxes.openai, { delayMs: 3000 });
  const id = await studio.run();
  await eventually(paid, callsBefore + 1);
  // While the provider is at work, a file takes the place of the folder for results.
  await rename(out('paid'), path.join(desk.root, 'moved'));
  await writeFile(out('paid'), 'in the way');
  const card = await studio.showItems(id);
  const row = await studio.itemRow(card, '1.jpg', 'failed');
  expect(await row.getByTestId('item-reason').textContent()).toMatch(/output folder/i);
  const spent = before - (await wallet()).available;
  expect(spent).toBeGreaterThan(0);

  await rm(out('paid'));
  await rename(path.join(desk.root, 'moved'), out('paid'));
  await card.getByRole('button', { name: 'Retry failed' }).click();
  await studio.itemRow(card, '1.jpg', 'done');
  const { results } = await studio.finished(id);
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({ verb: 'convert', credits: spent });
  expect(await hashesBelow(out('paid'))).toEqual({ [results[0]?.name ?? '']: results[0]?.sha256 });
  expect(await paid()).toBe(callsBefore + 1);
  expect(await wallet()).toMatchObject({ available: before - spent, held: 0 });
  expect(await readdir(path.join(desk.userData, 'work'))).toEqual([]);
});

test('row 10: a paid step that failed gives its credits back, and is paid once when it is tried again', async () => {
  await mkdir(out('again'));
  await studio.addFiles([at('2.jpg'), at('3.jpg')]);
  await studio.filesReady(2);
  await studio.addStep('generate');
  await studio.editStep(0, (page) => page.getByLabel('Prompt').fill('In the manner of a postcard'));
  await studio.chooseOutput(out('again'), '{name}-{step}-{variant}');
  const [callsBefore, before] = [await paid(), (await wallet()).available];
  await controlProvider(server.sandboxes.openai, { fail: { times: 1, status: 400 } });
  const id = await studio.run();
  const first = await studio.finished(id);
  expect(first.batch.counts).toMatchObject({ done: 1, failed: 1 });
  const price = first.batch.creditsSpent;
  expect(await wallet()).toMatchObject({ available: before - price, held: 0 });
  const card = await studio.showItems(id);
  await card.getByRole('button', { name: 'Retry failed' }).click();
  await eventually(async () => (await studio.batch(id)).counts.done, 2);
  const { items, results } = await studio.finished(id);
  expect(items.map(({ attempts }) => attempts).sort()).toEqual([1, 2]);
  expect(results).toHaveLength(2);
  expect(await paid()).toBe(callsBefore + 2);
  expect(await wallet()).toMatchObject({ available: before - 2 * price, held: 0 });
  expect(await admin(data.path, 'ledger', 'check')).toMatchObject({ violations: [] });
});
