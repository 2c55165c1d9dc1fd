import type { Db } from '../../db/client.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { Composer } from '../../mail/outbox.ts';
import { newSecret } from './identity.ts';
import { writeLetter } from './letters.ts';

const CONFIRM_LIFE_MS = 24 * 3_600_000;
const RESET_LIFE_MS = 30 * 60_000;

/**
 * The letters of accounts. Whether an address has an account is found out here, in the worker: the request that asked for the mail
 * did the same work and answered the same for every address (A38). Links are built from the configured address only (A12).
 */
export function authComposers(db: Db): Record<'signUp' | 'passwordReset' | 'passwordChanged' | 'refreshReused', Composer> {
  // The token stands behind the hash sign: browsers keep that part to themselves, so it is in no log on the way (A13).
  const link = (base: string | undefined, page: string, locale: string, token: string): string =>
    `${base}/mail/${page}?lang=${locale}#token=${token}`;
  return {
    async signUp({ recipient, locale, values }) {
      if ((await db.user.findUnique({ where: { email: recipient } })) !== null) {
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
    passwordChanged: async ({ locale }) => writeLetter('passwordChanged', locale),
    refreshReused: async ({ locale, values }) => writeLetter('refreshReused', locale, values),
  };
}
