export type { HistoryRow } from './calls-repository.ts';
export { newBatchId, newItemId, newRecipeId, newResultId } from './ids.ts';
export { ITEM_OVER } from './items-repository.ts';
export { createJournal, type Journal } from './journal.ts';
export type { BatchOutcome, Speed } from './knowledge-repository.ts';
export type { ResultWithSource } from './results-repository.ts';
export type { Ask, AskSource, BatchRow, CallRow, ItemRow, MediaStepFile, ResultRow, StepFile } from './rows.ts';
