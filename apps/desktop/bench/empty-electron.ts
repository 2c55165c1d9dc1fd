import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { _electron } from 'playwright';

/** Wall-clock time of a page's first contentful paint, in milliseconds since the epoch; to be evaluated in the page. */
export const PAINT_TIME = `new Promise((resolve) => {
  const done = (entries) => entries.length > 0 && resolve(performance.timeOrigin + entries[entries.length - 1].startTime);
  done(performance.getEntriesByName('first-contentful-paint'));
  new PerformanceObserver((list) => done(list.getEntriesByName('first-contentful-paint'))).observe({ type: 'paint', buffered: true });
})`;

const MAIN = `const { app, BrowserWindow } = require('electron');
app.whenReady().then(() => new BrowserWindow({ width: 1440, height: 900 }).loadURL('data:text/html,<p>empty</p>'));`;

/**
 * A copy of an Electron folder whose app is one window with one word: the raw limit of a cold start.
 * @param folder where the copy goes
 * @param executable the Electron to copy
 * @returns path of the copy's executable
 */
export async function makeEmptyElectron(folder: string, executable: string): Promise<string> {
  const source = path.dirname(executable);
  const target = path.join(folder, 'electron');
  const appLink = path.join(source, 'resources', 'app');
  await cp(source, target, { recursive: true, verbatimSymlinks: true, filter: (file) => file !== appLink });
  const app = path.join(target, 'resources', 'app');
  await mkdir(app, { recursive: true });
  await writeFile(path.join(app, 'package.json'), '{"name":"empty","main":"index.cjs"}');
  await writeFile(path.join(app, 'index.cjs'), MAIN);
  return path.join(target, path.basename(executable));
}

/** Milliseconds from starting the empty app to its first paint. */
export async function startEmpty(folder: string, executable: string, args: readonly string[]): Promise<number> {
  const data = await mkdtemp(path.join(folder, 'empty-'));
  const switches = args.filter((arg) => arg.startsWith('--'));
  const startedAt = Date.now();
  const app = await _electron.launch({ executablePath: executable, args: [...switches, `--user-data-dir=${data}`] });
  const page = await app.firstWindow();
  const paintedAt = Number(await page.evaluate(PAINT_TIME));
  await app.close();
  return paintedAt - startedAt;
}
