import os from 'node:os';
import type { RunningApp } from '../tests/driver/launch.ts';
import type { Studio } from '../tests/driver/studio.ts';
import { type PeakMemory, watchMemory } from './memory-watch.ts';
import { type Stalls, watchStalls } from './stalls.ts';

export type Phase = { readonly name: string; readonly tookMs: number; readonly stalls: Stalls };
export type FilesRun = {
  readonly files: number;
  readonly bytes: number;
  readonly machine: string;
  readonly firstRowMs: number;
  readonly phases: readonly Phase[];
  readonly cleaned: number;
  readonly memory: PeakMemory;
};
type Media = {
  readonly dir: string;
  readonly bytes: number;
  readonly count: number;
  readonly output: string;
  /** A machine that is busy elsewhere cleans as many as it can in this time; the figures say how many. */
  readonly cleanLimitMs: number;
};

/** In the page: milliseconds from now until an element is there and painted. */
const untilPainted = (selector: string): string => `new Promise((resolve) => {
  const started = performance.now();
  const look = () => document.querySelector(${JSON.stringify(selector)})
    ? requestAnimationFrame(() => resolve(performance.now() - started))
    : requestAnimationFrame(look);
  look();
})`;
/** In the page: scrolls a list through so many screens, one a frame, and waits for the last to be painted. */
const scrollThrough = (testId: string, screens: number): string => `new Promise((resolve) => {
  const list = document.querySelector('[data-testid="${testId}"]');
  let left = ${screens};
  const step = () => {
    list.scrollTop += Math.max(list.clientHeight, (list.scrollHeight - list.scrollTop) / Math.max(1, left));
    if (left-- > 0) requestAnimationFrame(step);
    else requestAnimationFrame(() => { list.scrollTop = 0; requestAnimationFrame(resolve); });
  };
  step();
})`;
const SORTABLE = ['Name', 'Format', 'Dimensions', 'Length', 'Size', 'Changed', 'State'] as const;
const SEARCHES = ['alpine', 'heic', 'day 07', 'zzz'] as const;

/** Everything that a person does with a large folder, in the real window, with a watch on both threads. */
export async function runManyFiles({ app, window: page, pid }: RunningApp, studio: Studio, media: Media): Promise<FilesRun> {
  const load = [os.loadavg()[0] ?? 0];
  await page.getByTestId('screen-workspace').waitFor();
  await page.locator('[data-ready=true]').waitFor();
  await studio.answerDialog([media.dir]);
  const endMemory = watchMemory(app, pid);
  const take = await watchStalls(app, page);
  const phases: Phase[] = [];
  const phase = async (name: string, act: () => Promise<unknown>): Promise<void> => {
    const started = performance.now();
    await act();
    phases.push({ name, tookMs: performance.now() - started, stalls: await take() });
    console.log(name, JSON.stringify(phases.at(-1)));
  };
  const counts = page.getByTestId('counts');
  const total = media.count.toLocaleString('en');

  let firstRowMs = 0;
  await phase('add the folder', async () => {
    const painted = page.evaluate(untilPainted('[data-testid="file-card"]'));
    await page.getByRole('button', { name: 'Add folder' }).first().click();
    firstRowMs = Number(await painted);
    await counts.filter({ hasText: `${total} files` }).waitFor({ timeout: 120_000 });
  });
  await phase('inspect all', async () => {
    await page.getByTestId('reading').waitFor({ state: 'detached', timeout: 600_000 });
  });
  await phase('scroll the grid', () => page.evaluate(scrollThrough('file-grid', 120)));
  await phase('show the table', async () => {
    await page.locator('label', { hasText: /^Table$/ }).click();
    await page.getByTestId('file-row').first().waitFor();
  });
  await phase('scroll the table', () => page.evaluate(scrollThrough('file-table', 120)));
  for (const column of SORTABLE) {
    await phase(`sort by ${column.toLowerCase()}, up and down`, async () => {
      const head = page.getByRole('columnheader', { name: column });
      for (const way of ['ascending', 'descending']) {
        await head.getByRole('button').click();
        await page.evaluate(untilPainted(`th[aria-sort=${way}]`));
      }
    });
  }
  await phase('search', async () => {
    const box = page.getByRole('searchbox');
    for (const text of SEARCHES) {
      await box.fill('');
      await box.pressSequentially(text, { delay: 60 });
      await counts.filter({ hasText: 'shown' }).waitFor();
    }
    await page.getByRole('button', { name: 'Clear search' }).click();
    await page.getByTestId('file-row').first().waitFor();
  });
  await phase('select all, estimate', async () => {
    await page.getByTestId('file-row').first().click();
    await page.keyboard.press('ControlOrMeta+a');
    await counts.filter({ hasText: `${total} selected` }).waitFor();
    await studio.addStep('clean');
    await studio.chooseOutput(media.output, '{name}-{index}');
    await page.getByTestId('estimate-basis').waitFor();
  });
  let batchId = '';
  await phase('start to clean all', async () => {
    batchId = await studio.run();
  });
  await phase('clean all, while scrolling and sorting', async () => {
    const cleaning = performance.now();
    for (let turn = 0; ; turn++) {
      const state = await page.evaluate(`pingplex.invoke('batches.list', {}).then(({ data }) => data.batches[0].state)`);
      if (state === 'finished' || state === 'canceled') break;
      if (performance.now() - cleaning > media.cleanLimitMs) {
        await studio.call('batches.cancel', { batchId: (await studio.batch(batchId)).id });
        break;
      }
      await page.evaluate(scrollThrough('file-table', 30));
      if (turn % 4 === 3) await page.getByRole('columnheader', { name: 'Size' }).getByRole('button').click();
      await page.waitForTimeout(1000);
    }
  });
  const { counts: done } = await studio.batch(batchId);
  load.push(os.loadavg()[0] ?? 0);
  await phase('show the queue and its files', async () => {
    await studio.showItems(batchId);
  });
  return {
    files: media.count,
    bytes: media.bytes,
    machine: `${os.availableParallelism()} cores, ${Math.round(os.totalmem() / 2 ** 30)} GB, load of the machine ${load.map((one) => one.toFixed(0)).join(' → ')}`,
    firstRowMs,
    phases,
    cleaned: done.done,
    memory: await endMemory(),
  };
}
