import { randomBytes } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from '../../db/client.ts';
import type { BrowserSignIn } from '../../db/generated/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Outbox } from '../../mail/outbox.ts';
import { actOn, type Finding, findAccount } from './google-accounts.ts';
import { type GoogleSignIn, isAuthoritative } from './google-client.ts';
import { foldEmail, hashSecret, newSecret } from './identity.ts';
import type { AuthPorts } from './ports.ts';
import type { SecondFactor } from './second-factor.ts';
import { isUniqueViolation } from './unique.ts';

/** The loopback hand-over takes a moment; a code that is carried over by hand takes minutes (A24, A26). */
const APP_CODE_LIFE_MS = 60_000;
export const PASTE_CODE_LIFE_MS = 10 * 60_000;
/** 40 bits: with five tries, and only together with the app's own verifier. */
const PASTE_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const PASTE_LETTERS = 8;

type Deps = {
  db: Db;
  google: GoogleSignIn | null;
  secondFactor: SecondFactor;
  outbox: Outbox;
  ports: AuthPorts;
  /** Start of our own addresses; null while this process listens nowhere. */
  publicUrl: () => string | null;
};

/** What the page shows before anything happens (A28). */
export type ConfirmView = { row: BrowserSignIn; found: Finding; needsSecondFactor: boolean; isConfirmed: boolean };
export type Confirmation = { way: 'app' | 'paste'; adult: boolean; secondFactor: string | undefined };
export type HandOver = { way: 'app'; location: string } | { way: 'paste'; code: string };

export type BrowserHops = ReturnType<typeof createBrowserHops>;
const over = (message: string): AppError => new AppError('auth.browserSignInOver', message);

/** The browser's part of signing in with Google: to Google, back, a page that asks, the code for the app. */
export function createBrowserHops(deps: Deps) {
  const { db, google } = deps;
  const callbackUrl = (): string => `${deps.publicUrl() ?? ''}/sign-in/google/callback`;
  const offered = (): GoogleSignIn => {
    if (google === null) throw new AppError('auth.googleUnavailable', 'sign-in with Google is not set up');
    return google;
  };
  const rowOf = async (tx: Db | Tx, secret: string | null): Promise<BrowserSignIn> => {
    const row = secret === null ? null : await tx.browserSignIn.findUnique({ where: { browserHash: hashOf(secret) } });
    if (row === null || row.redeemedAt !== null || row.expiresAt.getTime() <= Date.now()) throw over('no such sign-in in this browser');
    return row;
  };

  return {
    /**
     * The first page: binds the sign-in to this browser. A second browser with the same address is refused.
     * @param secret of the cookie that came along, if any
     */
    async begin(requestId: string, secret: string | null): Promise<{ secret: string; location: string }> {
      const fresh = newSecret();
      const mine = secret === null ? [] : [{ browserHash: hashOf(secret) }];
      const bound = await db.browserSignIn.updateMany({
        where: { id: requestId, expiresAt: { gt: new Date() }, googleSubject: null, OR: [{ browserHash: null }, ...mine] },
        data: { browserHash: new Uint8Array(fresh.hash) },
      });
      if (bound.count !== 1) throw over('unknown, used by another browser or too old');
      return { secret: fresh.secret, location: await offered().begin(fresh.secret, callbackUrl()) };
    },

    /** Google sent the browser back. @param query of the request, as it came */
    async callback(secret: string | null, query: URLSearchParams): Promise<void> {
      const row = await rowOf(db, secret);
      if (row.googleSubject !== null) return;
      const person = await offered().identify(secret ?? '', new URL(`${callbackUrl()}?${query.toString()}`));
      const googleEmail = person.email === null ? null : foldEmail(person.email);
      await db.browserSignIn.updateMany({
        where: { id: row.id, googleSubject: null },
        data: { googleSubject: person.subject, googleEmail, isAuthoritative: isAuthoritative(person) },
      });
    },

    /** What is about to happen. @throws AppError `auth.browserSignInOver` */
    async view(secret: string | null): Promise<ConfirmView> {
      const row = await rowOf(db, secret);
      if (row.googleSubject === null) throw over('Google has not answered yet');
      const found = await findAccount(db, row);
      const needsSecondFactor = row.confirmedAt === null && 'user' in found && (await deps.secondFactor.isOn(found.user.id));
      return { row, found, needsSecondFactor, isConfirmed: row.confirmedAt !== null };
    },

    /**
     * The person pressed the button. May be asked again for another way over: the code before that ends.
     * @throws AppError `request.invalid` without the 18+ confirmation of a new account, those of the second factor, `auth.browserSignInOver`
     */
    async confirm(secret: string | null, given: Confirmation, ip: string): Promise<HandOver> {
      const before = await rowOf(db, secret);
      if (before.googleSubject === null) throw over('Google has not answered yet');
      const seen = await findAccount(db, before);
      if (before.confirmedAt === null) {
        if (seen.kind === 'create' && !given.adult) throw new AppError('request.invalid', 'only for people of 18 or older');
        if ('user' in seen && seen.kind !== 'link') await deps.secondFactor.demand(seen.user.id, given.secondFactor, ip);
      }
      const way = given.way === 'app' && before.redirectUri !== null ? 'app' : 'paste';
      const code = way === 'app' ? newSecret().secret : newPasteCode();
      const codeExpires = new Date(Date.now() + (way === 'app' ? APP_CODE_LIFE_MS : PASTE_CODE_LIFE_MS));
      await inTransaction(db, async (tx) => {
        await tx.$queryRaw`SELECT id::text FROM browser_sign_in WHERE id = ${before.id}::uuid FOR UPDATE`;
        const row = await rowOf(tx, secret);
        const handOver = { codeHash: hashOf(code), codeExpires, codeTries: 0 };
        if (row.confirmedAt !== null) {
          await tx.browserSignIn.update({ where: { id: row.id }, data: handOver });
          return;
        }
        const found = await findAccount(tx, row);
        // What the page showed and what was proved for it must still be so.
        if (found.kind !== seen.kind || ('user' in found && 'user' in seen && found.user.id !== seen.user.id)) throw over('things changed');
        const userId = await actOn(tx, found, row, deps, ip);
        await tx.browserSignIn.update({ where: { id: row.id }, data: { ...handOver, userId, confirmedAt: new Date() } });
      }).catch((error: unknown) => {
        throw isUniqueViolation(error) ? over('somebody was faster') : error;
      });
      if (way === 'paste' || before.redirectUri === null) return { way: 'paste', code: `${code.slice(0, 4)}-${code.slice(4)}` };
      const location = new URL(before.redirectUri);
      location.search = new URLSearchParams({ code, state: before.appState }).toString();
      return { way: 'app', location: location.href };
    },

    /** The person changed their mind: nothing of it is left. */
    async cancel(secret: string | null): Promise<void> {
      if (secret === null) return;
      await db.browserSignIn.deleteMany({ where: { browserHash: hashOf(secret), redeemedAt: null } });
    },
  };
}

const hashOf = (secret: string): Uint8Array<ArrayBuffer> => new Uint8Array(hashSecret(secret));

function newPasteCode(): string {
  return Array.from(randomBytes(PASTE_LETTERS), (byte) => PASTE_ALPHABET[byte % PASTE_ALPHABET.length]).join('');
}
