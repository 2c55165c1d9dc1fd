import fc from 'fast-check';
import { test } from 'vitest';
import {
  GiveBack,
  type HoldLine,
  planClawback,
  planHold,
  planResolve,
  planRestore,
  takeInOrder,
  tidy,
} from '../../src/modules/credits/plan.ts';
import { type Entry, type GrantRow, type NewGrant, PRIORITY } from '../../src/modules/credits/types.ts';

/** Millions of checks: `expect` would take most of the time. */
function must(isTrue: boolean, rule: string): void {
  if (!isTrue) throw new Error(`broken: ${rule}`);
}

/**
 * The rules of the ledger without a database: what `journal.ts` and its guards do with entries, on one wallet in memory. Fast enough for
 * tens of thousands of histories; the same histories run against PostgreSQL in `ledger.property.test.ts`, fewer of them.
 */
class Memory {
  readonly grants = new Map<string, GrantRow>();
  readonly holds = new Map<number, { lines: { id: string; amount: number }[]; amount: number }>();
  readonly taken = new Map<number, { id: string; amount: number }[]>();
  debt = 0;
  /** What stands as taken back, by payment. */
  readonly clawed = new Map<string, number>();
  /** Sum of each account over all movements. */
  readonly sums = new Map<string, number>();
  #next = 0;

