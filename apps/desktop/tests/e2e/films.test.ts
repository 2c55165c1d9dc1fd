import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { hashesBelow } from '../driver/disk.ts';
import { temporaryFolder } from '../driver/launch.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import type { Studio } from '../driver/studio.ts';
import { writePicture } from '../main/helpers/media.ts';

let data: Awaited<ReturnType<typeof temporaryFolder>>;
let server: RunningServer;
let desk: Desk;
let studio: Studio;

beforeAll(async () => {
  data = await temporaryFolder('server');
  server = await startServer(data.path);
  desk = await openDesk('films', { serverUrl: server.url });
  studio = desk.studio();
  await writePicture(`${desk.input}/boat.jpg`, 3, 480, 360);
  await studio.signUp('films@studio.example', 'a few words to remember', server.sandboxes.mail);
  await clearDesk(studio);
});

afterAll(async () => {
  await desk?.done();
  await server?.stop();
  await data?.done();
});

test('a picture becomes a film: model and seconds chosen in the step, the price told before, a film that opens on disk', async () => {
  await mkdir(`${desk.output}/films`, { recursive: true });
  await studio.addFiles([`${desk.input}/boat.jpg`]);
  await studio.filesReady(1);
  await studio.addStep('generate');
  await studio.editStep(0, async (page) => {
    const model = page.getByLabel('Model');
    await model.selectOption('kling/kling-3.0:image');
    await page.getByLabel('Prompt').fill('The boat sails away');
    await page.getByLabel('Seconds').fill('3');
  });
  await studio.chooseOutput(`${desk.output}/films`, '{name}-{step}');
  // Three seconds at 8.4 cents, rounded up once.
  await studio.page.getByTestId('run').filter({ hasText: 'Run · 26 credits' }).waitFor();
  const { batch, results } = await studio.finished(await studio.run());
  expect(batch.counts).toMatchObject({ done: 1, failed: 0 });
  expect(batch.creditsSpent).toBe(26);
  expect(results).toMatchObject([{ kind: 'video', name: expect.stringMatching(/\.mp4$/) }]);
  expect(await hashesBelow(`${desk.output}/films`)).toEqual(Object.fromEntries(results.map((one) => [one.name, one.sha256])));
});
