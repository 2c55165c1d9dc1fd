import type { Db } from '../../db/client.ts';
import type { Queue } from '../../queue/queue.ts';
import { ABSOLUTE_LIFE_MS } from './device-sessions.ts';
import type { SigningKeys } from './signing-keys.ts';

const QUEUE = 'auth.housekeeping';
const DAY_MS = 86_400_000;

/** Declared in every process, worked on by workers: rotates keys and forgets what need not be known any more, each hour. */
export function startHousekeeping(queue: Queue, db: Db, keys: SigningKeys): void {
  queue.declare(QUEUE, { policy: 'exclusive', expireInS: 600, retryLimit: 2, concurrency: 1 });
  queue.schedule(QUEUE, '17 * * * *');
  queue.handle(QUEUE, async () => {
    await keys.rotate('due');
    await forgetOld(db, new Date());
  });
}

/**
 * Removes what has served its time: unconfirmed sign-ups after 7 days, ended sessions and sent mails after 30, spent links and
 * counters when they are over; addresses leave the security record after 30 days.
 */
export async function forgetOld(db: Db, now: Date): Promise<void> {
  const before = (days: number): Date => new Date(now.getTime() - days * DAY_MS);
  await db.pendingSignUp.deleteMany({ where: { createdAt: { lt: before(7) } } });
  await db.mailToken.deleteMany({ where: { expiresAt: { lt: now } } });
  await db.emailChange.deleteMany({ where: { createdAt: { lt: before(7) } } });
  await db.emailUndo.deleteMany({ where: { expiresAt: { lt: now } } });
  // A used code is remembered for a while, to notice when it comes again.
  await db.browserSignIn.deleteMany({ where: { expiresAt: { lt: before(1) } } });
  await db.totpFactor.deleteMany({ where: { confirmedAt: null, createdAt: { lt: before(1) } } });
  await db.deviceSession.deleteMany({
    where: {
      OR: [
        { revokedAt: { lt: before(30) } },
        { lastUsedAt: { lt: before(60) } },
        { createdAt: { lt: new Date(now.getTime() - ABSOLUTE_LIFE_MS) } },
      ],
    },
  });
  // A spent credential is only kept to recognise a thief; after an idle life nobody can tell it from noise anyway.
  await db.refreshToken.deleteMany({ where: { state: { not: 'live' }, createdAt: { lt: before(30) } } });
  await db.mailOutbox.deleteMany({ where: { createdAt: { lt: before(30) } } });
  await db.rateLimit.deleteMany({ where: { expire: { lt: BigInt(now.getTime()) } } });
  await db.securityEvent.updateMany({ where: { at: { lt: before(30) }, ip: { not: null } }, data: { ip: null } });
}
