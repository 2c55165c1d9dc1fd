import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createDb, type Db } from '../../src/db/client.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { createDeviceSessions } from '../../src/modules/auth/device-sessions.ts';
import { createSigningKeys } from '../../src/modules/auth/signing-keys.ts';
import { checkLedger, grant } from '../../src/modules/credits/service.ts';
import { checkGenerations } from '../../src/modules/generations/service.ts';
import type { ProcessorConnections } from '../../src/processors/connections.ts';
import type { Connections } from '../../src/providers/connections.ts';
import { startDashScopeSandbox } from '../../src/sandbox/dashscope/server.ts';
import { startGeminiSandbox } from '../../src/sandbox/gemini/server.ts';
import type { RunningKit } from '../../src/sandbox/kit/server.ts';
import { startKlingSandbox } from '../../src/sandbox/kling/server.ts';
import { type RunningSandbox, startOpenAiSandbox } from '../../src/sandbox/openai/server.ts';
import { createTestDatabase } from './database.ts';
import { DASHSCOPE_KEY, GEMINI_KEY, KLING_KEYS, QUICK, QUICK_PACE, SANDBOX_KEY } from './generation-world.ts';

export type ServerProcess = { url: string; child: ChildProcess; stop(signal?: NodeJS.Signals): Promise<void> };
export type SignedIn = { userId: string; accessToken: string; sessionId: string };

export type ServerWorld = {
  db: Db;
  folder: string;
  sandbox: RunningSandbox;
  gemini: RunningKit;
  kling: RunningKit;
  dashscope: RunningKit;
  start(role: 'all' | 'api' | 'worker', processors?: ProcessorConnections): Promise<ServerProcess>;
  /** A confirmed user with these credits and a device session. */
  signIn(credits: number): Promise<SignedIn>;
  violations(): Promise<unknown[]>;
  stop(): Promise<void>;
};

/** Server processes that share a database and a stand-in for the provider which outlives them. */
export async function createServerWorld(): Promise<ServerWorld> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pingplex-servers-'));
  const databaseUrl = await createTestDatabase();
  const db = createDb(databaseUrl, { max: 6 });
  const sandbox = await startOpenAiSandbox({ port: 0, folder: path.join(folder, 'openai'), apiKey: SANDBOX_KEY });
  const kling = await startKlingSandbox({ port: 0, folder: path.join(folder, 'kling'), keys: KLING_KEYS });
  const gemini = await startGeminiSandbox({ port: 0, folder: path.join(folder, 'gemini'), apiKey: GEMINI_KEY });
  const dashscope = await startDashScopeSandbox({ port: 0, folder: path.join(folder, 'dashscope'), apiKey: DASHSCOPE_KEY });
  const sealingKey = randomBytes(32);
  const env = {
    ...process.env,
    PINGPLEX_SEALING_KEY: sealingKey.toString('base64'),
    PINGPLEX_PASSWORD_PEPPERS: `1:${randomBytes(32).toString('base64')}`,
    PINGPLEX_LIMIT_WRITES_PER_MINUTE: '100000',
  };
  const running = new Set<ServerProcess>();
  const nothing = { onUserVerified: () => Promise.resolve(), onSessionsEnded: () => Promise.resolve() };
  const sessions = createDeviceSessions({
    db,
    keys: createSigningKeys(db, sealingKey),
    outbox: { add: () => Promise.resolve() },
    ports: nothing,
  });

  return {
    db,
    folder,
    sandbox,
    gemini,
    kling,
    dashscope,
    async start(role, processors) {
      const reach = ({ url }: RunningKit, version = '') => ({ baseUrl: `${url}${version}`, pace: QUICK_PACE, trustedOrigins: [url] });
      const connections: Connections = {
        google: { apiKey: GEMINI_KEY, ...reach(gemini, '/v1beta') },
        kling: { credentials: { apiKey: KLING_KEYS.apiKey }, ...reach(kling) },
        dashscope: { apiKey: DASHSCOPE_KEY, ...reach(dashscope) },
      };
      const openai = { openaiUrl: `${sandbox.url}/v1`, openaiKey: SANDBOX_KEY };
      const options = { databaseUrl, folder, role, ...openai, settings: QUICK, connections, processors };
      const program = path.join(import.meta.dirname, 'quick-server.ts');
      const child = spawn(process.execPath, [program, JSON.stringify(options)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const ready = await new Promise<{ url: string | null }>((resolve, reject) => {
        createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as { url: string | null }));
        child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)));
      });
      const server: ServerProcess = {
        url: ready.url ?? '',
        child,
        async stop(signal = 'SIGTERM') {
          running.delete(server);
          child.kill(signal);
          await exited;
        },
      };
      running.add(server);
      return server;
    },
    async signIn(credits) {
      const userId = randomUUID();
      const user = await db.user.create({
        data: { id: userId, email: `${userId}@example.org`, locale: 'en', emailVerifiedAt: new Date() },
      });
      const give = {
        userId,
        kind: 'promo',
        sourceKey: `test:${userId}`,
        amount: credits,
        expires: null,
        actor: 'system',
        reason: 'grant.test',
      } as const;
      if (credits > 0) await inTransaction(db, (tx) => grant(tx, give));
      const tokens = await sessions.open(user, { name: 'test', os: 'test', appVersion: '0' }, randomBytes(32), '127.0.0.1');
      return { userId, accessToken: tokens.accessToken, sessionId: tokens.sessionId };
    },
    violations: async () => [...(await checkLedger(db)), ...(await checkGenerations(db))],
    async stop() {
      for (const server of running) await server.stop('SIGKILL');
      await sandbox.stop();
      await Promise.all([gemini.stop(), kling.stop(), dashscope.stop()]);
      await db.$disconnect();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A request of this user. */
export function call(
  url: string,
  who: SignedIn,
  method: string,
  route: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + route, {
    method,
    headers: {
      authorization: `Bearer ${who.accessToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
