import { randomUUID } from 'node:crypto';
import type { DeviceSession as DeviceSessionSchema, SessionTokens } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import type { Db, Tx } from '../../db/client.ts';
import type { DeviceSession, RefreshToken, User } from '../../db/generated/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Outbox } from '../../mail/outbox.ts';
import { readAccount } from '../account/service.ts';
import { ACCESS_LIFETIME_S, signAccessToken } from './access-tokens.ts';
import type { CountryOf } from './country.ts';
import { hashSecret, newSecret } from './identity.ts';
import type { AuthPorts } from './ports.ts';
import { recordSecurityEvent } from './security-events.ts';
import type { SigningKeys } from './signing-keys.ts';

const DAY_MS = 86_400_000;
/** A19: a device that nobody used for a month asks again; nobody stays signed in for more than half a year. docs/decisions/0012. */
export const IDLE_LIFE_MS = 30 * DAY_MS;
export const ABSOLUTE_LIFE_MS = 180 * DAY_MS;
/** A18: how long a client that lost our answer may come back with the spent credential. */
const LOST_ANSWER_MS = 60_000;

export type DeviceInput = { name: string; os: string; appVersion: string };
export type RevokeReason = 'signOut' | 'revoked' | 'refreshReused' | 'passwordChanged' | 'passwordReset' | 'emailUndone' | 'codeReused';
type DeviceSessionView = z.infer<typeof DeviceSessionSchema>;
type Deps = { db: Db; keys: SigningKeys; outbox: Outbox; ports: AuthPorts; countryOf?: CountryOf };
type Exchange = { kind: 'tokens'; user: User; session: DeviceSession; secret: string } | { kind: 'refused'; error: AppError };

export type DeviceSessions = ReturnType<typeof createDeviceSessions>;

