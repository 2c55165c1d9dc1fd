/**
 * `node bench/ledger.bench.ts [--seconds N] [--clients N] [--json FILE]`: holds and captures per second through the credits module,
 * against the same statements sent by pgbench (where it is installed; else by a plain driver loop, and it says so) to the same
 * PostgreSQL in the same run. Each client works on users of its own, as real requests do.
 */
import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import { createDb, type Db } from '../src/db/client.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { applyMigrations } from '../src/db/migrate.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { capture, checkLedger, grant, hold } from '../src/modules/credits/service.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    clients: { type: 'string', default: '8' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write('node bench/ledger.bench.ts [--seconds N] [--clients N] [--json FILE]\n');
  process.exit(0);
}
const seconds = Number(values.seconds);
const clients = Number(values.clients);
const USERS = 200;

/** One cycle as the module sends it: hold (one transaction) and capture (another). */
const statements = (await readFile(path.join(import.meta.dirname, 'ledger.pgbench.sql'), 'utf8')).trim();

const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-bench-'));
// As in production: every commit reaches the disk.
const postgres = await startEmbeddedPostgres(folder);
try {
  const ours = await measureOurs();
  const theirs = (await measurePgbench()) ?? (await measureDriver());
  const report = {
    name: 'ledger: hold + capture cycles per second',
    ours: round(ours),
    reference: round(theirs.rate),
    referenceIs: theirs.what,
    ratio: round(ours / theirs.rate),
    clients,
    seconds,
  };
  console.log(`ours ${report.ours}/s, ${theirs.what} ${report.reference}/s, ratio ${report.ratio} (${clients} clients, ${seconds} s each)`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function seed(database: string): Promise<{ url: string; db: Db; users: string[] }> {
  const url = await postgres.createDatabase(database);
  await applyMigrations(url);
  const db = createDb(url, { max: clients });
  const users = Array.from({ length: USERS }, () => randomUUID());
  const give = (userId: string, i: number) =>
    inTransaction(db, (tx) =>
      grant(tx, { userId, kind: 'pack', sourceKey: `bench:${i}`, amount: 1_000_000, expires: null, actor: 'system', reason: 'bench' }),
    );
  // As many at once as there are connections: on a busy machine the rest would wait too long for one.
  for (let i = 0; i < USERS; i += clients) await Promise.all(users.slice(i, i + clients).map((user, n) => give(user, i + n)));
  return { url, db, users };
}

async function measureOurs(): Promise<number> {
  const { db, users } = await seed('ours');
  let cycles = 0;
  const until = performance.now() + seconds * 1000;
  const work = async (client: number): Promise<void> => {
    for (let i = client; performance.now() < until; i += clients) {
      const [id, userId] = [randomUUID(), users[i % USERS] ?? ''];
      await inTransaction(db, (tx) => hold(tx, { id, userId, amount: 3, expiresInS: 900, actor: 'system', reason: 'bench' }));
      await inTransaction(db, (tx) => capture(tx, { id, credits: 3, actor: 'system', reason: 'bench' }));
      cycles += 1;
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: clients }, (_, i) => work(i)));
  const rate = cycles / ((performance.now() - from) / 1000);
  const broken = await checkLedger(db);
  if (broken.length > 0) throw new Error(`the ledger is broken after the run: ${JSON.stringify(broken)}`);
  await db.$disconnect();
  return rate;
}

type Reference = { rate: number; what: string };

async function prepareReference(name: string): Promise<{ url: string; script: string }> {
  const { url, db } = await seed(name);
  // The same grants under numbers, so that a script can choose one at random.
  await db.$executeRaw`CREATE TABLE bench_user AS SELECT row_number() OVER ()::int AS n, g.user_id, g.id AS grant_id FROM credit_grant g`;
  await db.$executeRaw`CREATE INDEX ON bench_user (n)`;
  await db.$disconnect();
  return { url, script: statements.replaceAll('@USERS@', String(USERS)) };
}

async function measurePgbench(): Promise<Reference | null> {
  try {
    execFileSync('pgbench', ['--version']);
  } catch {
    return null;
  }
  const { url, script } = await prepareReference('pgbench');
  const file = path.join(folder, 'cycle.sql');
  await writeFile(file, script);
  const args = ['-n', '-M', 'extended', '-c', String(clients), '-j', '2', '-T', String(seconds), '-f', file, url];
  const { stdout } = await promisify(execFile)('pgbench', args);
  const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  if (!(rate > 0)) throw new Error(`pgbench said: ${stdout}`);
  return { rate, what: 'pgbench with the same statements' };
}

/** Without pgbench: the same statements by node-pg, one connection per client. */
async function measureDriver(): Promise<Reference> {
  const { url, script } = await prepareReference('driver');
  const lines = script
    .split(/;\s*\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('--'));
  let cycles = 0;
  const until = performance.now() + seconds * 1000;
  const work = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    while (performance.now() < until) {
      const variables: Record<string, string> = {};
      for (const line of lines) await runLine(client, line, variables);
      cycles += 1;
    }
    await client.end();
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: clients }, work));
  return { rate: cycles / ((performance.now() - from) / 1000), what: 'node-pg loop with the same statements (pgbench is not installed)' };
}

/** Plays the few pgbench commands that the script uses: `\set n random(1, N)` and `… \gset`. */
async function runLine(client: pg.Client, line: string, variables: Record<string, string>): Promise<void> {
  const set = /^\\set n random\(1, (\d+)\)\s*/.exec(line);
  if (set) variables['n'] = String(1 + Math.floor(Math.random() * Number(set[1])));
  const rest = set ? line.slice(set[0].length) : line;
  for (const part of rest.split(/(?<=\\gset)\s*/)) {
    const wantsRow = part.endsWith('\\gset');
    const sql = part
      .replace(/\\gset$/, '')
      .replace(/(?<!:):([a-z_]+)\b/g, (whole, name: string) => (name in variables ? `'${variables[name]}'` : whole));
    if (sql.trim() === '') continue;
    const { rows } = await client.query(sql);
    if (wantsRow) Object.assign(variables, Object.fromEntries(Object.entries(rows[0] ?? {}).map(([k, v]) => [k, String(v)])));
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
