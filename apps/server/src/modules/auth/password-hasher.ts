import { createHmac, randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { AppError } from '@pingplex/shared/errors';
import bcrypt from 'bcrypt';
import type { Peppers } from '../../config/secrets.ts';

export type PasswordHash = { hash: string; pepperVersion: number };

export type PasswordHasher = {
  /** Hashes a normalized password. @throws AppError `request.busy` when too many wait */
  hash(password: string): Promise<PasswordHash>;
  /**
   * Compares with a stored hash; without one, or with one that we cannot check, with a constant hash of today's cost, so that every
   * answer takes the same time (A7). @throws AppError `request.busy`
   */
  verify(password: string, stored: PasswordHash | null): Promise<boolean>;
  /** True when the stored hash has an older pepper or another cost than today's. */
  isOutdated(stored: PasswordHash): boolean;
};

type Compare = (password: string, hash: string) => Promise<boolean>;

const MAX_WAITING = 20;

/**
 * bcrypt over base64(HMAC-SHA-384(pepper, password)): 64 ASCII bytes, so that all of a long or Cyrillic password counts (bcrypt
 * itself drops what follows byte 72) and a stolen database alone opens nothing.
 * @param cost bcrypt's, 10 to 15 (12 takes about a quarter of a second)
 * @param compare bcrypt's comparison
 */
export function createPasswordHasher(peppers: Peppers, cost: number, compare: Compare = bcrypt.compare): PasswordHasher {
  // Hashing shares libuv's threads with files and DNS: one core is always left to them (A6).
  const slots = createGate(Math.max(1, availableParallelism() - 1), MAX_WAITING);
  const dummy = slots(() => bcrypt.hash(randomBytes(48).toString('base64'), cost));
  const mix = (password: string, version: number): string | null => {
    const pepper = peppers.byVersion.get(version);
    return pepper === undefined ? null : createHmac('sha384', pepper).update(password, 'utf8').digest('base64');
  };
  return {
    async hash(password) {
      const mixed = mix(password, peppers.current);
      if (mixed === null) throw new AppError('internal.unexpected', 'the current pepper is missing');
      return { hash: await slots(() => bcrypt.hash(mixed, cost)), pepperVersion: peppers.current };
    },
    async verify(password, stored) {
      const mixed = stored === null ? null : mix(password, stored.pepperVersion);
      const comparable = stored !== null && mixed !== null && /^\$2[aby]\$\d\d\$.{53}$/.test(stored.hash);
      const target = comparable ? stored.hash : await dummy;
      const same = await slots(() => compare(mixed ?? mix(password, peppers.current) ?? '', target));
      return comparable && same;
    },
    isOutdated: (stored) => stored.pepperVersion !== peppers.current || bcrypt.getRounds(stored.hash) !== cost,
  };
}

/** Lets `width` run at once and `depth` wait; more are refused at once instead of queueing without end. */
function createGate(width: number, depth: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= width) {
      if (waiting.length >= depth) throw new AppError('request.busy', 'too many passwords wait to be checked', { retryAfterMs: 5_000 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // The slot goes to the next in line without being free in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
