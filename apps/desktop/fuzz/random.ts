/** Numbers that come again with the same seed. */
export type Random = {
  /** 0 ≤ value < below, whole. */
  below(below: number): number;
  /** True this often, 0–1. */
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
};

/**
 * A stream of its own for every execution of a campaign (mulberry32 over a mixed seed), so that one can be repeated without the others.
 * @param seed of the campaign
 * @param n number of the execution
 */
export function randomFor(seed: number, n: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(n + 1, 0xc2b2ae35);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    pick: (from) => {
      const found = from[below(from.length)];
      if (found === undefined) throw new RangeError('nothing to pick from');
      return found;
    },
  };
}
