import type { ElectronApplication, Page } from 'playwright';

/** How long the window's and main's threads stood still at most, in milliseconds. */
export type Stalls = {
  /** Longest task of the window's thread (Long Tasks, from 50 ms on; 0 when there was none). */
  readonly windowTaskMs: number;
  /** Longest time between two frames of the window. */
  readonly windowFrameMs: number;
  /** Number of tasks of the window's thread that took more than 100 ms. */
  readonly windowTasksOver100: number;
  /** Longest delay of main's event loop, as `monitorEventLoopDelay` measures it. */
  readonly mainMs: number;
  /** 99th percentile of the same. */
  readonly mainP99Ms: number;
};

/** In the page: long tasks and gaps between frames since the last question. */
const WATCH_WINDOW = `(() => {
  const seen = { task: 0, frame: 0, over: 0 };
  let last = performance.now();
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      seen.task = Math.max(seen.task, duration);
      if (duration > 100) seen.over += 1;
    }
  }).observe({ type: 'longtask' });
  const frame = () => {
    const now = performance.now();
    seen.frame = Math.max(seen.frame, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  globalThis.takeStalls = () => {
    const taken = { ...seen };
    Object.assign(seen, { task: 0, frame: 0, over: 0 });
    return taken;
  };
})()`;

/** Watches both threads through the driver; nothing in the app knows of it. */
export async function watchStalls(app: ElectronApplication, page: Page): Promise<() => Promise<Stalls>> {
  await page.evaluate(WATCH_WINDOW);
  await app.evaluate(() => {
    const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    (globalThis as { takeDelay?: () => { max: number; p99: number } }).takeDelay = () => {
      const taken = { max: delay.max / 1e6, p99: delay.percentile(99) / 1e6 };
      delay.reset();
      return taken;
    };
  });
  const take = async (): Promise<Stalls> => {
    const seen = (await page.evaluate('takeStalls()')) as { task: number; frame: number; over: number };
    const delay = await app.evaluate(() => (globalThis as { takeDelay?: () => { max: number; p99: number } }).takeDelay?.());
    return {
      windowTaskMs: seen.task,
      windowFrameMs: seen.frame,
      windowTasksOver100: seen.over,
      mainMs: delay?.max ?? 0,
      mainP99Ms: delay?.p99 ?? 0,
    };
  };
  await take();
  return take;
}
