import type { SessionTokens } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { keyedHash } from '../../config/seal.ts';
import type { Db, Tx } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Outbox } from '../../mail/outbox.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { type DeviceInput, type DeviceSessions, requirePassword } from './device-sessions.ts';
import { endPendingProofs, isAddressTaken, UNDO_LIFE_MS } from './email-change.ts';
import { foldEmail, hashSecret, networkOf } from './identity.ts';
import type { AuthLimits } from './limits.ts';
import type { PasswordHash, PasswordHasher } from './password-hasher.ts';
import { acceptPassword, normalizePassword } from './password-policy.ts';
import type { AuthPorts } from './ports.ts';
import type { SecondFactor } from './second-factor.ts';
import { recordSecurityEvent } from './security-events.ts';
import { isUniqueViolation } from './unique.ts';

type Deps = {
  db: Db;
  hasher: PasswordHasher;
  sessions: DeviceSessions;
  secondFactor: SecondFactor;
  limits: AuthLimits;
  outbox: Outbox;
  ports: AuthPorts;
  metrics: Metrics;
  /** Told once when so many sign-ins fail that somebody should look. */
  onAlarm: () => void;
  sealingKey: Buffer;
};
type Locale = 'en' | 'ru';

export type AuthService = ReturnType<typeof createAuthService>;

