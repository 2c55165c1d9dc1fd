import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Composer } from '../../mail/outbox.ts';
import { isAddressTaken } from './email-change.ts';
import { newSecret } from './identity.ts';
import { type LetterKind, writeLetter } from './letters.ts';
import type { MailPage } from './pages.ts';

const CONFIRM_LIFE_MS = 24 * 3_600_000;
const RESET_LIFE_MS = 30 * 60_000;

/** Letters that say what happened and lead nowhere. */
const NOTICES = [
  'passwordChanged',
  'refreshReused',
  'secondFactorOn',
  'secondFactorOff',
  'recoveryCodeUsed',
  'recoveryCodesRenewed',
  'googleLinked',
  'googleUnlinked',
] as const satisfies readonly LetterKind[];
type Notice = (typeof NOTICES)[number];
type Template = 'signUp' | 'passwordReset' | 'emailChange' | 'emailChanged' | Notice;

/**
 * The letters of accounts. Whether an address has an account is found out here, in the worker: the request that asked for the mail
 * did the same work and answered the same for every address (A38). Links are built from the configured address only (A12).
 */
export function authComposers(db: Db): Record<Template, Composer> {
  // The token stands behind the hash sign: browsers keep that part to themselves, so it is in no log on the way (A13).
  const link = (base: string | undefined, page: MailPage, locale: string, token: string): string =>
    `${base}/mail/${page}?lang=${locale}#token=${token}`;
  const notices = Object.fromEntries(NOTICES.map((kind) => [kind, notice(kind)])) as Record<Notice, Composer>;
  return {
    async signUp({ recipient, locale, values }) {
      if (await isAddressTaken(db, recipient)) {
        await db.pendingSignUp.deleteMany({ where: { email: recipient } });
        return writeLetter('alreadyHave', locale);
      }
      const { secret, hash } = newSecret();
      const tokenExpires = new Date(Date.now() + CONFIRM_LIFE_MS);
      const changed = await db.pendingSignUp.updateMany({
        where: { email: recipient },
        data: { tokenHash: new Uint8Array(hash), tokenExpires },
      });
      return changed.count === 0 ? null : writeLetter('confirm', locale, {}, link(values['publicUrl'], 'confirm', locale, secret));
    },
    async passwordReset({ recipient, values }) {
      const user = await db.user.findUnique({ where: { email: recipient } });
      if (user === null || user.deletedAt !== null) return null;
      const { secret, hash } = newSecret();
      const data = { tokenHash: new Uint8Array(hash), createdAt: new Date(), expiresAt: new Date(Date.now() + RESET_LIFE_MS) };
      const purpose = 'passwordReset';
      await inTransaction(db, (tx) =>
        tx.mailToken.upsert({
          where: { userId_purpose: { userId: user.id, purpose } },
          create: { ...data, userId: user.id, purpose },
          update: data,
        }),
      );
      const locale = user.locale === 'ru' ? 'ru' : 'en';
      return writeLetter('reset', locale, {}, link(values['publicUrl'], 'reset', locale, secret));
    },
    async emailChange({ recipient, locale, values }) {
      const userId = values['userId'] ?? '';
      if (await isAddressTaken(db, recipient, userId)) {
        const dropped = await db.emailChange.deleteMany({ where: { userId, newEmail: recipient } });
        return dropped.count === 0 ? null : writeLetter('addressTaken', locale);
      }
      const { secret, hash } = newSecret();
      const changed = await db.emailChange.updateMany({
        where: { userId, newEmail: recipient },
        data: { tokenHash: new Uint8Array(hash), tokenExpires: new Date(Date.now() + CONFIRM_LIFE_MS) },
      });
      return changed.count === 0 ? null : writeLetter('emailChange', locale, {}, link(values['publicUrl'], 'email', locale, secret));
    },
    async emailChanged({ locale, values }) {
      const { secret, hash } = newSecret();
      const changed = await db.emailUndo.updateMany({ where: { id: values['undoId'] ?? '' }, data: { tokenHash: new Uint8Array(hash) } });
      return changed.count === 0 ? null : writeLetter('emailChanged', locale, {}, link(values['publicUrl'], 'undo', locale, secret));
    },
    ...notices,
  };
}

const notice =
  (kind: LetterKind): Composer =>
  async ({ locale, values }) =>
    writeLetter(kind, locale, values);
