import type { Tx } from '../../db/client.ts';

/** What accounts tell other modules, inside the transaction that makes it true. */
export type AuthPorts = {
  /** Somebody confirmed their address: the account begins. */
  onUserVerified(tx: Tx, userId: string): Promise<void>;
  /** These device sessions were ended. */
  onSessionsEnded(tx: Tx, userId: string, sessionIds: readonly string[]): Promise<void>;
};
