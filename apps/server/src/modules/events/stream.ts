import type { Request, Response } from 'express';
import type { Db } from '../../db/client.ts';
import { type Renderers, readEvents, streamBounds } from './read.ts';
import type { Wake } from './wake.ts';

/** A lost wake-up costs at most this long. */
const BACKSTOP_MS = 1_000;
/** Proxies close silent connections; a comment now and then keeps them open and finds dead ones. */
const HEARTBEAT_MS = 15_000;

export type EventStreamDeps = {
  db: Db;
  renderers: Renderers;
  wake: Wake;
  /** Ends every stream: readers come back to another process with their place. */
  closing: AbortSignal;
  /** Asked at every heartbeat: false ends the stream (session revoked, account suspended). */
  isStillAllowed: (sessionId: string) => Promise<boolean>;
};

/**
 * Server-sent events of one user. `Last-Event-ID` resumes; without it the stream begins now. A place older than the log (or from
 * another log) gets `resync` and goes on from the end.
 */
export async function streamEvents(
  deps: EventStreamDeps,
  who: { userId: string; sessionId: string },
  req: Request,
  res: Response,
): Promise<void> {
  const gone = new AbortController();
  req.once('close', () => gone.abort());
  const over = AbortSignal.any([gone.signal, deps.closing]);
  const bounds = await streamBounds(deps.db, who.userId);
  const asked = req.get('last-event-id');
  let seq = asked === undefined ? bounds.last : Number(asked);
  res.status(200).set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  res.flushHeaders();
  if (!Number.isSafeInteger(seq) || seq < bounds.first - 1 || seq > bounds.last) {
    seq = bounds.last;
    res.write(frame(seq, 'resync', {}));
  } else {
    // Gives a new reader its place at once, so that a break before the first event loses nothing.
    res.write(`id: ${seq}\n: here\n\n`);
  }
  let beat = Date.now();
  while (!over.aborted) {
    const { events, upTo } = await readEvents(deps.db, deps.renderers, who.userId, seq);
    for (const { seq: at, event } of events) res.write(frame(at, event.type, event.data));
    const isNews = upTo > seq;
    seq = upTo;
    if (Date.now() - beat >= HEARTBEAT_MS) {
      beat = Date.now();
      if (!(await deps.isStillAllowed(who.sessionId))) break;
      res.write(': still here\n\n');
    }
    if (!isNews) await deps.wake.wait(who.userId, BACKSTOP_MS, over);
  }
  res.end();
}

function frame(seq: number, type: string, data: unknown): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
