import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../db/client.ts';
import { inTransaction } from '../db/transaction.ts';
import { recordSecurityEvent } from '../modules/auth/security-events.ts';
import { type Answer, findUser } from './commands.ts';

/**
 * Switches a second factor off whose owner lost the app and the recovery codes, after they have proved who they are by other means. The
 * owner gets the usual mail; who did it and why stands in the security record. Safe to repeat.
 * @throws AppError `request.notFound` for an unknown person, and when there was nothing to switch off
 */
export async function endTwoFactor(db: Db, who: string, given: { reason: string; operator: string }): Promise<Answer> {
  const user = await findUser(db, who);
  await inTransaction(db, async (tx) => {
    const removed = await tx.totpFactor.deleteMany({ where: { userId: user.id } });
    if (removed.count === 0) throw new AppError('request.notFound', 'two-factor is off already');
    await tx.recoveryCode.deleteMany({ where: { userId: user.id } });
    await recordSecurityEvent(tx, { kind: 'secondFactor.off', userId: user.id, details: given });
    const { locale } = await tx.user.findUniqueOrThrow({ where: { id: user.id }, select: { locale: true } });
    // The worker's sweep finds it within a minute.
    await tx.mailOutbox.create({ data: { recipient: user.email, template: 'secondFactorOff', locale } });
  });
  return { ok: true, data: { user: user.id, twoFactor: false } };
}
