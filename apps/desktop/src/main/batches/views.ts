import { access } from 'node:fs/promises';
import type { BatchView, ItemView, ResultView } from '@pingplex/shared/contracts/ipc';
import type { BatchRow, ItemRow, Journal, ResultWithSource } from '../db/index.ts';
import type { LiveBatch, LiveItem } from './live.ts';

/** So much of a prompt goes with every row of a list. */
const PROMPT_SHOWN = 300;
/** Of a text in the making its end is shown. */
const TEXT_SHOWN = 20_000;

export type ViewOptions = { readonly journal: Journal /** Shortens the home folder to `~`. */; readonly display: (path: string) => string };

export function batchView({ journal, display }: ViewOptions, row: BatchRow, live: LiveBatch | undefined): BatchView {
  const counts = journal.batches.counts(row.id);
  const isOver = row.state === 'finished' || row.state === 'canceled';
  const finished = live?.finishedWorkMs ?? journal.batches.finishedWorkMs(row.id);
  const progress = isOver ? 1 : row.workMs > 0 ? Math.min(1, (finished + (live?.activeWorkMs() ?? 0)) / row.workMs) : 0;
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    counts,
    results: journal.batches.resultCount(row.id),
    progress,
    etaMs: row.state === 'running' ? (live?.etaMs() ?? null) : null,
    creditsSpent: journal.batches.creditsSpent(row.id),
    steps: row.steps,
    outputDisplay: display(row.folder),
    asked: journal.items.isAsked(row.id),
  };
}

export function itemView(row: ItemRow, live: LiveItem | undefined, results: number): ItemView {
  const isOver = row.state === 'done' || row.state === 'failed' || row.state === 'canceled' || row.state === 'skipped';
  return {
    id: row.id,
    batchId: row.batchId,
    fileId: row.fileId,
    name: row.name,
    kind: row.kind,
    format: row.format,
    state: row.state,
    progress: row.state === 'done' ? 1 : isOver ? 0 : (live?.progress ?? 0),
    stage: row.state === 'running' ? (live?.stage ?? null) : null,
    error: row.error,
    attempts: row.attempts,
    results,
    ...(live?.waiting === undefined ? {} : { waiting: live.waiting }),
    ...(live?.text === undefined ? {} : { text: live.text.slice(-TEXT_SHOWN) }),
    ...(row.ask === null ? {} : { prompt: row.ask.prompt.slice(0, PROMPT_SHOWN) }),
  };
}

export function resultView({ display }: Pick<ViewOptions, 'display'>, row: ResultWithSource, isPresent: boolean): ResultView {
  const path = row.path ?? '';
  return {
    id: row.id,
    batchId: row.batchId,
    itemId: row.itemId,
    sourceId: row.sourceId,
    sourceName: row.sourceName,
    name: path.split(/[\\/]/).pop() ?? row.name,
    displayPath: display(path),
    kind: row.kind,
    format: row.format,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    verb: row.verb,
    measurements: row.measurements,
    credits: row.credits,
    createdAt: row.createdAt,
    present: isPresent,
  };
}

const AT_ONCE = 64;

/** Views of results with the answer to "is it still there", asked in small portions. */
export async function presentViews(options: ViewOptions, rows: readonly ResultWithSource[]): Promise<ResultView[]> {
  const views: ResultView[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const portion = rows.slice(from, from + AT_ONCE).map(async (row) => {
      const isPresent = await access(row.path ?? '').then(
        () => true,
        () => false,
      );
      return resultView(options, row, isPresent);
    });
    views.push(...(await Promise.all(portion)));
  }
  return views;
}
