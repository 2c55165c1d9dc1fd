import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** How the stand-in misbehaves when told to through `POST /__control`. Counted faults end by themselves. */
export const Controls = z.strictObject({
  /** Milliseconds before the answer to every paid call. */
  delayMs: z.int().min(0).max(600_000).default(0),
  /** Answers so many paid calls with this status before they are accepted. */
  fail: z.strictObject({ times: z.int().min(0), status: z.int().min(400).max(599) }).default({ times: 0, status: 500 }),
  rateLimit: z.strictObject({ times: z.int().min(0), retryAfterS: z.number().min(0) }).default({ times: 0, retryAfterS: 1 }),
  /** Refuses so many calls as unsafe. */
  moderation: z.int().min(0).default(0),
  /** Accepts so many calls (they are paid) and never answers. */
  hang: z.int().min(0).default(0),
  /** Accepts so many calls (they are paid) and drops the connection. */
  acceptThenDrop: z.int().min(0).default(0),
  /** Answers so many accepted calls with half a JSON text. */
  brokenJson: z.int().min(0).default(0),
  /** Answers so many accepted calls with text instead of a picture. */
  wrongType: z.int().min(0).default(0),
  /** Delivers so many pictures fewer than asked, in every answer. */
  missing: z.int().min(0).default(0),
  /** Milliseconds between the words of a text. */
  wordMs: z.int().min(0).max(60_000).default(2),
  /** ISO dates by model name: from that day on the model is gone. */
  gone: z.record(z.string(), z.iso.date()).default({}),
});
export type Controls = z.infer<typeof Controls>;

export type JournalEntry = {
  at: string;
  requestId: string;
  path: string;
  model: string;
  prompt: string;
  n: number;
  sources: number;
  /** What came, with long texts and files given by their length. */
  body?: unknown;
};

/** What the stand-in remembers. On disk too: a restart of the backend, or of the stand-in, forgets no paid call. */
export type SandboxState = {
  controls(): Controls;
  /** Replaces the controls; what is left out goes back to normal. */
  setControls(next: Controls): void;
  /** Uses up one of a counted fault; false when none is left. */
  use(fault: 'moderation' | 'hang' | 'acceptThenDrop' | 'brokenJson' | 'wrongType' | 'fail' | 'rateLimit'): boolean;
  record(entry: JournalEntry): void;
  journal(): JournalEntry[];
  /** Counts a paid call that is being answered; the answer ends it. */
  begin(): () => void;
  /** The most that were ever answered at once. */
  peak(): number;
};

/** @param folder where `controls.json` and `journal.ndjson` live; made when missing */
export function openState(folder: string): SandboxState {
  mkdirSync(folder, { recursive: true });
  const controlsFile = path.join(folder, 'controls.json');
  const journalFile = path.join(folder, 'journal.ndjson');
  let controls = Controls.parse(JSON.parse(readOr(controlsFile, '{}')));
  const journal = readOr(journalFile, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalEntry);

  let busy = 0;
  let peak = 0;
  const save = (): void => {
    const aside = `${controlsFile}.new`;
    writeFileSync(aside, JSON.stringify(controls));
    renameSync(aside, controlsFile);
  };

  return {
    controls: () => controls,
    setControls(next) {
      controls = next;
      save();
    },
    use(fault) {
      const left = fault === 'fail' || fault === 'rateLimit' ? controls[fault].times : controls[fault];
      if (left <= 0) return false;
      if (fault === 'fail') controls.fail.times -= 1;
      else if (fault === 'rateLimit') controls.rateLimit.times -= 1;
      else controls[fault] -= 1;
      save();
      return true;
    },
    record(entry) {
      journal.push(entry);
      // Written before the answer goes out: an accepted call is on record whatever happens next.
      appendFileSync(journalFile, `${JSON.stringify(entry)}\n`);
    },
    journal: () => [...journal],
    begin() {
      busy += 1;
      peak = Math.max(peak, busy);
      return () => {
        busy -= 1;
      };
    },
    peak: () => peak,
  };
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
