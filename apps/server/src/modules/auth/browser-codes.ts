import { createHash, timingSafeEqual } from 'node:crypto';
import type { SessionTokens } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { keyedHash } from '../../config/seal.ts';
import type { Db, Tx } from '../../db/client.ts';
import type { BrowserSignIn } from '../../db/generated/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Outbox } from '../../mail/outbox.ts';
import type { DeviceInput, DeviceSessions } from './device-sessions.ts';
import { linkGoogle } from './google-accounts.ts';
import { hashSecret, networkOf } from './identity.ts';
import type { AuthLimits } from './limits.ts';
import { recordSecurityEvent } from './security-events.ts';
import { isUniqueViolation } from './unique.ts';

/** From the app's first request to the button on the page. */
const REQUEST_LIFE_MS = 10 * 60_000;
const MAX_TRIES = 5;

type Start = { challenge: string; state: string; redirectUri: string | null; locale: 'en' | 'ru' };
type Finish = { requestId: string; code: string; verifier: string; redirectUri: string | null };
type Who = { userId: string; sessionId: string };
type Deps = { db: Db; isOffered: boolean; sessions: DeviceSessions; limits: AuthLimits; outbox: Outbox; sealingKey: Buffer };

const over = (message: string): AppError => new AppError('auth.browserSignInOver', message);

/** The app's part of signing in with Google: our own code flow with PKCE (A24). The code is worth nothing without the verifier. */
export function createBrowserCodes(deps: Deps) {
  const { db, sessions, outbox } = deps;

  async function begin(input: Start, device: DeviceInput, ip: string, more: { purpose: string } & Partial<Who>) {
    if (!deps.isOffered) throw new AppError('auth.googleUnavailable', 'sign-in with Google is not set up');
    await deps.limits.countBrowserSignIn(ip);
    const row = await db.browserSignIn.create({
      data: {
        ...more,
        challenge: input.challenge,
        appState: input.state,
        redirectUri: input.redirectUri,
        locale: input.locale,
        deviceName: device.name,
        deviceOs: device.os,
        appVersion: device.appVersion,
        expiresAt: new Date(Date.now() + REQUEST_LIFE_MS),
      },
    });
    return { requestId: row.id, expiresInS: REQUEST_LIFE_MS / 1000 };
  }

  /** The row that this code belongs to. @throws AppError `auth.browserSignInOver`, `auth.browserCodeWrong` */
  async function check(input: Finish, isMine: (row: BrowserSignIn) => boolean, ip: string): Promise<BrowserSignIn> {
    const row = await db.browserSignIn.findUnique({ where: { id: input.requestId } });
    if (row === null || !isMine(row)) throw over('unknown');
    if (createHash('sha256').update(input.verifier).digest('base64url') !== row.challenge) throw over('another app began it');
    if (row.redirectUri !== input.redirectUri) throw over('another redirect was agreed');
    const hash = hashSecret(plainCode(input.code));
    const isRight = row.codeHash !== null && timingSafeEqual(hash, Buffer.from(row.codeHash));
    if (row.redeemedAt !== null) {
      if (isRight) await endWhatItGave(row, ip);
      throw over('the code was used');
    }
    if (row.codeHash === null || row.codeExpires === null || row.codeExpires.getTime() <= Date.now()) {
      throw row.confirmedAt === null ? new AppError('auth.browserCodeWrong', 'no code was given out yet') : over('the code is too old');
    }
    if (isRight) return row;
    // Counted in the database: tries on several processes at once are tries all the same.
    const [counted] = await db.$queryRaw<{ tries: number }[]>`
      UPDATE browser_sign_in SET code_tries = code_tries + 1,
        code_hash = CASE WHEN code_tries + 1 >= ${MAX_TRIES} THEN NULL ELSE code_hash END
      WHERE id = ${row.id}::uuid RETURNING code_tries AS tries`;
    throw (counted?.tries ?? MAX_TRIES) >= MAX_TRIES ? over('too many wrong codes') : new AppError('auth.browserCodeWrong', 'a wrong code');
  }

  /** A code that comes a second time was read by somebody else on the way: what it gave ends (RFC 6749, 4.1.2). */
  async function endWhatItGave(row: BrowserSignIn, ip: string): Promise<void> {
    const { userId, givenSessionId } = row;
    if (userId === null || givenSessionId === null) return;
    await inTransaction(db, async (tx) => {
      await sessions.end(tx, userId, givenSessionId, 'codeReused', ip);
      await recordSecurityEvent(tx, { kind: 'google.codeReused', userId, sessionId: givenSessionId, ip });
    });
  }

  /** One of two that come at once gets it. */
  async function redeem(tx: Tx, row: BrowserSignIn, givenSessionId: string | null): Promise<void> {
    const taken = await tx.browserSignIn.updateMany({
      where: { id: row.id, redeemedAt: null, codeHash: row.codeHash, codeExpires: { gt: new Date() } },
      data: { redeemedAt: new Date(), givenSessionId },
    });
    if (taken.count !== 1) throw over('the code was used');
  }

  return {
    start: (input: Start & { device: DeviceInput }, ip: string) => begin(input, input.device, ip, { purpose: 'signIn' }),

    /** For a signed-in app: `link` adds Google to its account, `check` proves again who is there. */
    async startFor(purpose: 'link' | 'check', input: Start, who: Who, ip: string) {
      const { deviceName: name, deviceOs: os, appVersion } = await db.deviceSession.findUniqueOrThrow({ where: { id: who.sessionId } });
      return begin(input, { name, os, appVersion }, ip, { purpose, ...who });
    },

    /** @throws AppError `auth.browserSignInOver`, `auth.browserCodeWrong`, `auth.suspended` */
    async finish(input: Finish, ip: string): Promise<SessionTokens> {
      const row = await check(input, ({ purpose }) => purpose === 'signIn', ip);
      const user = row.userId === null ? null : await db.user.findUnique({ where: { id: row.userId } });
      if (user === null || user.deletedAt !== null) throw over('the account is gone');
      if (user.suspendedAt !== null) throw new AppError('auth.suspended', 'the account is suspended');
      const device = { name: row.deviceName, os: row.deviceOs, appVersion: row.appVersion };
      const network = keyedHash(deps.sealingKey, 'network', networkOf(ip));
      return sessions.open(user, device, network, ip, (tx, sessionId) => redeem(tx, row, sessionId));
    },

    /** @throws AppError as `finish`, and `auth.googleTaken` */
    async finishFor(input: Finish, who: Who, ip: string): Promise<void> {
      const row = await check(input, (r) => r.purpose !== 'signIn' && r.userId === who.userId && r.sessionId === who.sessionId, ip);
      await inTransaction(db, async (tx) => {
        await redeem(tx, row, null);
        const { userId, sessionId } = who;
        if (row.purpose === 'link') {
          const user = await tx.user.findUniqueOrThrow({ where: { id: userId } });
          await linkGoogle(tx, user, { subject: row.googleSubject ?? '', email: row.googleEmail ?? '' }, outbox, ip);
          return;
        }
        await sessions.refreshProof(tx, sessionId);
        await recordSecurityEvent(tx, { kind: 'identity.confirmed', userId, sessionId, ip, details: { with: 'google' } });
      }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? new AppError('auth.googleTaken', 'another account has this Google account') : error;
      });
    },
  };
}

/** A code that was typed may come in any case, with its dash or without; the app's own is told by its length. */
const plainCode = (code: string): string => (code.length < 20 ? code.toUpperCase().replaceAll(/[^A-Z0-9]/g, '') : code);
