import type { FromEngine } from '@pingplex/shared/contracts/engine';

/** At most ten messages a second, however often a job says how far it is. */
const MIN_GAP_MS = 100;
/** Also the sampling of memory: the caller ends a worker that grows too big. */
const HEARTBEAT_MS = 250;

type Send = (message: FromEngine) => void;

/**
 * Sends how far one job is: coalesced while it talks much, repeated while it is silent, never going back.
 * Stops with `stop`; nothing is sent afterwards.
 */
export class Reporter {
  private readonly id: string;
  private readonly send: Send;
  private readonly timer: NodeJS.Timeout;
  private fraction = 0;
  private sentAt = 0;
  private stopped = false;

  constructor(id: string, send: Send) {
    this.id = id;
    this.send = send;
    this.timer = setInterval(() => this.tell(), HEARTBEAT_MS);
  }

  /** Takes note of progress; the value is kept between what was said before and 1. */
  progress(fraction: number): void {
    if (!Number.isFinite(fraction)) return;
    this.fraction = Math.min(1, Math.max(this.fraction, fraction));
    if (performance.now() - this.sentAt >= MIN_GAP_MS) this.tell();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private tell(): void {
    if (this.stopped) return;
    this.sentAt = performance.now();
    this.send({ type: 'progress', id: this.id, fraction: this.fraction, rssBytes: process.memoryUsage.rss() });
  }
}
