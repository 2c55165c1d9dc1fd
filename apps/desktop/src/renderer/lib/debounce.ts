/** Calls `work` at most once per `ms`, at the end of a burst of calls; a burst that never ends is served every `ms`. */
export function throttleTrailing(work: () => void, ms: number): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      work();
    }, ms);
  };
}
