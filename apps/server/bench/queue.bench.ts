/**
 * `node bench/queue.bench.ts [--queued N] [--samples N] [--json FILE]`: how long it takes to put a generation in the line (price, hold,
 * line and events in one commit) and to hand out a turn, with an empty line and with N (100,000) waiting. The peer is the same PostgreSQL
 * in the same run: one inserted row per commit.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDb } from '../src/db/client.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { applyMigrations } from '../src/db/migrate.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { createCatalogue } from '../src/modules/catalogue/service.ts';
import { grant } from '../src/modules/credits/service.ts';
import { ensureLimits } from '../src/modules/generations/lanes.ts';
import { pump } from '../src/modules/generations/pump.ts';
import { createGeneration, DEFAULT_SETTINGS, declareQueues, type GenerationDeps } from '../src/modules/generations/service.ts';
import { createOpenAiProvider } from '../src/providers/openai/adapter.ts';
import { createQueue } from '../src/queue/pg-boss-queue.ts';
import { createLocalStorage } from '../src/storage/local-folder.ts';

const { values } = parseArgs({
  options: {
    queued: { type: 'string', default: '100000' },
    samples: { type: 'string', default: '500' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write('node bench/queue.bench.ts [--queued N] [--samples N] [--json FILE]\n');
  process.exit(0);
}
const queued = Number(values.queued);
const samples = Number(values.samples);
const USERS = 500;
const MODEL = 'openai/gpt-image-2.6-flare';

type Spread = { medianMs: number; p99Ms: number };

const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-bench-'));
// As in production: every commit reaches the disk.
const postgres = await startEmbeddedPostgres(folder);
const url = await postgres.createDatabase('queue');
await applyMigrations(url);
const db = createDb(url, { max: 8 });
const queue = createQueue({ databaseUrl: url, works: false, onError: () => undefined });
const deps: GenerationDeps = {
  db,
  queue,
  storage: createLocalStorage(path.join(folder, 'objects')),
  catalogue: createCatalogue({ openai: { available: true, sandbox: true } }),
  // Nothing is sent: turns are handed out, not worked on.
  providers: { openai: createOpenAiProvider({ apiKey: 'sk-bench', baseUrl: 'http://127.0.0.1:9/v1', timeoutMs: 1000 }) },
  settings: DEFAULT_SETTINGS,
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
};
try {
  declareQueues(queue);
  await queue.start();
  await inTransaction(db, (tx) => ensureLimits(tx, 'openai', 1, []));
  const users = await makeUsers();
  const commit = await commits();
  const empty = { enqueue: await enqueues(users), claim: await claims() };
  await fill(users);
  const full = { enqueue: await enqueues(users), claim: await claims() };
  const report = {
    name: 'putting a generation in the line, and handing out a turn',
    queued,
    samples,
    commit,
    empty,
    full,
    ratios: {
      enqueueToCommit: round(full.enqueue.p99Ms / commit.p99Ms),
      claimToCommit: round(full.claim.p99Ms / commit.p99Ms),
      enqueueFullToEmpty: round(full.enqueue.medianMs / empty.enqueue.medianMs),
      claimFullToEmpty: round(full.claim.medianMs / empty.claim.medianMs),
    },
  };
  const line = ({ medianMs, p99Ms }: Spread) => ({ 'median, ms': medianMs, 'p99, ms': p99Ms });
  console.table({
    'one row, one commit': line(commit),
    'enqueue, empty line': line(empty.enqueue),
    [`enqueue, ${queued} waiting`]: line(full.enqueue),
    'turn, empty line': line(empty.claim),
    [`turn, ${queued} waiting`]: line(full.claim),
  });
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await queue.stop(1_000);
  await db.$disconnect();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function makeUsers(): Promise<string[]> {
  const users = Array.from({ length: USERS }, () => randomUUID());
  for (const userId of users) {
    const give = { userId, kind: 'pack', sourceKey: `bench:${userId}`, amount: 1_000_000, expires: null } as const;
    await inTransaction(db, (tx) => grant(tx, { ...give, actor: 'system', reason: 'bench' }));
  }
  return users;
}

async function timed(
  work: (n: number) => Promise<unknown>,
  after: (n: number) => Promise<unknown> = async () => undefined,
): Promise<Spread> {
  const took: number[] = [];
  for (let n = 0; n < samples; n++) {
    const from = performance.now();
    await work(n);
    took.push(performance.now() - from);
    await after(n);
  }
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { medianMs: at(0.5), p99Ms: at(0.99) };
}

async function commits(): Promise<Spread> {
  await db.$executeRaw`CREATE TABLE bench_row (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`;
  return timed(() => db.$executeRaw`INSERT INTO bench_row (id) VALUES (${randomUUID()}::uuid)`);
}

function enqueues(users: readonly string[]): Promise<Spread> {
  const body = { modelId: MODEL, prompt: 'a lighthouse', settings: { quality: 'low' } };
  return timed((n) => createGeneration(deps, users[n % USERS] ?? '', { key: randomUUID(), bodyHash: 'bench' }, body));
}

/** One slot, so that each answer of the bell hands out one turn; it is taken back between two of them. */
function claims(): Promise<Spread> {
  return timed(
    async (n) => {
      const taken = await pump(deps, 'openai');
      if (taken !== 1) throw new Error(`turn ${n}: ${taken} taken`);
    },
    async () => {
      await db.$executeRaw`
        WITH free AS (UPDATE slot SET generation_id = NULL WHERE generation_id IS NOT NULL RETURNING generation_id),
             gone AS (UPDATE generation SET state = 'queued', created_at = now(), lease_until = NULL
                      WHERE state = 'submitting' RETURNING user_id)
        UPDATE lane SET running = 0, queued = queued + 1 WHERE user_id IN (SELECT user_id FROM gone)`;
    },
  );
}

/** The rest of the line, as `createGeneration` leaves it; PostgreSQL's own uuidv7 gives the ids. */
async function fill(users: readonly string[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO generation (id, user_id, client_key, model_id, provider, provider_model, capability, prompt, settings, units, credits,
                            price_rule, sandbox, deadline_at)
    SELECT uuidv7(), (${users}::text[])[1 + n % ${USERS}::int]::uuid, gen_random_uuid(), g.model_id, g.provider, g.provider_model, g.capability,
           g.prompt, g.settings, g.units, g.credits, g.price_rule, g.sandbox, g.deadline_at
    FROM generate_series(1, ${queued}::int) n, (SELECT * FROM generation LIMIT 1) g`;
  await db.$executeRaw`
    UPDATE lane l SET queued = c.n FROM (SELECT user_id, count(*)::int AS n FROM generation WHERE state = 'queued' GROUP BY user_id) c
    WHERE c.user_id = l.user_id`;
  await db.$executeRawUnsafe('ANALYZE generation; ANALYZE lane');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
