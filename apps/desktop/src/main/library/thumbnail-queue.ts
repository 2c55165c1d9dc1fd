type Waiting = { readonly id: string; askedAt: number; readonly begin: () => void; readonly drop: () => void };

/** Nobody looks at it any more; never shown to anybody. */
export class ScrolledAway extends Error {
  override readonly name = 'ScrolledAway';
}

/**
 * Thumbnails that the window has asked for and that aren't made yet: newest first, a few at a time. What was scrolled away before its
 * turn came is dropped; the window asks again when it comes back.
 */
export class ThumbnailQueue {
  readonly #atOnce: number;
  readonly #clock: () => number;
  #waiting: Waiting[] = [];
  #running = 0;

  /** @param clock milliseconds since the epoch, the same clock that the window reads */
  constructor(atOnce: number, clock: () => number = Date.now) {
    this.#atOnce = atOnce;
    this.#clock = clock;
  }

  /** @throws ScrolledAway when it was dropped */
  async run<T>(id: string, make: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      await new Promise<void>((begin, reject) => {
        this.#waiting.push({ id, askedAt: this.#clock(), begin, drop: () => reject(new ScrolledAway()) });
      });
    } else this.#running += 1;
    try {
      return await make();
    } finally {
      // The place goes straight to the next one, so that nobody slips in between.
      const next = this.#waiting.pop();
      if (next === undefined) this.#running -= 1;
      else next.begin();
    }
  }

  /** Asked for again while it waits: it is on screen (again), and the newest. */
  touch(id: string): void {
    const at = this.#waiting.findIndex((one) => one.id === id);
    const [found] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (found === undefined) return;
    found.askedAt = this.#clock();
    this.#waiting.push(found);
  }

  /**
   * Drops what waits and is not on screen.
   * @param at when the window looked at its rows; what was asked for later is not judged by it
   * @returns how many were dropped
   */
  keepOnly(shown: ReadonlySet<string>, at: number): number {
    const stays = (one: Waiting): boolean => shown.has(one.id) || one.askedAt >= at;
    const gone = this.#waiting.filter((one) => !stays(one));
    this.#waiting = this.#waiting.filter(stays);
    for (const one of gone) one.drop();
    return gone.length;
  }
}
