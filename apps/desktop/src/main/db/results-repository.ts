import type { ResultKind } from '@pingplex/shared/contracts/http';
import type { Measurements } from '@pingplex/shared/contracts/ipc';
import type { BatchId, ItemId, MediaFileId, ResultFormat, ResultId, StepVerb } from '@pingplex/shared/domain';
import type { ResultRow, ResultState } from './rows.ts';
import type { Sql } from './sql.ts';

type Raw = {
  id: string;
  item_id: string;
  batch_id: string;
  step: number;
  n: number;
  state: string;
  temp_path: string;
  dir: string;
  name: string;
  path: string | null;
  kind: string;
  format: string;
  size_bytes: number;
  sha256: string;
  verb: string;
  measurements: string;
  credits: number;
  created_at: number;
};

function toRow(raw: Raw): ResultRow {
  return {
    id: raw.id as ResultId,
    itemId: raw.item_id as ItemId,
    batchId: raw.batch_id as BatchId,
    step: raw.step,
    n: raw.n,
    state: raw.state as ResultState,
    tempPath: raw.temp_path,
    dir: raw.dir,
    name: raw.name,
    path: raw.path,
    kind: raw.kind as ResultKind,
    format: raw.format as ResultFormat,
    sizeBytes: raw.size_bytes,
    sha256: raw.sha256,
    verb: raw.verb as StepVerb,
    measurements: JSON.parse(raw.measurements) as Measurements,
    credits: raw.credits,
    createdAt: raw.created_at,
  };
}

/** A result together with the source it came from. */
export type ResultWithSource = ResultRow & {
  readonly sourceName: string;
  readonly sourceId: MediaFileId | null;
  readonly sourcePath: string;
};

export type ResultsRepository = ReturnType<typeof resultsRepository>;

/** Results from the moment their bytes are sealed. */
export function resultsRepository(sql: Sql) {
  return {
    insert(row: ResultRow): void {
      sql.run('INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        row.id,
        row.itemId,
        row.batchId,
        row.step,
        row.n,
        row.state,
        row.tempPath,
        row.dir,
        row.name,
        row.path,
        row.kind,
        row.format,
        row.sizeBytes,
        row.sha256,
        row.verb,
        JSON.stringify(row.measurements),
        row.credits,
        row.createdAt,
      ]);
    },
    ofItem(itemId: ItemId): ResultRow[] {
      return sql.all<Raw>('SELECT * FROM results WHERE item_id = ? ORDER BY n', [itemId]).map(toRow);
    },
    setCommitted(id: ResultId, path: string): void {
      sql.run("UPDATE results SET state = 'committed', path = ? WHERE id = ?", [path, id]);
    },
    setSkipped(id: ResultId): void {
      sql.run("UPDATE results SET state = 'skipped' WHERE id = ?", [id]);
    },
    /** Forgets results that never got their name. */
    dropUncommitted(itemId: ItemId, fromStep = 0): void {
      sql.run("DELETE FROM results WHERE item_id = ? AND step >= ? AND state <> 'committed'", [itemId, fromStep]);
    },
    countOfItem(itemId: ItemId): number {
      return sql.get<{ n: number }>("SELECT count(*) AS n FROM results WHERE item_id = ? AND state = 'committed'", [itemId])?.n ?? 0;
    },
    countsByItem(batchId: BatchId): Map<ItemId, number> {
      const rows = sql.all<{ item_id: string; n: number }>(
        "SELECT item_id, count(*) AS n FROM results WHERE batch_id = ? AND state = 'committed' GROUP BY item_id",
        [batchId],
      );
      return new Map(rows.map((row) => [row.item_id as ItemId, row.n]));
    },
    get(id: ResultId): ResultWithSource | undefined {
      return select('WHERE r.id = ?', [id])[0];
    },
    /** Finished results, newest batch first, in the order of their items. */
    list(filter: { batchId?: BatchId; sourceId?: MediaFileId; itemId?: ItemId; limit: number }): ResultWithSource[] {
      const where = ["WHERE r.state = 'committed'"];
      const params: (string | number)[] = [];
      if (filter.batchId !== undefined) {
        where.push('r.batch_id = ?');
        params.push(filter.batchId);
      }
      if (filter.itemId !== undefined) {
        where.push('r.item_id = ?');
        params.push(filter.itemId);
      }
      if (filter.sourceId !== undefined) {
        where.push('i.file_id = ?');
        params.push(filter.sourceId);
      }
      return select(`${where.join(' AND ')} ORDER BY b.created_at DESC, i.position, r.n LIMIT ?`, [...params, filter.limit]);
    },
  };

  function select(rest: string, params: readonly (string | number)[]): ResultWithSource[] {
    return sql
      .all<Raw & { source_name: string; source_id: string | null; source_path: string }>(
        `SELECT r.*, i.name AS source_name, i.file_id AS source_id, i.path AS source_path
         FROM results r JOIN items i ON i.id = r.item_id JOIN batches b ON b.id = r.batch_id ${rest}`,
        params,
      )
      .map((raw) => ({
        ...toRow(raw),
        sourceName: raw.source_name,
        sourceId: raw.source_id as MediaFileId | null,
        sourcePath: raw.source_path,
      }));
  }
}
