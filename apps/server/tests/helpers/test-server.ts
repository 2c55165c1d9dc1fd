import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Db } from '../../src/db/client.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { type Running, startServer as start } from '../../src/program/start-server.ts';
import type { CaughtMail } from '../../src/sandbox/mail/caught-mail.ts';
import { createTestDatabase } from './database.ts';

export type Answer = { status: number; headers: Headers; body: Record<string, unknown>; text: string };
export type CallOptions = { token?: string; headers?: Record<string, string>; body?: unknown; raw?: string };
export type Tokens = { accessToken: string; refreshToken: string; sessionId: string; account: { id: string; email: string } };

export type TestServer = {
  url: string;
  db: Db;
  databaseUrl: string;
  dataFolder: string;
  running: Running;
  openaiUrl: string;
  mailUrl: string;
  /** Every log line so far. */
  logs(): string;
  call(method: string, route: string, options?: CallOptions): Promise<Answer>;
  /** Newest mails to the address, waiting until there are at least `count`. */
  mails(to: string, count?: number): Promise<CaughtMail[]>;
  /** Signs up, confirms by the mailed link and signs in. */
  newUser(options?: { email?: string; password?: string }): Promise<Tokens & { email: string; password: string }>;
  stop(): Promise<void>;
};

export type TestServerOptions = { role?: Config['role']; databaseUrl?: string; dataFolder?: string; change?: (config: Config) => Config };

export const DEVICE = { name: 'Test device', os: 'Test OS 1', appVersion: '0.1.0' };

/** The whole server in this process, with its own database and sandboxes; bcrypt at its lowest allowed cost. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const databaseUrl = options.databaseUrl ?? (await createTestDatabase());
  const ownFolder = options.dataFolder === undefined;
  const dataFolder = options.dataFolder ?? (await mkdtemp(path.join(tmpdir(), 'pingplex-server-')));
  const lines: string[] = [];
  const env = { NODE_ENV: 'test', DATABASE_URL: databaseUrl, PINGPLEX_BCRYPT_COST: '10' };
  const loaded = await loadConfig(env, { data: dataFolder, role: options.role ?? 'all' });
  const config = options.change?.(loaded) ?? loaded;
  const logger = createLogger('debug', { write: (line: string) => void lines.push(line) });
  const running = await start(config, logger);
  const url = running.url ?? '';
  const mailUrl = running.sandboxes.mail ?? '';
  const server: TestServer = {
    url,
    db: running.app.services.db,
    databaseUrl,
    dataFolder,
    running,
    openaiUrl: running.sandboxes.openai ?? '',
    mailUrl,
    logs: () => lines.join(''),
    call: (method, route, callOptions) => call(url, method, route, callOptions),
    mails: (to, count = 1) => waitForMails(mailUrl, to, count),
    async newUser(given = {}) {
      const email = given.email ?? `user-${randomUUID()}@example.org`;
      const password = given.password ?? `a long passphrase ${randomUUID()}`;
      await expectStatus(202, await server.call('POST', '/v1/auth/sign-up', { body: { email, password, adult: true } }));
      await expectStatus(
        200,
        await server.call('POST', '/v1/auth/verification/confirm', { body: { token: tokenOf((await server.mails(email))[0]) } }),
      );
      const signedIn = await server.call('POST', '/v1/auth/sign-in', { body: { email, password, device: DEVICE } });
      await expectStatus(200, signedIn);
      return { ...(signedIn.body as unknown as Tokens), email, password };
    },
    async stop() {
      await running.stop();
      if (ownFolder) await rm(dataFolder, { recursive: true, force: true });
    },
  };
  return server;
}

async function expectStatus(status: number, answer: Answer): Promise<void> {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
}

/** One request without any help of a client library. */
export async function call(base: string, method: string, route: string, options: CallOptions = {}): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.token !== undefined) headers['Authorization'] = `Bearer ${options.token}`;
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const response = await fetch(`${base}${route}`, {
    method,
    headers: { ...headers, ...options.headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

/** The token in the link of a mail. */
export function tokenOf(mail: CaughtMail | undefined): string {
  const token = new URL(mail?.links[0] ?? 'x:').hash.replace('#token=', '');
  if (token === '') throw new Error('the mail has no link');
  return token;
}

async function waitForMails(mailUrl: string, to: string, count: number): Promise<CaughtMail[]> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 25))) {
    const answer = await fetch(`${mailUrl}/messages?to=${encodeURIComponent(to)}`);
    const { messages } = (await answer.json()) as { messages: CaughtMail[] };
    if (messages.length >= count) return messages;
  }
  throw new Error(`no ${count} mails to ${to} within 30 s`);
}
