import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/**
 * What a stand-in can be told to do wrong. Before a paid call is accepted: `rateLimit`, `concurrency`, `serverError`, `refuse`.
 * After it: `drop` (the connection), `hang`, `drip` (the answer in crumbs), `broken` (half a JSON text), `lose` (the task is
 * forgotten). Of the task: `refuseLater`, `failLater`, `wrongType`, `short` (a second less than asked), `expire` (the first links
 * have ended; asking anew gives good ones), `expired` (all have), `away` (the first time a result is fetched the store answers 503).
 */
export const FAULTS = [
  'rateLimit',
  'concurrency',
  'serverError',
  'refuse',
  'drop',
  'hang',
  'drip',
  'broken',
  'lose',
  'refuseLater',
  'failLater',
  'wrongType',
  'short',
  'expire',
  'expired',
  'away',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Sent to `POST /__control`; replaces what was ordered before. Counted faults end by themselves. */
export const Controls = z.strictObject({
  /** Each of the next so many paid calls. */
  faults: z.partialRecord(z.enum(FAULTS), z.int().min(0)).default({}),
  /** Of `rateLimit`: the hint in seconds; null sends none. */
  retryAfterS: z.number().min(0).nullable().default(1),
  /** How long a task waits, and how long it is worked on. */
  waitMs: z.int().min(0).max(3_600_000).default(300),
  workMs: z.int().min(0).max(3_600_000).default(700),
  /** Tasks that may be under way at once; one more is refused as the provider refuses it. */
  maxParallel: z.int().min(1).default(50),
});
export type Controls = z.infer<typeof Controls>;

/** One request as it came, with long texts (files in base64) given by their length. */
export type JournalEntry = { at: string; method: string; path: string; body: unknown; status: number; accepted: boolean };

export type KitState = {
  controls(): Controls;
  setControls(next: Controls): void;
  /** True when the prompt orders the fault by `[[name]]`, or one of a counted fault is left; that one is then used up. */
  has(fault: Fault, prompt: string): boolean;
  record(entry: JournalEntry): void;
  journal(): JournalEntry[];
};

/** @param folder where controls and journal live: a restart forgets neither */
export function openKitState(folder: string): KitState {
  mkdirSync(folder, { recursive: true });
  const controlsFile = path.join(folder, 'controls.json');
  const journalFile = path.join(folder, 'journal.ndjson');
  let controls = Controls.parse(JSON.parse(readOr(controlsFile, '{}')));
  const journal = readOr(journalFile, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);
  const save = (): void => {
    writeFileSync(`${controlsFile}.new`, JSON.stringify(controls));
    renameSync(`${controlsFile}.new`, controlsFile);
  };
  return {
    controls: () => controls,
    setControls(next) {
      controls = next;
      save();
    },
    has(fault, prompt) {
      if (prompt.includes(`[[${fault}]]`)) return true;
      const left = controls.faults[fault] ?? 0;
      if (left <= 0) return false;
      controls.faults[fault] = left - 1;
      save();
      return true;
    },
    record(entry) {
      journal.push(entry);
      appendFileSync(journalFile, `${JSON.stringify(entry)}\n`);
    },
    journal: () => [...journal],
  };
}

/** What goes wrong with the task itself; used up when it is asked for. */
export function taskFault(state: KitState, prompt: string) {
  return (
    (['refuseLater', 'failLater', 'wrongType', 'expire', 'expired', 'away'] as const).find((fault) => state.has(fault, prompt)) ?? null
  );
}

/** What goes wrong with an answer on its way. */
export function travelFault(state: KitState, prompt: string) {
  const fault = (['drop', 'hang', 'drip', 'broken'] as const).find((name) => state.has(name, prompt));
  return fault ? { fault } : {};
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

/** The same value with texts over 200 characters given by their length. */
export function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > 200 ? `<${value.length} characters>` : value;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shortened(part)]));
}
