import type { Account } from '@pingplex/shared/contracts/http';
import { UserId } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Db } from '../../db/client.ts';

/** An account as its owner sees it. @throws AppError `auth.required` when the account is gone */
export async function readAccount(db: Db, userId: string): Promise<Account> {
  const user = await db.user.findUnique({ where: { id: userId }, include: { password: true, google: true, totp: true } });
  if (user === null) throw new AppError('auth.required', 'the account does not exist');
  return {
    id: UserId.parse(user.id),
    email: user.email,
    emailVerified: true,
    locale: user.locale === 'ru' ? 'ru' : 'en',
    createdAt: user.createdAt.toISOString(),
    hasPassword: user.password !== null,
    twoFactor: user.totp?.confirmedAt != null,
    google: user.google?.email ?? null,
  };
}
