import { AppError } from '@pingplex/shared/errors';
import { type Entry, type GrantRow, type NewGrant, PRIORITY, RETURNED_LIFE_S } from './types.ts';
import { uuidV7 } from './uuid.ts';

export type Taken = { grantId: string; amount: number };
export type HoldLine = { grant: GrantRow; amount: number };

/** Burn order: earliest expiry first (none last), then priority, then age: nothing expires unused while something later is spent. */
export function burnOrder(a: GrantRow, b: GrantRow): number {
  const expiry = (a.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - (b.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
  if (!Number.isNaN(expiry) && expiry !== 0) return expiry;
  if (a.priority !== b.priority) return a.priority - b.priority;
  const age = a.createdAt.getTime() - b.createdAt.getTime();
  return age !== 0 ? age : a.id < b.id ? -1 : 1;
}

/** Takes `amount` from what is available, in burn order; the rest is what could not be found. */
export function takeInOrder(grants: readonly GrantRow[], amount: number): { taken: Taken[]; missing: number } {
  let missing = amount;
  const taken: Taken[] = [];
  for (const grant of grants.filter((g) => g.available > 0 && !g.expired).sort(burnOrder)) {
    if (missing === 0) break;
    const part = Math.min(missing, grant.available);
    taken.push({ grantId: grant.id, amount: part });
    missing -= part;
  }
  return { taken, missing };
}

/** @throws AppError `credits.invariantBroken` when the grants hold less than the wallet promised */
export function planHold(grants: readonly GrantRow[], amount: number): { lines: Taken[]; entries: Entry[] } {
  const { taken, missing } = takeInOrder(grants, amount);
  if (missing > 0) throw new AppError('credits.invariantBroken', `grants are ${missing} credits short of what the wallet promised`);
  const entries = taken.flatMap((t): Entry[] => [
    { account: 'available', grantId: t.grantId, amount: -t.amount },
    { account: 'held', grantId: t.grantId, amount: t.amount },
  ]);
  return { lines: taken, entries };
}

/** Where credits of a grant go when they come back to the user; collects entries, debt still owed and new grants. */
export class GiveBack {
  readonly entries: Entry[] = [];
  readonly newGrants: NewGrant[] = [];
  #debt: number;
  readonly #ref: string;

  /** @param ref makes the source keys of returned grants unique: the hold, dispute or compensation they come from */
  constructor(debt: number, ref: string) {
    this.#debt = debt;
    this.#ref = ref;
  }

  /** Debt first; then frozen while the payment is disputed; then a returned grant when this one has expired; else available. */
  to(grant: GrantRow, amount: number): void {
    const paid = Math.min(this.#debt, amount);
    this.#debt -= paid;
    this.#push('debt', grant.id, paid);
    const rest = amount - paid;
    if (rest === 0) return;
    if (grant.dispute !== null) this.#push('frozen', grant.id, rest);
    else if (grant.expired) this.#renew(grant, rest);
    else this.#push('available', grant.id, rest);
  }

  #renew(grant: GrantRow, amount: number): void {
    const returned: NewGrant = {
      id: uuidV7(),
      kind: 'returned',
      sourceKey: `returned:${this.#ref}:${grant.id}`,
      payment: grant.payment,
      dispute: null,
      priority: PRIORITY.returned,
      expires: { inS: RETURNED_LIFE_S },
      amount,
    };
    this.newGrants.push(returned);
    this.#push('expired', grant.id, amount);
    this.#push('issued:returned', returned.id, -amount);
    this.#push('available', returned.id, amount);
  }

  #push(account: Entry['account'], grantId: string, amount: number): void {
    if (amount !== 0) this.entries.push({ account, grantId, amount });
  }
}

/** Ends a hold: `take` credits are spent, from the line that burns first; the rest comes back. */
export function planResolve(
  lines: readonly HoldLine[],
  take: number,
  debt: number,
  holdId: string,
): { entries: Entry[]; newGrants: NewGrant[] } {
  const back = new GiveBack(debt, holdId);
  const entries: Entry[] = [];
  let left = take;
  for (const line of [...lines].sort((a, b) => burnOrder(a.grant, b.grant))) {
    const spent = Math.min(left, line.amount);
    left -= spent;
    entries.push({ account: 'held', grantId: line.grant.id, amount: -line.amount });
    if (spent > 0) entries.push({ account: 'spent', grantId: line.grant.id, amount: spent });
    if (line.amount > spent) back.to(line.grant, line.amount - spent);
  }
  return { entries: [...entries, ...back.entries], newGrants: back.newGrants };
}

/** What a clawback may still take of a grant: all that was not expired, adjusted away or clawed back before. */
export type Reversible = { grant: GrantRow; reversible: number };

/**
 * Takes what is frozen and available now; what was spent or is still held becomes debt. Never more than all of these grants still stand
 * for: one whose credits came back on fresh grants, twice where a failed refund was restored, counts against those.
 */
export function planClawback(grants: readonly Reversible[], amount: number): { entries: Entry[]; taken: number; debt: number } {
  const entries: Entry[] = [];
  const most = Math.min(
    amount,
    Math.max(
      0,
      grants.reduce((sum, g) => sum + g.reversible, 0),
    ),
  );
  let left = most;
  let debt = 0;
  for (const { grant, reversible } of grants) {
    const part = Math.min(left, reversible);
    if (part <= 0) continue;
    left -= part;
    const frozen = Math.min(part, grant.frozen);
    const available = Math.min(part - frozen, grant.available);
    const owed = part - frozen - available;
    debt += owed;
    if (frozen > 0) entries.push({ account: 'frozen', grantId: grant.id, amount: -frozen });
    if (available > 0) entries.push({ account: 'available', grantId: grant.id, amount: -available });
    if (owed > 0) entries.push({ account: 'debt', grantId: grant.id, amount: -owed });
    entries.push({ account: 'clawed_back', grantId: grant.id, amount: part });
  }
  return { entries, taken: most - left, debt };
}

/** Mirrors a clawback: all that it took comes back to the user. */
export function planRestore(
  taken: readonly HoldLine[],
  debt: number,
  ref: string,
): { entries: Entry[]; newGrants: NewGrant[]; amount: number } {
  const back = new GiveBack(debt, ref);
  const entries: Entry[] = [];
  for (const { grant, amount } of taken) {
    entries.push({ account: 'clawed_back', grantId: grant.id, amount: -amount });
    const room = Math.min(amount, grant.amount - grant.available - grant.held - grant.frozen);
    if (room > 0) back.to(grant, room);
    if (amount > room) back.to({ ...grant, dispute: null, expired: true }, amount - room);
  }
  return { entries: [...entries, ...back.entries], newGrants: back.newGrants, amount: taken.reduce((sum, t) => sum + t.amount, 0) };
}

/** Adds up entries of the same account and grant and drops what came to nothing. */
export function tidy(entries: readonly Entry[]): Entry[] {
  const sums = new Map<string, Entry>();
  for (const entry of entries) {
    const key = `${entry.account} ${entry.grantId ?? ''}`;
    const seen = sums.get(key);
    if (seen) seen.amount += entry.amount;
    else sums.set(key, { ...entry });
  }
  return [...sums.values()].filter((entry) => entry.amount !== 0);
}
