/** Kinds of grants; the kind decides priority and whether credits expire (docs/money.md). */
export type GrantKind = 'subscription' | 'pack' | 'promo' | 'trial' | 'returned' | 'adjust';

/** Accounts of the ledger. The first four belong to a user and are positive when the user owns the credits (debt is negative). */
export type Account = 'available' | 'held' | 'frozen' | 'debt' | 'spent' | 'expired' | 'clawed_back' | 'adjusted' | `issued:${GrantKind}`;

export type MovementKind =
  | 'grant'
  | 'hold'
  | 'capture'
  | 'release'
  | 'expire'
  | 'freeze'
  | 'unfreeze'
  | 'clawback'
  | 'restore'
  | 'compensate'
  | 'adjust';

/** One side of a movement. `grantId` is null only where no grant is touched (debt that no grant paid for). */
export type Entry = { account: Account; grantId: string | null; amount: number };

/** A grant as the planner sees it; `expired` was decided by the database's clock. */
export type GrantRow = {
  id: string;
  kind: GrantKind;
  payment: string | null;
  dispute: string | null;
  priority: number;
  expiresAt: Date | null;
  createdAt: Date;
  amount: number;
  available: number;
  held: number;
  frozen: number;
  expired: boolean;
};

export type WalletRow = {
  userId: string;
  available: number;
  held: number;
  frozen: number;
  debt: number;
  nextExpiry: Date | null;
  version: number;
};

/** A grant to be created by a movement; its credits come in through the movement's entries. */
export type NewGrant = {
  id: string;
  kind: GrantKind;
  sourceKey: string;
  payment: string | null;
  dispute: string | null;
  priority: number;
  /** Lifetime from now in seconds, an absolute moment, or null for never. */
  expires: { inS: number } | { at: Date } | null;
  amount: number;
};

/** Who caused a movement: `system`, `user:<id>`, `operator:<name>`, `sweeper:<name>`. */
export type Actor = string;

/** Lower burns first among grants that expire at the same moment: free credits before paid ones. */
export const PRIORITY: Readonly<Record<GrantKind, number>> = { promo: 5, trial: 5, subscription: 10, returned: 10, pack: 20, adjust: 20 };

/** Credits that come back to a grant which has expired meanwhile live this long: our failure must not cost them. */
export const RETURNED_LIFE_S = 7 * 24 * 3600;
