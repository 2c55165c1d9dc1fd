import type { Sql } from './sql.ts';

/**
 * Schema of the journal, one entry per version; never change an entry that was released, append the next one.
 * `user_version` of the file says how many were applied.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE recipes (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, steps TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE batches (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, steps TEXT NOT NULL,
    folder TEXT NOT NULL, template TEXT NOT NULL, conflict TEXT NOT NULL, keep_tree INTEGER NOT NULL,
    rights_confirmed_at INTEGER, work_ms REAL NOT NULL, created_at INTEGER NOT NULL, finished_at INTEGER
  ) STRICT;
  CREATE TABLE items (
    id TEXT PRIMARY KEY, batch_id TEXT NOT NULL REFERENCES batches(id) ON DELETE CASCADE, position INTEGER NOT NULL,
    file_id TEXT, path TEXT NOT NULL, name TEXT NOT NULL, subfolder TEXT NOT NULL,
    kind TEXT NOT NULL, format TEXT NOT NULL, size_bytes INTEGER NOT NULL, modified_at_ms REAL NOT NULL, duration_ms REAL, megapixels REAL,
    work_ms REAL NOT NULL, state TEXT NOT NULL, error TEXT, attempts INTEGER NOT NULL DEFAULT 0,
    -- 1 from the moment a run may leave something on the disk until it is known to be clean again
    dirty INTEGER NOT NULL DEFAULT 0, finished_at INTEGER
  ) STRICT;
  CREATE INDEX items_by_batch ON items (batch_id, position);
  CREATE INDEX items_by_state ON items (batch_id, state);
  CREATE INDEX items_dirty ON items (dirty) WHERE dirty = 1;
  -- a finished step of an item that isn't finished yet: the files that the next step works on
  CREATE TABLE step_runs (
    item_id TEXT NOT NULL REFERENCES items(id) ON DELETE CASCADE, step INTEGER NOT NULL, files TEXT NOT NULL,
    PRIMARY KEY (item_id, step)
  ) STRICT;
  -- a result: 'sealed' (written aside, hash known) becomes 'committed' (has its name) or 'skipped'
  CREATE TABLE results (
    id TEXT PRIMARY KEY, item_id TEXT NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    batch_id TEXT NOT NULL REFERENCES batches(id) ON DELETE CASCADE,
    step INTEGER NOT NULL, n INTEGER NOT NULL, state TEXT NOT NULL, temp_path TEXT NOT NULL, dir TEXT NOT NULL, name TEXT NOT NULL, path TEXT,
    kind TEXT NOT NULL, format TEXT NOT NULL, size_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    verb TEXT NOT NULL, measurements TEXT NOT NULL, credits INTEGER NOT NULL, created_at INTEGER NOT NULL,
    UNIQUE (item_id, n)
  ) STRICT;
  CREATE INDEX results_by_batch ON results (batch_id, state);
  CREATE INDEX results_by_path ON results (path);
  -- one paid request; the key is written before the first try and kept until the answer is known.
  -- Kept when the batch leaves the history: what was paid stays on record.
  CREATE TABLE paid_calls (
    key TEXT PRIMARY KEY, batch_id TEXT NOT NULL, item_id TEXT NOT NULL, step INTEGER NOT NULL, input INTEGER NOT NULL,
    input_sha256 TEXT NOT NULL, account_id TEXT NOT NULL, request TEXT NOT NULL,
    state TEXT NOT NULL, generation_id TEXT, credits INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX paid_calls_by_item ON paid_calls (item_id, step, input);
  CREATE INDEX paid_calls_by_batch ON paid_calls (batch_id);
  CREATE TABLE uploads (
    account_id TEXT NOT NULL, sha256 TEXT NOT NULL, url TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (account_id, sha256)
  ) STRICT;
  CREATE TABLE throughput (
    verb TEXT NOT NULL, kind TEXT NOT NULL, format TEXT NOT NULL,
    jobs REAL NOT NULL, units REAL NOT NULL, ms REAL NOT NULL, bytes_in REAL NOT NULL, bytes_out REAL NOT NULL,
    PRIMARY KEY (verb, kind, format)
  ) STRICT;
  CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
  // Which wording of the confirmation of rights was shown; the first one where an older app kept only the time.
  `
  ALTER TABLE batches ADD COLUMN rights_version INTEGER;
  UPDATE batches SET rights_version = 1 WHERE rights_confirmed_at IS NOT NULL;
  `,
  // What jobs took on this machine, by kind of work and power of two of its size; it takes the place of the table throughput.
  `
  CREATE TABLE speeds (
    verb TEXT NOT NULL, kind TEXT NOT NULL, format TEXT NOT NULL, shape TEXT NOT NULL, size INTEGER NOT NULL,
    jobs REAL NOT NULL, units REAL NOT NULL, ms REAL NOT NULL,
    -- sums of the natural logarithm of ms per unit and of its square: how far jobs of one kind lie apart
    logs REAL NOT NULL, squares REAL NOT NULL,
    bytes_in REAL NOT NULL, bytes_out REAL NOT NULL,
    PRIMARY KEY (verb, kind, format, shape, size)
  ) STRICT;
  DROP TABLE throughput;
  `,
  // What an item of a Create run asks for: prompt, settings and sources as JSON; null for items of a recipe. The index serves the history.
  `
  ALTER TABLE items ADD COLUMN ask TEXT;
  CREATE INDEX paid_calls_by_time ON paid_calls (created_at);
  `,
];

/** Version of the schema in the file; 0 for a new file. */
export function schemaVersion(sql: Sql): number {
  return sql.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
}

/** Brings the schema up to date, each version in a transaction of its own. */
export function migrate(sql: Sql): void {
  for (let version = schemaVersion(sql); version < MIGRATIONS.length; version += 1) {
    sql.transaction(() => {
      sql.exec(MIGRATIONS[version] ?? '');
      sql.exec(`PRAGMA user_version = ${version + 1}`);
    });
  }
}