/** Device sessions: a rotating refresh credential that is used only to get short-lived access tokens. */
export function createDeviceSessions(deps: Deps) {
  const { db } = deps;
  const tokensOf = async (user: User, session: DeviceSession, secret: string): Promise<SessionTokens> => ({
    accessToken: await signAccessToken(deps.keys, user.id, session.id),
    accessExpiresInS: ACCESS_LIFETIME_S,
    refreshToken: secret,
    sessionId: session.id,
    account: await readAccount(deps.db, user.id),
  });

  return {
    /**
     * Signs a device in. The caller has proved who it is.
     * @param proof looks again, inside the transaction, whether what was proved still holds: nothing that ended meanwhile opens a session
     */
    async open(
      user: User,
      device: DeviceInput,
      networkHash: Buffer,
      ip: string,
      proof?: (tx: Tx, sessionId: string) => Promise<void>,
    ): Promise<SessionTokens> {
      const sessionId = randomUUID();
      const { secret, hash } = newSecret();
      // Once, now: what is kept is the country, and the full address ages out of the security record.
      const country = (await deps.countryOf?.(ip)) ?? null;
      const session = await inTransaction(db, async (tx) => {
        await proof?.(tx, sessionId);
        const created = await tx.deviceSession.create({
          data: {
            id: sessionId,
            userId: user.id,
            deviceName: device.name,
            deviceOs: device.os,
            appVersion: device.appVersion,
            country,
            networkHash: new Uint8Array(networkHash),
            expiresAt: new Date(Date.now() + ABSOLUTE_LIFE_MS),
            refreshTokens: { create: { tokenHash: new Uint8Array(hash) } },
          },
        });
        await recordSecurityEvent(tx, { kind: 'signIn.succeeded', userId: user.id, sessionId: created.id, ip });
        return created;
      });
      return tokensOf(user, session, secret);
    },

    /**
     * Exchanges a refresh credential (A17, A18).
     * @throws AppError `auth.sessionEnded`, `auth.refreshReused` (the session is then revoked and its owner gets a mail), `auth.suspended`
     */
    async refresh(refreshToken: string, ip: string): Promise<SessionTokens> {
      const found = await db.refreshToken.findUnique({ where: { tokenHash: new Uint8Array(hashSecret(refreshToken)) } });
      if (found === null) throw new AppError('auth.sessionEnded', 'unknown refresh credential');
      const outcome = await inTransaction(db, (tx) => exchange(deps, tx, found, ip));
      if (outcome.kind === 'refused') throw outcome.error;
      return tokensOf(outcome.user, outcome.session, outcome.secret);
    },

    /** Ends the session that a credential, spent or not, belongs to. Says nothing about whether there was one. */
    async signOut(refreshToken: string, ip: string): Promise<void> {
      const found = await db.refreshToken.findUnique({
        where: { tokenHash: new Uint8Array(hashSecret(refreshToken)) },
        include: { session: true },
      });
      if (found === null) return;
      await inTransaction(db, (tx) => revokeSessions(deps, tx, found.session.userId, { id: found.sessionId }, 'signOut', ip));
    },

    async list(userId: string, currentId: string): Promise<DeviceSessionView[]> {
      const rows = await db.deviceSession.findMany({
        where: { userId, revokedAt: null, expiresAt: { gt: new Date() }, lastUsedAt: { gt: new Date(Date.now() - IDLE_LIFE_MS) } },
        orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
        take: 200,
      });
      return rows.map((row) => ({
        id: row.id,
        device: { name: row.deviceName, os: row.deviceOs, appVersion: row.appVersion },
        createdAt: row.createdAt.toISOString(),
        lastUsedAt: row.lastUsedAt.toISOString(),
        country: row.country,
        current: row.id === currentId,
      }));
    },

    /** @throws AppError `request.notFound` for one that is not there and for somebody else's alike */
    async revoke(userId: string, sessionId: string, ip: string): Promise<void> {
      const ended = await inTransaction(db, (tx) => revokeSessions(deps, tx, userId, { id: sessionId }, 'revoked', ip));
      if (ended === 0) throw new AppError('request.notFound', 'no such session');
    },

    async revokeOthers(userId: string, currentId: string, ip: string): Promise<void> {
      await inTransaction(db, async (tx) => {
        await revokeSessions(deps, tx, userId, { id: { not: currentId } }, 'revoked', ip);
        // Sign-ins that wait in a browser would be other devices in a moment.
        await tx.browserSignIn.deleteMany({
          where: { userId, redeemedAt: null, OR: [{ sessionId: null }, { sessionId: { not: currentId } }] },
        });
      });
    },

    /** Its owner proved again who they are: what asks for a fresh sign-in is open for a while (A9). */
    async refreshProof(tx: Tx, sessionId: string): Promise<void> {
      await tx.deviceSession.update({ where: { id: sessionId }, data: { authenticatedAt: new Date() } });
    },

    /** Ends one session inside the caller's transaction. */
    end: (tx: Tx, userId: string, sessionId: string, reason: RevokeReason, ip: string): Promise<number> =>
      revokeSessions(deps, tx, userId, { id: sessionId }, reason, ip),

    /** Ends sessions inside the caller's transaction; `keepId` stays. */
    revokeAll: (tx: Tx, userId: string, reason: RevokeReason, ip: string, keepId?: string): Promise<number> =>
      revokeSessions(deps, tx, userId, keepId === undefined ? {} : { id: { not: keepId } }, reason, ip),

    /** True while the session may be used; streams ask now and then. */
    async isAlive(sessionId: string): Promise<boolean> {
      const row = await db.deviceSession.findUnique({ where: { id: sessionId }, include: { user: true } });
      return row !== null && row.revokedAt === null && row.expiresAt > new Date() && !row.user.suspendedAt && !row.user.deletedAt;
    },

    /** True when the user signed in from this network within the last 90 days. */
    async isKnownNetwork(userId: string, networkHash: Buffer): Promise<boolean> {
      const recent = { gt: new Date(Date.now() - 90 * DAY_MS) };
      return (
        (await db.deviceSession.findFirst({ where: { userId, networkHash: new Uint8Array(networkHash), createdAt: recent } })) !== null
      );
    },
  };
}

/**
 * Keeps the password from changing until the session is there, so that the change which waits for us ends the session too.
 * @throws AppError `auth.badCredentials` when it was changed since it was proved
 */
