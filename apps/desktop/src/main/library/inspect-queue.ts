import type { MediaFileId } from '@pingplex/shared/domain';

/**
 * Files that wait for their quick inspection. Those on screen go first, the others in the order in which they were added; only a few are
 * with the engine at a time, so that scrolling decides what comes next.
 */
export class InspectQueue {
  readonly #atOnce: number;
  readonly #inspect: (id: MediaFileId) => Promise<void>;
  readonly #waiting = new Set<MediaFileId>();
  #shown: ReadonlySet<MediaFileId> = new Set();
  #running = 0;

  /** @param inspect must not throw */
  constructor(atOnce: number, inspect: (id: MediaFileId) => Promise<void>) {
    this.#atOnce = atOnce;
    this.#inspect = inspect;
  }

  add(id: MediaFileId): void {
    this.#waiting.add(id);
    this.#feed();
  }

  remove(id: MediaFileId): void {
    this.#waiting.delete(id);
  }

  /** Says which files are on screen now, first ones first. */
  show(ids: readonly MediaFileId[]): void {
    this.#shown = new Set(ids);
  }

  isShown(id: MediaFileId): boolean {
    return this.#shown.has(id);
  }

  #next(): MediaFileId | undefined {
    for (const id of this.#shown) if (this.#waiting.has(id)) return id;
    return this.#waiting.values().next().value;
  }

  #feed(): void {
    while (this.#running < this.#atOnce) {
      const id = this.#next();
      if (id === undefined) return;
      this.#waiting.delete(id);
      this.#running += 1;
      void this.#inspect(id).then(() => {
        this.#running -= 1;
        this.#feed();
      });
    }
  }
}
