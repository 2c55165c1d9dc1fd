import { type BrowserWindow, powerMonitor, powerSaveBlocker } from 'electron';
import type { Services } from './services.ts';

/** Holds off sleep while a batch runs, and only then; shows its progress on the task bar. */
export function watchPower({ batches, server }: Services, window: () => BrowserWindow | null): { stop(): void } {
  let blocker: number | null = null;
  const follow = (): void => {
    const { running, progress } = batches.activity();
    if (running && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!running && blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
    const current = window();
    if (current !== null && !current.isDestroyed()) current.setProgressBar(running ? progress : -1);
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
