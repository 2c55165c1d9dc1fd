import Database from 'libsql';

type SqlValue = string | number | null;

/** A connection to the journal's file. Calls are synchronous and short; rows come back as the tables declare them (all are STRICT). */
export type Sql = {
  exec(text: string): void;
  /** @returns number of rows that changed */
  run(text: string, params?: readonly SqlValue[]): number;
  get<T>(text: string, params?: readonly SqlValue[]): T | undefined;
  all<T>(text: string, params?: readonly SqlValue[]): T[];
  /** All or nothing. A transaction inside a transaction joins the outer one. */
  transaction<T>(act: () => T): T;
  close(): void;
};

/**
 * Opens (or creates) a database file: write-ahead log, and every commit is flushed to the disk before it returns, because rows about
 * money and finished files must survive a power cut.
 */
export function openSql(path: string): Sql {
  const db = new Database(path, { timeout: 5000 });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  const statements = new Map<string, ReturnType<typeof db.prepare>>();
  const prepared = (text: string) => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const made = db.prepare(text);
    statements.set(text, made);
    return made;
  };
  let depth = 0;
  const all = <T>(text: string, params: readonly SqlValue[] = []): T[] => prepared(text).all([...params]) as T[];

  return {
    exec: (text) => {
      db.exec(text);
    },
    run: (text, params = []) => prepared(text).run([...params]).changes,
    get: <T>(text: string, params: readonly SqlValue[] = []) => all<T>(text, params)[0],
    all,
    transaction: (act) => {
      if (depth > 0) return act();
      db.exec('BEGIN IMMEDIATE');
      depth += 1;
      try {
        const value = act();
        db.exec('COMMIT');
        return value;
      } catch (thrown) {
        // A full disk rolls back by itself; the first error is the one worth telling.
        if (db.inTransaction) db.exec('ROLLBACK');
        throw thrown;
      } finally {
        depth -= 1;
      }
    },
    close: () => {
      statements.clear();
      db.close();
    },
  };
}
