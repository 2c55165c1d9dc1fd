/** Numbers that look random and are the same on every machine for the same seeds. */
export type Random = {
  /** 0 ≤ x < 1 */
  readonly next: () => number;
  /** A number between the two, evenly. */
  readonly between: (low: number, high: number) => number;
  /** A number of that range with either sign. */
  readonly signed: (low: number, high: number) => number;
  /** A whole number, both ends included. */
  readonly whole: (low: number, high: number) => number;
};

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), its state filled by splitmix32 from the seeds given.
 * @param seeds unsigned 32-bit numbers; each of them changes the whole sequence
 */
export function seeded(...seeds: readonly number[]): Random {
  let mixed = 0x9e3779b9;
  for (const seed of seeds) mixed = splitmix(mixed ^ (seed >>> 0)) + 0x9e3779b9;
  const state = new Uint32Array(4);
  for (let i = 0; i < 3; i++) {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    state[i] = splitmix(mixed);
  }
  state[3] = 1;
  const next = () => {
    const [a, b, c, counter] = state as unknown as [number, number, number, number];
    const sum = (a + b + counter) >>> 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum / 0x1_0000_0000;
  };
  for (let i = 0; i < 12; i++) next();
  const between = (low: number, high: number) => low + (high - low) * next();
  return {
    next,
    between,
    signed: (low, high) => {
      const size = between(low, high);
      return next() < 0.5 ? -size : size;
    },
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
  };
}

function splitmix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
