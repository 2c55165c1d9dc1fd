import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from '../../db/client.ts';
import type { BrowserSignIn, User } from '../../db/generated/client.ts';
import type { Outbox } from '../../mail/outbox.ts';
import { isAddressTaken } from './email-change.ts';
import type { AuthPorts } from './ports.ts';
import { recordSecurityEvent } from './security-events.ts';

/**
 * What pressing the button would do.
 * `signIn`: the Google account is known. `join`: it is linked to the account with its address, for which Google vouches. `create`: a new
 * account begins. `link`, `check`: what a signed-in app asked for. The rest are refusals: `notVouched` for an address that Google can't
 * vouch for, whether or not it has an account here (A29, A38), `taken` by another account, `other` than the linked one, `closed`.
 */
export type Finding =
  | { kind: 'signIn' | 'join' | 'link' | 'check'; user: User }
  | { kind: 'create'; email: string }
  | { kind: 'notVouched' | 'taken' | 'other' | 'closed' };

const isClosed = (user: User): boolean => user.deletedAt !== null || user.suspendedAt !== null;

/** Decides by the rules of linking (A27, A29, A30): the person is Google's subject, an address alone opens nothing. */
export async function findAccount(db: Db | Tx, row: BrowserSignIn): Promise<Finding> {
  const subject = row.googleSubject ?? '';
  const known = await db.googleIdentity.findUnique({ where: { subject }, include: { user: true } });
  if (row.purpose !== 'signIn') {
    const user = await db.user.findUnique({ where: { id: row.userId ?? '' }, include: { google: true } });
    if (user === null || isClosed(user)) return { kind: 'closed' };
    if (row.purpose === 'check') return known?.userId === user.id ? { kind: 'check', user } : { kind: 'other' };
    if (known !== null && known.userId !== user.id) return { kind: 'taken' };
    return user.google !== null && user.google.subject !== subject ? { kind: 'other' } : { kind: 'link', user };
  }
  if (known !== null) return isClosed(known.user) ? { kind: 'closed' } : { kind: 'signIn', user: known.user };
  const email = row.googleEmail;
  if (!row.isAuthoritative || email === null) return { kind: 'notVouched' };
  const owner = await db.user.findUnique({ where: { email }, include: { google: true } });
  if (owner === null) return (await isAddressTaken(db, email)) ? { kind: 'notVouched' } : { kind: 'create', email };
  if (isClosed(owner)) return { kind: 'closed' };
  // Somebody else's Google account opens it: the address went from one person to another, as happens in organisations.
  return owner.google === null ? { kind: 'join', user: owner } : { kind: 'notVouched' };
}

/** Carries out what was found, as far as it belongs to the browser. @returns whose account it is */
export async function actOn(
  tx: Tx,
  found: Finding,
  row: BrowserSignIn,
  deps: { outbox: Outbox; ports: AuthPorts },
  ip: string,
): Promise<string> {
  const { googleSubject: subject, googleEmail } = row;
  if (subject === null) throw new AppError('auth.browserSignInOver', 'nobody was named');
  switch (found.kind) {
    case 'create': {
      const { email } = found;
      const google = { create: { subject, email } };
      const user = await tx.user.create({ data: { email, locale: row.locale, adultConfirmedAt: new Date(), google } });
      // Whatever somebody began by mail with this address ends: its password and its link open nothing (A30).
      await tx.pendingSignUp.deleteMany({ where: { email } });
      await recordSecurityEvent(tx, { kind: 'signUp.confirmed', userId: user.id, ip, details: { with: 'google' } });
      await deps.ports.onUserVerified(tx, user.id);
      return user.id;
    }
    case 'join':
      await linkGoogle(tx, found.user, { subject, email: googleEmail ?? found.user.email }, deps.outbox, ip);
      return found.user.id;
    case 'signIn':
    case 'link':
    case 'check':
      return found.user.id;
    default:
      throw new AppError('auth.browserSignInOver', 'this Google account opens nothing here');
  }
}

/** Links a Google account and tells the owner (A31). Linking the same one again changes nothing. */
export async function linkGoogle(
  tx: Tx,
  user: User,
  google: { subject: string; email: string },
  outbox: Outbox,
  ip: string,
): Promise<void> {
  const present = await tx.googleIdentity.findUnique({ where: { userId: user.id } });
  if (present?.subject === google.subject) return;
  if (present !== null) throw new AppError('auth.googleTaken', 'another Google account is linked already');
  await tx.googleIdentity.create({ data: { userId: user.id, ...google } });
  await recordSecurityEvent(tx, { kind: 'google.linked', userId: user.id, ip });
  await outbox.add(tx, { recipient: user.email, template: 'googleLinked', locale: user.locale, values: { google: google.email } });
}

/** @throws AppError `auth.lastWayIn` when nothing else opens the account */
export async function unlinkGoogle(tx: Tx, userId: string, outbox: Outbox, ip: string): Promise<void> {
  const user = await tx.user.findUniqueOrThrow({ where: { id: userId }, include: { google: true, password: true } });
  if (user.google === null) return;
  if (user.password === null) throw new AppError('auth.lastWayIn', 'there is no password');
  await tx.googleIdentity.delete({ where: { userId } });
  // A code that waits in a browser would open the account once more.
  await tx.browserSignIn.deleteMany({ where: { userId, redeemedAt: null } });
  await recordSecurityEvent(tx, { kind: 'google.unlinked', userId, ip });
  await outbox.add(tx, { recipient: user.email, template: 'googleUnlinked', locale: user.locale, values: { google: user.google.email } });
}
