/** A patch that follows the state with revision `rev − 1`. */
type Patch = { readonly rev: number };

type Options<P extends Patch> = {
  /** Fetches everything anew and answers with the revision from which patches are to be applied. */
  readonly snapshot: () => Promise<number>;
  /** Applies one patch. */
  readonly apply: (patch: P) => void;
  /** The snapshot could not be fetched; `start` may be called again. */
  readonly failed: (error: unknown) => void;
};

/**
 * Keeps a store in step with main: one snapshot, then patches in order. Patches that come while the snapshot is under way wait for it;
 * a gap between revisions means that one was missed, and asks for a new snapshot.
 */
export class RevFeed<P extends Patch> {
  readonly #options: Options<P>;
  #rev: number | null = null;
  #waiting: P[] = [];
  #loading = false;

  constructor(options: Options<P>) {
    this.#options = options;
  }

  /** Fetches the snapshot. Safe to call while one is under way. */
  async start(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    this.#rev = null;
    try {
      this.#rev = await this.#options.snapshot();
    } catch (error) {
      this.#waiting = [];
      this.#options.failed(error);
      return;
    } finally {
      this.#loading = false;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const patch of waiting) this.receive(patch);
  }

  /** Takes a patch from main. */
  receive(patch: P): void {
    if (this.#rev === null) {
      this.#waiting.push(patch);
      return;
    }
    if (patch.rev <= this.#rev) return;
    if (patch.rev !== this.#rev + 1) {
      // The snapshot that is asked for now is younger than this patch and holds it already.
      this.#waiting = [];
      void this.start();
      return;
    }
    this.#rev = patch.rev;
    this.#options.apply(patch);
  }
}
