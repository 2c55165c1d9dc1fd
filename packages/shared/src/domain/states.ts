import { z } from 'zod';

/**
 * State machines, written once. A terminal state has no moves: it never reopens; a retry is a new attempt.
 */
type Moves<S extends string> = Readonly<Record<S, readonly S[]>>;

export const ItemState = z.enum(['queued', 'running', 'done', 'failed', 'canceled', 'skipped']);
export type ItemState = z.infer<typeof ItemState>;
/** `failed → queued` is the user's retry, which starts a new attempt with the same paid keys. */
export const ITEM_MOVES: Moves<ItemState> = {
  queued: ['running', 'canceled', 'skipped'],
  running: ['queued', 'done', 'failed', 'canceled', 'skipped'],
  done: [],
  failed: ['queued'],
  canceled: ['queued'],
  skipped: ['queued'],
};

export const BatchState = z.enum(['running', 'paused', 'interrupted', 'finished', 'canceled']);
export type BatchState = z.infer<typeof BatchState>;
/** `interrupted` is what a crash or quit leaves: the next start offers to go on. */
export const BATCH_MOVES: Moves<BatchState> = {
  running: ['paused', 'interrupted', 'finished', 'canceled'],
  paused: ['running', 'interrupted', 'canceled'],
  interrupted: ['running', 'canceled'],
  finished: ['running'],
  canceled: [],
};

export const GenerationState = z.enum([
  'queued',
  'submitting',
  'submitted',
  'running',
  'unknown',
  'storing',
  'succeeded',
  'failed',
  'canceled',
]);
export type GenerationState = z.infer<typeof GenerationState>;
export const GENERATION_MOVES: Moves<GenerationState> = {
  queued: ['submitting', 'failed', 'canceled'],
  submitting: ['queued', 'submitted', 'unknown', 'storing', 'failed', 'canceled'],
  submitted: ['running', 'storing', 'failed', 'canceled'],
  running: ['storing', 'failed', 'canceled'],
  unknown: ['queued', 'submitted', 'storing', 'failed'],
  storing: ['succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
};

/** True when the table allows the move. */
export function canMove<S extends string>(moves: Moves<S>, from: S, to: S): boolean {
  return moves[from].includes(to);
}

/** True when no further move exists for a generation. */
export function isGenerationOver(state: GenerationState): boolean {
  return GENERATION_MOVES[state].length === 0;
}
