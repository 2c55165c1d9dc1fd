import type { BatchId, BatchState, ConflictRule, ItemState } from '@pingplex/shared/domain';
import { ItemState as ItemStates, Step } from '@pingplex/shared/domain';
import { z } from 'zod';
import type { BatchRow } from './rows.ts';
import type { Sql } from './sql.ts';

type Raw = {
  id: string;
  name: string;
  state: string;
  steps: string;
  folder: string;
  template: string;
  conflict: string;
  keep_tree: number;
  rights_confirmed_at: number | null;
  work_ms: number;
  created_at: number;
  finished_at: number | null;
  rights_version: number | null;
};

const Steps = z.array(Step);

function toRow(raw: Raw): BatchRow {
  return {
    id: raw.id as BatchId,
    name: raw.name,
    state: raw.state as BatchState,
    steps: Steps.parse(JSON.parse(raw.steps)),
    folder: raw.folder,
    template: raw.template,
    conflict: raw.conflict as ConflictRule,
    keepTree: raw.keep_tree === 1,
    rightsConfirmedAt: raw.rights_confirmed_at,
    rightsVersion: raw.rights_version,
    workMs: raw.work_ms,
    createdAt: raw.created_at,
    finishedAt: raw.finished_at,
  };
}

export type ItemCounts = Record<ItemState, number>;
const noItems = (): ItemCounts => Object.fromEntries(ItemStates.options.map((state) => [state, 0])) as ItemCounts;

export type BatchesRepository = ReturnType<typeof batchesRepository>;

/** Batches and their figures. */
export function batchesRepository(sql: Sql) {
  return {
    insert(row: BatchRow): void {
      sql.run('INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        row.id,
        row.name,
        row.state,
        JSON.stringify(row.steps),
        row.folder,
        row.template,
        row.conflict,
        row.keepTree ? 1 : 0,
        row.rightsConfirmedAt,
        row.workMs,
        row.createdAt,
        row.finishedAt,
        row.rightsVersion,
      ]);
    },
    get(id: BatchId): BatchRow | undefined {
      const raw = sql.get<Raw>('SELECT * FROM batches WHERE id = ?', [id]);
      return raw && toRow(raw);
    },
    /** Newest first. */
    list(limit = 500): BatchRow[] {
      return sql.all<Raw>('SELECT * FROM batches ORDER BY created_at DESC, rowid DESC LIMIT ?', [limit]).map(toRow);
    },
    inState(state: BatchState): BatchRow[] {
      return sql.all<Raw>('SELECT * FROM batches WHERE state = ? ORDER BY created_at', [state]).map(toRow);
    },
    setState(id: BatchId, state: BatchState, finishedAt: number | null): void {
      sql.run('UPDATE batches SET state = ?, finished_at = ? WHERE id = ?', [state, finishedAt, id]);
    },
    remove(id: BatchId): boolean {
      return sql.run('DELETE FROM batches WHERE id = ?', [id]) > 0;
    },
    counts(id: BatchId): ItemCounts {
      const counts = noItems();
      for (const row of sql.all<{ state: ItemState; n: number }>(
        'SELECT state, count(*) AS n FROM items WHERE batch_id = ? GROUP BY state',
        [id],
      )) {
        counts[row.state] = row.n;
      }
      return counts;
    },
    /** Expected work of the items that are over. */
    finishedWorkMs(id: BatchId): number {
      return (
        sql.get<{ ms: number | null }>("SELECT sum(work_ms) AS ms FROM items WHERE batch_id = ? AND state NOT IN ('queued', 'running')", [
          id,
        ])?.ms ?? 0
      );
    },
    resultCount(id: BatchId): number {
      return sql.get<{ n: number }>("SELECT count(*) AS n FROM results WHERE batch_id = ? AND state = 'committed'", [id])?.n ?? 0;
    },
    creditsSpent(id: BatchId): number {
      return sql.get<{ n: number | null }>('SELECT sum(credits) AS n FROM paid_calls WHERE batch_id = ?', [id])?.n ?? 0;
    },
  };
}
