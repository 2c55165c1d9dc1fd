import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { chooseOwner, findPostgresBinaries, type PostgresBinaries, type RunAs } from './postgres-binaries.ts';
import { isAlive, withStartLock } from './start-lock.ts';

const run = promisify(execFile);
const USER = 'pingplex';
/** Every process that uses the cluster holds this lock in shared mode; the one that can have it alone is the last and stops it. */
const USERS_LOCK = 7_116_720_102;

export type EmbeddedPostgres = {
  /** URL of the product's database. */
  readonly url: string;
  /** Creates a database (as a copy of `template`) unless it is there; answers its URL. */
  createDatabase(name: string, template?: string): Promise<string>;
  /** Leaves the cluster and stops it when nobody else uses it. */
  stop(): Promise<void>;
};

type Connection = { port: number; password: string };

/**
 * A real PostgreSQL on 127.0.0.1 whose data live in `<dataFolder>/postgres`. A second process on the same folder joins the
 * running one. The server outlives a killed process on purpose: the next start joins it.
 * @param options.durable false switches fsync off: only for data that may be lost, such as a test run's
 */
export async function startEmbeddedPostgres(dataFolder: string, options: { durable?: boolean } = {}): Promise<EmbeddedPostgres> {
  const folder = path.resolve(dataFolder);
  await mkdir(folder, { recursive: true });
  const lockFile = path.join(folder, 'postgres.start-lock');
  const { connection, holder } = await withStartLock(lockFile, async () => {
    const found = (await joinRunning(folder)) ?? (await startCluster(folder, options.durable ?? true));
    return { connection: found, holder: await holdShared(found) };
  });
  return {
    url: await createDatabase(connection, USER),
    createDatabase: (name, template) => createDatabase(connection, name, template),
    stop: () => withStartLock(lockFile, () => leave(folder, holder)),
  };
}

const connectionFile = (folder: string): string => path.join(folder, 'postgres.json');
const clusterFolder = (folder: string): string => path.join(folder, 'postgres');
const urlOf = (c: Connection, database: string): string => `postgresql://${USER}:${c.password}@127.0.0.1:${c.port}/${database}`;

async function readConnection(folder: string): Promise<Connection | undefined> {
  const text = await readFile(connectionFile(folder), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Connection);
}

async function canConnect(connection: Connection): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(connection, 'postgres'), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function joinRunning(folder: string): Promise<Connection | undefined> {
  const connection = await readConnection(folder);
  return connection !== undefined && (await postmasterPid(folder)) !== undefined && (await canConnect(connection)) ? connection : undefined;
}

async function startCluster(folder: string, durable: boolean): Promise<Connection> {
  const binaries = await findPostgresBinaries();
  // The database's user must be able to walk through; what is secret in the folder has its own modes.
  if (process.getuid?.() === 0) await chmod(folder, (await stat(folder)).mode | 0o011);
  const owner = chooseOwner([binaries.postgres, folder]);
  const password = (await readConnection(folder))?.password ?? randomBytes(24).toString('base64url');
  if (!existsSync(path.join(clusterFolder(folder), 'PG_VERSION'))) await initCluster(folder, binaries, owner, password);
  const connection = { port: await freePort(), password };
  await writeFile(connectionFile(folder), JSON.stringify(connection), { mode: 0o600 });
  await launch(folder, binaries, owner, connection, durable);
  return connection;
}

