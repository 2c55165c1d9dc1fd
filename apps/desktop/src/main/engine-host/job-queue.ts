/**
 * Who waits. `interactive`: what the user looks at right now. `look`: quick inspections of files that were added. `batch`: items of
 * batches.
 */
export type Lane = 'interactive' | 'look' | 'batch';

/** How many more jobs of a lane may begin now. */
export type Room = { readonly [lane in Lane]: number };

/** Waiting jobs of all lanes: interactive newest first (the user has scrolled on), the others in the order of arrival. */
export class JobQueue<J extends { readonly lane: Lane; readonly key: string | undefined }> {
  readonly #lists: { readonly [lane in Lane]: J[] } = { interactive: [], look: [], batch: [] };

  add(job: J): void {
    this.#lists[job.lane].push(job);
  }

  /** Puts a job back to where it will be taken next. */
  addFirst(job: J): void {
    if (job.lane === 'interactive') this.#lists.interactive.push(job);
    else this.#lists[job.lane].unshift(job);
  }

  /** The first job of the first lane that has room, in this order: what is looked at, batches, quick inspections. */
  next(room: Room): J | undefined {
    const { interactive, look, batch } = this.#lists;
    return (
      (room.interactive > 0 ? interactive.pop() : undefined) ??
      (room.batch > 0 ? batch.shift() : undefined) ??
      (room.look > 0 ? look.shift() : undefined)
    );
  }

  /** The batch job whose turn it is. */
  nextOfBatch(): J | undefined {
    return this.#lists.batch[0];
  }

  remove(job: J): boolean {
    const list = this.#lists[job.lane];
    const at = list.indexOf(job);
    if (at >= 0) list.splice(at, 1);
    return at >= 0;
  }

  /** Moves a waiting interactive job to the front; false when none has this key. */
  bump(key: string): boolean {
    const list = this.#lists.interactive;
    const at = list.findLastIndex((job) => job.key === key);
    const [job] = at < 0 ? [] : list.splice(at, 1);
    if (job === undefined) return false;
    list.push(job);
    return true;
  }

  /** How many of the waiting jobs could start now. */
  waiting(room: Room): number {
    let sum = 0;
    for (const lane of ['interactive', 'look', 'batch'] as const) sum += Math.min(this.#lists[lane].length, Math.max(0, room[lane]));
    return sum;
  }

  drain(): J[] {
    return [...this.#lists.interactive.splice(0), ...this.#lists.look.splice(0), ...this.#lists.batch.splice(0)];
  }
}
