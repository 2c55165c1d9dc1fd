import type { BatchId, ItemId } from '@pingplex/shared/domain';
import type { CallRow, CallState } from './rows.ts';
import type { Sql } from './sql.ts';

type Raw = {
  key: string;
  batch_id: string;
  item_id: string;
  step: number;
  input: number;
  input_sha256: string;
  account_id: string;
  request: string;
  state: string;
  generation_id: string | null;
  credits: number;
};

const toRow = (raw: Raw): CallRow => ({
  key: raw.key,
  batchId: raw.batch_id as BatchId,
  itemId: raw.item_id as ItemId,
  step: raw.step,
  input: raw.input,
  inputSha256: raw.input_sha256,
  accountId: raw.account_id,
  request: raw.request,
  state: raw.state as CallState,
  generationId: raw.generation_id,
  credits: raw.credits,
});

/** A paid request as the history lists it. */
export type HistoryRow = Pick<CallRow, 'key' | 'itemId' | 'step' | 'state' | 'generationId' | 'credits'> & {
  readonly createdAt: number;
  readonly modelId: string;
  readonly prompt: string;
  readonly sourceName: string | null;
};

export type CallsRepository = ReturnType<typeof callsRepository>;

/** Paid requests and unfinished uploads. */
export function callsRepository(sql: Sql) {
  return {
    insert(row: CallRow, at: number): void {
      sql.run('INSERT INTO paid_calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        row.key,
        row.batchId,
        row.itemId,
        row.step,
        row.input,
        row.inputSha256,
        row.accountId,
        row.request,
        row.state,
        row.generationId,
        row.credits,
        at,
        at,
      ]);
    },
    /** The call that a new try of this step has to take up again, if any. */
    current(itemId: ItemId, step: number, input: number): CallRow | undefined {
      const raw = sql.get<Raw>(
        "SELECT * FROM paid_calls WHERE item_id = ? AND step = ? AND input = ? AND state <> 'closed' ORDER BY created_at DESC, rowid DESC LIMIT 1",
        [itemId, step, input],
      );
      return raw && toRow(raw);
    },
    ofItem(itemId: ItemId): CallRow[] {
      return sql.all<Raw>('SELECT * FROM paid_calls WHERE item_id = ? ORDER BY created_at, rowid', [itemId]).map(toRow);
    },
    /** Items that wait, with a request at the server whose end isn't known. */
    itemsUnderWay(batchId: BatchId): ItemId[] {
      return sql
        .all<{ id: string }>(
          "SELECT DISTINCT c.item_id AS id FROM paid_calls c JOIN items i ON i.id = c.item_id WHERE c.batch_id = ? AND c.state IN ('open', 'made') AND i.state = 'queued'",
          [batchId],
        )
        .map((row) => row.id as ItemId);
    },
    /** Requests follow their items into another batch. */
    moveTo(itemIds: readonly ItemId[], batchId: BatchId): void {
      sql.run('UPDATE paid_calls SET batch_id = ? WHERE item_id IN (SELECT value FROM json_each(?))', [batchId, JSON.stringify(itemIds)]);
    },
    update(key: string, change: { state: CallState; generationId: string | null; credits: number }, at: number): void {
      sql.run('UPDATE paid_calls SET state = ?, generation_id = ?, credits = ?, updated_at = ? WHERE key = ?', [
        change.state,
        change.generationId,
        change.credits,
        at,
        key,
      ]);
    },

    get(key: string): CallRow | undefined {
      const raw = sql.get<Raw>('SELECT * FROM paid_calls WHERE key = ?', [key]);
      return raw && toRow(raw);
    },
    /** Every request, newest first, with the name of its source when the item is still known. */
    history(): HistoryRow[] {
      return sql
        .all<Raw & { created_at: number; model_id: string; prompt: string; source: string | null }>(
          `SELECT c.*, json_extract(c.request, '$.modelId') AS model_id, json_extract(c.request, '$.prompt') AS prompt,
             CASE WHEN i.path = '' THEN NULL ELSE i.name END AS source
           FROM paid_calls c LEFT JOIN items i ON i.id = c.item_id ORDER BY c.created_at DESC, c.rowid DESC`,
        )
        .map((raw) => ({
          key: raw.key,
          itemId: raw.item_id as ItemId,
          step: raw.step,
          state: raw.state as CallState,
          generationId: raw.generation_id,
          credits: raw.credits,
          createdAt: raw.created_at,
          modelId: raw.model_id,
          prompt: raw.prompt,
          sourceName: raw.source,
        }));
    },

    uploadUrl(accountId: string, sha256: string): string | undefined {
      return sql.get<{ url: string }>('SELECT url FROM uploads WHERE account_id = ? AND sha256 = ?', [accountId, sha256])?.url;
    },
    saveUploadUrl(accountId: string, sha256: string, url: string, at: number): void {
      sql.run('INSERT INTO uploads VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET url = excluded.url, created_at = excluded.created_at', [
        accountId,
        sha256,
        url,
        at,
      ]);
    },
    forgetUpload(accountId: string, sha256: string): void {
      sql.run('DELETE FROM uploads WHERE account_id = ? AND sha256 = ?', [accountId, sha256]);
    },
  };
}
