import type { WebContents } from 'electron';

/** What is told of it: a page that hung, and that it came in the end. */
type LoadLog = {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
};

/** How long a page may load before it is tried again. Longer each time, so that a machine that is only slow gets there. */
const PATIENCE_MS = [20_000, 40_000, 80_000] as const;
const LOOK_EVERY_MS = 2_000;

/**
 * Ends the page's process when its page does not finish loading; whoever watches for crashes then loads it again. Chromium hung so at a few
 * of several hundred starts on a busy machine, and nobody saw a window or a word. The state is looked at instead of waiting for events: of
 * two loads that overlap, the start of the second and the end of the first are told in any order, or not at all.
 */
export function watchLoading(contents: WebContents, logger: LoadLog): void {
  let attempt = 0;
  let since: number | undefined;
  const look = (): void => {
    if (contents.isDestroyed() || contents.isCrashed()) return;
    if (!contents.isLoadingMainFrame()) {
      if (attempt > 0) logger.info({ attempt }, 'the window’s page has loaded');
      attempt = 0;
      since = undefined;
      return;
    }
    since ??= performance.now();
    const patience = PATIENCE_MS[attempt];
    if (patience === undefined || performance.now() - since < patience) return;
    attempt += 1;
    since = undefined;
    logger.warn({ attempt, ms: patience }, 'the window’s page does not load; it is loaded again');
    // A request to crash is a message, and a process that hangs reads none.
    const pid = contents.getOSProcessId();
    if (pid > 0) process.kill(pid, 'SIGKILL');
    else contents.reload();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  contents.once('destroyed', () => clearInterval(timer));
}
