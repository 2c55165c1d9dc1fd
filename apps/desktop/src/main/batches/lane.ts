/** A counted number of places. Who waits longest goes first; who is aborted stops waiting. */
export class Lane {
  readonly #places: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /** Runs `act` in a place of this lane. @throws the signal's reason when it is aborted before a place is free */
  async use<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await act();
    } finally {
      this.#taken -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#taken >= this.#places) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      this.#waiting.push(wake);
      signal.addEventListener('abort', wake, { once: true });
      await promise;
      signal.removeEventListener('abort', wake);
      if (signal.aborted) {
        const at = this.#waiting.indexOf(wake);
        if (at >= 0) this.#waiting.splice(at, 1);
        // It may have been woken for a place that it no longer wants.
        else if (this.#taken < this.#places) this.#waiting.shift()?.();
        throw signal.reason;
      }
    }
    this.#taken += 1;
  }
}
