import { inTransaction } from '../../db/transaction.ts';
import { appendEvents } from '../events/service.ts';
import type { Task } from './task.ts';
import { type Deps, Superseded } from './types.ts';

/** A reader sees words come; the event log isn't filled with every one of them. */
const EVERY_MS = 600;

export type LiveText = {
  /** Takes all that has come so far; writes it down now and then. */
  take(soFar: string): void;
  /** Ends the writing; what is under way is waited for. */
  stop(): Promise<void>;
  /** Aborted when the user has wished to stop: what has come is delivered. */
  signal: AbortSignal;
};

/** Keeps a text that is being written on the generation's row, so that the app can show it and a crash leaves what had come. */
export function keepLiveText(deps: Deps, task: Task): LiveText {
  const stopped = new AbortController();
  let newest: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  let writing = Promise.resolve();

  const flush = async (): Promise<void> => {
    const text = newest;
    if (text === null) return;
    newest = null;
    await inTransaction(deps.db, async (tx) => {
      const [row] = await tx.$queryRaw<{ isCancelWished: boolean }[]>`
        UPDATE generation SET live_text = ${text}
        WHERE id = ${task.id}::uuid AND epoch = ${task.epoch} AND state IN ('submitting', 'unknown')
        RETURNING cancel_requested_at IS NOT NULL AS "isCancelWished"`;
      if (!row) throw new Superseded();
      await appendEvents(tx, task.userId, [{ type: 'generation.changed', subject: task.id }]);
      if (row.isCancelWished) stopped.abort();
    });
  };

  return {
    signal: stopped.signal,
    take(soFar) {
      newest = soFar;
      timer ??= setTimeout(() => {
        timer = null;
        // A text that isn't shown for a moment is no reason to lose it.
        writing = writing.then(flush).catch(() => undefined);
      }, EVERY_MS);
    },
    async stop() {
      if (timer) clearTimeout(timer);
      timer = null;
      newest = null;
      await writing;
    },
  };
}
