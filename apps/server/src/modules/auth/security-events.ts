import type { Db, Tx } from '../../db/client.ts';

type SecurityEventKind =
  | 'signUp.requested'
  | 'signUp.confirmed'
  | 'signIn.succeeded'
  | 'signIn.failed'
  | 'signIn.limited'
  | 'session.revoked'
  | 'session.refreshReused'
  | 'signIn.alarm'
  | 'secondFactor.on'
  | 'secondFactor.off'
  | 'secondFactor.failed'
  | 'secondFactor.recoveryUsed'
  | 'secondFactor.codesRenewed'
  | 'identity.confirmed'
  | 'google.linked'
  | 'google.unlinked'
  | 'google.codeReused'
  | 'email.changeRequested'
  | 'email.changed'
  | 'email.changeUndone'
  | 'password.resetRequested'
  | 'password.reset'
  | 'password.changed'
  | 'keys.rotated';

export type SecurityEventInput = {
  kind: SecurityEventKind;
  userId?: string;
  sessionId?: string;
  ip?: string;
  details?: Record<string, string | number | boolean>;
};

/** Appends to the record of what happened to accounts (B15). Never a secret, never an address of a person who has no account. */
export async function recordSecurityEvent(db: Db | Tx, event: SecurityEventInput): Promise<void> {
  await db.securityEvent.create({
    data: {
      kind: event.kind,
      userId: event.userId ?? null,
      sessionId: event.sessionId ?? null,
      ip: event.ip ?? null,
      details: event.details ?? {},
    },
  });
}
