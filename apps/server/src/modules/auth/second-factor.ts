import { randomBytes } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import { Secret, TOTP } from 'otpauth';
import { keyedHash, seal, unseal } from '../../config/seal.ts';
import type { Db, Tx } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Outbox } from '../../mail/outbox.ts';
import type { AuthLimits } from './limits.ts';
import { recordSecurityEvent } from './security-events.ts';

const PERIOD_S = 30;
/** 160 bits, as RFC 4226 advises. */
const SECRET_BYTES = 20;
const RECOVERY_CODES = 10;
/** 80 bits each: without letters and digits that look alike. */
const RECOVERY_BYTES = 10;
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

type Deps = { db: Db; limits: AuthLimits; outbox: Outbox; sealingKey: Buffer };
type Who = { userId: string; sessionId: string; ip: string };

export type SecondFactor = ReturnType<typeof createSecondFactor>;

/**
 * Codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds, which every such app speaks) and recovery codes (A32). The
 * secret lies sealed; a code works once; five tries in 15 minutes.
 */
export function createSecondFactor(deps: Deps) {
  const { db, outbox } = deps;
  const context = (userId: string): string => `totp:${userId}`;
  const hashOf = (userId: string, code: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(keyedHash(deps.sealingKey, `recovery:${userId}`, code.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')));

  async function takeTotp(tx: Tx, userId: string, token: string, isConfirming: boolean): Promise<boolean> {
    const row = await tx.totpFactor.findUnique({ where: { userId } });
    if (row === null || (row.confirmedAt === null) !== isConfirming) return false;
    const secret = new Secret({ buffer: new Uint8Array(unseal(deps.sealingKey, context(userId), row.secretSealed)).buffer });
    const now = Date.now();
    const delta = new TOTP({ secret, period: PERIOD_S }).validate({ token, timestamp: now, window: 1 });
    if (delta === null) return false;
    const step = Math.floor(now / 1000 / PERIOD_S) + delta;
    // Whoever writes the step first has used the code; it and older ones are spent (RFC 6238, 5.2).
    const taken = await tx.totpFactor.updateMany({ where: { userId, lastStep: { lt: step } }, data: { lastStep: step } });
    return taken.count === 1;
  }

  async function makeCodes(tx: Tx, userId: string): Promise<string[]> {
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    await tx.recoveryCode.deleteMany({ where: { userId } });
    await tx.recoveryCode.createMany({ data: codes.map((code) => ({ userId, codeHash: hashOf(userId, code) })) });
    return codes;
  }

  async function notify(tx: Tx, userId: string, template: string, values: Record<string, string> = {}): Promise<void> {
    const { email, locale } = await tx.user.findUniqueOrThrow({ where: { id: userId } });
    await outbox.add(tx, { recipient: email, template, locale, values });
  }

  return {
    /** Whether this person is asked for a code. */
    isOn: async (userId: string): Promise<boolean> => (await db.totpFactor.count({ where: { userId, confirmedAt: { not: null } } })) === 1,

    /**
     * Takes a code of a person who has two-factor; does nothing for others.
     * @throws AppError `auth.secondFactorRequired` without a code, `auth.secondFactorWrong`, `request.rateLimited`
     */
    async demand(userId: string, code: string | undefined, ip: string): Promise<void> {
      if ((await db.totpFactor.count({ where: { userId, confirmedAt: { not: null } } })) === 0) return;
      if (code === undefined || code === '') throw new AppError('auth.secondFactorRequired', 'a second factor is needed');
      const succeeded = await deps.limits.startSecondFactor(userId);
      const isRight = await inTransaction(db, async (tx) => {
        const digits = code.replaceAll(/\s/g, '');
        if (/^\d{6}$/.test(digits)) return takeTotp(tx, userId, digits, false);
        const used = await tx.recoveryCode.updateMany({
          where: { userId, codeHash: hashOf(userId, code), usedAt: null },
          data: { usedAt: new Date() },
        });
        if (used.count !== 1) return false;
        const left = await tx.recoveryCode.count({ where: { userId, usedAt: null } });
        await recordSecurityEvent(tx, { kind: 'secondFactor.recoveryUsed', userId, ip, details: { left } });
        await notify(tx, userId, 'recoveryCodeUsed', { left: String(left) });
        return true;
      });
      if (!isRight) {
        await recordSecurityEvent(db, { kind: 'secondFactor.failed', userId, ip });
        throw new AppError('auth.secondFactorWrong', 'the second factor is wrong or was used');
      }
      await succeeded();
    },

    /** Draws a secret that counts once `confirm` has seen a code of it. @throws AppError `auth.secondFactorOn` */
    async start({ userId }: Who): Promise<{ secret: string; uri: string }> {
      const secret = new Secret({ size: SECRET_BYTES });
      const secretSealed = new Uint8Array(seal(deps.sealingKey, context(userId), Buffer.from(secret.buffer)));
      const label = await inTransaction(db, async (tx) => {
        const user = await tx.user.findUniqueOrThrow({ where: { id: userId }, include: { totp: true } });
        if (user.totp?.confirmedAt) throw new AppError('auth.secondFactorOn', 'two-factor is on already');
        const data = { secretSealed, createdAt: new Date(), lastStep: 0 };
        await tx.totpFactor.upsert({ where: { userId }, create: { userId, ...data }, update: data });
        return user.email;
      });
      return { secret: secret.base32, uri: new TOTP({ secret, issuer: 'pingplex', label, period: PERIOD_S }).toString() };
    },

    /** Switches it on. @returns recovery codes, told this once. @throws AppError `auth.secondFactorWrong`, `auth.secondFactorOn`, `request.rateLimited` */
    async confirm({ userId, sessionId, ip }: Who, code: string): Promise<string[]> {
      const succeeded = await deps.limits.startSecondFactor(userId);
      const codes = await inTransaction(db, async (tx) => {
        const row = await tx.totpFactor.findUnique({ where: { userId } });
        if (row?.confirmedAt) throw new AppError('auth.secondFactorOn', 'two-factor is on already');
        if (!(await takeTotp(tx, userId, code.replaceAll(/\s/g, ''), true))) {
          throw new AppError('auth.secondFactorWrong', 'the code does not fit the secret');
        }
        await tx.totpFactor.update({ where: { userId }, data: { confirmedAt: new Date() } });
        // Codes that were given out in a browser before were never asked for the second factor.
        await tx.browserSignIn.deleteMany({ where: { userId, redeemedAt: null } });
        await recordSecurityEvent(tx, { kind: 'secondFactor.on', userId, sessionId, ip });
        await notify(tx, userId, 'secondFactorOn');
        return makeCodes(tx, userId);
      });
      await succeeded();
      return codes;
    },

    /** Ten new recovery codes; the old ones end. @throws AppError `request.notFound` while two-factor is off */
    renewCodes: ({ userId, sessionId, ip }: Who): Promise<string[]> =>
      inTransaction(db, async (tx) => {
        const isOn = await tx.totpFactor.count({ where: { userId, confirmedAt: { not: null } } });
        if (isOn === 0) throw new AppError('request.notFound', 'two-factor is off');
        await recordSecurityEvent(tx, { kind: 'secondFactor.codesRenewed', userId, sessionId, ip });
        await notify(tx, userId, 'recoveryCodesRenewed');
        return makeCodes(tx, userId);
      }),

    /** Switches it off; no news when it was off. */
    disable: ({ userId, sessionId, ip }: Who): Promise<void> =>
      inTransaction(db, async (tx) => {
        const removed = await tx.totpFactor.deleteMany({ where: { userId } });
        await tx.recoveryCode.deleteMany({ where: { userId } });
        if (removed.count === 0) return;
        await recordSecurityEvent(tx, { kind: 'secondFactor.off', userId, sessionId, ip });
        await notify(tx, userId, 'secondFactorOff');
      }),
  };
}

/** `ABCD-EFGH-JKLM-NPQR`: 16 letters of 5 bits. */
function newRecoveryCode(): string {
  const bits = [...randomBytes(RECOVERY_BYTES)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}
