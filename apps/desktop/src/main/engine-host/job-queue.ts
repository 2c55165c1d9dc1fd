/** Who waits: what the user looks at right now goes before batch work. */
export type Lane = 'interactive' | 'batch';

/** Waiting jobs of both lanes: interactive newest first (the user has scrolled on), batch in the order of arrival. */
export class JobQueue<J extends { readonly lane: Lane; readonly key: string | undefined }> {
  readonly #interactive: J[] = [];
  readonly #batch: J[] = [];

  add(job: J): void {
    this.#list(job).push(job);
  }

  /** Puts a job back to where it will be taken next. */
  addFirst(job: J): void {
    if (job.lane === 'interactive') this.#interactive.push(job);
    else this.#batch.unshift(job);
  }

  /** @param batchAllowed false when every place for batch work is taken */
  next(batchAllowed: boolean): J | undefined {
    return this.#interactive.pop() ?? (batchAllowed ? this.#batch.shift() : undefined);
  }

  remove(job: J): boolean {
    const list = this.#list(job);
    const at = list.indexOf(job);
    if (at >= 0) list.splice(at, 1);
    return at >= 0;
  }

  /** Moves a waiting interactive job to the front; false when none has this key. */
  bump(key: string): boolean {
    const at = this.#interactive.findLastIndex((job) => job.key === key);
    const [job] = at < 0 ? [] : this.#interactive.splice(at, 1);
    if (job === undefined) return false;
    this.#interactive.push(job);
    return true;
  }

  /** How many of the waiting jobs could start now. @param batchPlaces free places for batch work */
  waiting(batchPlaces: number): number {
    return this.#interactive.length + Math.min(this.#batch.length, Math.max(0, batchPlaces));
  }

  drain(): J[] {
    return [...this.#interactive.splice(0), ...this.#batch.splice(0)];
  }

  #list(job: J): J[] {
    return job.lane === 'interactive' ? this.#interactive : this.#batch;
  }
}
