import type { WaveformOutcome } from '@pingplex/shared/contracts/engine';
import type { BatchView, Estimate, IpcParsed, ItemView, PreviewView, ResultView } from '@pingplex/shared/contracts/ipc';
import type { BatchId, ItemId, Recipe, RecipeId, ResultId } from '@pingplex/shared/domain';
import type { IpcHandlers } from './router.ts';

type BatchRoutes = Pick<IpcHandlers, Extract<keyof IpcHandlers, `recipes.${string}` | `batches.${string}` | `results.${string}`>>;

/** What the batch handlers need: the batch service, and the system's file manager. */
export type BatchPorts = {
  readonly batches: {
    recipes(): Recipe[];
    saveRecipe(input: IpcParsed<'recipes.save'>): Recipe;
    removeRecipe(id: RecipeId): boolean;
    estimate(input: IpcParsed<'batches.estimate'>): Promise<Estimate>;
    start(input: IpcParsed<'batches.start'>): Promise<BatchId>;
    list(): { rev: number; batches: BatchView[] };
    items(batchId: BatchId): ItemView[];
    results(filter: IpcParsed<'batches.results'>): Promise<ResultView[]>;
    cancel(batchId: BatchId, itemId?: ItemId): number;
    pause(batchId: BatchId): void;
    resume(batchId: BatchId): void;
    retry(batchId: BatchId, itemId?: ItemId): number;
    remove(batchId: BatchId): Promise<boolean>;
  };
  /** Where the report was saved, as shown to the user; null when they chose no place. */
  readonly saveReport: (id: BatchId) => Promise<string | null>;
  readonly revealResult: (id: ResultId) => boolean;
  readonly previewResult: (id: ResultId, standIn: boolean) => Promise<PreviewView>;
  readonly textOfResult: (id: ResultId) => Promise<{ text: string; isWhole: boolean }>;
  readonly waveformOfResult: (id: ResultId, peaks: number, loudness: boolean) => Promise<WaveformOutcome>;
};

export function batchHandlers({
  batches,
  saveReport,
  revealResult,
  previewResult,
  textOfResult,
  waveformOfResult,
}: BatchPorts): BatchRoutes {
  return {
    'recipes.list': () => ({ recipes: batches.recipes() }),
    'recipes.save': (input) => batches.saveRecipe(input),
    'recipes.remove': ({ id }) => ({ removed: batches.removeRecipe(id) }),
    'batches.estimate': (input) => batches.estimate(input),
    'batches.start': async (input) => ({ batchId: await batches.start(input) }),
    'batches.list': () => batches.list(),
    'batches.items': ({ batchId }) => ({ items: batches.items(batchId) }),
    'batches.results': async (filter) => ({ results: await batches.results(filter) }),
    'batches.cancel': ({ batchId, itemId }) => ({ canceled: batches.cancel(batchId, itemId) }),
    'batches.pause': ({ batchId }) => {
      batches.pause(batchId);
      return { done: true };
    },
    'batches.resume': ({ batchId }) => {
      batches.resume(batchId);
      return { done: true };
    },
    'batches.retry': ({ batchId, itemId }) => ({ queued: batches.retry(batchId, itemId) }),
    'batches.remove': async ({ batchId }) => ({ removed: await batches.remove(batchId) }),
    'batches.saveReport': async ({ batchId }) => ({ savedTo: await saveReport(batchId) }),
    'results.reveal': ({ id }) => ({ shown: revealResult(id) }),
    'results.preview': ({ id, standIn }) => previewResult(id, standIn),
    'results.text': ({ id }) => textOfResult(id),
    'results.waveform': ({ id, peaks, loudness }) => waveformOfResult(id, peaks, loudness),
  };
}
