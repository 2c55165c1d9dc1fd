/** How often a task is looked at: the first time after `firstMs`, then ever slower up to `mostMs`. */
export type Pace = { firstMs: number; mostMs: number };

/** Half as long again after each look. */
export function delayAfter({ firstMs, mostMs }: Pace, polls: number): number {
  return Math.min(mostMs, firstMs * 1.5 ** Math.max(0, polls - 1));
}
