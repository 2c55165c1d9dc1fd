/**
 * `node bench/sign-in.bench.ts [--seconds N] [--rate N] [--burst N] [--json FILE]`: reads of the wallet at a fixed rate, quiet and while
 * many people sign in at once, against one server process as an operator starts it. The rate is open: a read that waits behind another
 * counts from when it was due, so a stall is seen by all that came during it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createDb } from '../src/db/client.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { applyMigrations } from '../src/db/migrate.ts';
import { startMailSandbox } from '../src/sandbox/mail/mail-sandbox.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
    burst: { type: 'string', default: '50' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write('node bench/sign-in.bench.ts [--seconds N] [--rate N] [--burst N] [--json FILE]\n');
  process.exit(0);
}
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const burst = Number(values.burst);
const PASSWORD = 'a bench of quite unusual words';
const DEVICE = { name: 'bench', os: 'bench', appVersion: '0' };
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

type Answer = { status: number; retryAfterS: number; body: Record<string, unknown> };
type Spread = { p50Ms: number; p99Ms: number; worstMs: number; reads: number };

const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-sign-in-bench-'));
const postgres = await startEmbeddedPostgres(path.join(folder, 'database'));
const mail = await startMailSandbox();
let server: ChildProcess | undefined;
try {
  const databaseUrl = await postgres.createDatabase('bench');
  await applyMigrations(databaseUrl);
  const url = await startServer(databaseUrl);
  const token = await prepare(databaseUrl, url);
  await readWallets(url, token, 3);
  const quiet = await readWallets(url, token, seconds);
  const signingIn = signInAtOnce(url);
  const during = await readWallets(url, token, seconds);
  const { tookS, refusals } = await signingIn;
  const report = {
    name: 'reads of the wallet beside sign-ins',
    rate,
    quiet,
    during,
    ratioP99: round(during.p99Ms / quiet.p99Ms),
    signIns: { count: burst, perSecond: round(burst / tookS), tookS: round(tookS), askedToComeBack: refusals },
  };
  console.log(
    `wallet p99 ${quiet.p99Ms} ms quiet, ${during.p99Ms} ms beside ${burst} sign-ins (ratio ${report.ratioP99}); ` +
      `${report.signIns.perSecond} sign-ins/s, ${refusals} asked to come back`,
  );
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  server?.kill('SIGTERM');
  agent.destroy();
  await mail.stop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

/** As an operator starts it: its own process, the usual cost of a password. */
async function startServer(databaseUrl: string): Promise<string> {
  const env = { ...process.env, DATABASE_URL: databaseUrl, PINGPLEX_SMTP_URL: mail.smtpUrl, PINGPLEX_MAIL_SANDBOX_URL: mail.url };
  const args = [path.resolve(import.meta.dirname, '../src/index.ts'), '--port', '0', '--data', path.join(folder, 'data')];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  server = child;
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    createInterface({ input: child.stdout }).once('line', (line) => resolve((JSON.parse(line) as { url: string }).url));
  });
}

/** One person by the front door, the others as copies of their row: a hash of today's cost each. @returns an access token */
async function prepare(databaseUrl: string, url: string): Promise<string> {
  const email = 'bench@example.org';
  await call(url, 'POST', '/v1/auth/sign-up', { email, password: PASSWORD, adult: true });
  let link: string | undefined;
  while (link === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    link = mail.messages(email)[0]?.links[0];
  }
  await call(url, 'POST', '/v1/auth/verification/confirm', { token: new URL(link).hash.replace('#token=', '') });
  const db = createDb(databaseUrl, { max: 2 });
  const { userId, hash, pepperVersion } = await db.passwordCredential.findFirstOrThrow();
  for (let i = 0; i < burst; i += 1) {
    await db.user.create({ data: { email: `bench-${i}@example.org`, locale: 'en', password: { create: { hash, pepperVersion } } } });
  }
  await db.$disconnect();
  const { body } = await call(url, 'POST', '/v1/auth/sign-in', { email, password: PASSWORD, device: DEVICE });
  if (typeof body['accessToken'] !== 'string') throw new Error(`${userId} could not sign in`);
  return body['accessToken'];
}

/** Everybody at once; who is asked to come back does so when they were told to. */
async function signInAtOnce(url: string): Promise<{ tookS: number; refusals: number }> {
  const from = performance.now();
  let refusals = 0;
  const signIn = async (i: number): Promise<void> => {
    for (;;) {
      const answer = await call(url, 'POST', '/v1/auth/sign-in', { email: `bench-${i}@example.org`, password: PASSWORD, device: DEVICE });
      if (answer.status === 200) return;
      if (answer.status !== 503) throw new Error(`sign-in ${i}: ${answer.status} ${JSON.stringify(answer.body)}`);
      refusals += 1;
      await new Promise((resolve) => setTimeout(resolve, answer.retryAfterS * 1000));
    }
  };
  await Promise.all(Array.from({ length: burst }, (_, i) => signIn(i)));
  return { tookS: (performance.now() - from) / 1000, refusals };
}

async function readWallets(url: string, token: string, forSeconds: number): Promise<Spread> {
  const begin = performance.now();
  const times: number[] = [];
  const running: Promise<void>[] = [];
  for (let i = 0; i < forSeconds * rate; i += 1) {
    const due = begin + (i * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(
      call(url, 'GET', '/v1/wallet', undefined, token).then(({ status }) => {
        if (status !== 200) throw new Error(`wallet: ${status}`);
        times.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(running);
  times.sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return { p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1), reads: times.length };
}

function call(base: string, method: string, route: string, body?: unknown, token?: string): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(base + route, { method, headers, agent }, (answer) => {
      let received = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        received += piece;
      });
      answer.on('end', () => {
        const parsed = received.startsWith('{') ? (JSON.parse(received) as Record<string, unknown>) : {};
        resolve({ status: answer.statusCode ?? 0, retryAfterS: Number(answer.headers['retry-after'] ?? 1), body: parsed });
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
