import { AppError } from '@pingplex/shared/errors';
import { type RateLimiterAbstract, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Limits } from '../../config/config.ts';
import { keyedHash } from '../../config/seal.ts';
import { createPool } from '../../db/pool.ts';
import { networkOf } from './identity.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type AuthLimits = {
  /**
   * Counts a sign-in as failed before the password is looked at, so that parallel tries cannot slip through (A34, A35).
   * @param isKnownNetwork the owner signed in from this network before: then strangers' failures elsewhere don't lock them out
   * @returns what to call when the password was right
   * @throws AppError `request.rateLimited`
   */
  startSignIn(email: string, ip: string, isKnownNetwork: boolean): Promise<() => Promise<void>>;
  /** A36. @throws AppError `request.rateLimited` */
  countSignUp(ip: string): Promise<void>;
  /** A36: a mail that anybody may ask for. @throws AppError `request.rateLimited` */
  countMail(email: string, ip: string): Promise<void>;
  /**
   * A32: five tries of a second factor in 15 minutes, counted before the code is looked at.
   * @returns what to call when it was right
   * @throws AppError `request.rateLimited`
   */
  startSecondFactor(userId: string): Promise<() => Promise<void>>;
  /** Sign-ins that begin in a browser. @throws AppError `request.rateLimited` */
  countBrowserSignIn(ip: string): Promise<void>;
  /**
   * A35: counts a failed sign-in of anybody, over all processes.
   * @returns true exactly once per ten minutes, when so many failed that somebody should look
   */
  noteFailure(): Promise<boolean>;
  /** @throws AppError `request.rateLimited` */
  countWrite(userId: string): Promise<void>;
  close(): Promise<void>;
};

/**
 * Counters in PostgreSQL: exact however many processes count. With the database away they refuse, which is right for sign-in.
 * Keys are keyed hashes: the table tells no address.
 */
export function createAuthLimits(databaseUrl: string, limits: Limits, key: Buffer): AuthLimits {
  const pool = createPool(databaseUrl, { max: 3, applicationName: 'pingplex-limits' });
  const limiter = (keyPrefix: string, points: number, duration: number): RateLimiterPostgres =>
    new RateLimiterPostgres({
      storeClient: pool,
      tableName: 'rate_limit',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix,
      points,
      duration,
    });
  const perAccount = limiter('signInAccount', 10, 15 * MINUTE);
  const lockouts = limiter('signInLockout', 1_000_000, DAY);
  const perPair = limiter('signInPair', 5, 15 * MINUTE);
  const perNetwork = limiter('signInNetwork', 100, HOUR);
  const signUps = limiter('signUp', limits.signUps, HOUR);
  const mailHour = limiter('mailHour', limits.mailsPerAddress, HOUR);
  const mailDay = limiter('mailDay', limits.mailsPerAddressDay, DAY);
  const mailNetwork = limiter('mailNetwork', limits.mailsPerNetwork, HOUR);
  const secondFactors = limiter('secondFactor', 5, 15 * MINUTE);
  const browserSignIns = limiter('browserSignIn', 100, HOUR);
  const failures = limiter('signInFailures', limits.signInAlarm, 10 * MINUTE);
  const writes = limiter('write', limits.writesPerMinute, MINUTE);
  const keyOf = (...parts: string[]): string => keyedHash(key, 'limit', parts.join('\0')).toString('base64url');

  return {
    async startSignIn(email, ip, isKnownNetwork) {
      const account = keyOf(email);
      const network = keyOf(networkOf(ip));
      const pair = keyOf(email, networkOf(ip));
      await consume(perNetwork, network);
      await consume(perPair, pair);
      if (!isKnownNetwork) await consumeWithGrowingDelay(perAccount, lockouts, account);
      return async () => {
        await perPair.delete(pair);
        await perNetwork.reward(network, 1);
        if (!isKnownNetwork) await perAccount.reward(account, 1);
      };
    },
    countSignUp: (ip) => consume(signUps, keyOf(networkOf(ip))),
    async countMail(email, ip) {
      await consume(mailNetwork, keyOf(networkOf(ip)));
      await consume(mailHour, keyOf(email));
      await consume(mailDay, keyOf(email));
    },
    async startSecondFactor(userId) {
      await consume(secondFactors, keyOf(userId));
      return async () => {
        await secondFactors.delete(keyOf(userId));
      };
    },
    countBrowserSignIn: (ip) => consume(browserSignIns, keyOf(networkOf(ip))),
    async noteFailure() {
      try {
        await failures.consume('all');
        return false;
      } catch (thrown) {
        if (thrown instanceof RateLimiterRes) return thrown.consumedPoints === limits.signInAlarm + 1;
        throw asError(thrown);
      }
    },
    countWrite: (userId) => consume(writes, userId),
    close: () => pool.end(),
  };
}

async function consume(limiter: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (thrown) {
    throw asError(thrown);
  }
}

/** 15 minutes after the first ten failures, then half an hour, then an hour each time; never for good. */
async function consumeWithGrowingDelay(limiter: RateLimiterAbstract, lockouts: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (thrown) {
    if (thrown instanceof RateLimiterRes && thrown.consumedPoints === limiter.points + 1) {
      const { consumedPoints } = await lockouts.consume(key);
      const seconds = Math.min(HOUR, 15 * MINUTE * 2 ** (consumedPoints - 1));
      throw asError(await limiter.block(key, seconds));
    }
    throw asError(thrown);
  }
}

function asError(thrown: unknown): AppError {
  if (thrown instanceof RateLimiterRes) {
    const retryAfterMs = Math.max(1_000, thrown.msBeforeNext);
    return new AppError('request.rateLimited', 'too many tries', { retryAfterMs, params: { retryAfterS: Math.ceil(retryAfterMs / 1000) } });
  }
  return new AppError('request.busy', 'the limits cannot be counted now', { retryAfterMs: 2_000, cause: thrown });
}
