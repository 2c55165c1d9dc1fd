import type { BatchId, ItemId, ItemState, MediaFileId, MediaFormat, MediaKind } from '@pingplex/shared/domain';
import { AppErrorData } from '@pingplex/shared/errors';
import type { Ask, ItemRow, StepFile } from './rows.ts';
import type { Sql } from './sql.ts';

type Raw = {
  id: string;
  batch_id: string;
  position: number;
  file_id: string | null;
  path: string;
  name: string;
  subfolder: string;
  kind: string;
  format: string;
  size_bytes: number;
  modified_at_ms: number;
  duration_ms: number | null;
  megapixels: number | null;
  work_ms: number;
  state: string;
  error: string | null;
  attempts: number;
  ask: string | null;
};

function toRow(raw: Raw): ItemRow {
  return {
    id: raw.id as ItemId,
    batchId: raw.batch_id as BatchId,
    position: raw.position,
    fileId: raw.file_id as MediaFileId | null,
    path: raw.path,
    name: raw.name,
    subfolder: raw.subfolder,
    kind: raw.kind as MediaKind,
    format: raw.format as MediaFormat,
    sizeBytes: raw.size_bytes,
    modifiedAtMs: raw.modified_at_ms,
    durationMs: raw.duration_ms,
    megapixels: raw.megapixels,
    workMs: raw.work_ms,
    state: raw.state as ItemState,
    error: raw.error === null ? null : AppErrorData.parse(JSON.parse(raw.error)),
    attempts: raw.attempts,
    // Our own writing, so its JSON is trusted.
    ask: raw.ask === null ? null : (JSON.parse(raw.ask) as Ask),
  };
}

/** States that an item doesn't leave by itself. */
export const ITEM_OVER: readonly ItemState[] = ['done', 'failed', 'canceled', 'skipped'];

/** Rows of one statement: a call for every single row would hold main up when ten thousand are written. */
const ROWS_AT_ONCE = 50;
const INSERT = `INSERT INTO items (id, batch_id, position, file_id, path, name, subfolder, kind, format, size_bytes, modified_at_ms, duration_ms,
  megapixels, work_ms, state, error, attempts, ask) VALUES`;
const VALUES = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

const columnsOf = (row: ItemRow): (string | number | null)[] => [
  row.id,
  row.batchId,
  row.position,
  row.fileId,
  row.path,
  row.name,
  row.subfolder,
  row.kind,
  row.format,
  row.sizeBytes,
  row.modifiedAtMs,
  row.durationMs,
  row.megapixels,
  row.workMs,
  row.state,
  row.error === null ? null : JSON.stringify(row.error),
  row.attempts,
  row.ask === null ? null : JSON.stringify(row.ask),
];

export type ItemsRepository = ReturnType<typeof itemsRepository>;

/** Items, and the finished steps of unfinished ones. */
export function itemsRepository(sql: Sql) {
  return {
    insertAll(rows: readonly ItemRow[]): void {
      sql.transaction(() => {
        for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
          const portion = rows.slice(from, from + ROWS_AT_ONCE);
          sql.run(`${INSERT} ${portion.map(() => VALUES).join(', ')}`, portion.flatMap(columnsOf));
        }
      });
    },
    get(id: ItemId): ItemRow | undefined {
      const raw = sql.get<Raw>('SELECT * FROM items WHERE id = ?', [id]);
      return raw && toRow(raw);
    },
    ofBatch(batchId: BatchId): ItemRow[] {
      return sql.all<Raw>('SELECT * FROM items WHERE batch_id = ? ORDER BY position', [batchId]).map(toRow);
    },
    /** Paths of sources that are called so, whatever the case of their letters. */
    sourcesNamed(batchId: BatchId, path: string): string[] {
      return sql
        .all<{ path: string }>('SELECT DISTINCT path FROM items WHERE batch_id = ? AND lower(path) = lower(?)', [batchId, path])
        .map((row) => row.path);
    },
    idsInState(batchId: BatchId, state: ItemState): ItemId[] {
      return sql
        .all<{ id: string }>('SELECT id FROM items WHERE batch_id = ? AND state = ? ORDER BY position', [batchId, state])
        .map((row) => row.id as ItemId);
    },
    /** True when the items of a batch were asked for one by one, on the Create screen. */
    isAsked(batchId: BatchId): boolean {
      return sql.get<{ asked: number }>('SELECT ask IS NOT NULL AS asked FROM items WHERE batch_id = ? LIMIT 1', [batchId])?.asked === 1;
    },
    /** Paths of pictures made here that an item still names. */
    askedPaths(): string[] {
      return sql
        .all<{ path: string }>(
          "SELECT DISTINCT json_extract(s.value, '$.path') AS path FROM items, json_each(ask, '$.sources') s WHERE ask IS NOT NULL",
        )
        .map((row) => row.path);
    },
    /** Items that may have left something on the disk. */
    dirty(): ItemRow[] {
      return sql.all<Raw>('SELECT * FROM items WHERE dirty = 1').map(toRow);
    },
    startAttempt(id: ItemId): void {
      sql.run("UPDATE items SET state = 'running', error = NULL, attempts = attempts + 1, dirty = 1, finished_at = NULL WHERE id = ?", [
        id,
      ]);
    },
    setState(id: ItemId, state: ItemState, error: AppErrorData | null, at: number): void {
      sql.run('UPDATE items SET state = ?, error = ?, finished_at = ? WHERE id = ?', [
        state,
        error === null ? null : JSON.stringify(error),
        ITEM_OVER.includes(state) ? at : null,
        id,
      ]);
    },
    setAll(batchId: BatchId, from: readonly ItemState[], to: ItemState, at: number): number {
      return sql.run(
        `UPDATE items SET state = ?, error = NULL, finished_at = ? WHERE batch_id = ? AND state IN (SELECT value FROM json_each(?))`,
        [to, ITEM_OVER.includes(to) ? at : null, batchId, JSON.stringify(from)],
      );
    },
    /** Puts items into another batch, waiting again. */
    moveTo(ids: readonly ItemId[], batchId: BatchId): void {
      sql.run(
        "UPDATE items SET batch_id = ?, state = 'queued', error = NULL, finished_at = NULL WHERE id IN (SELECT value FROM json_each(?))",
        [batchId, JSON.stringify(ids)],
      );
      sql.run('UPDATE results SET batch_id = ? WHERE item_id IN (SELECT value FROM json_each(?))', [batchId, JSON.stringify(ids)]);
    },
    setClean(id: ItemId): void {
      sql.run('UPDATE items SET dirty = 0 WHERE id = ?', [id]);
    },

    saveStep(id: ItemId, step: number, files: readonly StepFile[]): void {
      sql.run('INSERT INTO step_runs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET files = excluded.files', [id, step, JSON.stringify(files)]);
    },
    /** Finished steps in order. The rows are our own writing, so their JSON is trusted. */
    steps(id: ItemId): { readonly step: number; readonly files: readonly StepFile[] }[] {
      return sql
        .all<{ step: number; files: string }>('SELECT step, files FROM step_runs WHERE item_id = ? ORDER BY step', [id])
        .map((row) => ({ step: row.step, files: JSON.parse(row.files) as StepFile[] }));
    },
    forgetSteps(id: ItemId, fromStep = 0): void {
      sql.run('DELETE FROM step_runs WHERE item_id = ? AND step >= ?', [id, fromStep]);
    },
  };
}