/** Sign-up, sign-in and passwords. Answers never tell whether an address has an account (A38). */
export function createAuthService(deps: Deps) {
  const { db, hasher, sessions, secondFactor, limits, outbox } = deps;
  const networkHash = (ip: string): Buffer => keyedHash(deps.sealingKey, 'network', networkOf(ip));
  const noteFailure = async (ip: string, userId: string | undefined): Promise<void> => {
    deps.metrics.signInFailures.inc();
    await recordSecurityEvent(db, { kind: 'signIn.failed', ip, ...(userId === undefined ? {} : { userId }) });
    if (!(await limits.noteFailure())) return;
    await recordSecurityEvent(db, { kind: 'signIn.alarm' });
    deps.onAlarm();
  };

  return {
    /** Notes a wish for an account. The worker mails a link, or "you already have an account". */
    async signUp(input: { email: string; password: string; adult: true; locale: Locale }, ip: string): Promise<void> {
      const email = foldEmail(input.email);
      const password = acceptPassword(input.password, email);
      await limits.countSignUp(ip);
      await limits.countMail(email, ip);
      const { hash, pepperVersion } = await hasher.hash(password);
      const fresh = { tokenHash: null, tokenExpires: null, createdAt: new Date(), adultConfirmedAt: new Date() };
      const data = { locale: input.locale, passwordHash: hash, pepperVersion, ...fresh };
      await inTransaction(db, async (tx) => {
        await tx.pendingSignUp.upsert({ where: { email }, create: { ...data, email }, update: data });
        await outbox.add(tx, { recipient: email, template: 'signUp', locale: input.locale });
        await recordSecurityEvent(tx, { kind: 'signUp.requested', ip });
      });
    },

    async resendConfirmation(givenEmail: string, locale: Locale, ip: string): Promise<void> {
      const email = foldEmail(givenEmail);
      await limits.countMail(email, ip);
      await inTransaction(db, (tx) => outbox.add(tx, { recipient: email, template: 'signUp', locale }));
    },

    /** The account begins here. @throws AppError `auth.tokenInvalid` when the link is unknown, used, replaced or too old */
    async confirmSignUp(token: string, ip: string): Promise<void> {
      const invalid = new AppError('auth.tokenInvalid', 'the link is used up or too old');
      await inTransaction(db, async (tx) => {
        const tokenHash = new Uint8Array(hashSecret(token));
        const pending = await tx.pendingSignUp.findUnique({ where: { tokenHash } });
        if (!pending?.tokenExpires || pending.tokenExpires.getTime() <= Date.now()) throw invalid;
        // Deleting decides who was first when the button is pressed twice.
        const taken = await tx.pendingSignUp.deleteMany({ where: { id: pending.id, tokenHash } });
        if (taken.count !== 1) throw invalid;
        const { email, locale, passwordHash, pepperVersion, adultConfirmedAt } = pending;
        if (await isAddressTaken(tx, email)) throw invalid;
        const password = { create: { hash: passwordHash, pepperVersion } };
        const user = await tx.user.create({ data: { email, locale, adultConfirmedAt, password } });
        await recordSecurityEvent(tx, { kind: 'signUp.confirmed', userId: user.id, ip });
        await deps.ports.onUserVerified(tx, user.id);
      }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? invalid : error;
      });
    },

    /**
     * @throws AppError `auth.badCredentials`, also before the address is confirmed; only with the right password `auth.suspended`,
     * `auth.secondFactorRequired`, `auth.secondFactorWrong`; `request.rateLimited`
     */
    async signIn(
      input: { email: string; password: string; device: DeviceInput; secondFactor?: string | undefined },
      ip: string,
    ): Promise<SessionTokens> {
      const email = foldEmail(input.email);
      const network = networkHash(ip);
      // The same questions to the database whoever exists: an `include` would ask a second time only when there is a user.
      const user = await db.user.findUnique({ where: { email } });
      const password = await db.passwordCredential.findFirst({ where: { user: { email } } });
      const isKnown = await sessions.isKnownNetwork(user?.id ?? '00000000-0000-0000-0000-000000000000', network);
      const succeeded = await limits.startSignIn(email, ip, isKnown).catch(async (error: unknown) => {
        await recordSecurityEvent(db, { kind: 'signIn.limited', ip, ...(user ? { userId: user.id } : {}) });
        throw error;
      });
      const stored = storedHash(password);
      const isRight = await hasher.verify(...comparable(input.password, user?.deletedAt ? null : stored));
      // A sign-up that nobody confirmed has nothing to sign in to: another answer for it would tell who has an account (A38).
      if (!isRight || stored === null || user === null) {
        await noteFailure(ip, user?.id);
        throw new AppError('auth.badCredentials', 'e-mail or password is wrong');
      }
      await succeeded();
      if (user.suspendedAt !== null) throw new AppError('auth.suspended', 'the account is suspended');
      if (hasher.isOutdated(stored)) {
        const fresh = await hasher.hash(normalizePassword(input.password));
        // Only while it is still the hash that was checked: a change of password in the meantime wins.
        await db.passwordCredential.updateMany({ where: { userId: user.id, hash: stored.hash }, data: fresh });
      }
      await secondFactor.demand(user.id, input.secondFactor, ip);
      return sessions.open(user, input.device, network, ip, (tx) => requirePassword(tx, user.id, password?.changedAt));
    },

    async forgotPassword(givenEmail: string, locale: Locale, ip: string): Promise<void> {
      const email = foldEmail(givenEmail);
      await limits.countMail(email, ip);
      await inTransaction(db, async (tx) => {
        await outbox.add(tx, { recipient: email, template: 'passwordReset', locale });
        await recordSecurityEvent(tx, { kind: 'password.resetRequested', ip });
      });
    },

    /** Ends every session and does not sign in (A14). @throws AppError `auth.tokenInvalid` and the refusals of `acceptPassword` */
    async resetPassword(token: string, password: string, ip: string): Promise<void> {
      const tokenHash = new Uint8Array(hashSecret(token));
      const invalid = new AppError('auth.tokenInvalid', 'the link is used up or too old');
      const found = await db.mailToken.findUnique({ where: { tokenHash }, include: { user: true } });
      if (found === null || found.expiresAt.getTime() <= Date.now()) throw invalid;
      const fresh = await hasher.hash(acceptPassword(password, found.user.email));
      await inTransaction(db, async (tx) => {
        const taken = await tx.mailToken.deleteMany({ where: { tokenHash, expiresAt: { gt: new Date() } } });
        if (taken.count !== 1) throw invalid;
        await setPassword(tx, found.userId, fresh);
        // A thief's own Google account would open the account again at once (A30).
        const young = { gte: new Date(Date.now() - UNDO_LIFE_MS) };
        await tx.googleIdentity.deleteMany({ where: { userId: found.userId, linkedAt: young } });
        await sessions.revokeAll(tx, found.userId, 'passwordReset', ip);
        await recordSecurityEvent(tx, { kind: 'password.reset', userId: found.userId, ip });
        await outbox.add(tx, { recipient: found.user.email, template: 'passwordChanged', locale: found.user.locale });
      });
    },

    /**
     * Proves again who is at the keyboard, for what asks for a fresh sign-in (A9).
     * @throws AppError `auth.badCredentials` (also for somebody without a password: they prove it with Google), those of the second
     * factor, `request.rateLimited`
     */
    async confirmIdentity(
      userId: string,
      sessionId: string,
      input: { password: string; secondFactor?: string | undefined },
      ip: string,
    ): Promise<void> {
      const user = await db.user.findUniqueOrThrow({ where: { id: userId }, include: { password: true } });
      const succeeded = await limits.startSignIn(user.email, ip, await sessions.isKnownNetwork(userId, networkHash(ip)));
      const isRight = await hasher.verify(...comparable(input.password, storedHash(user.password)));
      if (!isRight) {
        await noteFailure(ip, userId);
        throw new AppError('auth.badCredentials', 'the password is wrong', { field: 'body.password' });
      }
      await succeeded();
      await secondFactor.demand(userId, input.secondFactor, ip);
      await inTransaction(db, async (tx) => {
        await requirePassword(tx, userId, user.password?.changedAt);
        await sessions.refreshProof(tx, sessionId);
        await recordSecurityEvent(tx, { kind: 'identity.confirmed', userId, sessionId, ip });
      });
    },

    /** Ends every other session. @throws AppError `auth.badCredentials` for a wrong current password, and the refusals of `acceptPassword` */
    async changePassword(userId: string, sessionId: string, current: string, next: string, ip: string): Promise<void> {
      const user = await db.user.findUniqueOrThrow({ where: { id: userId }, include: { password: true } });
      const accepted = acceptPassword(next, user.email);
      const succeeded = await limits.startSignIn(user.email, ip, await sessions.isKnownNetwork(userId, networkHash(ip)));
      const isRight = await hasher.verify(...comparable(current, storedHash(user.password)));
      if (!isRight) {
        await noteFailure(ip, userId);
        throw new AppError('auth.badCredentials', 'the current password is wrong', { field: 'body.current' });
      }
      await succeeded();
      const fresh = await hasher.hash(accepted);
      await inTransaction(db, async (tx) => {
        // A reset that was quicker wins: the password that was proved here is not the account's any more.
        await tx.$queryRaw`SELECT 1 FROM password_credential WHERE user_id = ${userId}::uuid FOR UPDATE`;
        await requirePassword(tx, userId, user.password?.changedAt);
        await setPassword(tx, userId, fresh);
        await sessions.revokeAll(tx, userId, 'passwordChanged', ip, sessionId);
        await recordSecurityEvent(tx, { kind: 'password.changed', userId, sessionId, ip });
        await outbox.add(tx, { recipient: user.email, template: 'passwordChanged', locale: user.locale });
      });
    },
  };
}

/** A password that could never have been set is compared all the same, with nothing: its answer must not come faster (A7). */
function comparable(password: string, stored: PasswordHash | null): [string, PasswordHash | null] {
  try {
    return [normalizePassword(password), stored];
  } catch {
    return ['', null];
  }
}

const storedHash = (row: { hash: string; pepperVersion: number } | null): PasswordHash | null =>
  row && { hash: row.hash, pepperVersion: row.pepperVersion };

/** Any change of the password kills links that could set another one (A11), a pending change of address and waiting sign-ins (A14, A15). */
async function setPassword(tx: Tx, userId: string, fresh: PasswordHash): Promise<void> {
  const data = { ...fresh, changedAt: new Date() };
  await tx.passwordCredential.upsert({ where: { userId }, create: { ...data, userId }, update: data });
  await endPendingProofs(tx, userId);
}
