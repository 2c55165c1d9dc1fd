import { type ItemRow, newItemId } from '../db/index.ts';
import { megapixelsOf, type PlanResult } from './estimate.ts';

/** What the journal keeps of a planned item before anything is done to it. */
export function queuedRow(
  { source, subfolder, workMs }: PlanResult['items'][number],
  place: Pick<ItemRow, 'batchId' | 'position' | 'fileId' | 'ask'>,
): ItemRow {
  return {
    id: newItemId(),
    ...place,
    path: source.path,
    name: source.name,
    subfolder,
    kind: source.kind,
    format: source.format,
    sizeBytes: source.sizeBytes,
    modifiedAtMs: source.modifiedAtMs,
    durationMs: source.summary?.durationMs ?? null,
    megapixels: megapixelsOf(source),
    workMs,
    state: 'queued',
    error: null,
    attempts: 0,
  };
}
