import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../logging/logger-port.ts';
import { type BatchesRepository, batchesRepository } from './batches-repository.ts';
import { type CallsRepository, callsRepository } from './calls-repository.ts';
import { type ItemsRepository, itemsRepository } from './items-repository.ts';
import { type KnowledgeRepository, knowledgeRepository } from './knowledge-repository.ts';
import { MIGRATIONS, migrate, schemaVersion } from './migrations.ts';
import { type ResultsRepository, resultsRepository } from './results-repository.ts';
import { openSql, type Sql } from './sql.ts';

/** Everything that must survive a crash: batches, items, results, paid calls, recipes. One file, one process. */
export type Journal = {
  readonly batches: BatchesRepository;
  readonly items: ItemsRepository;
  readonly results: ResultsRepository;
  readonly calls: CallsRepository;
  readonly knowledge: KnowledgeRepository;
  /** Where an unreadable or newer file was put, when that happened at this start; for telling the user. */
  readonly setAside: string | null;
  transaction<T>(act: () => T): T;
  close(): void;
};

const FILES = ['', '-wal', '-shm'];

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Moves a file that we can't use out of the way; nothing in it is deleted. */
async function putAside(path: string): Promise<string> {
  let aside = `${path}.aside-1`;
  for (let n = 2; await exists(aside); n += 1) aside = `${path}.aside-${n}`;
  for (const suffix of FILES) {
    if (await exists(`${path}${suffix}`)) await rename(`${path}${suffix}`, `${aside}${suffix}`);
  }
  return aside;
}

function openChecked(path: string): Sql {
  const sql = openSql(path);
  try {
    const verdict = sql.get<{ quick_check: string }>('PRAGMA quick_check(1)')?.quick_check;
    if (verdict !== 'ok') throw new Error(`the journal is damaged: ${verdict}`);
    const version = schemaVersion(sql);
    if (version > MIGRATIONS.length) throw new Error(`the journal was written by a newer version (schema ${version})`);
    return sql;
  } catch (thrown) {
    sql.close();
    throw thrown;
  }
}

async function backUp(sql: Sql, path: string, version: number): Promise<void> {
  sql.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const copy = `${path}.before-${version + 1}`;
  await rm(copy, { force: true });
  await copyFile(path, copy);
}

/** True for a file that is there but can't be a journal of ours; a lock or a full disk is another matter and is thrown. */
function isUnusable(thrown: unknown): boolean {
  const text = thrown instanceof Error ? `${thrown.message} ${'code' in thrown ? String(thrown.code) : ''}` : String(thrown);
  return /damaged|newer version|SQLITE_CORRUPT|SQLITE_NOTADB|malformed|not a database/i.test(text);
}

/**
 * Opens the journal and brings its schema up to date, after a copy of the old file was made. A damaged file, or one of a newer version,
 * is kept aside and a new one begun: results on the disk don't depend on it.
 * @param path absolute; its folder is made when missing
 */
export async function createJournal(path: string, logger: Logger): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // An empty file is an empty database; the files that SQLite adds beside it take its mode.
  await (await open(path, 'a', 0o600)).close();
  let setAside: string | null = null;
  let sql: Sql;
  try {
    sql = openChecked(path);
  } catch (thrown) {
    if (!isUnusable(thrown)) throw thrown;
    setAside = await putAside(path);
    logger.error({ err: thrown }, 'journal kept aside, starting a new one');
    sql = openChecked(path);
  }
  const version = schemaVersion(sql);
  if (version > 0 && version < MIGRATIONS.length) await backUp(sql, path, version);
  migrate(sql);
  return {
    batches: batchesRepository(sql),
    items: itemsRepository(sql),
    results: resultsRepository(sql),
    calls: callsRepository(sql),
    knowledge: knowledgeRepository(sql),
    setAside,
    transaction: (act) => sql.transaction(act),
    close: () => sql.close(),
  };
}
