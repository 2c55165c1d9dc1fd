/** Work that lasts longer than this at a stretch would be felt. */
const SLICE_MS = 8;
/** Pieces that are sorted at a stretch, before they are merged. */
const RUN = 512;

/** Lets the window breathe whenever a slice of time is used up. */
export class Slices {
  readonly #isStale: () => boolean;
  #until = performance.now() + SLICE_MS;

  /** @param isStale true when nobody wants the outcome any more */
  constructor(isStale: () => boolean) {
    this.#isStale = isStale;
  }

  /** True when it is time to call `rest`; cheap. */
  get isUsedUp(): boolean {
    return performance.now() >= this.#until;
  }

  /** Gives way to everything else. @returns false when the work is to be given up */
  async rest(): Promise<boolean> {
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#until = performance.now() + SLICE_MS;
    return !this.#isStale();
  }
}

/** Sorts a long list without holding the thread up. Equal ones keep their order. @returns null when it was given up */
export async function sortInSlices<T>(list: readonly T[], compare: (a: T, b: T) => number, slices: Slices): Promise<T[] | null> {
  let runs: T[][] = [];
  for (let from = 0; from < list.length; from += RUN) {
    if (slices.isUsedUp && !(await slices.rest())) return null;
    runs.push(list.slice(from, from + RUN).sort(compare));
  }
  while (runs.length > 1) {
    const next: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [left = [], right = []] = [runs[at], runs[at + 1]];
      const merged = right.length === 0 ? left : await merge(left, right, compare, slices);
      if (merged === null) return null;
      next.push(merged);
    }
    runs = next;
  }
  return runs[0] ?? [];
}

async function merge<T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number, slices: Slices): Promise<T[] | null> {
  const merged: T[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    if (merged.length % RUN === RUN - 1 && slices.isUsedUp && !(await slices.rest())) return null;
    const [a, b] = [left[l] as T, right[r] as T];
    if (compare(a, b) <= 0) {
      merged.push(a);
      l += 1;
    } else {
      merged.push(b);
      r += 1;
    }
  }
  for (; l < left.length; l += 1) merged.push(left[l] as T);
  for (; r < right.length; r += 1) merged.push(right[r] as T);
  return merged;
}