export async function requirePassword(tx: Tx, userId: string, changedAt: Date | undefined): Promise<void> {
  const [row] = await tx.$queryRaw<{ changed_at: Date }[]>`
    SELECT changed_at FROM password_credential WHERE user_id = ${userId}::uuid FOR SHARE`;
  if (changedAt === undefined || row?.changed_at.getTime() !== changedAt.getTime())
    throw new AppError('auth.badCredentials', 'e-mail or password is wrong');
}

async function exchange(deps: Deps, tx: Tx, found: RefreshToken, ip: string): Promise<Exchange> {
  // Everybody who holds a credential of this session waits here, then reads what the one before has written.
  await tx.$queryRaw`SELECT id::text FROM device_session WHERE id = ${found.sessionId}::uuid FOR UPDATE`;
  const session = await tx.deviceSession.findUniqueOrThrow({ where: { id: found.sessionId }, include: { user: true } });
  const token = await tx.refreshToken.findUniqueOrThrow({ where: { id: found.id } });
  const now = Date.now();
  const isOver = session.revokedAt !== null || session.expiresAt.getTime() <= now || session.lastUsedAt.getTime() <= now - IDLE_LIFE_MS;
  if (isOver) return { kind: 'refused', error: new AppError('auth.sessionEnded', 'the session has ended') };
  if (session.user.suspendedAt !== null || session.user.deletedAt !== null) {
    return { kind: 'refused', error: new AppError('auth.suspended', 'the account cannot be used') };
  }
  const predecessorId = token.state === 'live' ? token.id : await lostAnswer(tx, token, now);
  if (predecessorId === null) {
    await revokeSessions(deps, tx, session.userId, { id: session.id }, 'refreshReused', ip);
    await recordSecurityEvent(tx, { kind: 'session.refreshReused', userId: session.userId, sessionId: session.id, ip });
    await deps.outbox.add(tx, {
      recipient: session.user.email,
      template: 'refreshReused',
      locale: session.user.locale,
      values: { device: session.deviceName },
    });
    return { kind: 'refused', error: new AppError('auth.refreshReused', 'this credential was used before') };
  }
  if (token.state === 'live') await tx.refreshToken.update({ where: { id: token.id }, data: { state: 'spent', spentAt: new Date(now) } });
  const { secret, hash } = newSecret();
  await tx.refreshToken.create({ data: { sessionId: session.id, tokenHash: new Uint8Array(hash), predecessorId } });
  const touched = await tx.deviceSession.update({ where: { id: session.id }, data: { lastUsedAt: new Date(now) } });
  return { kind: 'tokens', user: session.user, session: touched, secret };
}

/**
 * A18. Within a minute of the rotation, and while nobody has used the successor, the spent credential (or a successor that another
 * such retry replaced) gets a fresh one; the unused one dies.
 * @returns the spent credential that the fresh one follows; null means that somebody copied it
 */
async function lostAnswer(tx: Tx, token: RefreshToken, now: number): Promise<string | null> {
  const spentId = token.state === 'spent' ? token.id : token.predecessorId;
  if (spentId === null) return null;
  const spent = await tx.refreshToken.findUnique({ where: { id: spentId } });
  if (!spent?.spentAt || spent.spentAt.getTime() < now - LOST_ANSWER_MS) return null;
  const killed = await tx.refreshToken.updateMany({ where: { predecessorId: spentId, state: 'live' }, data: { state: 'dead' } });
  return killed.count === 1 ? spentId : null;
}

async function revokeSessions(
  deps: Deps,
  tx: Tx,
  userId: string,
  which: { id?: string | { not: string } },
  reason: RevokeReason,
  ip: string,
): Promise<number> {
  const rows = await tx.deviceSession.findMany({ where: { ...which, userId, revokedAt: null }, select: { id: true } });
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.id);
  await tx.deviceSession.updateMany({ where: { id: { in: ids } }, data: { revokedAt: new Date(), revokedReason: reason } });
  await tx.refreshToken.updateMany({ where: { sessionId: { in: ids }, state: 'live' }, data: { state: 'dead' } });
  for (const sessionId of ids) await recordSecurityEvent(tx, { kind: 'session.revoked', userId, sessionId, ip, details: { reason } });
  await deps.ports.onSessionsEnded(tx, userId, ids);
  return ids.length;
}
