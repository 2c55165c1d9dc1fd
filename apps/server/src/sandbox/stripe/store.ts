import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type {
  Customer,
  Dispute,
  Endpoint,
  Intent,
  Invoice,
  InvoicePayment,
  Price,
  Refund,
  Schedule,
  Session,
  StripeEvent,
  Subscription,
} from './types.ts';

type Tables = {
  customer: Customer;
  price: Price;
  session: Session;
  subscription: Subscription;
  schedule: Schedule;
  invoice: Invoice;
  invoicePayment: InvoicePayment;
  intent: Intent;
  refund: Refund;
  dispute: Dispute;
  event: StripeEvent;
  endpoint: Endpoint;
};
const NAMES = [
  'customer',
  'price',
  'session',
  'subscription',
  'schedule',
  'invoice',
  'invoicePayment',
  'intent',
  'refund',
  'dispute',
  'event',
  'endpoint',
] as const;

export type JournalEntry = {
  at: string;
  method: string;
  path: string;
  key: string | null;
  params: unknown;
  status: number;
  replayed: boolean;
};

/** Everything that the stand-in knows. One thread changes it, a call at a time; a snapshot on disk survives a restart. */
export type Store = { readonly [Name in keyof Tables]: Map<string, Tables[Name]> } & {
  /** Unix seconds of the virtual clock. */
  now(): number;
  moveClock(to: number): void;
  /** A new id, `cs_test_…`. */
  id(prefix: string): string;
  answers: Map<string, { hash: string; status: number; body: string }>;
  journal: JournalEntry[];
  undelivered: Set<string>;
  /** Soon: many changes are one writing. */
  save(): void;
  /** Now. */
  flush(): void;
};

const SAVE_EVERY_MS = 200;

/** @param folder where the snapshot lives */
export function openStore(folder: string): Store {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'state.json');
  const kept = readSnapshot(file);
  let offset = typeof kept['offset'] === 'number' ? kept['offset'] : 0;
  let last = 0;
  let timer: NodeJS.Timeout | undefined;
  const tables = Object.fromEntries(NAMES.map((name) => [name, new Map(kept[name] as [string, never][] | undefined)])) as unknown as {
    [Name in keyof Tables]: Map<string, Tables[Name]>;
  };
  const answers = new Map(kept['answers'] as [string, never][] | undefined);
  const undelivered = new Set(kept['undelivered'] as string[] | undefined);
  return {
    ...tables,
    answers,
    undelivered,
    journal: [],
    now: () => Math.floor(Date.now() / 1000) + offset,
    moveClock(to) {
      offset = Math.max(offset, to - Math.floor(Date.now() / 1000));
    },
    id(prefix) {
      // Ids sort by the order in which they were made, so that lists have one.
      last = Math.max(last + 1, Date.now() * 1000);
      return `${prefix}_${last.toString(36)}${randomBytes(6).toString('hex')}`;
    },
    save() {
      timer ??= setTimeout(() => this.flush(), SAVE_EVERY_MS).unref();
    },
    flush() {
      clearTimeout(timer);
      timer = undefined;
      const all = Object.fromEntries(NAMES.map((name) => [name, [...tables[name]]]));
      writeFileSync(`${file}.new`, JSON.stringify({ ...all, answers: [...answers], undelivered: [...undelivered], offset }));
      renameSync(`${file}.new`, file);
    },
  };
}

function readSnapshot(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
