import type { Db } from '../../db/client.ts';
import type { Provider } from '../../providers/port.ts';
import type { Queue } from '../../queue/queue.ts';
import type { ObjectStorage } from '../../storage/storage.ts';
import type { Catalogue } from '../catalogue/service.ts';

export type GenerationSettings = {
  /** How long a worker owns a generation without a sign of life; it signs three times in this time. */
  leaseS: number;
  /** A submit whose answer is lost is given up after this; the user gets the credits back. */
  unknownGraceS: number;
  /** From being claimed to the end, whatever happens. */
  deadlineS: number;
  /** From being accepted as a task to the end: what providers take for a film at their worst, with a margin. */
  taskDeadlineS: number;
  /** Tasks that the provider may run for us at once. */
  slots: number;
  /** How long results can be fetched. */
  resultDays: number;
};

export const DEFAULT_SETTINGS: GenerationSettings = {
  leaseS: 45,
  unknownGraceS: 60,
  deadlineS: 900,
  taskDeadlineS: 3600,
  slots: 6,
  resultDays: 90,
};

/** Structured log lines; never a prompt, a name or a token. */
export type Log = {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
};

export type Deps = {
  db: Db;
  queue: Queue;
  storage: ObjectStorage;
  catalogue: Catalogue;
  providers: Readonly<Record<string, Provider>>;
  settings: GenerationSettings;
  log: Log;
};

/** Queues of this module. */
export const QUEUES = {
  pump: 'generations.pump',
  pumpLater: 'generations.pumpLater',
  submit: 'generations.submit',
  poll: 'generations.poll',
  store: 'generations.store',
} as const;

/** Somebody else has moved the generation on meanwhile: roll back and leave it alone. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/** Runs work that may turn out to be late; false when it was. */
export async function unlessSuperseded(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof Superseded) return false;
    throw error;
  }
}
