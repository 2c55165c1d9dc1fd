import type { BatchView } from '@pingplex/shared/contracts/ipc';
import { type BrowserWindow, powerMonitor, powerSaveBlocker } from 'electron';
import type { Services } from './services.ts';

/** Holds off sleep while a batch runs, and only then; shows its progress on the task bar. */
export function watchPower({ batches, server, isBusy }: Services, window: () => BrowserWindow | null): { stop(): void } {
  let blocker: number | null = null;
  const follow = (): void => {
    const running = isBusy();
    if (running && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!running && blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
    const current = window();
    if (current !== null && !current.isDestroyed()) current.setProgressBar(running ? overall(batches.list().batches) : -1);
  };
  const timer = setInterval(follow, 500);
  const onResume = (): void => {
    void server.refresh();
  };
  powerMonitor.on('resume', onResume);
  return {
    stop: () => {
      clearInterval(timer);
      powerMonitor.off('resume', onResume);
      if (blocker !== null) powerSaveBlocker.stop(blocker);
    },
  };
}

/** Progress of everything that runs, 0–1, weighted by the number of items. */
function overall(batches: readonly BatchView[]): number {
  let done = 0;
  let all = 0;
  for (const batch of batches.filter(({ state }) => state === 'running')) {
    const items = Object.values(batch.counts).reduce((sum, count) => sum + count, 0);
    done += batch.progress * items;
    all += items;
  }
  return all === 0 ? 0 : done / all;
}
