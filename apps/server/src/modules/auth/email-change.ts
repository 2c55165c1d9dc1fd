import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Outbox } from '../../mail/outbox.ts';
import type { DeviceSessions } from './device-sessions.ts';
import { foldEmail, hashSecret } from './identity.ts';
import type { AuthLimits } from './limits.ts';
import { recordSecurityEvent } from './security-events.ts';
import { isUniqueViolation } from './unique.ts';

/** How long the owner of the old address can take a change back (A15). */
export const UNDO_LIFE_MS = 7 * 86_400_000;

type Deps = { db: Db; limits: AuthLimits; outbox: Outbox; sessions: DeviceSessions };

/** True when nobody may begin an account with the address: it has one, or its former account may still come back to it. */
export async function isAddressTaken(db: Db | Tx, email: string, exceptUserId?: string): Promise<boolean> {
  const notMe = exceptUserId === undefined ? {} : { not: exceptUserId };
  const user = await db.user.count({ where: { email, id: notMe } });
  return user > 0 || (await db.emailUndo.count({ where: { oldEmail: email, userId: notMe, expiresAt: { gt: new Date() } } })) > 0;
}

/** Change of address: proof from the new one, a way back for the old one (A15). */
export function createEmailChange({ db, limits, outbox, sessions }: Deps) {
  const invalid = (): AppError => new AppError('auth.tokenInvalid', 'the link is used up or too old');
  return {
    /** Notes the wish; the mail to the new address tells whether it can be had, the answer never does (A38). */
    async request(userId: string, givenEmail: string, ip: string): Promise<void> {
      const newEmail = foldEmail(givenEmail);
      await limits.countMail(newEmail, ip);
      await inTransaction(db, async (tx) => {
        const { locale } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
        const data = { newEmail, tokenHash: null, tokenExpires: null, createdAt: new Date() };
        await tx.emailChange.upsert({ where: { userId }, create: { userId, ...data }, update: data });
        await outbox.add(tx, { recipient: newEmail, template: 'emailChange', locale, values: { userId } });
        await recordSecurityEvent(tx, { kind: 'email.changeRequested', userId, ip });
      });
    },

    /** @throws AppError `auth.tokenInvalid` when the link is unknown, used, replaced or too old, or the address was taken meanwhile */
    async confirm(token: string, ip: string): Promise<void> {
      const tokenHash = new Uint8Array(hashSecret(token));
      await inTransaction(db, async (tx) => {
        const wish = await tx.emailChange.findUnique({ where: { tokenHash }, include: { user: true } });
        if (!wish?.tokenExpires || wish.tokenExpires.getTime() <= Date.now() || wish.user.deletedAt !== null) throw invalid();
        const taken = await tx.emailChange.deleteMany({ where: { userId: wish.userId, tokenHash } });
        if (taken.count !== 1 || (await isAddressTaken(tx, wish.newEmail, wish.userId))) throw invalid();
        const { email: oldEmail, locale } = wish.user;
        await tx.user.update({ where: { id: wish.userId }, data: { email: wish.newEmail, emailVerifiedAt: new Date() } });
        // Links that lie in the old mailbox open nothing any more; nor does a sign-up that somebody began with the new address.
        await tx.mailToken.deleteMany({ where: { userId: wish.userId } });
        await tx.pendingSignUp.deleteMany({ where: { email: wish.newEmail } });
        const expiresAt = new Date(Date.now() + UNDO_LIFE_MS);
        const undo = await tx.emailUndo.create({ data: { userId: wish.userId, oldEmail, expiresAt } });
        await outbox.add(tx, { recipient: oldEmail, template: 'emailChanged', locale, values: { undoId: undo.id } });
        await recordSecurityEvent(tx, { kind: 'email.changed', userId: wish.userId, ip });
      }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? invalid() : error;
      });
    },

    /**
     * Takes a change back. Who presses this says that somebody else was in the account: every session, the password and whatever was
     * added since a week before the change end, and a mail for a new password follows.
     * @throws AppError `auth.tokenInvalid`
     */
    async undo(token: string, ip: string): Promise<void> {
      const tokenHash = new Uint8Array(hashSecret(token));
      await inTransaction(db, async (tx) => {
        const undo = await tx.emailUndo.findUnique({ where: { tokenHash }, include: { user: true } });
        if (undo === null || undo.expiresAt.getTime() <= Date.now() || undo.user.deletedAt !== null) throw invalid();
        const { userId, oldEmail, createdAt } = undo;
        const since = { gte: createdAt };
        // Later changes end with this one; an older way back stays open.
        const taken = await tx.emailUndo.deleteMany({ where: { userId, createdAt: since } });
        if (taken.count === 0) throw invalid();
        await tx.user.update({ where: { id: userId }, data: { email: oldEmail } });
        await tx.passwordCredential.deleteMany({ where: { userId } });
        // Whoever prepares before the change is in the account all the same: what is younger than a week before it ends too.
        const reach = { gte: new Date(createdAt.getTime() - UNDO_LIFE_MS) };
        await tx.googleIdentity.deleteMany({ where: { userId, linkedAt: reach } });
        const lateFactor = await tx.totpFactor.deleteMany({ where: { userId, OR: [{ createdAt: reach }, { confirmedAt: reach }] } });
        if (lateFactor.count > 0) await tx.recoveryCode.deleteMany({ where: { userId } });
        await endPendingProofs(tx, userId);
        await sessions.revokeAll(tx, userId, 'emailUndone', ip);
        await recordSecurityEvent(tx, { kind: 'email.changeUndone', userId, ip });
        await outbox.add(tx, { recipient: oldEmail, template: 'passwordReset', locale: undo.user.locale });
      }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? invalid() : error;
      });
    },
  };
}

/** Ends what was begun with the old proof: reset links, a pending change of address, sign-ins that wait in a browser (A11, A14, A15). */
export async function endPendingProofs(tx: Tx, userId: string): Promise<void> {
  await tx.mailToken.deleteMany({ where: { userId } });
  await tx.emailChange.deleteMany({ where: { userId } });
  await tx.browserSignIn.deleteMany({ where: { userId, redeemedAt: null } });
}
