import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeSamples } from '../../samples/make-samples.ts';
import { type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, hashesBelow, sha256Of } from '../driver/disk.ts';
import { processes } from '../driver/processes.ts';
import type { Studio } from '../driver/studio.ts';

let desk: Desk;
let studio: Studio;
let count: number;

beforeAll(async () => {
  desk = await openDesk('engine-crash');
  studio = desk.studio();
  count = (await makeSamples(desk.input, { only: ['mp4', 'png'], isSmall: true })).length;
});
afterAll(async () => {
  await desk?.done();
});

/** Process ids of the engine workers that belong to this app, found as a system monitor finds them. */
async function workers(): Promise<number[]> {
  const all = await processes();
  const own = new Set([desk.running().pid]);
  for (let before = 0; before !== own.size; ) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid, command }) => own.has(pid) && /--max-old-space-size=\d+ .*engine/.test(command)).map(({ pid }) => pid);
}

describe('row 84: the engine can die alone', () => {
  test('row 84: every worker is killed while a batch runs; items are tried once more, the window lives, the batch finishes', async () => {
    await studio.addFolder(desk.input);
    await studio.filesReady(count);
    const before = await hashesBelow(desk.input);
    await studio.addStep('unicalize');
    await studio.editStep(0, async (page) => {
      await page.getByLabel('Variants per file').fill('2');
      await page.getByText('Light', { exact: true }).click();
    });
    const output = path.join(desk.output, 'killed');
    await mkdir(output);
    await studio.chooseOutput(output, '{name}-{variant}');
    await studio.confirmRights();
    const batchId = await studio.run();
    await vi.waitFor(
      async () => {
        const { items } = await studio.call('batches.items', { batchId });
        expect(items.some(({ state, progress }) => state === 'running' && progress > 0)).toBe(true);
      },
      { timeout: 60_000, interval: 20 },
    );
    const killed = await workers();
    expect(killed.length).toBeGreaterThan(0);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    // The window answers a hand while the workers are being replaced.
    await studio.go('queue');
    await studio.page.getByTestId('batch').waitFor();
    const { items, results, batch } = await studio.finished(batchId);
    expect(batch.state).toBe('finished');
    expect(items.map(({ name, state, error }) => [name, state, error])).toEqual(items.map(({ name }) => [name, 'done', null]));
    expect(items).toHaveLength(count);
    expect(results).toHaveLength(count * 2);
    expect(await filesBelow(output)).toEqual(results.map(({ name }) => name).sort());
    for (const result of results) expect(await sha256Of(path.join(output, result.name))).toBe(result.sha256);
    expect((await workers()).filter((pid) => killed.includes(pid))).toEqual([]);
    expect((await studio.call('app.getState', {})).engine.ready).toBe(true);
    expect(await hashesBelow(desk.input)).toEqual(before);
  });
});