/** initdb into a folder beside, renamed when complete: a crash in between leaves nothing that looks like a cluster. */
async function initCluster(folder: string, binaries: PostgresBinaries, owner: RunAs, password: string): Promise<void> {
  const fresh = `${clusterFolder(folder)}.new`;
  const passwordFile = path.join(folder, 'postgres.initial-password');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  // Kept from here on, so that a crash before the first start does not lose the way in.
  await writeFile(connectionFile(folder), JSON.stringify({ port: 0, password }), { mode: 0o600 });
  try {
    if (owner.uid !== undefined && owner.gid !== undefined) {
      for (const target of [fresh, passwordFile]) await chown(target, owner.uid, owner.gid);
    }
    const flags = [
      '-D',
      fresh,
      '-U',
      USER,
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ];
    const [command, ...args] = [...owner.wrap, binaries.initdb, ...flags];
    await run(command as string, args, { uid: owner.uid, gid: owner.gid, env: cleanEnvironment(), cwd: path.parse(folder).root });
    await rename(fresh, clusterFolder(folder));
  } catch (error) {
    const output = (error as { stderr?: string }).stderr ?? String(error);
    throw new Error(`initdb failed in ${folder}: ${output.trim().slice(0, 800)}`, { cause: error });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function launch(folder: string, binaries: PostgresBinaries, owner: RunAs, connection: Connection, durable: boolean): Promise<void> {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', 'timezone=UTC', 'log_statement=none'];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  const flags = ['-D', clusterFolder(folder), '-p', String(connection.port), ...settings.flatMap((s) => ['-c', s])];
  const logFile = path.join(folder, 'postgres.log');
  const log = openSync(logFile, 'a', 0o600);
  const [command, ...args] = [...owner.wrap, binaries.postgres, ...flags];
  // Detached: Ctrl+C in the terminal must reach us, not the database, which has to serve the last requests.
  const child = spawn(command as string, args, {
    detached: true,
    stdio: ['ignore', log, log],
    uid: owner.uid,
    gid: owner.gid,
    env: cleanEnvironment(),
    cwd: path.parse(folder).root,
    windowsHide: true,
  });
  child.unref();
  await untilReady(child, connection, logFile);
}

async function untilReady(child: ChildProcess, connection: Connection, logFile: string): Promise<void> {
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code) => {
    failure ??= `exit code ${code}`;
  });
  // Crash recovery of a large cluster takes its time; a minute is far beyond what one machine's data need.
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(25)) {
    if (failure !== undefined) {
      const tail = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
      throw new Error(`embedded PostgreSQL did not start (${failure}):\n${tail}`);
    }
    if (await canConnect(connection)) return;
  }
  throw new Error(`embedded PostgreSQL did not answer within a minute, see ${logFile}`);
}

async function holdShared(connection: Connection): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: urlOf(connection, 'postgres'),
    application_name: 'pingplex-keepalive',
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('SELECT pg_advisory_lock_shared($1)', [USERS_LOCK]);
  return client;
}

async function leave(folder: string, holder: pg.Client): Promise<void> {
  try {
    await holder.query('SELECT pg_advisory_unlock_shared($1)', [USERS_LOCK]);
    const last = await holder.query('SELECT pg_try_advisory_lock($1) AS alone', [USERS_LOCK]);
    if (last.rows[0]?.alone === true) await stopCluster(folder);
  } catch {
    // The connection broke: whoever ended the server has done our work.
  } finally {
    await holder.end().catch(() => undefined);
  }
}

/** "Fast" shutdown: open transactions are rolled back, everything is written, then the process ends. */
async function stopCluster(folder: string): Promise<void> {
  const pid = await postmasterPid(folder);
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    const { postgres } = await findPostgresBinaries();
    await run(path.join(path.dirname(postgres), 'pg_ctl.exe'), ['stop', '-D', clusterFolder(folder), '-m', 'fast', '-w']);
    return;
  }
  process.kill(pid, 'SIGINT');
  while ((await postmasterPid(folder)) !== undefined) await sleep(20);
}

/** Number of the living server process of this folder. */
async function postmasterPid(folder: string): Promise<number | undefined> {
  const text = await readFile(path.join(clusterFolder(folder), 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) && isAlive(pid) ? pid : undefined;
}

async function createDatabase(connection: Connection, name: string, template?: string): Promise<string> {
  const client = new pg.Client({ connectionString: urlOf(connection, 'postgres') });
  await client.connect();
  try {
    const copy = template === undefined ? '' : ` TEMPLATE ${client.escapeIdentifier(template)}`;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}${copy}`);
  } catch (error) {
    const { code } = error as { code?: string };
    // 42P04 exists; 23505: two processes created it in the same moment.
    if (code !== '42P04' && code !== '23505') throw error;
  } finally {
    await client.end();
  }
  return urlOf(connection, name);
}

/** Any port that is free now. Another program may take it before PostgreSQL does; then the start fails and says so. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** The database sees no key of ours and none of the PG* variables that would change what it does. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const keep = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'LD_LIBRARY_PATH'];
  const kept = Object.fromEntries(keep.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  return { ...kept, LC_ALL: 'C', TZ: 'UTC' };
}