  add(kind: GrantRow['kind'], amount: number, payment: string | null, id = `g${this.grants.size}`): GrantRow {
    const common = { id, kind, payment, dispute: null, priority: PRIORITY[kind], expiresAt: null, createdAt: new Date(this.#next++) };
    const grant: GrantRow = { ...common, amount, available: 0, held: 0, frozen: 0, expired: false };
    this.grants.set(id, grant);
    return grant;
  }

  /** One movement: entries add up to zero, and what they mean for grants and debt keeps every CHECK of the database. */
  post(entries: readonly Entry[], newGrants: readonly NewGrant[] = []): void {
    for (const fresh of newGrants) this.add(fresh.kind, fresh.amount, fresh.payment, fresh.id);
    const tidied = tidy(entries);
    must(tidied.reduce((sum, e) => sum + e.amount, 0) === 0, 'a movement adds up to zero');
    for (const { account, grantId, amount } of tidied) {
      this.sums.set(account, (this.sums.get(account) ?? 0) + amount);
      if (account === 'debt') this.debt -= amount;
      const grant = grantId === null ? undefined : this.grants.get(grantId);
      if (account === 'clawed_back' && grant?.payment) this.clawed.set(grant.payment, (this.clawed.get(grant.payment) ?? 0) + amount);
      if (grant && (account === 'available' || account === 'held' || account === 'frozen')) grant[account] += amount;
    }
    must(this.debt >= 0, 'debt is never negative');
    for (const g of this.grants.values()) {
      must(Math.min(g.available, g.held, g.frozen) >= 0, 'no column of a grant is negative');
      must(g.available + g.held + g.frozen <= g.amount, 'a grant never holds more than it gave');
      must(g.dispute !== null || g.frozen === 0, 'frozen only under dispute');
    }
  }

  get available(): number {
    return [...this.grants.values()].reduce((sum, g) => sum + g.available, 0);
  }
}

const name = fc.integer({ min: 0, max: 3 });
const amount = fc.integer({ min: 1, max: 60 });
const step = fc.oneof(
  fc.record({ op: fc.constant('grant' as const), name, amount, pack: fc.boolean() }),
  fc.record({ op: fc.constant('hold' as const), name, amount }),
  fc.record({ op: fc.constant('resolve' as const), name, share: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ op: fc.constant('expire' as const), name }),
  fc.record({ op: fc.constant('freeze' as const), name }),
  fc.record({ op: fc.constant('unfreeze' as const), name }),
  fc.record({ op: fc.constant('clawback' as const), name, amount, ends: fc.boolean() }),
  fc.record({ op: fc.constant('restore' as const), name }),
  fc.record({ op: fc.constant('adjust' as const), amount }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const payment = (n: number): string => `p${n}`;
const paidBy = (m: Memory, n: number): GrantRow[] => [...m.grants.values()].filter((g) => g.payment === payment(n));

function play(m: Memory, s: Step, gone: Map<string, number>): void {
  const count = (entries: readonly Entry[]): void => {
    for (const e of entries) {
      if (e.grantId !== null && ['expired', 'adjusted', 'clawed_back'].includes(e.account))
        gone.set(e.grantId, (gone.get(e.grantId) ?? 0) + e.amount);
    }
  };
  const post = (entries: readonly Entry[], newGrants: readonly NewGrant[] = []): void => {
    m.post(entries, newGrants);
    count(entries);
  };
  switch (s.op) {
    case 'grant': {
      const grant = m.add(s.pack ? 'pack' : 'promo', s.amount, payment(s.name));
      const paid = Math.min(m.debt, s.amount);
      post([
        { account: `issued:${grant.kind}`, grantId: grant.id, amount: -s.amount },
        { account: 'debt', grantId: grant.id, amount: paid },
        { account: 'available', grantId: grant.id, amount: s.amount - paid },
      ]);
      return;
    }
    case 'hold': {
      if (m.holds.has(s.name) || m.debt > 0 || takeInOrder([...m.grants.values()], s.amount).missing > 0) return;
      const plan = planHold([...m.grants.values()], s.amount);
      m.holds.set(s.name, { amount: s.amount, lines: plan.lines.map((l) => ({ id: l.grantId, amount: l.amount })) });
      post(plan.entries);
      return;
    }
    case 'resolve': {
      const hold = m.holds.get(s.name);
      if (!hold) return;
      m.holds.delete(s.name);
      const lines = linesOf(m, hold.lines);
      const plan = planResolve(lines, Math.floor((hold.amount * s.share) / 100), m.debt, `h${s.name}:${m.grants.size}`);
      post(plan.entries, plan.newGrants);
      return;
    }
    case 'expire': {
      for (const g of paidBy(m, s.name)) {
        if (g.expired || g.dispute !== null) continue;
        g.expired = true;
        post([
          { account: 'available', grantId: g.id, amount: -g.available },
          { account: 'expired', grantId: g.id, amount: g.available },
        ]);
      }
      return;
    }
    case 'freeze': {
      for (const g of paidBy(m, s.name)) {
        if (g.dispute !== null) continue;
        g.dispute = payment(s.name);
        post([
          { account: 'available', grantId: g.id, amount: -g.available },
          { account: 'frozen', grantId: g.id, amount: g.available },
        ]);
      }
      return;
    }
    case 'unfreeze':
      thaw(m, s.name, post);
      return;
    case 'clawback': {
      if (m.taken.has(s.name)) return;
      const reversible = paidBy(m, s.name).map((grant) => ({ grant, reversible: grant.amount - (gone.get(grant.id) ?? 0) }));
      const plan = planClawback(reversible, s.amount);
      must(plan.taken <= s.amount, 'no more is taken back than was asked for');
      m.taken.set(
        s.name,
        plan.entries.flatMap((e) => (e.account === 'clawed_back' && e.grantId !== null ? [{ id: e.grantId, amount: e.amount }] : [])),
      );
      post(plan.entries);
      if (s.ends) thaw(m, s.name, post);
      return;
    }
    case 'restore': {
      const taken = m.taken.get(s.name);
      if (!taken) return;
      m.taken.delete(s.name);
      const worth = m.available + frozenOf(m) - m.debt;
      const plan = planRestore(linesOf(m, taken), m.debt, `r${s.name}:${m.grants.size}`);
      post(plan.entries, plan.newGrants);
      // All that had been taken is the user's again, whatever happened meanwhile.
      must(m.available + frozenOf(m) - m.debt - worth === plan.amount, 'a restore gives all of it back');
      return;
    }
    case 'adjust': {
      const { taken, missing } = takeInOrder([...m.grants.values()], s.amount);
      post([
        ...taken.flatMap((t): Entry[] => [
          { account: 'available', grantId: t.grantId, amount: -t.amount },
          { account: 'adjusted', grantId: t.grantId, amount: t.amount },
        ]),
        ...(missing > 0
          ? ([
              { account: 'debt', grantId: null, amount: -missing },
              { account: 'adjusted', grantId: null, amount: missing },
            ] as const)
          : []),
      ]);
      return;
    }
  }
}

function thaw(m: Memory, n: number, post: (entries: readonly Entry[], newGrants?: readonly NewGrant[]) => void): void {
  const grants = paidBy(m, n).filter((g) => g.dispute !== null);
  for (const g of grants) g.dispute = null;
  const back = new GiveBack(m.debt, `d${n}:${m.grants.size}`);
  const entries: Entry[] = [];
  for (const g of grants.filter((x) => x.frozen > 0)) {
    entries.push({ account: 'frozen', grantId: g.id, amount: -g.frozen });
    back.to(g, g.frozen);
  }
  if (entries.length > 0) post([...entries, ...back.entries], back.newGrants);
}

const frozenOf = (m: Memory): number => [...m.grants.values()].reduce((sum, g) => sum + g.frozen, 0);
const linesOf = (m: Memory, lines: readonly { id: string; amount: number }[]): HoldLine[] =>
  lines.flatMap((l) => {
    const grant = m.grants.get(l.id);
    return grant ? [{ grant, amount: l.amount }] : [];
  });

test('twenty thousand random histories of grants, holds, expiry, disputes, refunds and failed refunds keep every rule', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), (steps) => {
      const m = new Memory();
      const gone = new Map<string, number>();
      for (const s of steps) play(m, s, gone);
      for (const [paid, taken] of m.clawed) {
        const given = [...m.grants.values()]
          .filter((g) => g.payment === paid && g.kind !== 'returned')
          .reduce((sum, g) => sum + g.amount, 0);
        must(taken >= 0 && taken <= given, 'no more of a payment is taken back than it gave');
      }
      const held = [...m.holds.values()].reduce((sum, h) => sum + h.amount, 0);
      must([...m.grants.values()].reduce((sum, g) => sum + g.held, 0) === held, 'what is held is what open holds hold');
      must([...m.sums.values()].reduce((sum, n) => sum + n, 0) === 0, 'everything that was issued is in some other account');
      must((m.sums.get('held') ?? 0) === held && (m.sums.get('debt') ?? 0) + m.debt === 0, 'accounts say what grants and wallet say');
    }),
    { numRuns: 20_000 },
  );
});
