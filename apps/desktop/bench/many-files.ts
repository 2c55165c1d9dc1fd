import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { launchApp } from '../tests/driver/launch.ts';

/** Many small real pictures: one JPEG under many names, each with a few bytes of its own so that no two are the same file. */
async function writeMany(folder: string, sample: string, count: number): Promise<string> {
  const target = path.join(folder, 'many');
  await mkdir(target);
  const bytes = await readFile(sample);
  const write = (n: number): Promise<void> =>
    writeFile(path.join(target, `picture-${String(n).padStart(5, '0')}.jpg`), Buffer.concat([bytes, Buffer.from(String(n))]));
  for (let start = 0; start < count; start += 500)
    await Promise.all(Array.from({ length: Math.min(500, count - start) }, (_, i) => write(start + i)));
  return target;
}

/** Runs in the page: adds the folder that the dialog answers with, watching for rows and for stalls of the main thread. */
const WATCH = `async (expected) => {
  let longest = 0, last = performance.now(), running = true;
  const watch = () => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; if (running) setTimeout(watch, 0); };
  watch();
  const started = performance.now();
  const firstRow = new Promise((resolve) => {
    const look = () => document.querySelector('[data-testid="file-card"]') ? resolve(performance.now() - started) : requestAnimationFrame(look);
    look();
  });
  await pingplex.invoke('library.addByDialog', { what: 'folder' });
  const firstRowMs = await firstRow;
  for (;;) {
    const { data } = await pingplex.invoke('library.page', { offset: 0, limit: 1 });
    if (data.total >= expected) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const allRowsMs = performance.now() - started;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  running = false;
  return { firstRowMs, allRowsMs, longestStallMs: longest };
}`;

export type ManyFiles = { readonly firstRowMs: number; readonly allRowsMs: number; readonly longestStallMs: number };

/** Adds `count` files to the real window and says how long it took and how long the window's main thread stood still at most. */
export async function addManyFiles(folder: string, count: number): Promise<ManyFiles> {
  const { default: sharp } = await import('sharp');
  const sample = path.join(folder, 'sample.jpg');
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  await sharp({ create: { width: 320, height: 240, channels: 3, background: '#7c6cff', noise } })
    .jpeg()
    .toFile(sample);
  const many = await writeMany(folder, sample, count);
  const { app, window, close } = await launchApp({ userData: await mkdtemp(path.join(folder, 'data-')) });
  await window.getByTestId('screen-workspace').waitFor();
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
  }, many);
  const figures = (await window.evaluate(`(${WATCH})(${count})`)) as ManyFiles;
  await close();
  return figures;
}
